"""Making, showing, changing and removing entities: each verb is one client call and gives the exit code."""

from pathlib import Path
from typing import Any

import click

from speechsmith.cli.session import DONE, FAILED, Session
from speechsmith.client.entity import Entity, has_failed, id_of, part, text
from speechsmith.client.errors import WaitedTooLong

_NOT_SENT = {"key", "region", "version", "base", "request", "quiet", "verbose", "wait", "reference", "data", "target"}


def create(session: Session) -> int:
    """Make an entity; with --wait stay until it is done."""
    name = session.given["display_name"]
    if session.command.noun == "dataset" and "wait" in session.given and "content_url" not in session.given:
        raise click.UsageError(
            "--wait needs --content URL: a dataset without content waits for its data. "
            "To send a file use `spx csr dataset upload --data FILE`."
        )
    if "out.fail_if" in session.given and "wait" not in session.given:
        raise click.UsageError("--fail-if needs --wait: nothing is known of an evaluation that has just begun.")
    done = session.doing(f"Creating {session.command.noun} '{name}'")
    made = _collection(session).create(**_made_of(session))
    done()
    return finish(session, made)


def upload(session: Session) -> int:
    """Make a dataset of a file, or go on with one whose upload stopped."""
    given, datasets = session.given, session.client.datasets
    data = Path(str(given["data"]))
    missing = [name for name, field in (("name", "display_name"), ("kind", "kind")) if field not in given]
    if missing and "reference" not in given:
        raise click.UsageError(f"Cannot upload dataset; dataset {missing[0]} not found. Give --{missing[0]}.")
    done = session.doing(f"Uploading '{data.name}'")
    if "reference" in given:
        made = datasets.resume(str(given["reference"]), data, seen=session.progress.data)
    else:
        made = datasets.upload(data, seen=session.progress.data, **_made_of(session))
    done()
    return finish(session, made)


def status(session: Session) -> int:
    """Show an entity as it is; with --wait as it is once it is done."""
    reference = str(session.given["reference"])
    if "wait" in session.given:
        return finish(session, None, reference)
    session.progress.say(f"Getting status for {session.command.noun} '{reference}' ...")
    session.show(_collection(session).get(reference))
    return DONE


def update(session: Session) -> int:
    """Change what is given of an entity, and nothing else."""
    reference, changes = str(session.given["reference"]), _sent(session)
    if not changes:
        can = ", ".join(f"--{option.name}" for option in session.command.options if option.field in _CHANGEABLE)
        raise click.UsageError(f"Nothing is to be changed; give at least one of {can}.")
    done = session.doing(f"Updating {session.command.noun} '{reference}'")
    changed = _collection(session).update(reference, **changes)
    done()
    return finish(session, changed)


_CHANGEABLE = {"display_name", "description", "project", "custom_properties", "model", "logging"}
_CHANGEABLE |= {"web_url", "events", "no_events", "secret"}  # of web hooks


def delete(session: Session) -> int:
    """Remove an entity; the answer is an empty object."""
    reference = str(session.given["reference"])
    done = session.doing(f"Deleting {session.command.noun} '{reference}'")
    _collection(session).delete(reference)
    done()
    session.show({})
    return DONE


def _collection(session: Session) -> Any:
    return getattr(session.client, session.command.collection)


def _sent(session: Session) -> dict[str, Any]:
    """The values as arguments of the client call: `properties.NAME` becomes a member of the properties."""
    arguments: dict[str, Any] = {}
    for field, value in session.given.items():
        name, _, member = field.partition(".")
        if field in _NOT_SENT or name in {"out", "run"}:
            continue
        if member:
            arguments["properties"] = {**arguments.get("properties", {}), member: value}
        elif name == "properties" and isinstance(value, dict):
            arguments["properties"] = {**value, **arguments.get("properties", {})}
        else:
            arguments[name] = value
    return arguments


def _made_of(session: Session) -> dict[str, Any]:
    if "locale" in session.given or not any(option.field == "locale" for option in session.command.options):
        return _sent(session)
    return {"locale": session.preset_locale(), **_sent(session)}


def finish(session: Session, entity: Entity | None, reference: str = "") -> int:
    """Show an entity; with --wait once it is done. The exit code says whether that went well."""
    if "wait" not in session.given:
        session.show(entity)
        return DONE
    session.keep(entity)  # whoever does not wait to the end finds it again
    noun, reference = session.command.noun, reference or id_of(entity)
    group = f"spx {' '.join(session.command.path[:-1])}"
    stop = "" if noun == "operation" else f"\nTo stop it: {group} delete --{noun} {reference}"
    entity = stay(session, _collection(session), noun, reference, f"{group} status --{noun} {reference} --wait{stop}")
    _tell_left_out(session, entity)
    session.show(entity)
    return verdict(noun, entity)


def stay(session: Session, collection: Any, noun: str, reference: str, again: str) -> Entity:
    """Stay as long as --wait says until one of a collection is done; give it as it is then.

    Args:
        again: the command for somebody who stops waiting.
    Raises: WaitedTooLong.
    """
    session.progress.say(f"Awaiting {noun} {reference} success or failure ...")
    timeout = float(str(session.given["wait"]))
    try:
        entity: Entity = collection.wait(reference, timeout=timeout, seen=session.progress.status)
    except WaitedTooLong as late:
        session.progress.say("Timed-out!")
        session.show(late.entity)
        raise
    except KeyboardInterrupt:
        session.progress.say(f"\nThe service goes on without you. To wait again: {again}")
        raise
    session.progress.say("Failed!" if has_failed(entity) else "Done!")
    return entity


def verdict(noun: str, entity: Entity) -> int:
    """The exit code for what has ended; a failure is told with its reason."""
    if not has_failed(entity):
        return DONE
    reason = part(part(entity, "properties"), "error") or part(entity, "error")
    told = f"{text(reason, 'message')} ({text(reason, 'code')})" if reason else "The service gives no reason."
    click.echo(f"ERROR: The {noun} failed: {told}", err=True)
    return FAILED


def _tell_left_out(session: Session, entity: Entity) -> None:
    """A dataset may succeed with half of its lines left out: that is said where it is seen."""
    count = text(part(entity, "properties"), "rejectedLineCount")
    if session.command.noun == "dataset" and count not in {"", "0"}:
        download = f"spx csr dataset download --dataset {id_of(entity)} --file report.json"
        session.progress.say(f"Left out: {count}. Which and why: {download}")
