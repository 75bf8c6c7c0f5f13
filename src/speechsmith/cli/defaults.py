"""The options that a command has although nobody gave them: those that `spx config` keeps for all, or for a command.

Four texts are looked for, in this order; each is a file of options, one a line, and may name others with `@NAME`:

    @spx.defaults -> @default.config -> @default.connection -> @default.output

A later one beats an earlier one, and the command line beats them all. The published chain ends in
`@connection.from.region`, that is, in `region=@region` and `key=@key`. Here these two and `@endpoint` count by
themselves (`address.py`), below the environment, so a file of options may say no more about them than that.

Defaults must not do harm behind somebody's back:

- They never say what a command works on. Of a command that changes, removes or lists something, those for all commands
  set only common options.
- A working folder may come from somebody else. What it keeps in ./.spx sets the few options that can neither read nor
  write a file, nor lead to another place.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from speechsmith.cli import hives
from speechsmith.cli.hives import Scope
from speechsmith.cli.normalize import normalize, option_lines
from speechsmith.cli.options import Command, Option, squash
from speechsmith.cli.table import COMMANDS
from speechsmith.cli.table.shared import COMMON

CHAIN = ("spx.defaults", "default.config", "default.connection", "connection.from.region", "default.output")
_MAKE = {"create", "upload", "recognize"}  # verbs of which defaults may set more than common options
_CONNECTION = {"key": "@key", "region": "@region", "base": "@endpoint"}
_A_FOLDER_MAY = {"locale", "project", "version", "out.format", "verbose"}
_NESTING = 5


def with_defaults(plain: list[str], command: Command) -> list[str]:
    """The words of a command line in plain form, with those defaults before them that it does not overrule.

    Raises: UsageError: a default cannot be understood, or may not be one.
    """
    given = {word.partition("=")[0] for word in plain}
    if "--nodefaults" in given or "nodefaults" not in command.by_key:
        return plain
    found: dict[str, list[str]] = {}
    for name in CHAIN:
        if path := hives.find_kept(name, Scope(command.path)):
            kept: dict[str, list[str]] = {}
            for word in _options_in(path, command):
                kept.setdefault(word.partition("=")[0], []).append(word)
            found |= kept
    return [word for name, words in found.items() if name not in given for word in words] + plain


def _options_in(path: Path, command: Command, depth: int = 0) -> Iterator[str]:
    """The options in a file that a command takes, in plain form."""
    if depth == _NESTING:
        raise click.UsageError(f"{path}: the files of defaults name each other without an end.")
    for words in option_lines(hives.text_of(path)):
        if words[0].startswith("@"):
            yield from _options_in(_named(words[0], path), command, depth + 1)
            continue
        try:
            plain = normalize(words, command, _no_file)
        except click.UsageError as error:
            raise click.UsageError(f"{path}: {error.format_message()}") from None
        option = command.by_key.get(squash(plain[0].partition("=")[0]))
        if option is None or len(plain) > 1 or not plain[0].startswith("--"):
            _check_somebody_takes(words, path)
        elif _may_set(option, plain[0].partition("=")[2], path) and _applies(option, command, path):
            yield plain[0]


def _named(name: str, path: Path) -> Path:
    """The file that a line of another one names."""
    found = hives.find_kept(name)
    if found is None:
        raise click.UsageError(f"{path} names {name!r}, which no hive has.")
    if hives.is_secret(name):
        raise click.UsageError(f"{path} names '{name}', which is a secret and holds no options.")
    if not hives.is_trusted(path) and hives.hive_of(found) != hives.hive_of(path):
        raise click.UsageError(f"{path} names '{name}', which is kept elsewhere, in {found}.")
    if hives.is_trusted(path) and not hives.is_trusted(found):
        raise click.UsageError(f"{path} names '{name}', but {found} comes first, and anybody may have written that.")
    return found


def _no_file(name: str) -> str:
    raise click.UsageError(f"'{name}' stands where an option is expected.")


def _check_somebody_takes(words: list[str], path: Path) -> None:
    """A default that this command does not take is one of others, or a slip of the pen."""
    for row in COMMANDS:
        plain = normalize(words, row, _no_file)
        if len(plain) == 1 and plain[0].startswith("--") and squash(plain[0].partition("=")[0]) in row.by_key:
            return
    raise click.UsageError(f"{path}: {' '.join(words)!r} is no option of any command.")


def _may_set(option: Option, value: str, path: Path) -> bool:
    if known := _CONNECTION.get(option.field):
        if value == known:
            return False  # which it is anyway
        raise click.UsageError(
            f"{path} may not set --{option.name}; keep it by itself: spx config {known} --set VALUE "
            "(--command COMMAND keeps it for one command)."
        )
    if not hives.is_trusted(path) and (option.field not in _A_FOLDER_MAY or value.startswith("@")):
        raise click.UsageError(
            f"{path} sets --{option.name}{f'={value!r}' if value else ''}, and anybody may have written that file. "
            "Keep such a default in your own hive (spx config --hive user), or use --nodefaults."
        )
    return True


def _applies(option: Option, command: Command, path: Path) -> bool:
    if option.field == "reference" or option.field.startswith("of.") or option.name in command.required:
        return False
    is_for_it = ".".join(command.path) in path.parts
    return is_for_it or option in COMMON or command.path[-1] in _MAKE
