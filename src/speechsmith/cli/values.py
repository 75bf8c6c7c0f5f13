"""From the words of an option to its value: files behind `@`, lists, pairs, numbers."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import click

from speechsmith.cli import hives
from speechsmith.cli.options import Kind, Option

Value: TypeAlias = "str | int | float | bool | list[str] | dict[str, object] | Path"
_BETWEEN = re.compile(r"[;\r\n]+|,(?=https?://)")


class Foreign(str):
    """A text out of a file that somebody else may have written: one in the working folder, or in its hive."""

    path: Path

    def __new__(cls, text: str, path: Path) -> "Foreign":
        made = super().__new__(cls, text)
        made.path = path
        return made


def value_of(option: Option, words: Sequence[str]) -> Value:
    """What the words given to an option mean; of a single option the last one counts. Raises: UsageError."""
    last = words[-1] if words else ""
    match option.kind:
        case Kind.LIST:
            found = [part.strip() for word in words for part in _BETWEEN.split(_expanded(word))]
            return [part for part in found if part]
        case Kind.TEXTS:
            return [_expanded(word) for word in words]
        case Kind.PAIRS:
            return dict(_pair(option, part) for word in words for part in _expanded(word).splitlines() if part.strip())
        case Kind.SWITCH:
            return _switch(option, last)
        case Kind.FLAG | Kind.REFUSED:
            return True
        case Kind.EACH:
            return last
        case Kind.WAIT:
            return _number(option, last) / 1000
        case Kind.NUMBER | Kind.COUNT:
            return _number(option, _expanded(last))
        case Kind.INPUT:
            return _input(option, last)
        case Kind.WORDS:
            return list(words)
        case Kind.OUTPUT | Kind.TARGET:
            return hives.place(last, hive=hives.LOCAL) if last.startswith("@") else Path(last)
        case Kind.TEXT:
            return _text(option, _expanded(last))


def several(given: Mapping[str, Value], field: str) -> list[str]:
    """What was given to an option that adds up; empty if it was not given."""
    found = given.get(field, [])
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def _expanded(word: str) -> str:
    if not word.startswith("@"):
        return word
    text, path = hives.read(word), hives.find(word)
    return text if path is None or hives.is_meant(path) else Foreign(text, path)


def _switch(option: Option, word: str) -> bool:
    if word not in {"true", "false"}:
        raise click.UsageError(f"--{option.name} is true or false, not '{word}'.")
    return word == "true"


def _text(option: Option, word: str) -> str:
    """A text; one of a few words in whatever case. The service refuses what is none of them."""
    if not word.strip() and option.metavar in {"ID", "URL"}:
        raise click.UsageError(f"--{option.name} is empty; give the {option.metavar.lower()} it should name.")
    return next((one for one in option.words if one.casefold() == word.casefold()), word)


def _pair(option: Option, word: str) -> tuple[str, object]:
    name, equals, value = word.partition("=")
    if not equals or not name.strip():
        raise click.UsageError(f"--{option.name} takes NAME=VALUE, not '{word}'.")
    if option.field == "custom_properties":
        return name.strip(), value
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _number(option: Option, word: str) -> int:
    if not word.isdecimal():
        raise click.UsageError(f"--{option.name} takes a whole number, not '{word}'.")
    return int(word)


def _input(option: Option, word: str) -> Path:
    path = hives.find(word) if word.startswith("@") else Path(word)
    if path is not None and path.is_dir():
        raise click.UsageError(f"--{option.name} names '{word}', which is a folder; name a file.")
    if path is None or not path.is_file():
        raise click.UsageError(f"--{option.name} names '{word}', but there is no such file.")
    return path
