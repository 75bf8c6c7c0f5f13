"""The entities of one kind, as a table within a scope."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from speechsmith.domain.entities import Entity
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.filters import Filter
from speechsmith.domain.models import BaseModel
from speechsmith.domain.status import Status
from speechsmith.domain.webhooks import NOUNS, events_between
from speechsmith.store import outbox, tables
from speechsmith.store.filters import condition
from speechsmith.store.scope import EVERY_RESOURCE, Scope, within
from speechsmith.store.tables import micros

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some entities or files in order of creation, and whether there are more behind them."""

    values: Sequence[T]
    has_more: bool


class EntityTable(Generic[E]):
    """The entities of one kind within the scope of the transaction."""

    def __init__(
        self, connection: Connection, scope: Scope, kind: type[E], added: list[Entity], *, locked: bool
    ) -> None:
        """Args: added: takes down what `add` adds."""
        self._connection = connection
        self._added = added
        self._kind = kind
        self._table = tables.ENTITY_TABLES[kind]
        self._locked = locked
        # base models belong to the operator and are seen by all
        self._scope = within(EVERY_RESOURCE if kind is BaseModel else scope, self._table)

    def get(self, id: UUID) -> E:
        """Raises: NotFound, also for what belongs to another resource."""
        if (entity := self.find(id)) is None:
            raise NotFound(tables.NOUNS[self._kind], id)
        return entity

    def find(self, id: UUID) -> E | None:
        """The entity, or None."""
        query = select(self._table.c.body).where(self._table.c.id == id, self._scope)
        body = self._connection.execute(self._lock(query)).scalar()
        return None if body is None else tables.decode(self._kind, body)

    def among(self, ids: Collection[UUID]) -> list[E]:
        """Those of these ids that there are, in no order, and not locked."""
        query = select(self._table.c.body).where(self._table.c.id.in_(ids), self._scope)
        return [tables.decode(self._kind, body) for body in self._connection.execute(query).scalars()]

    def add(self, entity: E) -> None:
        """Keep a new entity. Raises: Conflict when its Speech resource has been deleted meanwhile."""
        row = tables.encode(entity)
        try:
            self._connection.execute(insert(self._table).values(row))
        except IntegrityError as error:
            if "FOREIGN KEY" not in str(error.orig).upper():
                raise
            raise Conflict("Conflict", "The Speech resource has been deleted; nothing can be added to it.") from error
        self._added.append(entity)
        self._refer(entity, row["body"])
        self._tell(entity.id, None)

    def put(self, entity: E) -> None:
        """Keep the entity in its new state; nothing happens when it is not there."""
        before = self._state(entity.id)
        row = tables.encode(entity)
        change = update(self._table).where(self._table.c.id == entity.id, self._scope).values(row)
        if self._connection.execute(change).rowcount:
            self._refer_no_more(entity.id)
            self._refer(entity, row["body"])
            self._tell(entity.id, before)

    def delete(self, id: UUID) -> None:
        """Forget the entity; nothing happens when it is not there."""
        before = self._state(id)
        if self._connection.execute(delete(self._table).where(self._table.c.id == id, self._scope)).rowcount:
            self._refer_no_more(id)
            self._tell(id, before)

    def page(
        self,
        *,
        skip: int = 0,
        top: int | None = None,
        project_id: UUID | None = None,
        wanted: Filter | None = None,
        newest_first: bool = False,
        is_free: bool = False,
    ) -> Page[E]:
        """Oldest first, unless the newest are to be; `top` None: all of them.

        Args: is_free: only those without a project.
        """
        c = self._table.c
        order = (c.created_at.desc(), c.id.desc()) if newest_first else (c.created_at, c.id)
        query = select(c.body).where(self._scope).order_by(*order).offset(skip)
        if project_id is not None:
            query = query.where(c.project_id == project_id)
        if is_free:
            query = query.where(c.project_id.is_(None))
        if wanted is not None:
            query = query.where(condition(wanted, self._table))
        if top is not None:
            query = query.limit(top + 1)
        return self._paged(query, top)

    def naming(self, id: UUID, *, top: int) -> Page[E]:
        """Those with this id in one of their members, the newest first. It is asked of `tables.MENTIONING` alone."""
        mentions, c = tables.entity_mentions.c, self._table.c
        query = (
            select(c.body)
            .join(tables.entity_mentions, mentions.owner_id == c.id)
            .where(mentions.target_id == id, mentions.owner_kind == self._table.name, self._scope)
            .order_by(mentions.created_at.desc(), mentions.owner_id.desc())
            .limit(top + 1)
        )
        return self._paged(query, top)

    def _paged(self, query: Select[Any], top: int | None) -> Page[E]:
        bodies = self._connection.execute(query).scalars().all()
        shown = bodies if top is None else bodies[:top]
        return Page([tables.decode(self._kind, body) for body in shown], has_more=len(bodies) > len(shown))

    def count(self) -> int:
        """How many there are."""
        return self._connection.execute(select(func.count()).select_from(self._table).where(self._scope)).scalar_one()

    def counts(self, project_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many each of the projects has; a project without any is left out."""
        c = self._table.c
        query = (
            select(c.project_id, func.count()).where(self._scope, c.project_id.in_(project_ids)).group_by(c.project_id)
        )
        return {tables.uuid_of(row[0]): int(row[1]) for row in self._connection.execute(query)}

    def due(self, now: datetime) -> list[E]:
        """The entities whose time to live is over."""
        query = select(self._table.c.body).where(self._scope, self._table.c.delete_at <= micros(now)).limit(100)
        return [tables.decode(self._kind, body) for body in self._connection.execute(query).scalars()]

    def newest(self, statuses: Collection[Status]) -> E | None:
        """The entity that has last entered one of these."""
        c = self._table.c
        query = select(c.body).where(self._scope, c.status.in_(statuses)).order_by(c.last_action_at.desc(), c.id)
        body = self._connection.execute(query.limit(1)).scalar()
        return None if body is None else tables.decode(self._kind, body)

    def _state(self, id: UUID) -> tuple[UUID, Status] | None:
        """Whose an entity is, and its status, if its kind raises events and it is there."""
        if self._kind not in NOUNS:
            return None
        c = self._table.c
        row = self._connection.execute(select(c.resource_id, c.status).where(c.id == id, self._scope)).first()
        return None if row is None else (tables.uuid_of(row[0]), Status(row[1]))

    def _tell(self, id: UUID, before: tuple[UUID, Status] | None) -> None:
        """Write what has happened to an entity in this transaction: see `store.outbox`."""
        after = self._state(id)
        if known := before or after:
            events = events_between(self._kind, before and before[1], after and after[1])
            outbox.tell(self._connection, known[0], tables.COLLECTIONS[self._kind], id, events)

    def _lock(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update() if self._locked else query

    def _refer_no_more(self, id: UUID) -> None:
        for links in (tables.entity_references, tables.entity_mentions):
            self._connection.execute(delete(links).where(links.c.owner_id == id))

    def _refer(self, entity: E, body: str) -> None:
        if mentioned := tables.mentioned(entity, body):
            owner = {
                "owner_id": entity.id,
                "resource_id": entity.resource_id,
                "owner_kind": self._table.name,
                "created_at": micros(entity.created_at),
            }
            mentions = [owner | {"target_id": target} for target in mentioned]
            self._connection.execute(insert(tables.entity_mentions), mentions)
        rows = [
            {
                "owner_id": entity.id,
                "target_id": target,
                "resource_id": entity.resource_id,
                "owner_kind": tables.NOUNS[self._kind],
                "owner_name": entity.display_name,
            }
            for target in set(entity.references())
        ]
        if rows:
            self._connection.execute(insert(tables.entity_references), rows)
