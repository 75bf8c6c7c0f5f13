"""What a test can be made of: the datasets and models of a project, and of each that will not do, why not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.evaluations import check_testable
from speechsmith.domain.models import BaseModel, CustomModel, Model, default_among
from speechsmith.domain.projects import Project
from speechsmith.services import model_choice
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

E = TypeVar("E", bound=Processed)

MOST_OFFERED = 200
"""Of datasets, and of custom models: the newest."""

MOST_MODELS = 8
"""In tests that are made at once: the first of them against each other one."""


class Purpose(StrEnum):
    """What a test is for."""

    INSPECT = "inspect"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class Candidate(Generic[E]):
    """Something to choose; with a `refusal`, it cannot be. `until` is the last moment for it, where there is one."""

    entity: E
    refusal: str = ""
    until: datetime | None = None


def datasets(ctx: Context, project: Project, purpose: Purpose) -> Sequence[Candidate[Dataset]]:
    """The datasets of a project, newest first."""
    found = _newest(ctx, Dataset, project)
    return _judged(found, lambda dataset: check_dataset(dataset, purpose, locale=project.locale))


def check_dataset(dataset: Dataset, purpose: Purpose, *, locale: str) -> None:
    """Raises: Invalid unless a test for this purpose can be made on it."""
    check_testable(dataset, locale=locale)
    if (dataset.kind is CorpusKind.ACOUSTIC) is not (purpose is Purpose.EVALUATE):
        reason = (
            "has no transcripts to count errors by; inspect its quality instead."
            if purpose is Purpose.EVALUATE
            else "has transcripts; evaluate the accuracy on it instead."
        )
        raise Invalid("InvalidTest", f"The dataset '{dataset.display_name}' {reason}", target="dataset")


def models(ctx: Context, project: Project) -> Sequence[Candidate[Model]]:
    """The base models of the project's locale, the default one first, and the custom models of the project."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        bases = [base for base in tx.table(BaseModel).page().values if base.locale == project.locale]
    default = default_among(bases, project.locale)
    bases.sort(key=lambda base: (base is default, base.released), reverse=True)
    found: list[Model] = [*bases, *_newest(ctx, CustomModel, project)]
    return _judged(found, lambda model: model_choice.check_current(ctx, model, project.locale))


def check_models(ctx: Context, project: Project, ids: Sequence[UUID]) -> None:
    """Raises: Invalid unless one to MOST_MODELS models were chosen, each there and fit to recognize."""
    if not 1 <= len(ids) <= MOST_MODELS:
        number = "none is" if not ids else f"{len(ids)} are"
        raise Invalid("InvalidTest", f"Choose one to {MOST_MODELS} models; {number} chosen.", target="model")
    with ctx.store.read(_resource_of(project)) as tx:
        try:
            found = [model_choice.find(tx, id) for id in ids]
        except NotFound as error:
            raise Invalid("InvalidModel", error.message, target="model") from None
    for model in found:
        model_choice.check_current(ctx, model, project.locale)


def _newest(ctx: Context, kind: type[E], project: Project) -> Sequence[E]:
    with ctx.store.read(_resource_of(project)) as tx:
        return tx.table(kind).page(top=MOST_OFFERED, project_id=project.id, newest_first=True).values


def _resource_of(project: Project) -> UUID:
    assert project.resource_id is not None
    return project.resource_id


def _judged(found: Iterable[E], check: Callable[[E], None]) -> list[Candidate[E]]:
    judged = []
    for entity in found:
        try:
            check(entity)
            judged.append(Candidate(entity))
        except Invalid as error:
            judged.append(Candidate(entity, error.message))
    return judged
