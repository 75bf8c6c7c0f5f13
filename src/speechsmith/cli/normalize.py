"""Published spellings in, plain ones out: the words after a command become `--name=value`, which click then reads.

The rules, which are those of the published tool:

- A word is an option's name if it starts with `--` and has neither `;` nor blanks in it. `-x` is a value.
- A name may go on in the words after it (`--output add id FILE`). The longest name that exists and still leaves the
  option a value wins.
- `name=value` and `--name=value` are `--name value`.
- `@FILE` where an option is expected stands for the options in that file, one a line.

What is not understood is left as it is: click refuses it and suggests what may have been meant. A name that lacks its
value is refused here.
"""

import shlex
from collections.abc import Callable, Sequence

import click

from speechsmith.cli.options import Command, Kind, Option, squash

LONGEST_NAME = 5  # words
TEN_DAYS_MS = "864000000"
_SWITCH = {"true": "true", "false": "false", "on": "true", "off": "false", "yes": "true", "no": "false"}
TEN_TIMES = "10"
_VALUE_OPTIONAL = {Kind.FLAG, Kind.SWITCH, Kind.WAIT, Kind.TARGET, Kind.WORDS, Kind.COUNT, Kind.REFUSED}
_BARE = {Kind.WAIT: TEN_DAYS_MS, Kind.COUNT: TEN_TIMES}
_NESTING = 5  # option files that name option files


def normalize(words: Sequence[str], command: Command, read: Callable[[str], str], *, depth: int = 0) -> list[str]:
    """The words of a command line, after the command, as `--name=value`, `--flag` and what was not understood.

    Args:
        read: gives what the file holds that `@FILE` names; whatever it raises goes to the caller.

    Raises: click.BadOptionUsage.
    """
    plain: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if _is_name(word):
            option = command.by_key.get(squash(name)) if equals else _longest(command, name, rest)
            plain.append(_with_value(option, value if equals else None, rest) if option else word)
        elif equals and (option := command.by_key.get(squash(name))):
            plain.append(_with_value(option, value, rest))
        elif word.startswith("@") and not command.argument and depth < _NESTING:
            for given in option_lines(read(word)):
                plain += normalize(given, command, read, depth=depth + 1)
        else:
            plain.append(word)
    return plain


def _is_name(word: str) -> bool:
    return word.startswith("--") and ";" not in word and " " not in word.partition("=")[0]


def _longest(command: Command, name: str, rest: list[str]) -> Option | None:
    """The option with the longest name that begins with `name`; the words it takes from `rest` are gone from there."""
    known: list[tuple[int, Option]] = []
    for used in range(min(LONGEST_NAME, len(rest)) + 1):
        if used and not rest[used - 1].isalnum():
            break
        if option := command.by_key.get(squash(name + "".join(rest[:used]))):
            known.append((used, option))
    with_value = [(used, option) for used, option in known if option.kind in _VALUE_OPTIONAL or _has_value(rest[used:])]
    if not known:
        return None
    used, option = (with_value or known)[-1]
    del rest[:used]
    return option


def _has_value(rest: list[str]) -> bool:
    return bool(rest) and not _is_name(rest[0])


def _with_value(option: Option, value: str | None, rest: list[str]) -> str:
    """The option in its plain form; the values it takes from `rest` are gone from there."""
    name = f"--{option.name}"
    if option.kind is Kind.REFUSED:
        raise click.UsageError(f"'{name}' is not done here: {option.help}")
    if value is None:
        if option.kind is Kind.FLAG:
            return name
        if option.kind is Kind.SWITCH:
            value = rest.pop(0) if rest and rest[0].casefold() in _SWITCH else "true"
        elif option.kind in _BARE:
            value = rest.pop(0) if rest and rest[0].isdecimal() else _BARE[option.kind]
        elif option.kind is Kind.WORDS:
            value = " ".join(_taken(rest))
        elif _has_value(rest):
            value = rest.pop(0)
        elif option.kind is Kind.TARGET:
            value = "-"
        else:  # click would take the next option for its value
            raise click.BadOptionUsage(name, f"Option '{name}' requires an argument.")
    if option.kind is Kind.PAIRS and "=" not in value and _has_value(rest):
        value = f"{value}={rest.pop(0)}"
    if option.kind is Kind.EACH and rest[:1] == ["in"] and _has_value(rest[1:]):
        value = f"{value} in {rest[1]}"
        del rest[:2]
    return f"{name}={_SWITCH.get(value.casefold(), value) if option.kind is Kind.SWITCH else value}"


def _taken(rest: list[str]) -> list[str]:
    """The words up to the next option; they are gone from `rest`."""
    count = next((place for place, word in enumerate(rest) if _is_name(word)), len(rest))
    taken, rest[:count] = rest[:count], []
    return taken


def option_lines(text: str) -> list[list[str]]:
    """The words of each line of a file of options. Raises: UsageError: a quotation mark is not closed."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        return [shlex.split(line) if line.startswith("--") else [line] for line in lines if line]
    except ValueError as error:
        raise click.UsageError(f"The options cannot be read: {error}.") from error
