"""Which use cases each kind of job consists of."""

from collections.abc import Mapping
from functools import partial

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.jobs import JobKind
from speechsmith.domain.models import CustomModel
from speechsmith.domain.transcriptions import Transcription
from speechsmith.jobs.work import Work
from speechsmith.services import arrivals, copies, datasets, endpoints, evaluations, models, transcriptions
from speechsmith.services.publishing import mark_failed, mark_started
from speechsmith.tasks import copy_model, deploy, evaluate, import_dataset, send_model, train_model, transcribe


def _work(kind: type[Processed], cases: object, task: object) -> Work:
    return Work(
        started=partial(mark_started, kind),
        prepare=cases.prepare,  # type: ignore[attr-defined]
        run=task.run,  # type: ignore[attr-defined]
        publish=cases.publish,  # type: ignore[attr-defined]
        failed=partial(mark_failed, kind),
    )


WORK: Mapping[JobKind, Work] = {
    JobKind.IMPORT_DATASET: _work(Dataset, datasets, import_dataset),
    JobKind.TRAIN_MODEL: Work(
        started=partial(mark_started, CustomModel),
        prepare=models.prepare,
        run=train_model.run,
        publish=partial(models.publish, then=evaluations.compare),
        failed=partial(mark_failed, CustomModel),
    ),
    JobKind.EVALUATE: Work(
        started=evaluations.started,
        prepare=evaluations.prepare,
        run=evaluate.run,
        publish=evaluations.publish,
        failed=evaluations.failed,
    ),
    JobKind.TRANSCRIBE: _work(Transcription, transcriptions, transcribe),
    JobKind.DEPLOY: _work(Endpoint, endpoints, deploy),
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
