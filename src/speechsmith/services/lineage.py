"""Where a model comes from, what was made of it, and who uses it: what its page tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.filters import Comparison, Operator, Property
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.services.context import Context

MOST_LISTED = 50
"""Of tests, endpoints, copies and models, the newest."""

MOST_REPORT_BYTES = 16 * 1024**2
"""A report beyond that is for a program to read."""


_IS_REPORT = Comparison(Property("kind", "kind"), Operator.EQ, FileKind.MODEL_REPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What is known of a model, newest first.

    `base` is None when it is not installed any more. Of `dataset_ids` only those that are still there are in
    `datasets`. `former` is the model that it replaces, `later` those that replace it.
    """

    base: BaseModel | None
    datasets: Mapping[UUID, Dataset]
    former: CustomModel | None
    later: Sequence[CustomModel]
    copies: Sequence[CopyOperation]
    tests: Sequence[Evaluation]
    endpoints: Sequence[Endpoint]


def of(ctx: Context, resource_id: UUID, model: CustomModel) -> Lineage:
    """What its Speech resource has to do with a model."""
    named = (*model.dataset_ids, *((model.test.dataset_id,) if model.test else ()))
    former_id = model.rebased.model_id if model.rebased else None
    with ctx.store.read(resource_id) as tx:

        def naming(kind: type[Any]) -> Sequence[Any]:
            return tx.table(kind).naming(model.id, top=MOST_LISTED).values

        datasets = {id: tx.table(Dataset).find(id) for id in named}
        return Lineage(
            base=tx.table(BaseModel).find(model.base_model_id),
            datasets={id: dataset for id, dataset in datasets.items() if dataset is not None},
            former=tx.table(CustomModel).find(former_id) if former_id else None,
            later=[one for one in naming(CustomModel) if one.rebased and one.rebased.model_id == model.id],
            copies=[one for one in naming(CopyOperation) if one.model_id == model.id],
            tests=[one for one in naming(Evaluation) if model.id in (one.model1_id, one.model2_id)],
            endpoints=[one for one in naming(Endpoint) if model.id in (one.model_id, one.serving_id)],
        )


def report(ctx: Context, resource_id: UUID, model_id: UUID) -> File | None:
    """The report of a model's training, as a file; None as long as there is none. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(CustomModel).get(model_id)
        return next(iter(tx.files.of(model_id, top=1, wanted=_IS_REPORT)), None)


def read_report(ctx: Context, file: File) -> Mapping[str, Any] | None:
    """What a report says; None when it is too large or no JSON object. A copy's was written by another server."""
    if file.size_bytes > MOST_REPORT_BYTES:
        return None
    try:
        said = orjson.loads(ctx.blobs.path(file.blob).read_bytes())
    except (orjson.JSONDecodeError, FileNotFoundError):
        return None
    return said if isinstance(said, dict) else None
