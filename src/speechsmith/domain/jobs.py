"""Jobs: one piece of work that will finish one entity, and the only moves that it can make.

    WAITING --claim--> RUNNING --succeed--> DONE
       ^                  |---fail--------> FAILED      (the reason is final, or the attempts are used up)
       |---release/expire-|---drop--------> CANCELLED   (the entity is gone)

A job is claimed under a lease. Whoever holds it beats before it runs out; when it does run out, anybody may expire it
and the work is done again. `attempt` is the fencing token: it grows with each claim, and every move of a runner names
the owner and the attempt it believes in, so a runner that was thought dead cannot publish. A process that dies in the
middle of a job counts as a crash of that job, and a job that crashes MAX_CRASHES times is given up; a worker that
vanishes with its machine says little about the job, so an expired lease only counts against MAX_ATTEMPTS.

A cancelled job has no other end: what would have been Done, Failed or Waiting is Cancelled or refused.
Everything here is a pure function of a row and the time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speechsmith.domain.errors import LostLease

LEASE = timedelta(seconds=15)
MAX_CRASHES = 3
MAX_ATTEMPTS = 30
BACK_OFF = timedelta(seconds=2)


class JobKind(StrEnum):
    """What there is to do; the value is also the stage's name in logs."""

    IMPORT_DATASET = "ImportDataset"
    TRAIN_MODEL = "TrainModel"
    EVALUATE = "Evaluate"
    TRANSCRIBE = "Transcribe"
    DEPLOY = "Deploy"
    COPY_MODEL = "CopyModel"
    SEND_MODEL = "SendModel"
    IMPORT_TO_EDITOR = "ImportToEditor"


LONG = frozenset({JobKind.TRAIN_MODEL, JobKind.EVALUATE, JobKind.TRANSCRIBE, JobKind.IMPORT_TO_EDITOR})
"""What may take hours. For the others somebody waits."""


class JobState(StrEnum):
    """Where the work is. Entities have a status of their own."""

    WAITING = "Waiting"
    RUNNING = "Running"
    DONE = "Done"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        """True when it will never run again."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far the present attempt is: the named stage and the share of the whole in [0, 1]."""

    stage: str = ""
    fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the queue. Smaller `priority` goes first, then the older."""

    id: UUID
    resource_id: UUID
    kind: JobKind
    subject_id: UUID
    created_at: datetime
    state: JobState = JobState.WAITING
    attempt: int = 0
    crashes: int = 0
    priority: int = 100
    not_before: datetime
    owner: str | None = None
    lease_until: datetime | None = None
    started_at: datetime | None = None
    progress: JobProgress = JobProgress()
    cancel_requested: bool = False

    def claim(self, owner: str, now: datetime) -> "Job":
        """Take it for one attempt. Raises: LostLease when it is not waiting."""
        if self.state is not JobState.WAITING or self.not_before > now:
            raise LostLease(self.id)
        return replace(
            self,
            state=JobState.RUNNING,
            attempt=self.attempt + 1,
            owner=owner,
            lease_until=now + LEASE,
            started_at=now,
            progress=JobProgress(),
        )

    def is_held(self, held: "Job") -> bool:
        """True while the attempt `held` is the one that counts."""
        return (self.state, self.owner, self.attempt) == (JobState.RUNNING, held.owner, held.attempt)

    def beat(self, held: "Job", now: datetime, progress: JobProgress) -> "Job":
        """Hold on to it. Raises: LostLease."""
        self._check(held)
        return replace(self, lease_until=now + LEASE, progress=progress)

    def succeed(self, held: "Job") -> "Job":
        """The result is published in the same write. Raises: LostLease, also when it was cancelled meanwhile."""
        self._check(held)
        if self.cancel_requested:
            raise LostLease(self.id)
        return self._ended(JobState.DONE)

    def fail(self, held: "Job") -> "Job":
        """The work itself cannot be done. Raises: LostLease."""
        self._check(held)
        return self._given_up()

    def drop(self, held: "Job") -> "Job":
        """It was cancelled and its process is gone. Raises: LostLease."""
        self._check(held)
        return self._ended(JobState.CANCELLED)

    def release(self, held: "Job", now: datetime) -> "Job":
        """Give it back undone, through no fault of the job: the worker stops. Raises: LostLease."""
        self._check(held)
        return self._again(now, give_up=False)

    def crashed(self, held: "Job", now: datetime) -> "Job":
        """Its process died. Tried again a few times, later each time. Raises: LostLease."""
        self._check(held)
        crashes = self.crashes + 1
        return replace(self, crashes=crashes)._again(now + BACK_OFF * 2**crashes, give_up=crashes >= MAX_CRASHES)

    def expire(self, now: datetime, *, owner_is_gone: bool = False) -> "Job":
        """Its owner has not been heard of, or is known to be gone. Raises: LostLease when the lease still runs."""
        is_over = owner_is_gone or (self.lease_until is not None and self.lease_until <= now)
        if self.state is not JobState.RUNNING or not is_over:
            raise LostLease(self.id)
        return self._again(now, give_up=self.attempt >= MAX_ATTEMPTS)

    def cancel(self) -> "Job":
        """Ask for it to stop: at once when nobody runs it, else by its runner. What has ended stays as it is."""
        if self.state.is_final:
            return self
        if self.state is JobState.WAITING:
            return replace(self._ended(JobState.CANCELLED), cancel_requested=True)
        return replace(self, cancel_requested=True)

    def _check(self, held: "Job") -> None:
        if not self.is_held(held):
            raise LostLease(self.id)

    def _again(self, not_before: datetime, *, give_up: bool) -> "Job":
        if give_up or self.cancel_requested:
            return self._given_up()
        return replace(self, state=JobState.WAITING, owner=None, lease_until=None, not_before=not_before)

    def _given_up(self) -> "Job":
        return self._ended(JobState.CANCELLED if self.cancel_requested else JobState.FAILED)

    def _ended(self, state: JobState) -> "Job":
        return replace(self, state=state, owner=None, lease_until=None)
