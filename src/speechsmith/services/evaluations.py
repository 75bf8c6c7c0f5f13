"""Use cases of evaluations: two models, one dataset."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.evaluations import Evaluation, check_testable
from speechsmith.domain.files import FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import CustomModel, Model
from speechsmith.domain.transcriptions import Transcription, TranscriptionOptions
from speechsmith.domain.values import DISPLAY_NAME_CHARS, Failure
from speechsmith.services import entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.tasks.evaluate import Evaluate, Evaluated

OPTIONS = TranscriptionOptions(word_level_timestamps=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvaluation:
    """What a user says about a new evaluation. To test one model, name it twice."""

    labels: entities.Labels
    model1_id: UUID
    model2_id: UUID
    dataset_id: UUID


def create(ctx: Context, resource_id: UUID, new: NewEvaluation) -> Evaluation:
    """Register an evaluation with its transcriptions, one for each model, and queue the work.

    Raises: Invalid, NotFound.
    """
    with ctx.store.write(resource_id) as tx:
        return _added(ctx, tx, resource_id, new)


def create_all(
    ctx: Context, resource_id: UUID, labels: entities.Labels, *, model_ids: Sequence[UUID], dataset_id: UUID
) -> Sequence[Evaluation]:
    """Register the evaluations that hold the first model against each other one, all or none.

    One model is tested alone. Where there are several, the name of each has that of the other model behind it.

    Raises: as `create`.
    """
    first, *others = model_ids
    with ctx.store.write(resource_id) as tx:
        entities.checked_processed(ctx, tx, resource_id, labels)
        tx.table(Dataset).get(dataset_id)
        names = {id: model_choice.find(tx, id).display_name for id in sorted(model_ids)}  # locked in one order
        return [
            _added(
                ctx,
                tx,
                resource_id,
                NewEvaluation(
                    labels=labels if len(others) < 2 else _named_by(labels, names[other]),
                    model1_id=first,
                    model2_id=other,
                    dataset_id=dataset_id,
                ),
            )
            for other in others or [first]
        ]


def _named_by(labels: entities.Labels, model: str) -> entities.Labels:
    return replace(labels, display_name=f"{labels.display_name}: {model}"[:DISPLAY_NAME_CHARS])


def _added(ctx: Context, tx: Transaction, resource_id: UUID, new: NewEvaluation) -> Evaluation:
    members = entities.checked_processed(ctx, tx, resource_id, new.labels)
    check_testable(tx.table(Dataset).get(new.dataset_id), locale=members["locale"])
    distinct = list(dict.fromkeys((new.model1_id, new.model2_id)))
    models = {id: model_choice.usable(ctx, tx, id, members["locale"]) for id in sorted(distinct)}  # locked in one order
    transcriptions = []
    for model in (models[id] for id in distinct):
        labels = {"id": ctx.new_id(), "display_name": f"{new.labels.display_name} ({model.display_name})"}
        transcriptions.append(
            Transcription(
                **(members | labels),
                model_id=model.id,
                dataset_id=new.dataset_id,
                evaluation_id=members["id"],
                options=OPTIONS,
            )
        )
    evaluation = Evaluation(
        **members,
        model1_id=new.model1_id,
        model2_id=new.model2_id,
        dataset_id=new.dataset_id,
        transcription1_id=transcriptions[0].id,
        transcription2_id=transcriptions[-1].id,
    )
    for transcription in transcriptions:
        tx.table(Transcription).add(transcription)
    tx.table(Evaluation).add(evaluation)
    entities.queue(ctx, tx, JobKind.EVALUATE, evaluation)
    return evaluation


def compare(ctx: Context, tx: Transaction, model: CustomModel) -> None:
    """Register the evaluations that were asked for with a training: beside the model that it replaces, beside its base.

    It is in the write that ends the training. What cannot be compared any more is not: the models stand without it.
    """
    if model.resource_id is None:
        return
    here = tx.of(model.resource_id, locked=False)
    for new in filter(None, (_beside_the_former(here, model), _planned(model))):
        with contextlib.suppress(Invalid, NotFound):
            _added(ctx, here, model.resource_id, new)


def _beside_the_former(tx: Transaction, model: CustomModel) -> NewEvaluation | None:
    if model.rebased is None or model.rebased.dataset_id is None:
        return None
    if (former := tx.table(CustomModel).find(model.rebased.model_id)) is None:
        return None
    name = f"{model.display_name} compared with {former.display_name}"[:DISPLAY_NAME_CHARS]
    return NewEvaluation(
        labels=entities.Labels(display_name=name, locale=model.locale, project_id=model.project_id),
        model1_id=former.id,
        model2_id=model.id,
        dataset_id=model.rebased.dataset_id,
    )


def _planned(model: CustomModel) -> NewEvaluation | None:
    if model.test is None:
        return None
    return NewEvaluation(
        labels=entities.Labels(
            display_name=model.test.display_name,
            description=model.test.description,
            locale=model.locale,
            project_id=model.project_id,
        ),
        model1_id=model.base_model_id,
        model2_id=model.id,
        dataset_id=model.test.dataset_id,
    )


def delete(ctx: Context, resource_id: UUID, evaluation_id: UUID) -> None:
    """Remove the evaluation with its transcriptions. Raises: Conflict (InUseViolation) while something needs it."""
    with ctx.store.write(resource_id) as tx:
        evaluation = entities.find_with_job(tx, Evaluation, evaluation_id)
        if evaluation is None:
            return
        entities.check_unused(tx, evaluation)
        entities.remove(ctx, tx, evaluation)
        for transcription_id in _transcriptions(evaluation):
            if transcription := tx.table(Transcription).find(transcription_id):
                entities.remove(ctx, tx, transcription)


def _transcriptions(evaluation: Evaluation) -> Sequence[UUID]:
    return list(dict.fromkeys((evaluation.transcription1_id, evaluation.transcription2_id)))


# the job


def prepare(ctx: Context, job: Job) -> Evaluate:
    """What the evaluation needs."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        evaluation = tx.table(Evaluation).get(job.subject_id)
        dataset = tx.table(Dataset).get(evaluation.dataset_id)
        models = [model_choice.find(tx, id) for id in dict.fromkeys((evaluation.model1_id, evaluation.model2_id))]
        bases = [model_choice.base_of(tx, model) for model in models]
        owned = tx.files.of(dataset.id)
    return Evaluate(
        models=tuple(model_choice.files_of(ctx, model, base) for model, base in zip(models, bases, strict=True)),
        styles=tuple(model_choice.style_of(ctx, model) for model in models),
        training_digests=tuple(_digests(ctx, model) for model in models),
        locale=evaluation.locale,
        utterances=model_choice.distinct(model_choice.utterances(ctx, owned)),
        has_transcripts=dataset.kind is CorpusKind.ACOUSTIC,
        options=OPTIONS,
        processes=ctx.settings.processes,
    )


def _digests(ctx: Context, model: Model) -> frozenset[str]:
    """What tells which utterances a model was trained on."""
    if not isinstance(model, CustomModel) or model.digests is None:
        return frozenset()
    return frozenset(ctx.blobs.path(model.digests).read_text(encoding="utf-8").split())


def started(tx: Transaction, job: Job, now: datetime) -> None:
    """The evaluation and its transcriptions are Running."""
    publishing.mark_started(Evaluation, tx, job, now)
    for transcription in _found(tx, job):
        tx.table(Transcription).put(transcription.started(now))


def failed(tx: Transaction, job: Job, now: datetime, failure: Failure) -> None:
    """The evaluation and its transcriptions are Failed, for one reason."""
    publishing.mark_failed(Evaluation, tx, job, now, failure)
    for transcription in _found(tx, job):
        tx.table(Transcription).put(transcription.started(now).failed(now, failure))


def _found(tx: Transaction, job: Job) -> list[Transcription]:
    evaluation = tx.table(Evaluation).find(job.subject_id)
    found = [tx.table(Transcription).find(id) for id in _transcriptions(evaluation)] if evaluation else []
    return [transcription for transcription in found if transcription is not None]


def publish(ctx: Context, job: Job, result: Evaluated, _out: Path) -> None:
    """The evaluation has its scores, and each transcription its results."""
    scores = publishing.keep(
        ctx,
        job,
        Evaluation,
        [publishing.NewFile(name, FileKind.EVALUATION_DETAILS, path=path) for name, path in result.details],
    )
    found = publishing.subject(ctx, job, Evaluation)
    results = [
        publishing.keep(
            ctx,
            job,
            Evaluation,
            [publishing.NewFile(name, FileKind.TRANSCRIPTION, path=path) for name, path in made],
            owner_id=owner_id,
        )
        for owner_id, made in zip(_transcriptions(found), result.results, strict=True)
    ]
    with publishing.finishing(ctx, job, Evaluation) as (tx, evaluation):
        now = ctx.now()
        tx.files.add(scores)
        for number, transcription in enumerate(_found(tx, job)):
            tx.files.add(results[number])
            tx.table(Transcription).put(replace(transcription, duration=result.duration).succeeded(now))
        tx.table(Evaluation).put(replace(evaluation, scores=result.scores, comparison=result.comparison).succeeded(now))
