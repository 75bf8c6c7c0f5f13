"""Pages of what a project has: its datasets, models, tests and endpoints."""

from typing import Any

from speechsmith.api.studio.projects import opened
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Shown, Visit
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.services import entities, model_choice


def datasets(visit: Visit) -> Answer:
    """Speech datasets."""
    return _list(visit, Dataset, "datasets.html")


def models(visit: Visit) -> Answer:
    """Train custom models."""
    shown = _list(visit, CustomModel, "models.html")
    return _with_models(visit, shown, [model.base_model_id for model, _ in shown.values["rows"]])


def tests(visit: Visit) -> Answer:
    """Test models."""
    shown = _list(visit, Evaluation, "tests.html")
    return _with_models(
        visit, shown, [id for test, _ in shown.values["rows"] for id in (test.model1_id, test.model2_id)]
    )


def endpoints(visit: Visit) -> Answer:
    """Deploy models."""
    shown = _list(visit, Endpoint, "endpoints.html")
    return _with_models(visit, shown, [endpoint.model_id for endpoint, _ in shown.values["rows"]])


def _list(visit: Visit, kind: type[Processed], template: str) -> Shown:
    """The project, and its entities of a kind with what is being done about each."""
    project = opened(visit)
    page = entities.page(
        visit.ctx,
        visit.resource.id,
        kind,
        skip=visit.skip,
        top=MOST_SHOWN,
        project_id=project.id,
        newest_first=True,
    )
    rows = [(entity, entities.work_of(visit.ctx, visit.resource.id, entity)) for entity in page.values]
    busy = sum(not entity.status.is_final for entity in page.values)
    return Shown(template, {"project": project, "rows": rows, "has_more": page.has_more, "busy": busy})


def _with_models(visit: Visit, shown: Shown, ids: list[Any]) -> Shown:
    """The same, with the models that are named, by their ids, and until when each can be used."""
    found = model_choice.known(visit.ctx, visit.resource.id, ids)
    until = {model.id: model_choice.deadlines(visit.ctx, model).transcription for model in found.values()}
    for model, _ in shown.values["rows"]:
        if isinstance(model, CustomModel):
            until[model.id] = model_choice.deadlines(visit.ctx, model).transcription
    return Shown(shown.template, {**shown.values, "models": found, "until": until}, shown.status)
