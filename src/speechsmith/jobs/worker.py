"""The worker: claims jobs, has them run, holds on to them, and brings each to one end.

Theory. `step` is one turn and never waits. An attempt goes through

    preparing (a thread reads rows and blobs) -> running (the executor) -> publishing (a thread writes blobs, then rows)

and is over when nothing of it runs any more. If it has published, that write has ended the job. Else its verdict gives
the job's next state in one write, and the entity's if that is Failed; when the database is away, that is written later.
Whatever happens between two writes, a worker that dies leaves behind a lease that runs out, and every write of a worker
that was only thought dead is refused.

A turn beats before it expires leases: after the machine has slept, all of them seem to be over, its own too.
"""

import contextlib
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor as Pool
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from speechsmith.domain.errors import LostLease, SpeechError
from speechsmith.domain.jobs import LEASE, LONG, MAX_ATTEMPTS, MAX_CRASHES, Job, JobKind, JobProgress, JobState
from speechsmith.domain.status import InvalidTransition
from speechsmith.domain.values import Failure
from speechsmith.executors.base import Attempt, Died, Event, Executor, Finished, Progressed, Raised, raised_by
from speechsmith.jobs.presence import Presence
from speechsmith.jobs.turns import take_turns
from speechsmith.jobs.work import Work
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.traces import trace_of

BEAT = LEASE / 3
REPORT = timedelta(seconds=1)
"""How soon new progress is written."""

TURN_S = 0.25
STOP_TURNS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """How an attempt ends: the move of the job `(current, held, now)`, and the reason if that leaves it Failed."""

    move: Callable[[Job, Job, datetime], Job]
    failure: Failure


_STOPPED = Failure("JobStopped", "The work was stopped.")
_DROP = _Verdict(lambda current, held, _now: current.drop(held), _STOPPED)
_RELEASE = _Verdict(Job.release, _STOPPED)
_NO_PROGRESS = JobProgress()


def _failed(failure: Failure) -> _Verdict:
    return _Verdict(lambda current, held, _now: current.fail(held), failure)


def _crashed(failure: Failure) -> _Verdict:
    return _Verdict(Job.crashed, failure)


@dataclass(slots=True, eq=False)
class _Held:
    """A job of ours. At most one of `preparing`, `running` and `publishing` is there; none: it is over."""

    job: Job  # as it was claimed
    out: Path
    beaten_at: datetime
    told: JobProgress = _NO_PROGRESS
    progress: JobProgress = _NO_PROGRESS
    quiet_s: float = 0.0
    preparing: Future[Attempt] | None = None
    running: Attempt | None = None
    publishing: Future[None] | None = None
    is_published: bool = False
    verdict: _Verdict | None = None

    @property
    def is_over(self) -> bool:
        return not (self.preparing or self.running or self.publishing)

    def end(self, verdict: _Verdict) -> None:
        """Stop it as soon as that can be done; the first verdict stands."""
        self.verdict = self.verdict or verdict
        if self.running:
            self.running.kill()

    def should_beat(self, now: datetime) -> bool:
        age = abs(now - self.beaten_at)  # also when the clock was set back
        return age >= BEAT or (age >= REPORT and self.progress != self.told)


@dataclass(slots=True)
class Worker:
    """Runs at most `slots` jobs at once, in the name of `owner`. It belongs to one thread.

    Where all of them are long, there is room for one that is not: nobody waits with a text or an endpoint for hours of
    training.

    `work` says what each kind of job consists of; kinds that are not in it are left to others.
    """

    ctx: Context
    work: Mapping[JobKind, Work]
    executor: Executor
    owner: str
    slots: int
    pool: Pool = field(default_factory=lambda: ThreadPoolExecutor(32, thread_name_prefix="job"))
    _held: dict[UUID, _Held] = field(default_factory=dict, init=False)
    _turned_at: datetime | None = field(default=None, init=False)
    _wake: threading.Event = field(default_factory=threading.Event, init=False)

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then end what runs and give it back, within a few seconds."""
        take_turns(self.step, stop=stop, wake=self._wake, every_s=TURN_S, owner=self.owner)
        self._stop()

    def step(self) -> None:
        """One turn. Raises: whatever the database raises; the next turn goes on from there."""
        now = self.ctx.now()
        self._advance(now)
        self._beat(now)
        self._stop_the_silent(now)
        self._look(now)

    # the attempts that are held

    def _advance(self, now: datetime) -> None:
        for held in list(self._held.values()):
            if held.preparing and held.preparing.done():
                self._prepared(held, held.preparing)
            if held.running:
                for event in held.running.poll():
                    self._heard(held, event)
            if held.publishing and held.publishing.done():
                self._published(held, held.publishing)
            if held.is_over:
                self._settle(held, now)

    def _prepare(self, held: _Held) -> Attempt:
        work = self.work[held.job.kind]
        task = work.prepare(self.ctx, held.job)
        held.out.mkdir(parents=True)
        return self.executor.start(work.run, task, held.out, self._wake.set)

    def _prepared(self, held: _Held, preparing: Future[Attempt]) -> None:
        held.preparing = None
        if error := preparing.exception():
            held.end(self._judge(held.job, _worth_retrying(raised_by(error))))
            return
        held.running, held.quiet_s = preparing.result(), 0.0
        if held.verdict:
            held.running.kill()

    def _heard(self, held: _Held, event: Event) -> None:
        if isinstance(event, Progressed):
            held.quiet_s = 0.0
            held.progress = JobProgress(event.stage, max(event.fraction, held.progress.fraction))
            return
        held.running = None
        if isinstance(event, Raised):
            held.end(self._judge(held.job, event))
        elif isinstance(event, Died):
            held.end(_crashed(_given_up(held.job, "JobCrashed", f"The process that did the work {event.reason}")))
        elif not held.verdict:
            held.publishing = self._in_a_thread(self._publish, held, event)

    def _publish(self, held: _Held, finished: Finished) -> None:
        self.work[held.job.kind].publish(self.ctx, held.job, finished.result, held.out)

    def _published(self, held: _Held, publishing: Future[None]) -> None:
        held.publishing = None
        error = publishing.exception()
        held.is_published = error is None
        if error:
            held.end(self._judge(held.job, _worth_retrying(raised_by(error))))

    def _judge(self, job: Job, raised: Raised) -> _Verdict:
        failure = Failure(raised.code or "InternalServerError", raised.message)
        if raised.code is None:
            log.error("job broke %s\n%s", _fields(job), raised.trace)
            failure = _given_up(job, "InternalServerError", "The service could not do the work, by a fault of its own")
        return _crashed(failure) if raised.is_retriable else _failed(failure)

    def _settle(self, held: _Held, now: datetime) -> None:
        verdict, outcome = held.verdict or _RELEASE, "lost"
        if held.is_published:
            outcome = JobState.DONE.value
        else:
            with contextlib.suppress(LostLease), self.ctx.store.write(EVERY_RESOURCE) as tx:
                if (current := tx.jobs.get(held.job.id)) is None:
                    raise LostLease(held.job.id)
                ended = verdict.move(current, held.job, now)
                _put(tx, self.work, ended, now, verdict.failure)
                outcome = ended.state.value
        seconds = (now - (held.job.started_at or now)).total_seconds()
        code = verdict.failure.code if outcome == JobState.FAILED else "-"
        log.info("job %s %s seconds=%.1f code=%s", outcome.lower(), _fields(held.job), seconds, code)
        shutil.rmtree(held.out, ignore_errors=True)
        del self._held[held.job.id]

    def _beat(self, now: datetime) -> None:
        due = [held for held in self._held.values() if held.should_beat(now)]
        if not due:
            return
        with self.ctx.store.write(EVERY_RESOURCE) as tx:
            for held in due:
                current = tx.jobs.get(held.job.id)
                if current and current.is_held(held.job):
                    tx.jobs.put(current.beat(held.job, now, held.progress))
        for held in due:
            held.beaten_at, held.told = now, held.progress

    def _stop_the_silent(self, now: datetime) -> None:
        # Only the time in which this worker was awake counts, turn by turn: the machine may have slept.
        passed_s = (now - (self._turned_at or now)).total_seconds()
        self._turned_at = now
        most_s = self.ctx.settings.job_stall_s
        for held in self._held.values():
            held.quiet_s += min(max(passed_s, 0.0), LEASE.total_seconds())
            if held.running and held.quiet_s > most_s and not held.verdict:
                held.end(_crashed(_given_up(held.job, "JobStalled", f"The work reported nothing for {most_s:g} s")))

    # the queue

    def _look(self, now: datetime) -> None:
        """What there is to do, found by reading: a turn without work writes nothing."""
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            rows = {id: tx.jobs.get(id) for id in self._held}
            has_expired = bool(tx.jobs.expired(now))
            has_next = bool(kinds := self._kinds()) and tx.jobs.next(now, kinds) is not None
        for id, row in rows.items():
            held = self._held[id]
            if row is None or row.cancel_requested or not row.is_held(held.job):
                held.end(_DROP)
        if has_expired:
            self._reap(now)
        while has_next and (kinds := self._kinds()):
            has_next = self._claim(now, kinds)

    def _kinds(self) -> tuple[JobKind, ...]:
        """What there is room for."""
        if len(self._held) < self.slots:
            return tuple(self.work)
        if len(self._held) > self.slots or any(held.job.kind not in LONG for held in self._held.values()):
            return ()
        return tuple(kind for kind in self.work if kind not in LONG)

    def _reap(self, now: datetime) -> None:
        with self.ctx.store.write(EVERY_RESOURCE) as tx:
            for job in tx.jobs.expired(now):
                log.info("lease over %s owner=%s", _fields(job), job.owner)
                _put(tx, self.work, job.expire(now), now, _ABANDONED)

    def _claim(self, now: datetime, kinds: tuple[JobKind, ...]) -> bool:
        """Take the next job; False when there is none."""
        with self.ctx.store.write(EVERY_RESOURCE) as tx:
            if (job := tx.jobs.next(now, kinds)) is None:
                return False
            claimed = job.claim(self.owner, now)
            tx.jobs.put(claimed)
            try:
                self.work[claimed.kind].started(tx, claimed, now)
            except (SpeechError, InvalidTransition) as error:  # a fault, but it must not stop the queue
                log.error("job cannot start %s reason=%s", _fields(claimed), type(error).__name__)
                tx.jobs.put(claimed.fail(claimed))
                return True
        held = _Held(claimed, _scratch(self.ctx, self.owner) / f"{claimed.id}-{claimed.attempt}", beaten_at=now)
        held.preparing = self._in_a_thread(self._prepare, held)
        self._held[claimed.id] = held
        return True

    def _in_a_thread(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        future = self.pool.submit(function, *args)
        future.add_done_callback(lambda _: self._wake.set())
        return future

    def _stop(self) -> None:
        try:
            for held in self._held.values():
                if not held.publishing:  # it is nearly done
                    held.end(_RELEASE)
            for _ in range(STOP_TURNS):
                self._advance(self.ctx.now())
                if not self._held:
                    break
                self._wake.wait(TURN_S)
                self._wake.clear()
            for held in list(self._held.values()):
                held.end(_RELEASE)
                self._settle(held, self.ctx.now())
        except Exception as error:  # noqa: BLE001 - the leases will run out
            log.error("stop failed owner=%s\n%s", self.owner, trace_of(error))
        self.pool.shutdown(wait=False, cancel_futures=True)


def recover(ctx: Context, work: Mapping[JobKind, Work], presence: Presence) -> None:
    """Take back, at once, what was held by owners of this machine that are gone, and remove what they left on disk."""
    for owner in presence.gone():
        now = ctx.now()
        with ctx.store.write(EVERY_RESOURCE) as tx:
            while jobs := tx.jobs.held_by(owner):
                for job in jobs:
                    log.info("owner gone %s owner=%s", _fields(job), owner)
                    _put(tx, work, job.expire(now, owner_is_gone=True), now, _ABANDONED)
        shutil.rmtree(_scratch(ctx, owner), ignore_errors=True)
        presence.forget(owner)


_ABANDONED = Failure(
    "JobAbandoned",
    f"The service was stopped {MAX_ATTEMPTS} times while it worked on this, and gave up. Create it again.",
)


def _put(tx: Transaction, work: Mapping[JobKind, Work], job: Job, now: datetime, failure: Failure) -> None:
    """Keep a job that has moved, and let its entity follow if that leaves it Failed."""
    tx.jobs.put(job)
    if job.state is JobState.FAILED and job.kind in work:
        work[job.kind].failed(tx, job, now, failure)


def _worth_retrying(raised: Raised) -> Raised:
    """What breaks in the worker itself is the disk, the blob store or the database: it may be back soon."""
    return replace(raised, is_retriable=True) if raised.code is None else raised


def _given_up(job: Job, code: str, what: str) -> Failure:
    tries = f"; it was tried {job.crashes + 1} times" if job.crashes + 1 >= MAX_CRASHES else ""
    return Failure(code, f"{what}{tries}. Create it again, or ask the operator to look for job {job.id} in the log.")


def _scratch(ctx: Context, owner: str) -> Path:
    return ctx.scratch / "jobs" / owner


def _fields(job: Job) -> str:
    return f"kind={job.kind} job={job.id} subject={job.subject_id} resource={job.resource_id} attempt={job.attempt}"
