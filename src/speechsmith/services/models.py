"""Use cases of models: the base models that are there, and custom models trained from them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from speechsmith.asr.types import Corpus, CorpusKind, Utterance
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.evaluations import check_testable
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import BaseModel, CustomModel, PlannedTest, Rebased, base_model_id, check_trainable
from speechsmith.domain.status import Status
from speechsmith.domain.values import DISPLAY_NAME_CHARS, check_description, check_display_name
from speechsmith.engines.base import AdaptOptions, Engine
from speechsmith.services import copying, entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.services.limits import limits_of
from speechsmith.store.blobs import prefix
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS
from speechsmith.tasks.train_model import Trained, TrainModel


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModel:
    """What a user says about a new custom model. `base_model_id` None: the default base of the locale.

    `test` is made in the write that ends the training.
    """

    labels: entities.Labels
    base_model_id: UUID | None = None
    dataset_ids: tuple[UUID, ...] = ()
    text: str | None = None
    weight_percent: int | None = None
    rebased: Rebased | None = None
    test: PlannedTest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebase:
    """What a user says about training a model again. `base_model_id` None: the default base of the locale.

    With `dataset_id` the two models are compared with that dataset. `display_name` empty: made of the old one.
    """

    base_model_id: UUID | None = None
    dataset_id: UUID | None = None
    display_name: str = ""


def install_packaged(ctx: Context, engines: Iterable[Engine]) -> None:
    """Make a base model of each model that comes with an engine; one that is there learns what the engine now can."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        for installed in engines:
            for packaged in installed.packaged_models():
                released = datetime.strptime(packaged.released, "%Y%m%d").replace(tzinfo=UTC)
                model = BaseModel(
                    id=base_model_id(installed.name, packaged.locale, packaged.released),
                    resource_id=None,
                    locale=packaged.locale,
                    display_name=packaged.released,
                    description=packaged.description,
                    created_at=released,
                    last_action_at=released,
                    status=Status.SUCCEEDED,
                    engine=installed.name,
                    released=packaged.released,
                    learns=installed.learns,
                )
                known = tx.table(BaseModel).find(model.id)
                if known is None:
                    tx.table(BaseModel).add(model)
                elif known.learns != model.learns:
                    tx.table(BaseModel).put(replace(known, learns=model.learns))


def create(ctx: Context, resource_id: UUID, new: NewModel) -> CustomModel:
    """Register a model to be trained, and queue the work. Raises: Invalid, NotFound."""
    _check_wishes(new)
    model_id = ctx.new_id()
    folder = prefix(resource_id, COLLECTIONS[CustomModel], model_id)
    with model_choice.kept_text(ctx, folder, new.text) as text, ctx.store.write(resource_id) as tx:
        members, base = _checked(ctx, tx, resource_id, new, has_text=text is not None)
        model = CustomModel(
            **members | {"id": model_id},
            base_model_id=base.id,
            dataset_ids=new.dataset_ids,
            text=text,
            weight_percent=new.weight_percent,
            rebased=new.rebased,
            test=new.test,
        )
        tx.table(CustomModel).add(model)
        entities.queue(ctx, tx, JobKind.TRAIN_MODEL, model)
    return model


def check(ctx: Context, resource_id: UUID, new: NewModel) -> None:
    """Whether `create` would take it as things are; nothing is made. Raises: Invalid, NotFound."""
    _check_wishes(new)
    with ctx.store.read(resource_id) as tx:
        _checked(ctx, tx, resource_id, new, has_text=bool((new.text or "").strip()))


def _check_wishes(new: NewModel) -> None:
    """What can be said without a look at anything else. Raises: Invalid."""
    if new.weight_percent is not None and not 1 <= new.weight_percent <= 100:
        raise Invalid(
            "InvalidParameterValue",
            "properties.customModelWeightPercent is a whole number from 1 to 100.",
            target="properties.customModelWeightPercent",
        )
    if len(set(new.dataset_ids)) != len(new.dataset_ids):
        raise Invalid("InvalidDataset", "datasets names a dataset twice.", target="datasets")
    if new.test is not None:
        check_display_name(new.test.display_name)
        check_description(new.test.description)


def _checked(
    ctx: Context, tx: Transaction, resource_id: UUID, new: NewModel, *, has_text: bool
) -> tuple[dict[str, Any], BaseModel]:
    """The members of a new model, and its base; all that it needs is there and fits. Raises: Invalid, NotFound."""
    members = entities.checked_processed(ctx, tx, resource_id, new.labels)
    locale = members["locale"]
    base = model_choice.default_base(tx, locale) if new.base_model_id is None else _base(tx, new.base_model_id)
    model_choice.check_adaptable(ctx, base)
    tested = () if new.test is None else (new.test.dataset_id,)
    owned = {id: tx.table(Dataset).get(id) for id in sorted({*new.dataset_ids, *tested})}  # locked in one order by all
    datasets = [owned[id] for id in new.dataset_ids]
    check_trainable(base, datasets, has_text=has_text, locale=locale)
    limits_of(ctx.settings).check_training_audio(datasets)
    for id in tested:
        check_testable(owned[id], locale=locale)
    return members, base


def rebase(ctx: Context, resource_id: UUID, model_id: UUID, wish: Rebase) -> CustomModel:
    """Register a model that is another one trained again, with the same data on another base.

    The weight is chosen anew.

    Raises: Invalid, NotFound.
    """
    with ctx.store.read(resource_id) as tx:
        model = tx.table(CustomModel).get(model_id)
        chosen = wish.base_model_id
        base = model_choice.default_base(tx, model.locale) if chosen is None else _base(tx, chosen)
        if wish.dataset_id is not None:
            check_testable(tx.table(Dataset).get(wish.dataset_id), locale=model.locale)
        gone = [id for id in model.dataset_ids if tx.table(Dataset).find(id) is None]
    if gone or (not model.dataset_ids and model.text is None):
        why = "datasets of it were deleted" if gone else "it is a copy, whose data are elsewhere"
        raise Invalid("InvalidDataset", f"The model '{model.display_name}' cannot be trained again: {why}.")
    if base.id == model.base_model_id:
        raise Invalid(
            "InvalidBaseModel",
            f"The model '{model.display_name}' stands on the base model '{base.display_name}' already; name another.",
            target="baseModel",
        )
    labels = entities.Labels(
        display_name=wish.display_name or f"{model.display_name} ({base.display_name})"[:DISPLAY_NAME_CHARS],
        locale=model.locale,
        description=model.description,
        custom_properties=model.custom_properties,
        project_id=model.project_id,
    )
    new = NewModel(
        labels=labels,
        base_model_id=base.id,
        dataset_ids=model.dataset_ids,
        text=None if model.text is None else ctx.blobs.path(model.text).read_text(encoding="utf-8"),
        rebased=Rebased(model_id=model.id, dataset_id=wish.dataset_id),
    )
    return create(ctx, resource_id, new)


def _base(tx: Transaction, model_id: UUID) -> BaseModel:
    base = tx.table(BaseModel).find(model_id)
    if base is None:
        if tx.table(CustomModel).find(model_id):
            raise Invalid("InvalidBaseModel", "baseModel names a custom model; only base models can be trained from.")
        raise NotFound("base model", model_id)
    return base


def delete(ctx: Context, resource_id: UUID, model_id: UUID) -> None:
    """Remove a custom model. Raises: Conflict (InUseViolation) while an endpoint or a running job needs it."""
    with ctx.store.write(resource_id) as tx:
        model = entities.find_with_job(tx, CustomModel, model_id)
        if model is None:
            return
        entities.check_unused(tx, model)
        copying.tell_ended(tx, model, ctx.now(), copying.DELETED)
        entities.remove(ctx, tx, model)


# the job


def prepare(ctx: Context, job: Job) -> TrainModel:
    """What training needs."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        model = tx.table(CustomModel).get(job.subject_id)
        base = model_choice.base_of(tx, model)
        owned = [(tx.table(Dataset).get(id), tx.files.of(id)) for id in model.dataset_ids]
    return TrainModel(
        engine=base.engine,
        base=model_choice.base_folder(ctx, base),
        corpus=_corpus(ctx, model, owned),
        formats=tuple(_named(ctx, owned, CorpusKind.OUTPUT_FORMATTING, FileKind.OUTPUT_FORMATTING_DATA)),
        options=AdaptOptions(
            weight=None if model.weight_percent is None else model.weight_percent / 100,
            workers=ctx.settings.processes,
            learning_curve=ctx.settings.learning_curve,
            general_speech=_general_speech(ctx.settings.general_speech),
        ),
    )


Owned: TypeAlias = Sequence[tuple[Dataset, Sequence[File]]]
"""Datasets with their files."""


def _corpus(ctx: Context, model: CustomModel, owned: Owned) -> Corpus:
    text = {} if model.text is None else {ctx.blobs.path(model.text): "text"}
    text |= _named(ctx, owned, CorpusKind.LANGUAGE, FileKind.LANGUAGE_DATA)
    pronunciations = _named(ctx, owned, CorpusKind.PRONUNCIATION, FileKind.PRONUNCIATION_DATA)
    structured = _named(ctx, owned, CorpusKind.LANGUAGE_MARKDOWN, FileKind.LANGUAGE_DATA)
    return Corpus(
        locale=model.locale,
        text=tuple(text),
        pronunciations=tuple(pronunciations),
        structured=tuple(structured),
        utterances=_utterances(ctx, owned, CorpusKind.ACOUSTIC),
        recordings=_utterances(ctx, owned, CorpusKind.AUDIO_FILES),
        names=text | pronunciations | structured,
    )


def _named(ctx: Context, owned: Owned, kind: CorpusKind, holds: FileKind) -> dict[Path, str]:
    """The files of one kind in the datasets of one kind, and what the model's report calls each."""
    return {
        ctx.blobs.path(file.blob): f"{dataset.display_name}: {file.name}"
        for dataset, files in owned
        for file in files
        if dataset.kind is kind and file.kind is holds
    }


def _utterances(ctx: Context, owned: Owned, kind: CorpusKind) -> tuple[Utterance, ...]:
    of_kind = (files for dataset, files in owned if dataset.kind is kind)
    return tuple(utterance for files in of_kind for utterance in model_choice.utterances(ctx, files))


def _general_speech(folder: str) -> tuple[Utterance, ...]:
    """The utterances of the operator's folder. Raises: Invalid when the setting names no such folder."""
    if not folder:
        return ()
    try:
        lines = (Path(folder) / "trans.txt").read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        message = f"SPEECHSMITH_GENERAL_SPEECH names a folder whose trans.txt cannot be read ({type(error).__name__})."
        raise Invalid("InvalidConfiguration", f"{message} Mend the setting, and train again.") from None
    named = (line.partition("\t") for line in lines if "\t" in line)
    return tuple(Utterance(name, Path(folder) / "audio" / name, transcript) for name, _, transcript in named)


def publish(
    ctx: Context,
    job: Job,
    result: Trained,
    out: Path,
    *,
    then: Callable[[Context, Transaction, CustomModel], None] = lambda *_: None,
) -> None:
    """The model is Succeeded, and has its files and its report; `then` follows in the same write."""
    attempt = publishing.attempt_prefix(CustomModel, job)
    folder, digests = f"{attempt}/model", f"{attempt}/digests"
    ctx.blobs.put_tree(folder, out / "model")
    ctx.blobs.put(digests, out / "digests.txt")
    report = publishing.NewFile("report.json", FileKind.MODEL_REPORT, path=out / "report.json")
    files = publishing.keep(ctx, job, CustomModel, [report])
    with publishing.finishing(ctx, job, CustomModel) as (tx, model):
        tx.files.add(files)
        weight = None if result.weight is None else max(1, round(100 * result.weight))  # what was used, not the wish
        trained = replace(model, folder=folder, weight_percent=weight, digests=digests)
        succeeded = trained.succeeded(ctx.now())
        tx.table(CustomModel).put(succeeded)
        then(ctx, tx, succeeded)
