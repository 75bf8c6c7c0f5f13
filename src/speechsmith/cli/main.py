"""The two programs, `speechsmith` and `spx`: run a command, tell its errors, leave with its exit code."""

import signal
import sys
from collections.abc import Sequence

import click

from speechsmith.cli import streams
from speechsmith.cli.exits import INTERRUPTED, TOLD, report
from speechsmith.cli.tree import House, TableGroup


def run(group: click.Group, words: Sequence[str], *, program: str) -> int:
    """Run the command that the words name; give its exit code."""
    try:
        code = group.main(list(words), prog_name=program, standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except TOLD as error:
        return report(error)
    return code if isinstance(code, int) else 0


def main() -> None:
    """The program `speechsmith`."""
    _begin()
    sys.exit(run(House(), sys.argv[1:], program="speechsmith"))


def spx() -> None:
    """The program `spx`."""
    _begin()
    sys.exit(run(TableGroup(()), sys.argv[1:], program="spx"))


def _begin() -> None:
    streams.prepare()
    # Who is told to end clears up as with Ctrl-C; what serves has its own way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
