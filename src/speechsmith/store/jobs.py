"""The queue as a table: which job is next, and rows that change only from what they were believed to be.

A write that changes both a job and its entity reads the job first. All take the locks in this order, so no two of them
wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, tuple_, update

from speechsmith.domain.jobs import Job, JobKind, JobProgress, JobState
from speechsmith.store.tables import jobs, micros, moment, uuid_of


class JobTable:
    """All jobs, of every resource."""

    def __init__(self, connection: Connection, *, locked: bool) -> None:
        self._connection = connection
        self._locked = locked

    def add(self, job: Job) -> None:
        """Queue a job."""
        self._connection.execute(insert(jobs).values(_row(job)))

    def put(self, job: Job) -> None:
        """Keep the job in its new state. Call it in the write that has read the old one."""
        self._connection.execute(update(jobs).where(jobs.c.id == job.id).values(_row(job)))

    def get(self, id: UUID) -> Job | None:
        """The job as it is now, locked for this write."""
        return self._first(select(jobs).where(jobs.c.id == id))

    def of(self, subject_id: UUID) -> Job | None:
        """The newest job for an entity."""
        return self._first(
            select(jobs).where(jobs.c.subject_id == subject_id).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(1)
        )

    def next(self, now: datetime, kinds: Sequence[JobKind] = tuple(JobKind)) -> Job | None:
        """The job that should be claimed next: the most urgent, then the oldest."""
        query = (
            select(jobs)
            .where(jobs.c.state == JobState.WAITING, jobs.c.not_before <= micros(now), jobs.c.kind.in_(kinds))
            .order_by(jobs.c.priority, jobs.c.created_at, jobs.c.id)
            .limit(1)
        )
        if self._locked:
            query = query.with_for_update(skip_locked=True)
        row = self._connection.execute(query).first()
        return None if row is None else _job(row)

    def expired(self, now: datetime) -> list[Job]:
        """Some running jobs whose lease is over; those that another write has in hand are left to it."""
        return self._running(jobs.c.lease_until <= micros(now))

    def held_by(self, owner: str) -> list[Job]:
        """Some of the running jobs of an owner."""
        return self._running(jobs.c.owner == owner)

    def ahead_of(self, job: Job) -> int:
        """How many waiting jobs come before this one."""
        c = jobs.c
        before = tuple_(c.priority, c.created_at, c.id) < tuple_(job.priority, micros(job.created_at), job.id)
        query = select(func.count()).select_from(jobs).where(c.state == JobState.WAITING, before)
        return int(self._connection.execute(query).scalar_one())

    def queue_of(self, resource_id: UUID, *, skip: int, top: int) -> list[Job]:
        """What of a resource runs, then what waits, in the order in which it is taken."""
        c = jobs.c
        mine = select(jobs).where(c.state.in_((JobState.RUNNING, JobState.WAITING)), c.resource_id == resource_id)
        query = mine.order_by(c.state, c.priority, c.created_at, c.id).offset(skip).limit(top)
        return [_job(row) for row in self._connection.execute(query)]

    def ahead_of_each(self, waiting: Sequence[Job]) -> dict[UUID, int]:
        """The same as `ahead_of`, of some that wait in this order: the stretch of the queue between is read once."""
        if not waiting:
            return {}
        c, place = jobs.c, tuple_(jobs.c.priority, jobs.c.created_at, jobs.c.id)
        first, last = (tuple_(job.priority, micros(job.created_at), job.id) for job in (waiting[0], waiting[-1]))
        stretch = select(c.id).where(c.state == JobState.WAITING, place >= first, place <= last)
        in_turn = self._connection.execute(stretch.order_by(c.priority, c.created_at, c.id)).scalars()
        wanted, before = {job.id for job in waiting}, self.ahead_of(waiting[0])
        return {uuid_of(id): before + number for number, id in enumerate(in_turn) if uuid_of(id) in wanted}

    def failed_of(self, resource_id: UUID, *, skip: int, top: int) -> list[Job]:
        """What of a resource has failed, newest first."""
        c = jobs.c
        mine = select(jobs).where(c.state == JobState.FAILED, c.resource_id == resource_id)
        query = mine.order_by(c.created_at.desc(), c.id).offset(skip).limit(top)
        return [_job(row) for row in self._connection.execute(query)]

    def states_of(self, resource_id: UUID) -> dict[JobState, int]:
        """How many jobs of a resource there are in each state that anybody asks for."""
        c, asked = jobs.c, (JobState.RUNNING, JobState.WAITING, JobState.FAILED)
        query = select(c.state, func.count()).where(c.state.in_(asked), c.resource_id == resource_id).group_by(c.state)
        return dict.fromkeys(asked, 0) | {JobState(row[0]): int(row[1]) for row in self._connection.execute(query)}

    def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs there are, by kind and state."""
        query = select(jobs.c.kind, jobs.c.state, func.count()).group_by(jobs.c.kind, jobs.c.state)
        return {(row[0], row[1]): int(row[2]) for row in self._connection.execute(query)}

    def forget(self, before: datetime) -> None:
        """Forget what was queued before and has ended: its entity tells what came of it."""
        ended = [state for state in JobState if state.is_final]
        self._connection.execute(delete(jobs).where(jobs.c.state.in_(ended), jobs.c.created_at < micros(before)))

    def _running(self, condition: ColumnElement[bool]) -> list[Job]:
        query = select(jobs).where(jobs.c.state == JobState.RUNNING, condition).order_by(jobs.c.id).limit(100)
        if self._locked:
            query = query.with_for_update(skip_locked=True)
        return [_job(row) for row in self._connection.execute(query)]

    def _first(self, query: Select[Any]) -> Job | None:
        row = self._connection.execute(self._lock(query)).first()
        return None if row is None else _job(row)

    def _lock(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update() if self._locked else query


def _row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "resource_id": job.resource_id,
        "kind": job.kind,
        "subject_id": job.subject_id,
        "created_at": micros(job.created_at),
        "state": job.state,
        "attempt": job.attempt,
        "crashes": job.crashes,
        "priority": job.priority,
        "not_before": micros(job.not_before),
        "owner": job.owner,
        "lease_until": None if job.lease_until is None else micros(job.lease_until),
        "started_at": None if job.started_at is None else micros(job.started_at),
        "stage": job.progress.stage[:200],
        "fraction": f"{job.progress.fraction:.6f}",
        "cancel_requested": job.cancel_requested,
    }


def _job(row: Any) -> Job:
    return Job(
        id=uuid_of(row.id),
        resource_id=uuid_of(row.resource_id),
        kind=JobKind(row.kind),
        subject_id=uuid_of(row.subject_id),
        created_at=moment(row.created_at),
        state=JobState(row.state),
        attempt=row.attempt,
        crashes=row.crashes,
        priority=row.priority,
        not_before=moment(row.not_before),
        owner=row.owner,
        lease_until=None if row.lease_until is None else moment(row.lease_until),
        started_at=None if row.started_at is None else moment(row.started_at),
        progress=JobProgress(row.stage, float(row.fraction)),
        cancel_requested=bool(row.cancel_requested),
    )
