"""The two programs, `speechsmith` and `spx`: run a command, tell its errors, leave with its exit code."""

import io
import sys
from collections.abc import Sequence

import click

from speechsmith.cli.exits import INTERRUPTED, report
from speechsmith.cli.tree import House, TableGroup


def run(group: click.Group, words: Sequence[str], *, program: str) -> int:
    """Run the command that the words name; give its exit code."""
    try:
        code = group.main(list(words), prog_name=program, standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - report() raises again what is no error of its kind
        return report(error)
    return code if isinstance(code, int) else 0


def main() -> None:
    """The program `speechsmith`."""
    _speak_utf8()
    sys.exit(run(House(), sys.argv[1:], program="speechsmith"))


def spx() -> None:
    """The program `spx`."""
    _speak_utf8()
    sys.exit(run(TableGroup(()), sys.argv[1:], program="spx"))


def _speak_utf8() -> None:
    """JSON is UTF-8 wherever it is piped to, whatever the system's own encoding is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
