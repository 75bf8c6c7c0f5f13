"""Use cases of the queue: what is done for a Speech resource, what waits, what has failed; and how it is cancelled.

To cancel a job is to delete the entity that it would finish, as DELETE does; and only while the job has not ended, so
that nobody loses a model that was done a moment before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.jobs import Job, JobKind, JobState
from speechsmith.domain.models import CustomModel
from speechsmith.domain.transcriptions import Transcription
from speechsmith.services import entities
from speechsmith.services.context import Context
from speechsmith.services.entities import Work
from speechsmith.store.entities import Page
from speechsmith.store.sql import Transaction

Delete = Callable[[Context, UUID, UUID], None]

SUBJECTS: Mapping[JobKind, type[Processed]] = {
    JobKind.IMPORT_DATASET: Dataset,
    JobKind.TRAIN_MODEL: CustomModel,
    JobKind.EVALUATE: Evaluation,
    JobKind.TRANSCRIBE: Transcription,
    JobKind.IMPORT_TO_EDITOR: Edition,
    JobKind.DEPLOY: Endpoint,
    JobKind.COPY_MODEL: CustomModel,
    JobKind.SEND_MODEL: CopyOperation,
}
"""What each kind of job finishes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job, and what it would finish; None when that was deleted. `model` is what is copied to another resource."""

    job: Job
    subject: Processed | None
    work: Work | None = None
    model: CustomModel | None = None

    @property
    def shown(self) -> Processed | None:
        """What people know it by."""
        return self.model if isinstance(self.subject, CopyOperation) else self.subject

    @property
    def can_be_cancelled(self) -> bool:
        """Whether `cancel` would do it now."""
        try:
            self.check_can_be_cancelled()
        except Conflict:
            return False
        return True

    def check_can_be_cancelled(self) -> None:
        """Raises: Conflict (InvalidPrerequisite), which says why it cannot be cancelled, or need not be."""
        if self.job.state.is_final:
            raise _ended()
        if self.job.cancel_requested or self.subject is None:
            raise Conflict("InvalidPrerequisite", "The job is being stopped already.")
        if isinstance(self.subject, CopyOperation):
            raise Conflict(
                "InvalidPrerequisite",
                "A copy to another resource ends by itself, when that has the model or cannot take it; delete the "
                "model there to stop it.",
            )
        if isinstance(self.subject, Endpoint) and self.subject.serving_id is not None:
            raise Conflict(
                "InvalidPrerequisite",
                f"The endpoint '{self.subject.display_name}' answers with its former model until the deployment is "
                "done; cancelling would delete the endpoint. Suspend or delete it on its own page if you mean that.",
            )


@dataclass(frozen=True, slots=True)
class Queue:
    """Some jobs of a resource, and how many of them there are in all, by state."""

    entries: Page[Entry]
    counts: Mapping[JobState, int]


def queue(ctx: Context, resource_id: UUID, *, skip: int = 0, top: int) -> Queue:
    """What runs, and behind that what waits, in the order in which it is taken."""
    with ctx.store.read(resource_id) as tx:
        found = tx.jobs.queue_of(resource_id, skip=skip, top=top + 1)
        ahead = tx.jobs.ahead_of_each([job for job in found[:top] if job.state is JobState.WAITING])
        entries = _entries(tx, found[:top], {job.id: _work(ctx, job, ahead.get(job.id)) for job in found})
        return Queue(Page(entries, has_more=len(found) > top), tx.jobs.states_of(resource_id))


def failed(ctx: Context, resource_id: UUID, *, skip: int = 0, top: int) -> Queue:
    """What has failed lately, newest first; jobs that have ended are kept for a week."""
    with ctx.store.read(resource_id) as tx:
        found = tx.jobs.failed_of(resource_id, skip=skip, top=top + 1)
        entries = _entries(tx, found[:top], {})
        return Queue(Page(entries, has_more=len(found) > top), tx.jobs.states_of(resource_id))


def get(ctx: Context, resource_id: UUID, job_id: UUID) -> Entry:
    """One job. Raises: NotFound, also for that of another resource."""
    with ctx.store.read(resource_id) as tx:
        job = tx.jobs.get(job_id)
        if job is None or job.resource_id != resource_id:
            raise NotFound("job", job_id)
        return _entries(tx, [job], {})[0]


def cancel(ctx: Context, resource_id: UUID, job_id: UUID, deletes: Mapping[JobKind, Delete]) -> None:
    """Stop a job, and delete what it would have finished.

    Args: deletes: for each kind of job that can be cancelled, the use case that deletes what it is about.

    Raises: NotFound, Conflict (InvalidPrerequisite) when it has ended or cannot be cancelled, or as `delete` does.
    """
    entry = get(ctx, resource_id, job_id)
    entry.check_can_be_cancelled()

    def check_stopped(tx: Transaction) -> None:
        job = tx.jobs.get(job_id)
        if job is None or not job.cancel_requested:
            raise _ended()

    deletes[entry.job.kind](replace(ctx, store=ctx.store.checked(check_stopped)), resource_id, entry.job.subject_id)


def _ended() -> Conflict:
    return Conflict("InvalidPrerequisite", "The job has ended meanwhile, and nothing was cancelled.")


def _work(ctx: Context, job: Job, ahead: int | None) -> Work:
    return entities.under_way(job, ctx.now()) if job.state is JobState.RUNNING else Work(ahead=ahead)


def _entries(tx: Transaction, found: Sequence[Job], works: Mapping[UUID, Work]) -> list[Entry]:
    """Jobs with what they are about, which is read kind by kind."""
    ids: dict[type[Processed], set[UUID]] = {}
    for job in found:
        ids.setdefault(SUBJECTS[job.kind], set()).add(job.subject_id)
    subjects = {one.id: one for kind, wanted in ids.items() for one in tx.table(kind).among(wanted)}
    copied = {one.model_id for one in subjects.values() if isinstance(one, CopyOperation)}
    models = {model.id: model for model in tx.table(CustomModel).among(copied)}
    return [_entry(job, subjects.get(job.subject_id), works.get(job.id), models) for job in found]


def _entry(job: Job, subject: Processed | None, work: Work | None, models: Mapping[UUID, CustomModel]) -> Entry:
    model = models.get(subject.model_id) if isinstance(subject, CopyOperation) else None
    return Entry(job, subject, work, model)
