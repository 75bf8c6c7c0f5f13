"""Use cases of logs: keep what was said in a request, list it, delete it.

A book of logs is named by the id of its endpoint, or by a locale: then it has the requests to the default base model of
that locale. What a Speech resource keeps so belongs to it alone.
"""

from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.logs import LogBook, Place, Record, file_of, id_of, read_end, read_id
from speechsmith.domain.values import check_locale
from speechsmith.services import entities
from speechsmith.services.context import Context
from speechsmith.store.blobs import prefix
from speechsmith.store.entities import Page
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

AT_ONCE = 500


def write(ctx: Context, record: Record) -> None:
    """Keep a record: first its blobs, then its rows. What broke half way may be written again.

    Where its endpoint, or the whole Speech resource, has been deleted meanwhile, nothing is kept.
    """
    transcript = record.transcript_file
    transcript.write_bytes(record.transcript())
    entries = [
        _kept(ctx, record, FileKind.TRANSCRIPTION, transcript.stat().st_size),
        _kept(ctx, record, FileKind.AUDIO, record.size_bytes),
    ]
    for entry, source in zip(entries, (transcript, record.audio), strict=True):
        if source.exists():  # else it is there from the try before
            ctx.blobs.put(entry.blob, source)
    with ctx.store.write(record.book.resource_id) as tx:
        is_wanted = _is_there(tx, record.book)
        if is_wanted:
            tx.logs.add(entries)
    if not is_wanted:
        for entry in entries:
            ctx.blobs.purge(entry.blob)


def page(ctx: Context, resource_id: UUID, book: UUID | str, *, after: Place | None, top: int) -> Page[File]:
    """Some entries, oldest first, from behind a place on.

    Raises: NotFound for the endpoint; Invalid for the locale; Conflict (EndpointWithoutLogging) where nothing was ever
        logged, and nothing will be.
    """
    with ctx.store.read(resource_id) as tx:
        found = _book(tx, resource_id, book)
        entries = tx.logs.page(found.id, after=after, top=top + 1)
    if found.of_endpoint and not found.is_on and not entries and after is None:
        raise Conflict(
            "EndpointWithoutLogging",
            "The endpoint logs nothing, and has no logs. PATCH properties.contentLoggingEnabled to true, or send "
            "requests with storeAudio=true.",
        )
    return Page(entries[:top], has_more=len(entries) > top)


def get(ctx: Context, resource_id: UUID, book: UUID | str, log_id: str) -> File:
    """One entry. Raises: NotFound, Invalid."""
    day, name = read_id(log_id)
    with ctx.store.read(resource_id) as tx:
        entry = tx.logs.named(_book(tx, resource_id, book).id, day, name)
    if entry is None:
        raise NotFound("log", log_id)
    return entry


def delete(ctx: Context, resource_id: UUID, book: UUID | str, *log_ids: str) -> None:
    """Remove entries, all that are there of those that are named, or none.

    Raises: NotFound for the endpoint; Invalid for an id.
    """
    named = [read_id(log_id) for log_id in log_ids]
    with ctx.store.write(resource_id) as tx:
        found = _book(tx, resource_id, book).id
        for entry in filter(None, [tx.logs.named(found, day, name) for day, name in dict.fromkeys(named)]):
            tx.logs.delete([entry.id])
            tx.purges.add(entry.blob, ctx.now())


def delete_until(ctx: Context, resource_id: UUID, book: UUID | str, end: str | None) -> None:
    """Remove all entries of a day (yyyy-mm-dd) and before it, or all there are.

    They are gone from every answer at once, and from the disk soon. Raises: NotFound for the endpoint; Invalid.
    """
    until = read_end(end, ctx.now())
    with ctx.store.write(resource_id) as tx:
        found = _book(tx, resource_id, book)
        if _is_there(tx, found):
            tx.logs.delete_until(found, until)


def purge(ctx: Context) -> int:
    """Remove what is deleted or has been kept long enough, of all resources; returns how many entries that were."""
    days = ctx.settings.log_retention_days
    before: datetime | None = ctx.now() - timedelta(days=days) if days else None
    count = 0
    while True:
        with ctx.store.read(EVERY_RESOURCE) as tx:
            due = tx.logs.due(before, most=AT_ONCE)
        if not due:
            return count
        for entry in due:
            ctx.blobs.purge(entry.blob)
        with ctx.store.write(EVERY_RESOURCE) as tx:
            tx.logs.delete([entry.id for entry in due])
        count += len(due)


def _book(tx: Transaction, resource_id: UUID, book: UUID | str) -> LogBook:
    """Raises: NotFound; Invalid (InvalidLocale), unless there are logs of that locale from when it was supported."""
    if isinstance(book, UUID):
        return LogBook.endpoint(tx.table(Endpoint).get(book))
    found = LogBook.base(resource_id, book)
    if tx.logs.is_empty(found.id):
        check_locale(book, entities.supported_locales(tx))
    return found


def _is_there(tx: Transaction, book: LogBook) -> bool:
    """Whether the endpoint of a book, or else its Speech resource, is not deleted, and stays so during this write."""
    if book.of_endpoint:
        return tx.table(Endpoint).find(book.id) is not None
    tx.lock_resource()
    return tx.resources.by_id(book.resource_id) is not None


def _kept(ctx: Context, record: Record, kind: FileKind, size_bytes: int) -> File:
    key = prefix(record.book.resource_id, COLLECTIONS[Endpoint], record.book.id, id_of(record.began, record.name(kind)))
    return file_of(record, kind, ctx.new_id(), key, size_bytes)
