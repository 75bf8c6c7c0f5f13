"""The outbox: what has happened to entities, written with the change itself, until deliveries are made of it.

`tell` is called by the tables of entities, so no use case can change a status and forget it. Who wants an event is
found out later, by the one who makes deliveries of it; a resource without web hooks has no events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from speechsmith.domain.webhooks import WebHook
from speechsmith.store import tables
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import uuid_of

_HOOKS = tables.ENTITY_TABLES[WebHook]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that nobody has been told of: what it is called, and which entity of which collection it is about."""

    sequence: int
    event: str
    collection: str
    entity_id: UUID


def tell(connection: Connection, resource_id: UUID, collection: str, entity_id: UUID, events: Sequence[str]) -> None:
    """Write events of an entity, if its resource has a web hook at all."""
    has_hook = select(_HOOKS.c.id).where(_HOOKS.c.resource_id == resource_id).limit(1)
    if events and connection.execute(has_hook).first() is not None:
        about = {"resource_id": resource_id, "collection": collection, "entity_id": entity_id}
        connection.execute(insert(tables.webhook_events), [about | {"event": event} for event in events])


class OutboxTable:
    """Events that no delivery has been made of yet, within a scope."""

    def __init__(self, connection: Connection, scope: Scope, *, locked: bool) -> None:
        self._connection = connection
        self._scope = within(scope, tables.webhook_events)
        self._locked = locked

    def resources(self) -> list[UUID]:
        """The Speech resources that have events."""
        ids = self._connection.execute(select(tables.webhook_events.c.resource_id).where(self._scope).distinct())
        return [uuid_of(id) for id in ids.scalars()]

    def count(self) -> int:
        """How many events there are."""
        query = select(func.count()).select_from(tables.webhook_events).where(self._scope)
        return int(self._connection.execute(query).scalar_one())

    def take(self, most: int) -> list[Happened]:
        """Remove and return the oldest events; those that another write has in hand are left to it."""
        query = select(tables.webhook_events).where(self._scope).order_by(tables.webhook_events.c.sequence).limit(most)
        rows = self._connection.execute(query.with_for_update(skip_locked=True) if self._locked else query).all()
        found = [Happened(row.sequence, row.event, row.collection, uuid_of(row.entity_id)) for row in rows]
        taken = tables.webhook_events.c.sequence.in_([event.sequence for event in found])
        self._connection.execute(delete(tables.webhook_events).where(taken))
        return found
