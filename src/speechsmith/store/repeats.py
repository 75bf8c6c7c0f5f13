"""Requests that may come again: what each has made, by the name that its client gave it.

A row is written in the write that makes the entity, so there is one exactly when there is the entity; and as a name
can be there once, of two equal requests at the same time one makes the entity and the other is rolled back.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import micros, moment, repeats, uuid_of


class Taken(Exception):
    """A request of this name was carried out while this one was; the write is over."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A request that made an entity: its name, the digest of what it asked for, and when it came."""

    key: str
    digest: str
    entity_id: UUID
    at: datetime


class RepeatTable:
    """The requests of a Speech resource, within its scope."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._resource_id = scope
        self._scope = within(scope, repeats)

    def find(self, key: str, *, since: datetime) -> Repeat | None:
        """The request of this name, unless it came before."""
        c = repeats.c
        row = self._connection.execute(
            select(repeats).where(self._scope, c.key == key, c.created_at > micros(since))
        ).one_or_none()
        return None if row is None else Repeat(row.key, row.digest, uuid_of(row.entity_id), moment(row.created_at))

    def add(self, new: Repeat, *, since: datetime) -> None:
        """Keep a request; one of the same name that came before `since` gives way. Raises: Taken."""
        c = repeats.c
        self._connection.execute(delete(repeats).where(self._scope, c.key == new.key, c.created_at <= micros(since)))
        try:
            self._connection.execute(
                insert(repeats).values(
                    resource_id=self._resource_id,
                    key=new.key,
                    digest=new.digest,
                    entity_id=new.entity_id,
                    created_at=micros(new.at),
                )
            )
        except IntegrityError as error:
            raise Taken(new.key) from error

    def forget(self, since: datetime) -> None:
        """Forget what came before."""
        self._connection.execute(delete(repeats).where(self._scope, repeats.c.created_at <= micros(since)))
