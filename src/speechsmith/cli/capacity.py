"""The operator's command `speechsmith capacity`."""

import json
from typing import TYPE_CHECKING, Any

import click

from speechsmith.cli.operate import in_words, json_option

if TYPE_CHECKING:  # it loads the engines
    from speechsmith.services.capacity import Plan


@click.command()
@json_option
def capacity(as_json: bool) -> None:
    """Measure how fast this machine decodes; tell what it can carry, and how to set the service for that.

    Some of the packaged speech is decoded with the packaged model, on one core for a quarter of a minute. How long a
    training takes depends too much on its data to be told so; docs/benchmarks.md has what was measured.

    \b
    speechsmith capacity
    speechsmith capacity --json
    """
    from speechsmith.services import capacity  # noqa: PLC0415

    with in_words():
        plan = capacity.planned(capacity.machine(), capacity.measure())
    if as_json:
        click.echo(json.dumps(_as_json(plan, headroom=capacity.HEADROOM)))
        return
    for name, told in _in_words(plan, headroom=capacity.HEADROOM).items():
        click.echo(f"{name:17} {told}")


def _settings(plan: "Plan") -> dict[str, str]:
    return {"SPEECHSMITH_DECODE_PROCESSES": str(plan.processes), "SPEECHSMITH_WORKERS": "1"}


def _as_json(plan: "Plan", *, headroom: float) -> dict[str, Any]:
    measured = plan.measured
    return {
        "cores": plan.machine.cores,
        "memoryBytes": plan.machine.memory_bytes,
        "measured": {
            "audioSeconds": round(measured.audio_s, 1),
            "cpuPerAudioSecond": round(measured.cpu_per_second, 3),
            "telephoneCpuPerAudioSecond": round(measured.telephone_cpu_per_second, 3),
            "processBytes": measured.memory_bytes,
        },
        "headroom": headroom,
        "decodeProcesses": plan.processes,
        "limitedBy": plan.limited_by,
        "batchHoursPerDay": round(plan.batch_hours_a_day, 1),
        "liveStreams": plan.live_streams,
        "settings": _settings(plan),
    }


def _in_words(plan: "Plan", *, headroom: float) -> dict[str, str]:
    machine, measured = plan.machine, plan.measured
    return {
        "machine": f"{machine.cores} cores, {machine.memory_bytes / 1e9:.1f} GB of memory",
        "measured": f"{measured.audio_s:.0f} s of speech: {measured.cpu_per_second:.2f} CPU seconds a second of audio, "
        f"{measured.telephone_cpu_per_second:.2f} as over a telephone; {measured.memory_bytes / 1e6:.0f} MB a process",
        "decode processes": f"{plan.processes}, for live recognition and for a job each; the {plan.limited_by} "
        "allow no more",
        "batch": f"{plan.batch_hours_a_day:.0f} hours of audio a day, if nothing else is done",
        "live": f"{plan.live_streams} streams at once, if nothing else is done",
        "head room": f"{1 - headroom:.0%} of the processor is kept for speech that is harder than the packaged",
        "settings": " ".join(f"{name}={value}" for name, value in _settings(plan).items()),
    }
