"""How a list of what a project has is made."""

from typing import Any

from speechsmith.api.studio.projects import opened
from speechsmith.api.studio.visit import MOST_SHOWN, Shown, Visit
from speechsmith.domain.entities import Processed
from speechsmith.domain.models import CustomModel
from speechsmith.services import entities, model_choice


def listed(visit: Visit, kind: type[Processed], template: str) -> Shown:
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


def with_models(visit: Visit, shown: Shown, ids: list[Any]) -> Shown:
    """The same, with the models that are named, by their ids, and until when each can be used."""
    found = model_choice.known(visit.ctx, visit.resource.id, ids)
    until = {model.id: model_choice.deadlines(visit.ctx, model).transcription for model in found.values()}
    for model, _ in shown.values["rows"]:
        if isinstance(model, CustomModel):
            until[model.id] = model_choice.deadlines(visit.ctx, model).transcription
    return Shown(shown.template, {**shown.values, "models": found, "until": until}, shown.status)
