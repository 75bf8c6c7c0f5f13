"""Pages of the queue: what is done for a Speech resource, what waits, what has failed; and cancelling it."""

from collections.abc import Mapping
from functools import partial

from speechsmith.api.studio import forms
from speechsmith.api.studio.models import address_of
from speechsmith.api.studio.projects import REFUSALS
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Goto, Shown, Visit
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import SpeechError
from speechsmith.domain.jobs import JobKind
from speechsmith.domain.transcriptions import Transcription
from speechsmith.services import datasets, editions, entities, evaluations, models
from speechsmith.services import jobs as cases

WORKS: Mapping[JobKind, str] = {
    JobKind.IMPORT_DATASET: "Import",
    JobKind.TRAIN_MODEL: "Training",
    JobKind.EVALUATE: "Test",
    JobKind.TRANSCRIBE: "Batch transcription",
    JobKind.IMPORT_TO_EDITOR: "Import into the Editor",
    JobKind.DEPLOY: "Deployment",
    JobKind.COPY_MODEL: "Arrival of a copy",
    JobKind.SEND_MODEL: "Copy to another resource",
}
"""What is done, for people."""


DELETES: Mapping[JobKind, cases.Delete] = {
    JobKind.IMPORT_DATASET: datasets.delete,
    JobKind.TRAIN_MODEL: models.delete,
    JobKind.EVALUATE: evaluations.delete,
    JobKind.TRANSCRIBE: lambda ctx, resource_id, one: entities.delete(ctx, resource_id, Transcription, one),
    JobKind.IMPORT_TO_EDITOR: editions.delete,
    JobKind.DEPLOY: lambda ctx, resource_id, one: entities.delete(ctx, resource_id, Endpoint, one),
    JobKind.COPY_MODEL: models.delete,
}
"""How what a job would finish is deleted; a job of another kind ends by itself."""

MEANINGS = {
    JobKind.IMPORT_DATASET: "The dataset is deleted, with what was uploaded. Your own file stays with you.",
    JobKind.TRAIN_MODEL: "The model is deleted, and what was done so far is lost. Its data stays.",
    JobKind.EVALUATE: "The test is deleted, with what was heard so far. Its models and its data stay.",
    JobKind.TRANSCRIBE: "The batch transcription is deleted, with what was heard so far. The recordings stay.",
    JobKind.IMPORT_TO_EDITOR: "The Editor dataset is deleted. The datasets that it is a copy of stay.",
    JobKind.DEPLOY: "The endpoint is deleted, and its id does not come back. Its model stays.",
    JobKind.COPY_MODEL: "The copy is deleted, with what has arrived of it. The model that it is a copy of stays.",
}
"""What that means for people."""


def show_list(visit: Visit) -> Answer:
    """What is under way and waits, in turn; or what has failed."""
    is_failed = visit.query["show"] == "failed"
    found = (cases.failed if is_failed else cases.queue)(visit.ctx, visit.resource.id, skip=visit.skip, top=MOST_SHOWN)
    values = {
        "entries": found.entries.values,
        "has_more": found.entries.has_more,
        "counts": found.counts,
        "is_failed": is_failed,
        "works": WORKS,
        "address_of": partial(address_of, visit.base),
        "now": visit.ctx.now(),
        "cancelled": "The job is cancelled, and what it would have finished is deleted."
        if "cancelled" in visit.query
        else "",
    }
    return Shown("jobs.html", values)


def last_look(visit: Visit) -> Answer:
    """What cancelling a job would do; or why it cannot be cancelled."""
    entry = _found(visit)
    try:
        entry.check_can_be_cancelled()
    except REFUSALS as error:
        return _page(entry, error)
    return _page(entry)


def cancel(visit: Visit) -> Answer:
    """Cancel a job, unless it has ended."""
    entry = _found(visit)
    try:
        cases.cancel(visit.ctx, visit.resource.id, entry.job.id, DELETES)
    except REFUSALS as error:
        return _page(entry, error)
    return Goto(f"{visit.base}/jobs?cancelled")


def _found(visit: Visit) -> cases.Entry:
    """The job of the address. Raises: NotFound."""
    return cases.get(visit.ctx, visit.resource.id, visit.ids["job"])


def _page(entry: cases.Entry, error: SpeechError | None = None) -> Answer:
    values = {"entry": entry, "works": WORKS, "meaning": MEANINGS.get(entry.job.kind, "")}
    return forms.shown("job_cancel.html", values, error)
