"""Which use cases each kind of job consists of."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import CustomModel
from speechsmith.domain.transcriptions import Transcription
from speechsmith.jobs.work import Work
from speechsmith.services import arrivals, copies, datasets, editions, endpoints, evaluations, models, transcriptions
from speechsmith.services.context import Context
from speechsmith.services.publishing import mark_failed, mark_started
from speechsmith.tasks import (
    copy_model,
    deploy,
    evaluate,
    import_dataset,
    import_to_editor,
    send_model,
    train_model,
    transcribe,
)
from speechsmith.tasks.base import Run


def _work(
    kind: type[Processed],
    prepare: Callable[[Context, Job], Any],
    run: Run,
    publish: Callable[[Context, Job, Any, Path], None],
) -> Work:
    """Work whose entity is Running while it is done and Failed where that fails, and nothing else follows."""
    return Work(partial(mark_started, kind), prepare, run, publish, partial(mark_failed, kind))


WORK: Mapping[JobKind, Work] = {
    JobKind.IMPORT_DATASET: _work(Dataset, datasets.prepare, import_dataset.run, datasets.publish),
    JobKind.TRAIN_MODEL: _work(
        CustomModel, models.prepare, train_model.run, partial(models.publish, then=evaluations.compare)
    ),
    JobKind.EVALUATE: Work(
        started=evaluations.started,
        prepare=evaluations.prepare,
        run=evaluate.run,
        publish=evaluations.publish,
        failed=evaluations.failed,
    ),
    JobKind.TRANSCRIBE: _work(Transcription, transcriptions.prepare, transcribe.run, transcriptions.publish),
    JobKind.IMPORT_TO_EDITOR: _work(Edition, editions.prepare, import_to_editor.run, editions.publish),
    JobKind.DEPLOY: Work(
        started=partial(mark_started, Endpoint),
        prepare=endpoints.prepare,
        run=deploy.run,
        publish=endpoints.publish,
        failed=endpoints.failed,
    ),
    JobKind.COPY_MODEL: Work(
        started=arrivals.started,
        prepare=arrivals.prepare,
        run=copy_model.run,
        publish=arrivals.publish,
        failed=arrivals.failed,
    ),
    JobKind.SEND_MODEL: Work(
        started=partial(mark_started, CopyOperation),
        prepare=copies.prepare,
        run=send_model.run,
        publish=copies.publish,
        failed=copies.failed,
    ),
}
