"""The operator's command `speechsmith doctor`."""

import json
import os
from pathlib import Path

import click

_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "problem": ("PROBLEM", "red")}


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False, readable=False),  # one that is closed to us is a finding
    help="The folder with the service's data.",
)
@click.option("--peers", is_flag=True, help="Ask the peers too, over the network.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for each finding, for programs.")
@click.pass_context
def doctor(ctx: click.Context, home: Path | None, peers: bool, as_json: bool) -> None:
    """Look whether all is well, and say what to mend; 1 if there is a problem. Nothing is changed.

    \b
    speechsmith doctor --home ./data
    """
    from speechsmith.doctor.examine import examine  # noqa: PLC0415  # it loads the whole service

    worst_is_problem = False
    for found in examine(os.environ, home=home, with_peers=peers):
        worst_is_problem |= found.state == "problem"
        if as_json:
            told = {"part": found.part, "state": found.state, "said": found.said, "mend": found.mend}
            click.echo(json.dumps(told, ensure_ascii=False))
            continue
        mark, color = _MARKS[found.state]
        click.echo(f"{click.style(f'{mark:8}', fg=color)} {found.part}: {found.said}")
        if found.mend:
            click.echo(f"{'':8} -> {found.mend}")
    ctx.exit(1 if worst_is_problem else 0)
