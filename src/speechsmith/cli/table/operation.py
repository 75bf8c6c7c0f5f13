"""The commands of `operation`."""

from speechsmith.cli.options import Command
from speechsmith.cli.table.rows import ID, WAIT, row, which
from speechsmith.cli.table.shared import ONE

OPERATION: tuple[Command, ...] = tuple(
    row(
        "operation",
        verb,
        "Show the copying of a model; when it has Succeeded result.link is the new one.",
        f"--operation {ID} --wait",
        (which("operation"), WAIT, *ONE),
        required=("operation",),
        version="v3.2",
    )
    for verb in ("status", "show")
)
