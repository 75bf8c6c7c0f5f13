"""Keeping defaults. The verb gives the exit code."""

import re
import sys
from pathlib import Path

import click

from speechsmith.cli import hives
from speechsmith.cli.hives import Scope
from speechsmith.cli.session import DONE, FAILED, Session
from speechsmith.cli.table import COMMANDS
from speechsmith.cli.values import several

_SECRET_OPTION = re.compile(r"((?:^|[\s.-])(?:key|token|secret|password)(?:=|\s+))(\S+)", re.IGNORECASE | re.MULTILINE)


def config(session: Session) -> int:
    """Show, keep, append to, remove or find a default."""
    given, words = session.given, several(session.given, "argument")
    at = next((index for index, word in enumerate(words) if word.startswith("@")), len(words))
    command, names, more = words[:at], words[at : at + 1], words[at + 1 :]
    command = [*command, *str(given.get("command", "")).replace(".", " ").split()]
    if "find" in given:
        _refuse_more([*names, *more])
        return _find(session, command)
    if not names:
        meant = f" Did you mean @{command[-1]}?" if command else " `spx config --find '*'` shows all that is kept."
        raise click.UsageError(f"Which default? Name it like @key, @region or @endpoint.{meant}")
    region = str(given.get("region", ""))
    scope, name = Scope(tuple(word.casefold() for word in command), region), names[0]
    _refuse_more(more[1:] if "add" in given else more)
    if command and not any(row.path[: len(command)] == scope.command for row in COMMANDS):
        session.progress.say(f"There is no command 'spx {' '.join(command)}' here; what is kept for it waits for one.")
    if "set" in given or "add" in given:
        _keep(session, name, scope, more)
        return DONE
    hive = str(given["hive"]) if "hive" in given else None
    path = hives.place(name, hive=hive, scope=scope) if hive else hives.find_kept(name, scope)
    if path is None or not path.is_file():
        session.progress.say(f"{name} is not set; `spx config {name} --set VALUE` sets it.")
        return DONE if "clear" in given else FAILED
    if "clear" in given:
        hives.remove(path)
        session.progress.say(f"{name} is removed from {path}")
        return DONE
    print(_shown(path))
    return DONE


def _keep(session: Session, name: str, scope: Scope, more: list[str]) -> None:
    given = session.given
    hive = str(given["hive"]) if "hive" in given else None
    path = hives.place(name, hive=hive, scope=scope)
    if "add" in given:
        before = [hives.text_of(path)] if path.is_file() else []
        value = "\n".join([*before, "=".join([str(given["add"]), *more])])
    else:
        value = sys.stdin.readline().strip() if given["set"] == "-" else str(given["set"])
    hives.keep(path, value)
    session.progress.say(f"{name} is kept in {path}")
    first = hives.find_kept(name, scope)
    if first and first != path and hive != hives.HERE:
        session.progress.say(f"In this folder {first} comes before it.")


def _find(session: Session, command: list[str]) -> int:
    given = session.given
    if "hive" in given:
        raise click.UsageError("--find looks in every hive; leave out --hive.")
    scopes = {"region": str(given["region"])} if "region" in given else {}
    if command:
        scopes["command"] = ".".join(command).casefold()
    found = [str(path) for _, path in hives.search(str(given["find"]), **scopes)]
    if not found:
        session.progress.say(
            f"{given['find']} is kept nowhere; looked in {', '.join(map(str, hives.folders().values()))}."
        )
        return FAILED
    print("\n".join(found))
    return DONE


def _refuse_more(words: list[str]) -> None:
    if words:
        raise click.UsageError(f"'{words[0]}' is too much; a value of several words stands in quotation marks.")


def _shown(path: Path) -> str:
    """A text for people: secrets masked, but for an end by which a long one is known again."""
    value = hives.text_of(path)
    if hives.is_secret(path.name):
        return "*" * 8 + (value[-4:] if len(value) >= 12 else "")
    return _SECRET_OPTION.sub(lambda found: f"{found[1]}{'*' * 8}" if found[2][0] != "@" else found[0], value)
