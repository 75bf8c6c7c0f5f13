"""Setting the command line up: ask for what is needed, try it, keep it. The verb gives the exit code."""

import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from speechsmith.cli import address, hives
from speechsmith.cli.session import DONE, Session
from speechsmith.cli.table.shared import DEFAULT_LOCALE
from speechsmith.cli.values import Value
from speechsmith.client.entity import text, values
from speechsmith.client.errors import ClientError, ServiceError, Unauthorized

_ADDRESS = "http://127.0.0.1:8080"
_NAMES = 5  # of projects, that are told


def init(session: Session) -> int:
    """Keep the address, the key and defaults of a service that was seen to answer."""
    given: dict[str, Value] = dict(session.given)
    asks = "yes" not in given and sys.stdin.isatty()
    _fill_address(given, asks=asks)
    try:
        reached = _reached(session, given, asks=asks)
    except ClientError:
        session.progress.say("Nothing is kept.")
        raise
    if asks:
        given.setdefault("locale", _asked("Default locale", default=DEFAULT_LOCALE))
        if project := given.get("project") or _asked("Default project, an id; empty for none", default=""):
            given["project"] = project
    kept = _keep(given)
    for name, path in kept.items():
        session.progress.say(f"{name} is kept in {path}")
        if (first := hives.find_kept(name)) and str(first) != path:
            session.progress.say(f"In this folder {first} comes before it.")
    for name in ("ENDPOINT", "REGION", "KEY"):
        if os.environ.get(f"SPEECHSMITH_{name}"):
            session.progress.say(f"SPEECHSMITH_{name} is set, and comes before what is kept.")
    session.show({"service": reached, "kept": dict(kept)})
    return DONE


def _fill_address(given: dict[str, Value], *, asks: bool) -> None:
    """Raises: UsageError: neither address nor region is given, and nobody can be asked; or both are given."""
    if "endpoint" in given and "region" in given:
        raise click.UsageError("Give --endpoint URL or --region REGION, not both.")
    if "endpoint" not in given and "region" not in given:
        if not asks:
            raise click.UsageError(
                "Standard input is no terminal, so nobody can be asked: give --endpoint URL or --region REGION, and "
                "--key KEY (or --key - to read it from standard input)."
            )
        said = _asked("Address of the service, or region of one in the cloud", default=_ADDRESS)
        given["endpoint" if "://" in said else "region"] = said
    if given.get("key") == "-":
        given["key"] = sys.stdin.readline().strip()


def _reached(session: Session, given: dict[str, Value], *, asks: bool) -> str:
    """The address that answered, or that is wanted although none did. Raises: ClientError."""
    while True:
        if asks and "key" not in given:
            question = "Key (not shown; empty if the service has none)"
            given["key"] = click.prompt(question, "", hide_input=True, err=True, show_default=False)
        base = address.base_address(_as_options(given))
        session.progress.say(f"Trying {base} ...")
        try:
            session.progress.say(_seen(base, str(given.get("key") or os.environ.get("SPEECHSMITH_KEY", ""))))
            return base
        except Unauthorized as refused:
            if not asks:
                raise
            session.progress.say(str(refused))
            given.pop("key", None)
        except ClientError as error:
            if not asks or isinstance(error, ServiceError):
                raise
            session.progress.say(str(error))
            if not click.confirm("Keep it all the same?", err=True):
                raise
            return base


def _seen(base: str, key: str) -> str:
    """What one cheap request finds. Raises: ClientError."""
    from speechsmith.client.client import Client  # noqa: PLC0415 - it loads an HTTP library

    with Client(base, key or None, timeout=20.0) as client:
        found = values(client.projects.listing(top=_NAMES))
    names = ", ".join(f"{text(one, 'displayName')!r}" for one in found)
    return f"It answers, and has {'projects: ' + names if names else 'no projects yet'}."


def _as_options(given: Mapping[str, Value]) -> dict[str, Value]:
    """The address that is to be kept, as if it were given for one command."""
    if "region" in given:
        return {"region": given["region"]}
    root = str(given["endpoint"]).partition("/speechtotext")[0].rstrip("/")
    return {"base": f"{root}/speechtotext/{address.DEFAULT_VERSION}"}


def _keep(given: Mapping[str, Value]) -> dict[str, Any]:
    """Write it all down; where each text is now. Raises: UsageError."""
    hive = str(given.get("hive", hives.USER))
    kept: dict[str, Any] = {}
    chosen, other = ("region", "endpoint") if "region" in given else ("endpoint", "region")
    for name in (chosen, "key"):
        if value := str(given.get(name, "")):
            path = hives.place(name, hive=hive)
            hives.keep(path, value)
            kept[f"@{name}"] = str(path)
    stale = [other] if given.get("key") else [other, "key"]  # a key of another service is not for this one
    for name in stale:
        if (path := hives.place(name, hive=hive)).is_file():
            hives.remove(path)
    fields = {"language": "locale", "project": "project"}
    options = {option: str(given[field]) for option, field in fields.items() if field in given}
    if options:
        path = hives.place("default.config", hive=hive)
        lines = hives.text_of(path).splitlines() if path.is_file() else []
        lines = [line for line in lines if line.strip().lstrip("-").replace("=", " ").split(" ")[0] not in options]
        hives.keep(path, "\n".join([*lines, *(f"{name}={value}" for name, value in options.items())]))
        kept["@default.config"] = str(path)
    return kept


def _asked(question: str, *, default: str) -> str:
    return str(click.prompt(question, default, err=True, show_default=bool(default))).strip()
