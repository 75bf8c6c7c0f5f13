"""Use cases of copies, on the side of the source: into another resource of this server, or to a peer.

A copy within this server is one transaction: operation, new model and job. A peer is told where the bundle of the model
is, fetches it, and makes the model; it is asked again until it is done, by one job after another, so that two servers
that copy to each other never wait with all their workers.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from speechsmith.domain.copies import CopyAuthorization, CopyOperation, LocalOrigin, SentBundle, names, proof
from speechsmith.domain.errors import Invalid, TooMany
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import CustomModel
from speechsmith.domain.resources import SpeechResource, key_digest
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.net.fetch import shown
from speechsmith.net.links import Signer
from speechsmith.net.peers import Peer, PeerSilent, call, find, parse
from speechsmith.services import bundles, copying, entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.store.blobs import prefix
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS
from speechsmith.tasks.base import TaskError
from speechsmith.tasks.send_model import SendModel, Silent, Told, ask

PATIENCE = timedelta(days=1)
"""How long a peer may take for a copy, be it silent or not."""

FIRST_JOB = timedelta(seconds=10)
"""When the job takes over a copy that a request has begun."""

_BUNDLE = "bundle.tar"
MOST_ASKING = 4
_ASKING = BoundedSemaphore(MOST_ASKING)


@dataclass(frozen=True, slots=True)
class NewCopy:
    """The new model as the target has it, and the address of its server; None: this one."""

    model: CustomModel
    endpoint: str | None = None


def copy(
    ctx: Context, resource: SpeechResource, model_id: UUID, authorization: CopyAuthorization, *, root: str
) -> CopyOperation:
    """Begin a copy into the target that has given the authorization. `root` is how others reach this server.

    Raises: NotFound, Invalid: the model is not Succeeded, the authorization is not for this resource, has expired, was
    used or changed, or is of a server that is no peer.
    """
    with ctx.store.write(resource.id) as tx:
        model = tx.table(CustomModel).get(model_id)
        if not names(authorization.source_resource_id, resource):
            raise Invalid(
                "InvalidSourceAzureResourceId",
                f"The authorization is for another source; this resource is {resource.id}: ask the target for an "
                "authorization with this as sourceResourceId.",
                target="sourceResourceId",
            )
        _check_copyable(tx, model)
        operation = _operation(ctx, model)
        if not authorization.is_signed(copying.secret(tx)):
            return _begin_sending(ctx, tx, replace(operation, authorization=authorization, root=root))
        copy_id = copying.copy_id_of(authorization, operation.id)
        target = copying.spend(tx, authorization, copy_id, ctx.now())
        operation = replace(operation, copy_id=copy_id)
        _begin_within(ctx, tx, operation, model, target)
        return operation


def copy_within(
    ctx: Context,
    resource: SpeechResource,
    model_id: UUID,
    target: SpeechResource | Callable[[Transaction], SpeechResource],
    *,
    project_id: UUID | None = None,
    new_project: entities.Labels | None = None,
) -> CustomModel:
    """Begin a copy into another resource of this server, which the caller may write to, or into another project.

    Args: target: the resource, or what makes it within this write; new_project: one that is made there for it.

    Raises: NotFound, also for the project, Invalid when the model is not Succeeded or the project of another locale.
    """
    with ctx.store.write(resource.id) as tx:
        model = tx.table(CustomModel).get(model_id)
        _check_copyable(tx, model)
        target = target if isinstance(target, SpeechResource) else target(tx)
        if new_project is not None:
            project_id = entities.add_project(ctx, tx.of(target.id), target.id, new_project).id
        operation = _operation(ctx, model, copy_id=ctx.new_id())
        return _begin_within(ctx, tx, operation, model, target, project_id=project_id)


def check_copyable(ctx: Context, resource_id: UUID, model_id: UUID) -> None:
    """Raises: NotFound, Invalid unless a copy of the model could begin."""
    with ctx.store.read(resource_id) as tx:
        _check_copyable(tx, tx.table(CustomModel).get(model_id))


def regions(ctx: Context) -> list[str]:
    """The regions of the servers that `copy_to` asks, besides those of this one."""
    return sorted({peer.region for peer in parse(ctx.settings.peers) if peer.is_trusted})


def copy_to(
    ctx: Context, resource: SpeechResource, model_id: UUID, key: str, *, root: str, region: str | None = None
) -> NewCopy:
    """Begin a copy into the resource that a key opens: one of this server, or of a trusted peer.

    Args: region: only into one that is there; None: wherever it is.

    Raises: NotFound, Invalid (SubscriptionNotFound) when nobody knows the key, TooMany while peers are asked for
    others, and as `copy`.
    """
    with ctx.store.write(resource.id) as tx:
        model = tx.table(CustomModel).get(model_id)
        _check_copyable(tx, model)
        target = tx.resources.by_key(key_digest(key))
        if target is not None and region in (None, target.region):
            operation = _operation(ctx, model, copy_id=ctx.new_id())
            return NewCopy(_begin_within(ctx, tx, operation, model, target))
    with _one_of_few():
        for peer in parse(ctx.settings.peers):
            if not peer.is_trusted or region not in (None, peer.region):
                continue
            if authorization := _authorization_by_key(peer, key, resource):
                return _send_now(ctx, model, authorization, root)
    raise Invalid(
        "SubscriptionNotFound",
        "No resource of this server or of its trusted peers has this key. For a resource elsewhere use v3.2: POST "
        "/models:authorizecopy with the target's key, then POST /models/{id}:copy with what it answers.",
        target="targetSubscriptionKey",
    )


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Peers can be slow, and must not hold all threads of the API. Raises: TooMany while some wait for them already."""
    if not _ASKING.acquire(blocking=False):
        message = "Other requests wait for peers at this moment; try again soon, or use :copy of v3.2, which is quick."
        raise TooMany("TooManyRequests", message, after=timedelta(seconds=5))
    try:
        yield
    finally:
        _ASKING.release()


def _check_copyable(tx: Transaction, model: CustomModel) -> None:
    if model.status is not Status.SUCCEEDED:
        raise Invalid(
            "InvalidModel", f"The model '{model.display_name}' is {model.status}; only a Succeeded model is copied."
        )
    model_choice.base_of(tx, model)


def _operation(ctx: Context, model: CustomModel, **known: Any) -> CopyOperation:
    now = ctx.now()
    return CopyOperation(
        id=ctx.new_id(),
        resource_id=model.resource_id,
        locale=model.locale,
        display_name=model.display_name,
        created_at=now,
        last_action_at=now,
        model_id=model.id,
        **known,
    )


def _begin_within(
    ctx: Context,
    tx: Transaction,
    operation: CopyOperation,
    model: CustomModel,
    target: SpeechResource,
    *,
    project_id: UUID | None = None,
) -> CustomModel:
    """Keep the operation, and the new model under its `copy_id`."""
    assert operation.copy_id is not None
    tx.table(CopyOperation).add(operation)
    labels = entities.Labels(
        display_name=model.display_name,
        locale=model.locale,
        description=model.description,
        custom_properties=model.custom_properties,
        project_id=project_id,
    )
    return copying.begin(
        ctx,
        tx,
        target.id,
        labels,
        copy_id=operation.copy_id,
        base_model_id=model.base_model_id,
        weight_percent=model.weight_percent,
        origin=LocalOrigin(operation_id=operation.id, model_id=model.id),
    )


# to a peer


def _begin_sending(
    ctx: Context, tx: Transaction, operation: CopyOperation, *, after: timedelta = timedelta()
) -> CopyOperation:
    """Keep the operation, and queue its first job. Raises: Invalid when the authorization is of no use."""
    assert operation.authorization is not None
    operation.authorization.check_valid(ctx.now())
    _peer_of(ctx, operation.authorization)
    tx.table(CopyOperation).add(operation)
    entities.queue(ctx, tx, JobKind.SEND_MODEL, operation, after=after)
    return operation


def _peer_of(ctx: Context, authorization: CopyAuthorization) -> Peer:
    peers = parse(ctx.settings.peers)
    if peer := find(peers, authorization.endpoint):
        return peer
    known = ", ".join(f"{peer.url} ({peer.region})" for peer in peers)
    raise Invalid(
        "InvalidParameterValue",
        f"The authorization was not given by this server, and {shown(authorization.endpoint)} is no peer of it; its "
        f"operator can name it in SPEECHSMITH_PEERS. There are: {known or 'none'}.",
        target="targetResourceEndpoint",
    )


def _authorization_by_key(peer: Peer, key: str, resource: SpeechResource) -> CopyAuthorization | None:
    """What a peer gives to whoever can show that he knows the key of one of its resources; the key stays here."""
    source = str(resource.id)
    try:
        nonce = str(call(peer, "/challenges", {}).body["nonce"])
        proven = proof(key_digest(key), nonce=nonce, endpoint=peer.url, source_resource_id=source)
        said = call(peer, "/authorizations", {"nonce": nonce, "proof": proven, "sourceResourceId": source})
        return None if said.status >= 400 else copying.read(said.body)
    except (PeerSilent, KeyError, TypeError, ValueError):
        return None


def _send_now(ctx: Context, model: CustomModel, authorization: CopyAuthorization, root: str) -> NewCopy:
    """Tell the peer before the answer, which shows the model as it is there. A job goes on where this ends."""
    assert model.resource_id is not None
    with ctx.store.write(model.resource_id) as tx:
        tx.table(CustomModel).get(model.id)
        operation = _operation(ctx, model, authorization=authorization, root=root)
        _begin_sending(ctx, tx, operation, after=FIRST_JOB)
    operation = _bundled(ctx, operation, f"{operation.id}-0")
    try:
        told = ask(_peer_of(ctx, authorization), _request(ctx, operation))
    except (TaskError, PeerSilent) as error:
        refused = error if isinstance(error, TaskError) else TaskError("InvalidPrerequisite", f"{error} Try again.")
        with ctx.store.write(EVERY_RESOURCE) as tx:
            job = tx.jobs.of(operation.id)
            if job is not None:
                tx.jobs.put(job.cancel())
            _end(tx, operation.id, ctx.now(), Failure(refused.code, refused.message))
        raise Invalid(refused.code, refused.message) from None
    there = replace(
        model,
        id=told.copy_id,
        base_model_id=told.base_model_id,
        dataset_ids=(),
        project_id=None,
        status=Status.NOT_STARTED,
        created_at=told.created_at,
        last_action_at=told.created_at,
    )
    return NewCopy(there, authorization.endpoint)


def _bundled(ctx: Context, operation: CopyOperation, attempt: str) -> CopyOperation:
    """The operation with its bundle, which is made once. Raises: Invalid, NotFound, OSError."""
    assert operation.resource_id is not None
    if operation.bundle is not None:
        return operation
    with ctx.store.read(EVERY_RESOURCE) as tx:
        model = tx.table(CustomModel).get(operation.model_id)
    part = ctx.part()
    try:
        manifest = bundles.write(ctx, model, part)
        with part.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        blob = prefix(operation.resource_id, COLLECTIONS[CopyOperation], operation.id, attempt, _BUNDLE)
        size = ctx.blobs.put(blob, part)
    finally:
        part.unlink(missing_ok=True)
    file = File(
        id=ctx.new_id(),
        resource_id=operation.resource_id,
        owner_id=operation.id,
        name=_BUNDLE,
        kind=FileKind.MODEL_BUNDLE,
        blob=blob,
        size_bytes=size,
        created_at=ctx.now(),
    )
    with ctx.store.write(EVERY_RESOURCE) as tx:
        current = tx.table(CopyOperation).get(operation.id)
        if current.bundle is None:
            sent = SentBundle(sha256=sha256, size_bytes=size, base_sha256=manifest.base.sha256)
            current = replace(current, bundle=sent)
            tx.table(CopyOperation).put(current)
            tx.files.add([file])
    return current


def _request(ctx: Context, operation: CopyOperation) -> dict[str, Any]:
    """What the peer is told: the same each time, but for the signature of the link."""
    assert operation.authorization is not None
    assert operation.bundle is not None
    with ctx.store.write(EVERY_RESOURCE) as tx:
        model = tx.table(CustomModel).get(operation.model_id)
        base = model_choice.base_of(tx, model)
        file = tx.files.of(operation.id)[0]
        signer = Signer(tx.secret("links"))
    path = f"/files/{file.id}"
    return {
        "authorization": copying.members(operation.authorization),
        "operationId": str(operation.id),
        "sourceEndpoint": operation.root,
        "model": {
            "displayName": model.display_name,
            "description": model.description,
            "customProperties": dict(model.custom_properties),
            "locale": model.locale,
            "customModelWeightPercent": model.weight_percent,
            "base": {"engine": base.engine, "released": base.released, "sha256": operation.bundle.base_sha256},
        },
        "bundle": {
            "path": f"{path}?{signer.sign(path, (operation.created_at + 2 * PATIENCE).timestamp())}",
            "sha256": operation.bundle.sha256,
            "sizeBytes": operation.bundle.size_bytes,
        },
    }


# the job


def prepare(ctx: Context, job: Job) -> SendModel:
    """Whom to tell what; the bundle is there."""
    operation = _bundled(ctx, publishing.subject(ctx, job, CopyOperation), f"{job.id}-{job.attempt}")
    assert operation.authorization is not None
    return SendModel(_peer_of(ctx, operation.authorization), _request(ctx, operation))


def publish(ctx: Context, job: Job, result: Told | Silent, _out: Path) -> None:
    """The operation has ended as the copy has; as long as that has not, another job asks again."""
    with publishing.finishing(ctx, job, CopyOperation) as (tx, operation):
        now = ctx.now()
        if isinstance(result, Told) and result.status.is_final:
            tx.table(CopyOperation).put(replace(operation, copy_id=result.copy_id))
            _end(tx, operation.id, now, result.failure)
        elif now - operation.created_at > PATIENCE:
            reason = result.reason if isinstance(result, Silent) else "The target has not copied the model in time."
            _end(tx, operation.id, now, Failure("TargetSilent", f"{reason} Copy it again."))
        else:
            pause = (now - operation.created_at) / 4
            entities.queue(
                ctx,
                tx,
                JobKind.SEND_MODEL,
                operation,
                after=min(max(pause, timedelta(seconds=2)), timedelta(seconds=30)),
            )


def failed(tx: Transaction, job: Job, now: datetime, failure: Failure) -> None:
    """The operation is Failed, and its bundle goes."""
    _end(tx, job.subject_id, now, failure)


def _end(tx: Transaction, operation_id: UUID, now: datetime, failure: Failure | None) -> None:
    operation = tx.table(CopyOperation).find(operation_id)
    if operation is None or operation.status.is_final:
        return
    assert operation.resource_id is not None
    running = operation.started(now)
    tx.table(CopyOperation).put(running.succeeded(now) if failure is None else running.failed(now, failure))
    tx.files.delete(operation.id)
    tx.purges.add(prefix(operation.resource_id, COLLECTIONS[CopyOperation], operation.id), now + entities.LAST_WRITES)
