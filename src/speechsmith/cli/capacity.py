"""The operator's command `speechsmith capacity`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechsmith.cli.operate import home_option, in_words, json_option, settings_of

if TYPE_CHECKING:  # it loads the engines
    from speechsmith.services.capacity import Plan


@click.command()
@home_option
@json_option
def capacity(home: Path | None, as_json: bool) -> None:
    """Measure how fast this machine decodes; tell what it can carry, and how to set the service for that.

    Some of the packaged speech is decoded and listened to with the packaged model, on one core for half a minute. What
    was found is kept in the home, if there is one: the next start of the service takes the number of live streams from
    there. How long a training takes depends too much on its data to be told so; docs/benchmarks.md has what was
    measured.

    \b
    speechsmith capacity --home ./data
    speechsmith capacity --json
    """
    from speechsmith import machine  # noqa: PLC0415
    from speechsmith.services import capacity  # noqa: PLC0415

    folder = settings_of(home=home).home
    if home is not None and not folder.is_dir():
        raise click.UsageError(f"There is no folder {folder}; name the service's folder by --home, or leave it out.")
    with in_words():
        plan = capacity.planned(machine.here(), capacity.measure())
        told = capacity.told(plan)
    if as_json:
        click.echo(json.dumps(told))
    else:
        for name, words in _in_words(plan, told["settings"], headroom=capacity.HEADROOM).items():
            click.echo(f"{name:17} {words}")
    if not folder.is_dir():
        return
    try:
        file = capacity.keep(folder, plan)
    except OSError as error:
        raise click.ClickException(f"It could not be kept in {folder}: {error.strerror}.") from None
    click.echo(f"Kept in {file}; the next start of the service counts with it.", err=True)


def _in_words(plan: "Plan", settings: dict[str, str], *, headroom: float) -> dict[str, str]:
    machine, measured = plan.machine, plan.measured
    return {
        "machine": f"{machine.cores} cores, {machine.memory_bytes / 1e9:.1f} GB of memory",
        "measured": f"{measured.audio_s:.0f} s of speech: {measured.cpu_per_second:.2f} CPU seconds a second of audio, "
        f"{measured.telephone_cpu_per_second:.2f} as over a telephone; {measured.memory_bytes / 1e6:.0f} MB a process",
        "listening": f"{measured.guess_cpu_per_second:.2f} CPU seconds a second of speech for guesses, "
        f"{measured.detect_cpu_per_second:.3f} a second of audio to find it; {measured.guesser_bytes / 1e6:.0f} MB for "
        "each who speaks",
        "decode processes": f"{plan.processes}, for live recognition and for a job each; the {plan.limited_by} "
        "allow no more",
        "batch": f"{plan.batch_hours_a_day:.0f} hours of audio a day, if nothing else is done",
        "live": f"{plan.live_streams} streams at once, half of each is speech, if nothing else is done",
        "head room": f"{1 - headroom:.0%} of the processor is kept for speech that is harder than the packaged",
        "settings": " ".join(f"{name}={value}" for name, value in settings.items()),
    }
