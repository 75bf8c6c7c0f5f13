"""Use cases of copies, on the side of the target: authorize them, and make the new model.

What comes from another server is believed only where its operator and ours have agreed on it: the source must be a
peer, and the bundle is fetched from the peer's own address, wherever the request came from.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from speechsmith.domain.copies import (
    AUTHORIZED,
    CopyAuthorization,
    LocalOrigin,
    PeerOrigin,
    check_resource_id,
    proof,
    signature,
)
from speechsmith.domain.errors import Invalid
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job
from speechsmith.domain.models import CustomModel
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.values import Failure
from speechsmith.net.fetch import FetchPolicy
from speechsmith.net.peers import find, parse
from speechsmith.services import bundles, copying, entities, publishing
from speechsmith.services.context import Context
from speechsmith.store import bundle_file
from speechsmith.store.bundle_file import DIGESTS, MODEL, REPORT, Base
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.tasks.copy_model import BUNDLE, Copied, CopyModel, Remote

CHALLENGED = timedelta(minutes=1)
"""How long a challenge can be answered."""

_RETRIES = 8  # pauses of up to four minutes: a source that is restarted meanwhile is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a peer says of a model that it has been allowed to copy here. `path` is where its bundle is, there."""

    authorization: CopyAuthorization
    operation_id: UUID
    source_endpoint: str
    labels: entities.Labels
    weight_percent: int | None
    base: Base
    path: str
    sha256: str
    size_bytes: int


def authorize(ctx: Context, target: SpeechResource, source_resource_id: str, *, endpoint: str) -> CopyAuthorization:
    """Allow one copy of a model of the source into the target. `endpoint` is how others reach this server.

    Whether there is such a source is not looked at: it may be elsewhere, and is nobody else's business.

    Raises: Invalid (InvalidSourceAzureResourceId).
    """
    check_resource_id(source_resource_id)
    with ctx.store.write(target.id) as tx:
        return _signed(ctx, tx, target, source_resource_id, endpoint)


def _signed(
    ctx: Context, tx: Transaction, target: SpeechResource, source_resource_id: str, endpoint: str
) -> CopyAuthorization:
    return CopyAuthorization(
        id=str(ctx.new_id()),
        source_resource_id=source_resource_id,
        target_resource_id=str(target.id),
        target_region=target.region,
        endpoint=endpoint,
        expires_at=(ctx.now() + AUTHORIZED).replace(microsecond=0),
    ).signed(copying.secret(tx))


# what peers ask


def challenge(ctx: Context) -> str:
    """A nonce, to be answered within a minute, once."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        secret = copying.secret(tx)
    said = f"{ctx.new_id()}.{int((ctx.now() + CHALLENGED).timestamp())}"
    return f"{said}.{signature(secret, ['nonce', said])}"


def authorize_by_proof(
    ctx: Context, *, nonce: str, shown: str, source_resource_id: str, endpoint: str
) -> CopyAuthorization:
    """What `authorize` gives, to whoever proves that he knows a key of one of the resources here.

    Raises: Invalid (InvalidParameterValue) for a nonce that is of no use, (SubscriptionNotFound) for all other proofs.
    """
    check_resource_id(source_resource_id)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        said, _, signed = nonce.rpartition(".")
        expected = signature(copying.secret(tx), ["nonce", said])
        if not hmac.compare_digest(expected.encode(), signed.encode("utf-8", "surrogatepass")):
            raise Invalid("InvalidParameterValue", "The nonce was not given by this server.", target="nonce")
        expires_at = datetime.fromtimestamp(int(said.partition(".")[2]), UTC)
        use = ctx.new_id()
        if ctx.now() >= expires_at or tx.spent.spend(nonce, use, expires_at) != use:
            raise Invalid(
                "InvalidParameterValue", "The nonce has expired or was used; ask for another.", target="nonce"
            )
        for resource in tx.resources.all():
            for digest in (resource.key1_digest, resource.key2_digest):
                expected = proof(digest, nonce=nonce, endpoint=endpoint, source_resource_id=source_resource_id)
                if hmac.compare_digest(expected.encode(), shown.encode("utf-8", "surrogatepass")):
                    return _signed(ctx, tx, resource, source_resource_id, endpoint)
    raise Invalid("SubscriptionNotFound", "The proof is not for a key of a resource of this server.", target="proof")


def receive(ctx: Context, arrival: Arrival) -> CustomModel:
    """The new model, made by the first of any number of equal requests; a job brings its files.

    Raises: Invalid: the source is no peer, the authorization is not ours, has expired or was used for another copy,
    the base or the locale is not installed.
    """
    peer = find(parse(ctx.settings.peers), arrival.source_endpoint)
    if peer is None:
        raise Invalid(
            "InvalidPermissions",
            f"{arrival.source_endpoint[:200]} is no peer of this server, whose operator can name it in "
            "SPEECHSMITH_PEERS.",
            target="sourceEndpoint",
        )
    copy_id = copying.copy_id_of(arrival.authorization, arrival.operation_id)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        if not arrival.authorization.is_signed(copying.secret(tx)):
            raise Invalid("InvalidParameterValue", "The authorization was not given by this server.", target="id")
        was_used = tx.spent.use_of(arrival.authorization.id) is not None
        found = tx.table(CustomModel).find(copy_id)
        if found is None and not was_used:
            base = bundles.installed(tx, arrival.base, arrival.labels.locale)
    if found is not None:
        return found
    if was_used:
        with ctx.store.write(EVERY_RESOURCE) as tx:
            copying.spend(tx, arrival.authorization, copy_id, ctx.now())
        raise Invalid(copying.DELETED.code, copying.DELETED.message)
    bundles.check_same(ctx, base, arrival.base)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        target = copying.spend(tx, arrival.authorization, copy_id, ctx.now())
        if (found := tx.table(CustomModel).find(copy_id)) is not None:  # an equal request was quicker
            return found
        return copying.begin(
            ctx,
            tx,
            target.id,
            arrival.labels,
            copy_id=copy_id,
            base_model_id=base.id,
            weight_percent=arrival.weight_percent,
            origin=PeerOrigin(
                operation_id=arrival.operation_id,
                url=f"{peer.url}{arrival.path}",
                sha256=arrival.sha256,
                size_bytes=arrival.size_bytes,
            ),
        )


# the job


def started(tx: Transaction, job: Job, now: datetime) -> None:
    """Copy and operation are Running."""
    publishing.mark_started(CustomModel, tx, job, now)
    if model := tx.table(CustomModel).find(job.subject_id):
        copying.tell_started(tx, model, now)


def failed(tx: Transaction, job: Job, now: datetime, failure: Failure) -> None:
    """Copy and operation are Failed, for one reason."""
    publishing.mark_failed(CustomModel, tx, job, now, failure)
    if model := tx.table(CustomModel).find(job.subject_id):
        copying.tell_ended(tx, model, now, failure)


def prepare(ctx: Context, job: Job) -> CopyModel:
    """Where the files are."""
    origin = publishing.subject(ctx, job, CustomModel).origin
    match origin:
        case LocalOrigin():
            with ctx.store.read(EVERY_RESOURCE) as tx:
                source = tx.table(CustomModel).get(origin.model_id)
            parts = bundles.parts(ctx, source)
            return CopyModel(parts=parts.files, made=parts.made)
        case PeerOrigin():
            policy = FetchPolicy(allow_private=True, max_bytes=origin.size_bytes, retries=_RETRIES, most_redirects=0)
            return CopyModel(remote=Remote(url=origin.url, sha256=origin.sha256, policy=policy))
        case None:
            raise AssertionError("a copy has an origin")


def publish(ctx: Context, job: Job, result: Copied, out: Path) -> None:
    """The copy is Succeeded, and has its files and its report."""
    attempt = publishing.attempt_prefix(CustomModel, job)
    if result.names:
        sizes = {name: ctx.blobs.put(f"{attempt}/{name}", out / name) for name in result.names}
        made = result.made or ctx.now()
    else:
        manifest = bundle_file.inspect(out / BUNDLE)
        _check_fits(ctx, publishing.subject(ctx, job, CustomModel), manifest)
        sizes = bundles.keep(ctx, out / BUNDLE, manifest, attempt)
        made = manifest.made
    report = File(
        id=ctx.new_id(),
        resource_id=job.resource_id,
        owner_id=job.subject_id,
        name=REPORT,
        kind=FileKind.MODEL_REPORT,
        blob=f"{attempt}/{REPORT}",
        size_bytes=sizes[REPORT],
        created_at=made,
    )
    with publishing.finishing(ctx, job, CustomModel) as (tx, model):
        tx.files.add([report])
        now = ctx.now()
        copied = replace(model, folder=f"{attempt}/{MODEL}", digests=f"{attempt}/{DIGESTS}")
        tx.table(CustomModel).put(copied.succeeded(now))
        copying.tell_ended(tx, model, now)


def _check_fits(ctx: Context, model: CustomModel, manifest: bundle_file.Manifest) -> None:
    """Raises: Invalid when the bundle is of another locale or base than the source has said."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        base = bundles.installed(tx, manifest.base, manifest.locale)
    if base.id != model.base_model_id:
        raise Invalid("BundleDamaged", "The bundle is of another base model than the source has announced.")
    bundles.check_same(ctx, base, manifest.base)
