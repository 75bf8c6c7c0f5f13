"""The entries of logs, as a table within a scope.

A deletion of many is one row, which says until when the logs of a book are deleted. What it covers is hidden from then
on by every query here, and removed by the sweeper, some at a time: first its blob, then its row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Select, delete, exists, insert, or_, select, update

from speechsmith.domain.files import File
from speechsmith.domain.logs import LogBook, Place
from speechsmith.store.files import file_of, row_of
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import log_deletions, logs, micros


class LogTable:
    """The logs of a Speech resource, within its scope."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = within(scope, logs)
        self._deletions = within(scope, log_deletions)

    def add(self, entries: Iterable[File]) -> None:
        """Keep entries."""
        self._connection.execute(insert(logs), [row_of(entry) for entry in entries])

    def page(self, owner_id: UUID, *, after: Place | None, top: int) -> list[File]:
        """Entries of a book, oldest first, from behind a place on."""
        c = logs.c
        query = self._there().where(c.owner_id == owner_id).order_by(c.created_at, c.name).limit(top)
        if after is not None:
            at = micros(after.created_at)
            query = query.where(or_(c.created_at > at, (c.created_at == at) & (c.name > after.name)))
        return self._read(query)

    def find(self, id: UUID) -> File | None:
        """The entry, or None."""
        return next(iter(self._read(self._there().where(logs.c.id == id))), None)

    def named(self, owner_id: UUID, day: datetime, name: str) -> File | None:
        """The entry of a book that is called so, and was made on the day that begins then; or None."""
        c, end = logs.c, day + timedelta(days=1)
        query = self._there().where(c.owner_id == owner_id, c.created_at >= micros(day), c.created_at < micros(end))
        return next(iter(self._read(query.where(c.name == name))), None)

    def is_empty(self, owner_id: UUID) -> bool:
        """Whether a book has no entry."""
        return not self._read(self._there().where(logs.c.owner_id == owner_id).limit(1))

    def delete(self, ids: Sequence[UUID]) -> None:
        """Forget entries; their blobs are the caller's to remove."""
        self._connection.execute(delete(logs).where(self._scope, logs.c.id.in_(ids)))

    def delete_until(self, book: LogBook, until: datetime) -> None:
        """Delete all of a book that is older; an earlier deletion stands."""
        c, mine = log_deletions.c, (self._deletions, log_deletions.c.owner_id == book.id)
        former = self._connection.execute(select(c.until).where(*mine).with_for_update()).scalar()
        if former is None:
            row = {"owner_id": book.id, "resource_id": book.resource_id, "until": micros(until)}
            self._connection.execute(insert(log_deletions).values(row))
        elif former < micros(until):
            self._connection.execute(update(log_deletions).where(*mine).values(until=micros(until)))

    def forget(self, owner_id: UUID) -> None:
        """Forget a book whose endpoint goes; its blobs go with those of the endpoint."""
        self._connection.execute(delete(logs).where(self._scope, logs.c.owner_id == owner_id))
        self._connection.execute(delete(log_deletions).where(self._deletions, log_deletions.c.owner_id == owner_id))

    def due(self, before: datetime | None, *, most: int) -> list[File]:
        """Some entries that are deleted, or older than `before`."""
        c = logs.c
        deleted = select(logs).join(
            log_deletions, (log_deletions.c.owner_id == c.owner_id) & (c.created_at < log_deletions.c.until)
        )
        found = self._read(deleted.where(self._scope).limit(most))
        if before is not None and not found:
            found = self._read(select(logs).where(self._scope, c.created_at < micros(before)).limit(most))
        return found

    def _there(self) -> Select[tuple[object, ...]]:
        c = log_deletions.c
        deleted = exists().where(c.owner_id == logs.c.owner_id, logs.c.created_at < c.until)
        return select(logs).where(self._scope, ~deleted)

    def _read(self, query: Select[tuple[object, ...]]) -> list[File]:
        return [file_of(row) for row in self._connection.execute(query)]
