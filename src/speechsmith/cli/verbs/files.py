"""Listing entities and their files, saving files, and deleting logs. Each verb gives the exit code."""

from pathlib import Path
from typing import Any

import click

from speechsmith.cli.session import DONE, Session
from speechsmith.cli.verbs import entities
from speechsmith.client.entity import text


def list(session: Session) -> int:
    """List entities, the files of one, or the locales that can be chosen."""
    given, client = session.given, session.client
    named = {field.partition(".")[2] for field in given if field.startswith("all.")}
    locales = [field.partition(".")[2] for field in given if field.startswith("locales.")]
    page: dict[str, Any] = {name: given[name] for name in ("top", "skip", "filter", "project") if name in given}
    owner, reference = _owner(session)
    if "files" in given or (owner and not (named or locales or session.command.collection)):
        if not owner:
            raise click.UsageError(f"Whose files? Give {_choices(session, 'of.')}.")
        session.progress.say(f"Listing files of {owner.removesuffix('s')} '{reference}' ...")
        session.show(getattr(client, owner).files(reference, **page))
        return DONE
    target = next(iter(sorted(named, key=("base_models").__ne__)), session.command.collection)
    if locales:
        session.progress.say(f"Listing locales of {locales[0]} ...")
        session.show(getattr(client, locales[0]).locales())
        return DONE
    if not target:
        raise click.UsageError(f"What is to be listed? Give {_choices(session, 'all.')}.")
    if target == "base_models" and "project" in given:
        raise click.UsageError("Base models belong to no project; leave out --project.")
    if target == "projects" and "project" in given:
        raise click.UsageError("A project has no projects; say what of it is to be listed, such as --models.")
    session.progress.say(f"Listing {target.replace('_', ' ')} ...")
    session.show(getattr(client, target).listing(**page))
    return DONE


def download(session: Session) -> int:
    """Save a file of an entity, or whatever lies at a URL."""
    given, client = session.given, session.client
    if "url" in given:
        url = str(given["url"])
        target = _target(session, url.partition("?")[0])
        done = session.doing(f"Downloading {target}")
        client.download_url(url, target, seen=session.progress.data)
        done()
        session.progress.say(f"Saved as {target}")
        session.show({"name": target.name, "properties": {"size": target.stat().st_size}})
        return DONE
    owner, reference = _owner(session)
    file = str(given.get("file", ""))
    if not file or not (owner or "://" in file):
        raise click.UsageError(
            f"Which file? Give its URL, or {_choices(session, 'of.')} with its id or name; "
            f"`{_list_command(session)} --files` lists them."
        )
    done = session.doing(f"Locating {file}")
    found = getattr(client, owner).file(reference, file) if owner and "://" not in file else client.read(file)
    done()
    target = _target(session, text(found, "name"))
    done = session.doing(f"Downloading {target}")
    client.download(found, target, seen=session.progress.data)
    done()
    session.progress.say(f"Saved as {target}")
    session.show(found)
    return DONE


def delete(session: Session) -> int:
    """Remove an endpoint, or what it has logged; the answer is an empty object."""
    given, endpoint = session.given, str(session.given["reference"])
    if not {"logs", "until", "file"} & given.keys():
        return entities.delete(session)
    if "file" in given and {"logs", "until"} & given.keys():
        raise click.UsageError("Either one --log, or --logs, if need be up to an --end date.")
    what = f"log '{given['file']}'" if "file" in given else "logs"
    done = session.doing(f"Deleting {what} of endpoint '{endpoint}'")
    if "file" in given:
        session.client.endpoints.delete_log(endpoint, str(given["file"]))
    else:
        session.client.endpoints.delete_logs(endpoint, until=str(given["until"]) if "until" in given else None)
    done()
    session.show({})
    return DONE


def _owner(session: Session) -> tuple[str, str]:
    """Whose files are meant: the collection and the reference."""
    found = [(field.partition(".")[2], str(value)) for field, value in session.given.items() if field.startswith("of.")]
    return found[-1] if found else ("", "")


def _target(session: Session, name: str) -> Path:
    """Where to save: as told, else under the last part of the name, so that no name leads to another folder. The folder
    is made if need be, as for all that is written. Raises: OSError."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if "target" not in session.given and last in {"", ".", ".."}:
        raise click.UsageError("The file has no name of its own; give --output file FILE.")
    target = Path(str(session.given["target"])) if "target" in session.given else session.folder / last
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _choices(session: Session, prefix: str) -> str:
    names = [f"--{option.name}" for option in session.command.options if option.field.startswith(prefix)]
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _list_command(session: Session) -> str:
    return f"spx {' '.join((*session.command.path[:-1], 'list'))}"
