"""Pages of custom models: list, look at, rename, delete, and save the report or the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from speechsmith.api.studio import forms, reports
from speechsmith.api.studio.lists import listed, with_models
from speechsmith.api.studio.nouns import MODEL
from speechsmith.api.studio.projects import REFUSALS, SECTIONS
from speechsmith.api.studio.visit import Answer, Goto, Sent, Shown, Visit, home_of
from speechsmith.domain.copies import CopyOperation, LocalOrigin, PeerOrigin
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import NotFound
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.resources import SpeechResource
from speechsmith.services import bundles, entities, lineage, model_choice
from speechsmith.services import models as cases

DONE = {
    "renamed": "The name and the description are changed.",
}
"""What is told of what was done just now, by the word in the query."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A model of a Speech resource that somebody is signed in to."""

    resource: SpeechResource
    model: CustomModel

    @property
    def address(self) -> str:
        """Its page; empty while it has no project."""
        return address_of(home_of(self.resource), self.model)


def show_list(visit: Visit) -> Answer:
    """Train custom models."""
    shown = listed(visit, CustomModel, "models.html")
    shown = with_models(visit, shown, [model.base_model_id for model, _ in shown.values["rows"]])
    made = next((model for model, _ in shown.values["rows"] if model.id == visit.query.id("made")), None)
    return Shown(shown.template, {**shown.values, "made": made})


def show(visit: Visit) -> Answer:
    """A model: what it is, what it was made of, what came of it, and who uses it."""
    project, model = MODEL.found(visit)
    known = lineage.of(visit.ctx, visit.resource.id, model)
    file = lineage.report(visit.ctx, visit.resource.id, model.id)
    said = lineage.read_report(visit.ctx, file) if file else None
    source_id = model.origin.model_id if isinstance(model.origin, LocalOrigin) else None
    kin = {copy.id: _kin(visit, copy.copy_id) for copy in known.copies}
    busy = (model, *known.copies, *known.tests, *known.endpoints)
    values = {
        **MODEL.values(project, model),
        "work": entities.work_of(visit.ctx, visit.resource.id, model),
        "known": known,
        "others": model_choice.known(visit.ctx, visit.resource.id, _tested_with(model, known)),
        "ends": model_choice.deadlines(visit.ctx, model),
        "base_ends": model_choice.deadlines(visit.ctx, known.base) if known.base else None,
        "is_expired": model_choice.is_expired(visit.ctx, model),
        "source": _kin(visit, source_id),
        "is_of_a_peer": isinstance(model.origin, PeerOrigin),
        "kin": kin,
        "arrival": _arrival(visit, known.copies, kin) if visit.query["done"] == "copying" else None,
        "report": reports.read(said) if said is not None else None,
        "has_report": file is not None,
        "most_rows": reports.MOST_ROWS,
        "address_of": lambda entity: address_of(visit.base, entity),
        "busy": any(not entity.status.is_final for entity in busy),
        "done": DONE.get(visit.query.get("done", "")),
    }
    return Shown("model.html", values)


def _tested_with(model: CustomModel, known: lineage.Lineage) -> Sequence[UUID]:
    return [id for test in known.tests for id in (test.model1_id, test.model2_id) if id != model.id]


def _kin(visit: Visit, model_id: UUID | None) -> Kin | None:
    """A model of any Speech resource that he is signed in to."""
    if model_id is None:
        return None
    found = ((one, model_choice.known(visit.ctx, one.id, [model_id]).get(model_id)) for one in visit.resources)
    return next((Kin(one, model) for one, model in found if isinstance(model, CustomModel)), None)


def _arrival(
    visit: Visit, copies: Sequence[CopyOperation], kin: Mapping[UUID, Kin | None]
) -> Mapping[str, object] | None:
    """The newest copy, with the model and the project that it is in, as far as he may see them; None without any."""
    if not copies:
        return None
    found, project = kin[copies[0].id], None
    if found and found.model.project_id:
        project = entities.get(visit.ctx, found.resource.id, Project, found.model.project_id)
    return {"operation": copies[0], "kin": found, "project": project}


def address_of(base: str, entity: Processed | CopyOperation) -> str:
    """The page of an entity of a Speech resource; empty when it has none, as without a project."""
    section = SECTIONS.get(type(entity))
    return f"{base}/projects/{entity.project_id}/{section}/{entity.id}" if section and entity.project_id else ""


def last_look(visit: Visit) -> Answer:
    """What deleting a model would do; of one that is trained at this moment, it ends the training."""
    return forms.shown("model_delete.html", MODEL.values(*MODEL.found(visit)))


def delete(visit: Visit) -> Answer:
    """Delete a model, and what is being done about it."""
    project, model = MODEL.found(visit)
    try:
        cases.delete(visit.ctx, visit.resource.id, model.id)
    except REFUSALS as error:
        return forms.shown("model_delete.html", MODEL.values(project, model), error)
    what = "deleted" if model.status.is_final else "cancelled"
    return Goto(f"{visit.base}/projects/{project.id}/models?{what}")


def save_report(visit: Visit) -> Answer:
    """The report of a training, as a file. Raises: NotFound."""
    _, model = MODEL.found(visit)
    file = lineage.report(visit.ctx, visit.resource.id, model.id)
    if file is None:
        raise NotFound("report of the model", model.id)
    _, path = entities.content(visit.ctx, visit.resource.id, CustomModel, model.id, file.id)
    return Sent(path, file.name, "application/json", is_saved=True)


def save_bundle(visit: Visit) -> Answer:
    """The model as one file. Raises: NotFound, Invalid as long as it has no files."""
    _, model = MODEL.found(visit)
    part = visit.ctx.part()
    try:
        bundles.write(visit.ctx, model, part)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Sent(part, f"{model.id}.tar", "application/x-tar", is_saved=True, is_passing=True)
