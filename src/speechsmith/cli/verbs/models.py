"""What is done with models alone: training them again, and copying them. Each verb gives the exit code.

Theory of a copy. Up to v3.1 the source is given the target's key, and answers with the new model. From v3.2 on the
target, asked with its own key, authorizes one copy; the source takes that and answers with an operation, whose result
is the new model. What an answer says of other servers is never followed with the target's key: that goes to the server
that the user has named as the target's, or else to the source's.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from speechsmith.cli import address
from speechsmith.cli.session import DONE, Session
from speechsmith.cli.verbs.entities import finish, stay, verdict
from speechsmith.client.entity import has_failed, id_of, part, text
from speechsmith.client.errors import ClientError, NotFound, Unauthorized

if TYPE_CHECKING:
    from speechsmith.client.client import Client
    from speechsmith.client.collection import Change

_BY_KEY = {"v3.0", "v3.1"}


def rebase(session: Session) -> int:
    """Train a model again on another base model."""
    given = {name: str(value) for name, value in session.given.items()}
    done = session.doing(f"Rebasing model '{given['reference']}'")
    made = session.client.models.rebase(
        given["reference"],
        base_model=given.get("base_model"),
        dataset=given.get("dataset"),
        display_name=given.get("display_name"),
    )
    done()
    return finish(session, made)


def copy(session: Session) -> int:
    """Copy a model into another resource; with --wait stay until it is there."""
    given = session.given
    if not str(given["target_key"]).strip():
        raise click.UsageError("--target key is empty; give a key of the resource that the model is to be copied to.")
    is_by_key = session.client.version in _BY_KEY
    if not is_by_key and "wait" not in given and _labels(session):
        raise click.UsageError("The copy can be given a name and a project once it is there: add --wait.")
    elsewhere = address.target_address(given, session.client.version)
    with session.aside(elsewhere, str(given["target_key"])) as target:
        return (_by_key if is_by_key else _by_authorization)(session, target)


def _by_key(session: Session, target: "Client") -> int:
    reference = str(session.given["reference"])
    done = session.doing(f"Copying model '{reference}'")
    made = session.client.models.copy_to(reference, target_key=str(session.given["target_key"]))
    done()
    session.keep(made)
    labels = _labels(session)
    if "wait" in session.given or labels:
        _check_is_there(session, target, text(made, "self"))
    copied = id_of(made)
    with _keys_of_target():
        if labels:
            made = target.models.update(copied, **labels)
        if "wait" in session.given:
            again = f"spx csr model status --model {copied} --wait, with the key of the target"
            made = stay(session, target.models, "model", copied, again)
    session.show(made)
    return verdict("model", made) if "wait" in session.given else DONE


def _by_authorization(session: Session, target: "Client") -> int:
    reference = str(session.given["reference"])
    done = session.doing(f"Copying model '{reference}'")
    source = _source(session)
    with _keys_of_target():
        authorization = target.models.authorize_copy(source_resource=source)
    operation = session.client.models.copy(reference, authorization=authorization)
    done()
    if "wait" not in session.given:
        session.show(operation)
        return DONE
    url = text(operation, "self")
    again = f"spx operation status --operation {id_of(operation)} --wait"
    operation = stay(session, session.client.operations, "operation", url, again)
    if has_failed(operation):
        session.show(operation)
        return verdict("copy", operation)
    # Of the link only the id: by which address the target is reached the user knows.
    copied = text(part(operation, "result"), "link").rstrip("/").rpartition("/")[2]
    labels = _labels(session)
    with _keys_of_target():
        session.show(target.models.update(copied, **labels) if labels else target.models.get(copied))
    return DONE


class TargetRefused(Unauthorized):
    """It is the target that refuses, and its key that is to be mended."""


@contextlib.contextmanager
def _keys_of_target() -> Iterator[None]:
    try:
        yield
    except Unauthorized as error:
        raise TargetRefused(
            error.status,
            error.code,
            f"The target refuses its key: {error.message} Give a key of the target with --target key KEY, and where it "
            "is not on this server --target endpoint URL or --target region REGION.",
            error.inner,
            error.request_id,
        ) from error


def _source(session: Session) -> str:
    """The id of the resource that is copied from: as told, else as an access token of it says."""
    if "source" in session.given:
        return str(session.given["source"])
    found = ""
    with session.aside() as source, contextlib.suppress(NotFound):
        found = source.resource_id()
    if not found:
        raise click.UsageError(
            "The service does not tell the id of the resource that is copied from; give it with --source resource ID."
        )
    return found


def _labels(session: Session) -> "Change":
    found: Change = {}
    if "display_name" in session.given:
        found["display_name"] = str(session.given["display_name"])
    if "project" in session.given:
        found["project"] = str(session.given["project"])
    return found


def _check_is_there(session: Session, target: "Client", copied: str) -> None:
    """The new model can be looked at where the user says that the target is. Raises: ClientError."""
    is_told = {"target_endpoint", "target_region"} & session.given.keys()
    if not is_told and not target.is_home(copied):
        raise ClientError(
            f"The copy has begun. It is {copied}, on another server, which is not sent the target's key unasked: look "
            "at it there; next time name the server with --target endpoint URL."
        )
