"""What web hooks need of the database beside themselves: their deliveries, and the secrets that sign them.

A write that changes both a hook and a delivery reads the hook first. All take the locks in this order.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select, update

from speechsmith.domain.deliveries import Delivery, DeliveryState
from speechsmith.domain.errors import NotFound
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import CHALLENGE, WebHook
from speechsmith.store import tables
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import micros, moment, uuid_of

_HOOKS = tables.ENTITY_TABLES[WebHook]


class SecretTable:
    """What signs the requests of each web hook; read only to sign."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = within(scope, _HOOKS)

    def of(self, hook_id: UUID) -> str | None:
        """The secret, or None: nothing is signed."""
        query = select(_HOOKS.c.secret).where(_HOOKS.c.id == hook_id, self._scope)
        secret: str | None = self._connection.execute(query).scalar()
        return secret

    def put(self, hook_id: UUID, secret: str | None) -> None:
        """Keep another secret, or none."""
        change = update(_HOOKS).where(_HOOKS.c.id == hook_id, self._scope)
        self._connection.execute(change.values(secret=secret))


class DeliveryTable:
    """The deliveries, within a scope; both the queue and the log."""

    def __init__(self, connection: Connection, scope: Scope, *, locked: bool) -> None:
        self._connection = connection
        self._scope = within(scope, tables.webhook_deliveries)
        self._locked = locked

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Queue them, in their order."""
        rows = [_row(delivery) for delivery in deliveries]
        if rows:
            self._connection.execute(insert(tables.webhook_deliveries), rows)

    def put(self, delivery: Delivery) -> None:
        """Keep the delivery in its new state; nothing happens when it is not there."""
        c = tables.webhook_deliveries.c
        change = update(tables.webhook_deliveries).where(c.id == delivery.id, self._scope)
        self._connection.execute(change.values(_row(delivery)))

    def find(self, id: UUID) -> Delivery | None:
        """The delivery, locked in a write, or None."""
        return self._first(self._query().where(tables.webhook_deliveries.c.id == id))

    def get(self, id: UUID, *, hook_id: UUID) -> Delivery:
        """Raises: NotFound, also for the delivery of another hook."""
        found = self.find(id)
        if found is None or found.hook_id != hook_id:
            raise NotFound("delivery", id)
        return found

    def page(self, hook_id: UUID, *, skip: int, top: int) -> list[Delivery]:
        """The deliveries of a hook, newest first."""
        c = tables.webhook_deliveries.c
        query = self._query().where(c.hook_id == hook_id).order_by(c.sequence.desc()).offset(skip).limit(top)
        return [_delivery(row) for row in self._connection.execute(query)]

    def newest(self, hook_ids: Collection[UUID]) -> dict[UUID, Delivery]:
        """The newest delivery to each of some hooks, by its id."""
        c = tables.webhook_deliveries.c
        newest = select(func.max(c.sequence)).where(c.hook_id.in_(hook_ids)).group_by(c.hook_id)
        found = map(_delivery, self._connection.execute(self._query().where(c.sequence.in_(newest))))
        return {delivery.hook_id: delivery for delivery in found}

    def last(self, hook_id: UUID, event: str) -> Delivery | None:
        """The newest delivery of an event to a hook."""
        c = tables.webhook_deliveries.c
        newest = self._query().where(c.hook_id == hook_id, c.event == event).order_by(c.sequence.desc()).limit(1)
        return self._first(newest)

    def due(self, now: datetime) -> list[tuple[UUID, UUID]]:
        """The hooks that something can be sent to now, as (resource, hook), who has waited longest first.

        One that something is being sent to is left out; one that has not answered its challenge gets nothing else.
        """
        c, sending = tables.webhook_deliveries.c, tables.webhook_deliveries.alias()
        busy = select(sending.c.hook_id).where(sending.c.state == DeliveryState.SENDING)
        query = (
            select(c.resource_id, c.hook_id)
            .join(_HOOKS, _HOOKS.c.id == c.hook_id)
            .where(
                self._scope,
                c.state == DeliveryState.WAITING,
                c.not_before <= micros(now),
                or_(c.event == CHALLENGE, _HOOKS.c.status == Status.SUCCEEDED),
                c.hook_id.not_in(busy),
            )
            .group_by(c.resource_id, c.hook_id)
            .order_by(func.min(c.sequence))
        )
        return [(uuid_of(row[0]), uuid_of(row[1])) for row in self._connection.execute(query)]

    def next_of(self, hook: WebHook, now: datetime) -> Delivery | None:
        """What is sent next to a hook, which this write has locked; None also while something is being sent to it."""
        c = tables.webhook_deliveries.c
        mine = self._query().where(c.hook_id == hook.id)
        if self._connection.execute(mine.where(c.state == DeliveryState.SENDING).limit(1)).first() is not None:
            return None
        waiting = mine.where(c.state == DeliveryState.WAITING, c.not_before <= micros(now))
        if hook.status is not Status.SUCCEEDED:
            waiting = waiting.where(c.event == CHALLENGE)
        return self._first(waiting.order_by(c.sequence).limit(1))

    def expired(self, now: datetime) -> list[Delivery]:
        """Some deliveries whose lease is over."""
        c = tables.webhook_deliveries.c
        return self._sending(c.lease_until <= micros(now))

    def held_by(self, owner: str) -> list[Delivery]:
        """Some of the deliveries that an owner is sending."""
        return self._sending(tables.webhook_deliveries.c.owner == owner)

    def waiting(self, hook_id: UUID) -> int:
        """How many deliveries wait to be sent to a hook."""
        c = tables.webhook_deliveries.c
        mine = (self._scope, c.hook_id == hook_id, c.state == DeliveryState.WAITING)
        return int(self._connection.execute(select(func.count()).where(*mine)).scalar_one())

    def counts(self) -> dict[DeliveryState, int]:
        """How many deliveries there are, by state."""
        c = tables.webhook_deliveries.c
        query = select(c.state, func.count()).where(self._scope).group_by(c.state)
        return dict.fromkeys(DeliveryState, 0) | {
            DeliveryState(row[0]): int(row[1]) for row in self._connection.execute(query)
        }

    def withdraw_challenges(self, hook_id: UUID) -> None:
        """Forget the challenges that have not ended; who is sending one will find it gone."""
        c = tables.webhook_deliveries.c
        unfinished = (c.event == CHALLENGE, c.state.in_([DeliveryState.WAITING, DeliveryState.SENDING]))
        mine = delete(tables.webhook_deliveries).where(self._scope, c.hook_id == hook_id)
        self._connection.execute(mine.where(*unfinished))

    def forget(self, hook_id: UUID) -> None:
        """Forget the deliveries of a hook."""
        mine = delete(tables.webhook_deliveries).where(tables.webhook_deliveries.c.hook_id == hook_id, self._scope)
        self._connection.execute(mine)

    def prune(self, before: datetime, *, most: int) -> int:
        """Forget what is older, and of each hook all but the newest `most` that have ended; returns how many went."""
        c = tables.webhook_deliveries.c
        ended = c.state.in_([DeliveryState.DELIVERED, DeliveryState.FAILED])
        gone = self._drop(self._scope, c.created_at < micros(before), c.state != DeliveryState.SENDING)
        crowded = select(c.hook_id).where(self._scope, ended).group_by(c.hook_id).having(func.count() > most)
        for hook_id in self._connection.execute(crowded).scalars().all():
            mine = and_(c.hook_id == hook_id, ended)
            kept = select(c.sequence).where(mine).order_by(c.sequence.desc()).offset(most - 1).limit(1)
            oldest_kept = self._connection.execute(kept).scalar_one()
            gone += self._drop(mine, c.sequence < oldest_kept)
        return gone

    def _drop(self, *conditions: ColumnElement[bool]) -> int:
        """Delete what another write has not in hand, so that no two wait for each other; returns how many."""
        c = tables.webhook_deliveries.c
        free = select(c.sequence).where(*conditions).with_for_update(skip_locked=True)
        return self._connection.execute(delete(tables.webhook_deliveries).where(c.sequence.in_(free))).rowcount

    def _query(self) -> Select[Any]:
        return select(tables.webhook_deliveries).where(self._scope)

    def _sending(self, condition: ColumnElement[bool]) -> list[Delivery]:
        c = tables.webhook_deliveries.c
        query = self._query().where(c.state == DeliveryState.SENDING, condition).order_by(c.sequence).limit(100)
        if self._locked:
            query = query.with_for_update(skip_locked=True)
        return [_delivery(row) for row in self._connection.execute(query)]

    def _first(self, query: Select[Any]) -> Delivery | None:
        row = self._connection.execute(query.with_for_update() if self._locked else query).first()
        return None if row is None else _delivery(row)


def _row(delivery: Delivery) -> dict[str, Any]:
    failure = delivery.failure
    return {
        "id": delivery.id,
        "resource_id": delivery.resource_id,
        "hook_id": delivery.hook_id,
        "event": delivery.event,
        "entity": delivery.entity,
        "body": delivery.body,
        "created_at": micros(delivery.created_at),
        "state": delivery.state,
        "attempt": delivery.attempt,
        "last_attempt": delivery.last_attempt,
        "failures": delivery.failures,
        "not_before": micros(delivery.not_before),
        "owner": delivery.owner,
        "lease_until": None if delivery.lease_until is None else micros(delivery.lease_until),
        "last_action_at": micros(delivery.last_action_at),
        "response_status": delivery.response_status,
        "failure_code": None if failure is None else failure.code,
        "failure_message": None if failure is None else failure.message,
    }


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=uuid_of(row.id),
        resource_id=uuid_of(row.resource_id),
        hook_id=uuid_of(row.hook_id),
        event=row.event,
        entity=row.entity,
        body=row.body,
        created_at=moment(row.created_at),
        state=DeliveryState(row.state),
        attempt=row.attempt,
        last_attempt=row.last_attempt,
        failures=row.failures,
        not_before=moment(row.not_before),
        owner=row.owner,
        lease_until=None if row.lease_until is None else moment(row.lease_until),
        last_action_at=moment(row.last_action_at),
        response_status=row.response_status,
        failure=None if row.failure_code is None else Failure(row.failure_code, row.failure_message),
    )
