"""From the words of a command line to the values of a command: spelling, defaults, files, folders.

Help has no use for any of this, so `tree.py` loads it late.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from speechsmith.cli import hives
from speechsmith.cli.defaults import with_defaults
from speechsmith.cli.normalize import normalize
from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.values import Value, value_of

Words = bool | Sequence[str]
_FOLDERS = {Kind.INPUT: "run.input", Kind.OUTPUT: "out.path", Kind.TARGET: "out.path"}


def plain_words(args: Sequence[str], command: Command) -> tuple[list[str], list[str]]:
    """The words after a command in plain form: as they were given, and with the defaults before them.

    Raises: UsageError.
    """
    given = normalize(args, command, hives.read)
    return given, with_defaults(given, command)


def values_of(command: Command, found: Mapping[Option, Words]) -> dict[str, Value]:
    """The values by field, of the words that were found for each option. Raises: UsageError."""
    folders = {option.field: str(words[-1]) for option, words in found.items() if not isinstance(words, bool) and words}
    given: dict[str, Value] = {}
    for option in command.taken:
        if words := found.get(option):
            told = [] if isinstance(words, bool) else words
            given[option.field] = value_of(option, [_placed(word, option, folders) for word in told])
    return given


def _placed(word: str, option: Option, folders: Mapping[str, str]) -> str:
    """A file's name with the folder in front in which the options say that files lie."""
    folder = folders.get(_FOLDERS.get(option.kind, ""))
    return word if folder is None or word == "-" or word.startswith("@") else str(Path(folder, word))
