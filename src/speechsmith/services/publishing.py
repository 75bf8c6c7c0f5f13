"""How the result of a job becomes true: blobs first, then one fenced transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import LostLease, SpeechError
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job
from speechsmith.domain.values import Failure
from speechsmith.services.context import Context
from speechsmith.store.blobs import prefix, safe_name
from speechsmith.store.repeats import Taken
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

P = TypeVar("P", bound=Processed)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that a task has made, or (`blob` given) a blob that is already kept."""

    name: str
    kind: FileKind
    path: Path | None = None
    blob: str = ""
    size_bytes: int = 0
    duration: timedelta | None = None


@contextmanager
def purged_on_refusal(ctx: Context, key: str | None) -> Iterator[None]:
    """What was kept under a key for the write in the block goes when that is refused, not a day later with the sweeper.

    After a fault it stays: the write may have been done.
    """
    try:
        yield
    except (SpeechError, Taken):
        if key is not None:
            ctx.blobs.purge(key)
        raise


def attempt_prefix(kind: type[Processed], job: Job) -> str:
    """Where this attempt keeps its blobs. The job is named too: an endpoint is deployed by one job after another."""
    return prefix(job.resource_id, COLLECTIONS[kind], job.subject_id, f"{job.id}-{job.attempt}")


def subject(ctx: Context, job: Job, kind: type[P]) -> P:
    """The entity of a job, before its result is published. Raises: LostLease when it is gone."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        entity = tx.table(kind).find(job.subject_id)
    if entity is None:
        raise LostLease(job.id)
    return entity


def keep(
    ctx: Context, job: Job, kind: type[Processed], files: Iterable[NewFile], *, owner_id: UUID | None = None
) -> list[File]:
    """Put files into the blob store, under the prefix of this attempt; no row names them yet.

    They will belong to the entity of the job, or to `owner_id`.
    """
    folder = attempt_prefix(kind, job) if owner_id is None else f"{attempt_prefix(kind, job)}/{owner_id}"
    kept = []
    for file in files:
        blob, size = file.blob, file.size_bytes
        if file.path is not None:
            blob = f"{folder}/{safe_name(file.name)}"
            size = ctx.blobs.put(blob, file.path)
        kept.append(
            File(
                id=ctx.new_id(),
                resource_id=job.resource_id,
                owner_id=owner_id or job.subject_id,
                name=file.name,
                kind=file.kind,
                blob=blob,
                size_bytes=size,
                duration=file.duration,
                created_at=ctx.now(),
            )
        )
    return kept


@contextmanager
def finishing(ctx: Context, job: Job, kind: type[P]) -> Iterator[tuple[Transaction, P]]:
    """The transaction that ends a job well: the entity comes locked, the job is Done when the block ends.

    Raises: LostLease when another attempt owns the job, or the entity is gone.
    """
    with ctx.store.write(EVERY_RESOURCE) as tx:
        current = tx.jobs.get(job.id)
        entity = tx.table(kind).find(job.subject_id)
        if current is None or entity is None or current.cancel_requested:
            raise LostLease(job.id)
        done = current.succeed(job)
        yield tx, entity
        tx.jobs.put(done)


def mark_started(kind: type[P], tx: Transaction, job: Job, now: datetime) -> None:
    """The entity is Running."""
    if entity := tx.table(kind).find(job.subject_id):
        tx.table(kind).put(entity.started(now))


def mark_failed(kind: type[P], tx: Transaction, job: Job, now: datetime, failure: Failure) -> None:
    """The entity, if it is still there, is Failed and says why."""
    if entity := tx.table(kind).find(job.subject_id):
        tx.table(kind).put(entity.started(now).failed(now, failure))
