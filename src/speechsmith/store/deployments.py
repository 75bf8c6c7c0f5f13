"""The histories of endpoints, as a table within a scope."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from speechsmith.domain.deployments import MOST_KEPT, Actor, Credential, Deployment, Step, Way
from speechsmith.domain.values import Failure
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import deployments, micros, moment, uuid_of


class DeploymentTable:
    """What the endpoints of a Speech resource were given."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = within(scope, deployments)

    def add(self, new: Deployment) -> None:
        """Keep a step; the oldest of its endpoint goes when there are too many."""
        c = deployments.c
        self._connection.execute(insert(deployments).values(_row_of(new)))
        of_it = select(c.sequence).where(c.endpoint_id == new.endpoint_id).order_by(c.sequence.desc())
        oldest = self._connection.execute(of_it.offset(MOST_KEPT).limit(1)).scalar()
        if oldest is not None:
            older = (c.endpoint_id == new.endpoint_id, c.sequence <= oldest)
            self._connection.execute(delete(deployments).where(self._scope, *older))

    def put(self, step: Deployment) -> None:
        """Keep a step as it is now."""
        change = update(deployments).where(self._scope, deployments.c.sequence == step.number)
        self._connection.execute(change.values(_row_of(step)))

    def of(self, endpoint_id: UUID) -> list[Deployment]:
        """The history of an endpoint, newest first."""
        c = deployments.c
        query = select(deployments).where(self._scope, c.endpoint_id == endpoint_id).order_by(c.sequence.desc())
        return [_step_of(row) for row in self._connection.execute(query)]

    def forget(self, endpoint_id: UUID) -> None:
        """The endpoint goes, and its history with it."""
        self._connection.execute(delete(deployments).where(self._scope, deployments.c.endpoint_id == endpoint_id))


def _row_of(step: Deployment) -> dict[str, Any]:
    by, failure = step.by, step.failure
    return {
        "resource_id": step.resource_id,
        "endpoint_id": step.endpoint_id,
        "step": step.step,
        "model_id": step.model_id,
        "credential": by and by.credential,
        "way": by and by.way,
        "asked_at": micros(step.asked_at),
        "since": step.since and micros(step.since),
        "until": step.until and micros(step.until),
        "expired_at": step.expired_at and micros(step.expired_at),
        "failure_code": failure and failure.code,
        "failure_message": failure and failure.message,
    }


def _step_of(row: Any) -> Deployment:
    return Deployment(
        number=row.sequence,
        resource_id=uuid_of(row.resource_id),
        endpoint_id=uuid_of(row.endpoint_id),
        step=Step(row.step),
        model_id=uuid_of(row.model_id),
        by=_actor_of(row) if row.way else None,
        asked_at=moment(row.asked_at),
        since=None if row.since is None else moment(row.since),
        until=None if row.until is None else moment(row.until),
        expired_at=None if row.expired_at is None else moment(row.expired_at),
        failure=Failure(row.failure_code, row.failure_message) if row.failure_code else None,
    )


def _actor_of(row: Any) -> Actor:
    return Actor(Credential(row.credential) if row.credential else None, Way(row.way))
