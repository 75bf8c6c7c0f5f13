"""A world for the worker: a clock that is turned by hand, a database of dictionaries, runs that follow a script, and a
source of crashes. Everything that happens in it follows from one seed.
"""

import copy
import random
from collections.abc import Iterator
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

from speechsmith.domain.errors import LostLease
from speechsmith.domain.jobs import Job, JobKind, JobState
from speechsmith.domain.status import Status
from speechsmith.executors.base import Died, Event, Finished, Progressed, Raised
from speechsmith.jobs.work import Work
from speechsmith.jobs.worker import Worker

START = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
STALL_S = 60.0


class Crash(BaseException):
    """The process is dead: nothing of it catches this."""


class MemoryJobs:
    """The queue as a dictionary; it keeps the promises of `JobTable`."""

    def __init__(self, rows: dict[UUID, Job]) -> None:
        self.rows = rows

    def add(self, job: Job) -> None:
        self.rows[job.id] = job

    put = add

    def get(self, id: UUID) -> Job | None:
        return self.rows.get(id)

    def of(self, subject_id: UUID) -> Job | None:
        mine = [job for job in self.rows.values() if job.subject_id == subject_id]
        return max(mine, key=lambda job: job.created_at, default=None)

    def next(self, now: datetime, kinds=tuple(JobKind)) -> Job | None:
        ready = [
            job
            for job in self.rows.values()
            if job.state is JobState.WAITING and job.not_before <= now and job.kind in kinds
        ]
        return min(ready, key=lambda job: (job.priority, job.created_at, job.id), default=None)

    def expired(self, now: datetime) -> list[Job]:
        return [job for job in self.rows.values() if job.state is JobState.RUNNING and job.lease_until <= now]

    def held_by(self, owner: str) -> list[Job]:
        return [job for job in self.rows.values() if job.state is JobState.RUNNING and job.owner == owner]


class MemoryStore:
    """Transactions over dictionaries, one at a time, that may crash before they begin, before and after they commit."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.jobs: dict[UUID, Job] = {}
        self.entities: dict[UUID, Status] = {}

    @contextmanager
    def read(self, scope: object) -> Iterator[SimpleNamespace]:
        self.world.may_crash()
        yield SimpleNamespace(jobs=MemoryJobs(self.jobs), entities=self.entities)

    @contextmanager
    def write(self, scope: object) -> Iterator[SimpleNamespace]:
        self.world.may_crash()
        jobs, entities = copy.copy(self.jobs), copy.copy(self.entities)
        yield SimpleNamespace(jobs=MemoryJobs(jobs), entities=entities)
        self.world.may_crash()
        self.world.check_commit(self.jobs, jobs, self.entities, entities)
        self.jobs, self.entities = jobs, entities
        self.world.may_crash()


class Inline(Pool):
    """Threads that are done at once."""

    def submit(self, function, /, *args, **kwargs):
        future: Future[object] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # as a pool does
            future.set_exception(error)
        return future


@dataclass
class Scripted:
    """An attempt that takes some turns, and then has its last event; without one it hangs."""

    last: Event | None
    turns: int
    is_dead: bool = False

    def poll(self) -> list[Event]:
        if self.is_dead:
            return []
        self.turns -= 1
        if self.turns > 0 or self.last is None:
            return [Progressed("working", 1 / (2 + self.turns))] if self.turns > 0 else []
        self.is_dead = True
        return [self.last]

    def kill(self) -> None:
        self.last, self.turns = Died("was killed by SIGKILL"), 0


@dataclass
class World:
    """Some workers and jobs. `trouble` in [0, 1] is how often something goes wrong."""

    seed: int
    scratch: Path
    trouble: float
    workers: int = 3
    now: datetime = START
    acting: str = ""
    lives: int = 0
    published: list[UUID] = field(default_factory=list)
    deleted: set[UUID] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    crashes: int = 0
    zombies: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.store = MemoryStore(self)
        self.ctx = SimpleNamespace(
            store=self.store,
            now=lambda: self.now,
            scratch=self.scratch,
            settings=SimpleNamespace(job_stall_s=STALL_S),
        )
        self.staff = [self.new_worker() for _ in range(self.workers)]

    def new_worker(self) -> Worker:
        self.lives += 1
        work = Work(
            started=self.started, prepare=lambda ctx, job: job, run=len, publish=self.publish, failed=self.failed
        )
        return Worker(self.ctx, dict.fromkeys(JobKind, work), self, f"worker-{self.lives}", 2, pool=Inline())

    # what the worker is given

    def start(self, run, job: Job, out: Path, wake) -> Scripted:
        self.may_crash()
        chance, turns = self.random.random(), self.random.randint(1, 12)
        if chance < self.trouble:
            ends = [
                Died("was killed by SIGSEGV"),
                Raised("EngineError", "x", is_retriable=True),
                Raised(None, ""),
                None,
            ]
            return Scripted(self.random.choice([*ends, Raised("NothingToLearn", "x")]), turns)
        return Scripted(Finished(job.subject_id), turns)

    def started(self, tx, job: Job, now: datetime) -> None:
        tx.entities[job.subject_id] = tx.entities[job.subject_id].to(Status.RUNNING)

    def failed(self, tx, job: Job, now: datetime, failure) -> None:
        if job.subject_id in tx.entities:
            tx.entities[job.subject_id] = tx.entities[job.subject_id].to(Status.FAILED)

    def publish(self, ctx, job: Job, result: UUID, out: Path) -> None:
        assert result == job.subject_id
        self.may_crash()
        if self.random.random() < self.trouble / 4:
            raise OSError("no space left on device")
        with self.store.write(None) as tx:
            tx.jobs.put(tx.jobs.get(job.id).succeed(job))
            if job.subject_id not in tx.entities:
                raise LostLease(job.id)
            tx.entities[job.subject_id] = tx.entities[job.subject_id].to(Status.SUCCEEDED)

    # what users do

    def create(self, kind: JobKind | None = None) -> None:
        subject = UUID(int=self.random.getrandbits(128), version=4)
        job = Job(
            id=UUID(int=self.random.getrandbits(128), version=4),
            resource_id=UUID(int=1),
            kind=kind or self.random.choice(list(JobKind)),
            subject_id=subject,
            created_at=self.now,
            not_before=self.now,
            priority=self.random.choice([10, 100]),
        )
        self.store.jobs[job.id], self.store.entities[subject] = job, Status.NOT_STARTED

    def delete(self) -> None:
        if self.store.entities:
            subject = self.random.choice(list(self.store.entities))
            job = MemoryJobs(self.store.jobs).of(subject)
            self.store.jobs[job.id] = job.cancel()
            del self.store.entities[subject]
            self.deleted.add(subject)

    # what fate does

    def may_crash(self) -> None:
        if self.acting and self.random.random() < self.trouble / 20:
            raise Crash

    def turn(self) -> None:
        """Some time passes, and one worker has its turn; a worker that has none for long is a zombie when it wakes."""
        self.now += timedelta(seconds=self.random.choice([0, 0.25, 0.25, 1, 4]))
        if self.random.random() < self.trouble / 10:
            self.now += timedelta(seconds=self.random.choice([20, 3600, -30]))  # it slept, or the clock was set
        index = self.random.randrange(len(self.staff))
        worker = self.staff[index]
        self.acting = worker.owner
        try:
            worker.step()
        except Crash:
            self.crashes += 1
            self.staff[index] = self.new_worker()
            if self.random.random() < 0.2:  # it was not dead, only thought so
                self.zombies += 1
                self.staff.append(worker)
        finally:
            self.acting = ""

    def is_quiet(self) -> bool:
        return all(job.state.is_final for job in self.store.jobs.values())

    # what must hold at every commit

    def check_commit(self, jobs, new_jobs, entities, new_entities) -> None:
        for subject, status in new_entities.items():
            before = entities.get(subject)
            self.must(before is not None, "what was deleted came back")
            self.must(status is before or _RANK[status] > _RANK[before], f"{before} became {status}")
            if status is Status.SUCCEEDED and before is not status:
                job = MemoryJobs(jobs).of(subject)
                self.must((job.state, job.owner) == (JobState.RUNNING, self.acting), "published without the lease")
                self.must(not job.cancel_requested, "published what was cancelled")
                self.must(subject not in self.published, "published twice")
                self.published.append(subject)
        for id, job in new_jobs.items():
            before = jobs[id]
            self.must(job.attempt >= before.attempt, "the fencing token went back")
            self.must(not before.state.is_final or job == before, f"{before.state} became {job.state}")
            if before.cancel_requested:
                self.must(job.state in (JobState.RUNNING, JobState.CANCELLED), f"cancelled, but {job.state}")

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:  # kept, as a worker survives an exception of its work
            self.violations.append(f"seed {self.seed}: {otherwise}")


def lived(seed: int, scratch: Path, *, jobs: int = 6, turns: int = 120) -> World:
    """A world after a life of trouble, and the peace that follows."""
    world = World(seed, scratch / str(seed), trouble=0.0)
    world.trouble = world.random.choice([0.05, 0.2, 0.5])
    for _ in range(turns):
        if jobs and world.random.random() < 0.2:
            jobs -= 1
            world.create()
        if world.random.random() < world.trouble / 20:
            world.delete()
        world.turn()
    world.trouble = 0.0
    for _ in range(4000):
        if world.is_quiet():
            break
        world.turn()
    return world


_RANK = {Status.NOT_STARTED: 0, Status.RUNNING: 1, Status.SUCCEEDED: 2, Status.FAILED: 2}
