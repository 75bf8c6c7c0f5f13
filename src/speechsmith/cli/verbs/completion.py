"""What a shell needs to complete commands and options. The verb gives the exit code."""

import click
from click.shell_completion import ShellComplete, get_completion_class

from speechsmith.cli.session import DONE, Session
from speechsmith.cli.values import several

_SHELLS = ("bash", "zsh", "fish")


def script(session: Session) -> int:
    """Print the script of a shell for the program that is run."""
    named = several(session.given, "argument")
    shell = named[0] if len(named) == 1 else ""
    found = get_completion_class(shell) if shell in _SHELLS else None
    if found is None:
        raise click.UsageError(f"Completion of which shell? Name one of {', '.join(_SHELLS)}.")
    root = click.get_current_context().find_root()
    program = root.info_name or "spx"
    variable = f"_{program.replace('-', '_').upper()}_COMPLETE"
    # The class's own `source` starts the shell to see how old it is, which whoever asks need not have.
    print(ShellComplete.source(found(root.command, {}, program, variable)))
    return DONE
