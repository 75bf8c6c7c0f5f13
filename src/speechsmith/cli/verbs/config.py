"""Keeping defaults. The verb gives the exit code."""

import sys

import click

from speechsmith.cli import hives
from speechsmith.cli.session import DONE, FAILED, Session


def config(session: Session) -> int:
    """Show, keep or remove a default."""
    given, name = session.given, str(session.given.get("argument", ""))
    if not name.startswith("@"):
        raise click.UsageError("Which default? Name it like @key, @region or @endpoint.")
    hive = str(given["hive"]) if "hive" in given else None
    path = hives.place(name, hive=hive)
    if "set" in given:
        value = sys.stdin.readline().strip() if given["set"] == "-" else str(given["set"])
        hives.keep(path, value)
        session.progress.say(f"{name} is kept in {path}")
        return DONE
    if not path.is_file():
        session.progress.say(f"{name} is not set; `spx config {name} --set VALUE` sets it.")
        return DONE if "clear" in given else FAILED
    if "clear" in given:
        path.unlink()
        session.progress.say(f"{name} is removed from {path}")
        return DONE
    value = hives.read(str(path))
    print("*" * 8 + value[-4:] if name.lstrip("@").casefold() in hives.SECRETS else value)
    return DONE
