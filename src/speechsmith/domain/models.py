"""Models: base models of the operator, and custom models that a user trains from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.copies import LocalOrigin, PeerOrigin
from speechsmith.domain.datasets import Dataset, can_be_in
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid
from speechsmith.domain.status import Status
from speechsmith.domain.values import NEVER, check_same_locale


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel(Processed):
    """A model that comes with an engine, or that the operator has added. `released` is YYYYMMDD.

    `is_default`: the operator has made it the default of its locale, see `default_among`. `folder` is the key of its
    files, or the empty string when the engine itself knows where its model is. The two moments are the operator's;
    see `domain.expiry` for those that count.
    """

    engine: str
    released: str
    folder: str = ""
    learns: frozenset[CorpusKind] = frozenset()
    is_default: bool = False
    adaptation_until: datetime = NEVER
    transcription_until: datetime = NEVER

    @property
    def trains_with(self) -> frozenset[CorpusKind]:
        """The kinds of dataset that a model can be trained with from this base.

        They are those that its engine learns from, and how text is written, which the house applies to every engine.
        """
        formatting = CorpusKind.OUTPUT_FORMATTING
        return self.learns | {formatting} if can_be_in(formatting, self.locale) else self.learns


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebased:
    """That a model is another one trained again on a newer base, and the dataset that the two will be compared with."""

    model_id: UUID
    dataset_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTest:
    """The test that is made once a model is trained, beside its base: on which dataset, and under which name."""

    dataset_id: UUID
    display_name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModel(Processed):
    """A model trained from a base. `text` names the blob of sentences given inline, `digests` the one that tells which
    utterances were learned from, `origin` what it is a copy of, `rebased` what it replaces, `test` the one that
    follows its training.

    `weight_percent` is the share of the domain language model: as asked for, and once trained as used, None where the
    text is not used.
    """

    base_model_id: UUID
    dataset_ids: tuple[UUID, ...] = ()
    text: str | None = None
    weight_percent: int | None = None
    folder: str | None = None
    digests: str | None = None
    origin: LocalOrigin | PeerOrigin | None = None
    rebased: Rebased | None = None
    test: PlannedTest | None = None

    def references(self) -> tuple[UUID, ...]:
        """While it trains, its datasets must stay, and what it will be tested with or compared to."""
        if self.status.is_final:
            return ()
        compared = () if self.rebased is None else (self.rebased.model_id, self.rebased.dataset_id)
        tested = None if self.test is None else self.test.dataset_id
        return tuple(dict.fromkeys((*self.dataset_ids, *filter(None, (*compared, tested)))))


Model = BaseModel | CustomModel


def base_model_id(engine: str, locale: str, released: str) -> UUID:
    """The id of a base model, the same wherever it is installed."""
    return uuid5(NAMESPACE_URL, f"speechsmith:{engine}/{locale}/{released}")


def default_among(known: Iterable[BaseModel], locale: str) -> BaseModel | None:
    """The base model that is taken for a locale when none is named: the operator's choice, else the newest."""
    able = (model for model in known if model.locale == locale)
    return max(able, key=lambda model: (model.is_default, model.released), default=None)


def check_trainable(base: BaseModel, datasets: Iterable[Dataset], *, has_text: bool, locale: str) -> None:
    """Raises: Invalid when the locale, a dataset's state or kind, or the lack of any data forbids training."""
    check_same_locale(f"base model '{base.display_name}'", base.locale, locale)
    datasets = list(datasets)
    if not datasets and not has_text:
        raise Invalid("InvalidDataset", "Give at least one dataset, or text, to train with.", target="datasets")
    for dataset in datasets:
        check_same_locale(f"dataset '{dataset.display_name}'", dataset.locale, locale)
        check_ready(dataset)
        if dataset.kind not in base.trains_with:
            able = ", ".join(sorted(base.trains_with))
            raise Invalid(
                "InvalidDataset",
                f"The dataset '{dataset.display_name}' is {dataset.kind}; the base model '{base.display_name}' "
                f"can be trained with: {able}.",
                target="datasets",
            )
    if {CorpusKind.LANGUAGE_MARKDOWN, CorpusKind.PRONUNCIATION} <= {dataset.kind for dataset in datasets}:
        raise Invalid(
            "InvalidDataset",
            "LanguageMarkdown and Pronunciation datasets cannot be in one model; write the pronunciations into the "
            "markdown, under @ speech:phoneticlexicon.",
            target="datasets",
        )


def check_ready(dataset: Dataset) -> None:
    """Raises: Invalid unless the dataset's validation has Succeeded."""
    if dataset.status is not Status.SUCCEEDED:
        code = "FailedDataset" if dataset.status is Status.FAILED else "InvalidDataset"
        raise Invalid(
            code,
            f"The dataset '{dataset.display_name}' is {dataset.status}; only a Succeeded dataset can be used.",
            target="dataset",
        )


def check_usable(model: Model, *, locale: str) -> None:
    """Raises: Invalid, unless the model is Succeeded and of the locale."""
    check_same_locale(f"model '{model.display_name}'", model.locale, locale)
    if model.status is Status.FAILED:
        raise Invalid(
            "DeployingFailedModel",
            f"The model '{model.display_name}' is Failed; see its properties.error, and train another.",
            target="model",
        )
    if model.status is not Status.SUCCEEDED:
        raise Invalid(
            "ModelDeploymentNotCompleteState",
            f"The model '{model.display_name}' is {model.status}; wait until it is Succeeded.",
            target="model",
        )
