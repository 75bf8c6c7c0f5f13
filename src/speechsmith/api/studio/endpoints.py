"""Pages of deployed models: list, deploy, look at, change the model, suspend, resume, rename, delete."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from speechsmith.api.studio import forms
from speechsmith.api.studio.lists import listed, with_models
from speechsmith.api.studio.nouns import ENDPOINT
from speechsmith.api.studio.projects import REFUSALS, opened
from speechsmith.api.studio.visit import Answer, Goto, Shown, Visit
from speechsmith.api.studio.words import FIELDS
from speechsmith.domain.deployments import Actor, Step, Way
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Invalid, NotFound, SpeechError
from speechsmith.domain.models import BaseModel, CustomModel, Model
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.services import endpoints as cases
from speechsmith.services import entities, model_choice, sign_ins
from speechsmith.services.candidates import Candidate

MOST_OFFERED = 200
"""Custom models in the choice of one: the newest; who follows a link from the page of an older one finds that too."""

DONE = {
    "added": "The endpoint was added. It can be used once its status is Succeeded; you need not stay here for that.",
    "changed": "The endpoint gets its model now. What served before serves until then.",
    "suspended": "The endpoint is suspended, and answers nobody.",
    "resumed": "The endpoint is resumed. It can be used once its status is Succeeded.",
    "logging": "What is said from now on is kept.",
    "silent": "What is said from now on is not kept. What was kept before is still there.",
    "renamed": "The name and the description are changed.",
}
"""What is told of what was done just now, by the word in the query."""

NEWEST = 10
"""Of the history: as many stand on the page, unless all are asked for."""


def show_list(visit: Visit) -> Answer:
    """Deploy models."""
    shown = listed(visit, Endpoint, "endpoints.html")
    return with_models(visit, shown, [endpoint.model_id for endpoint, _ in shown.values["rows"]])


def new(visit: Visit) -> Answer:
    """The form for a new endpoint."""
    return _new_form(visit, {}, visit.query.id("model"))


def create(visit: Visit) -> Answer:
    """Deploy a model."""
    project, form = opened(visit), visit.form
    labels = entities.Labels(
        display_name=form.get("displayName", ""),
        description=form.get("description", ""),
        locale=project.locale,
        project_id=project.id,
    )
    try:
        wish = cases.NewEndpoint(labels=labels, model_id=_chosen(visit), logging_enabled="logging" in form)
        made = cases.create(visit.ctx, visit.resource.id, wish, by=_actor(visit))
    except (*REFUSALS, NotFound) as error:
        return _new_form(visit, form, form.id("model"), error)
    return Goto(f"{visit.base}/projects/{project.id}/endpoints/{made.id}?done=added")


def show(visit: Visit) -> Answer:
    """An endpoint: what it is, how it is reached, and what can be done with it."""
    project, endpoint = ENDPOINT.found(visit)
    history = cases.history(visit.ctx, visit.resource.id, endpoint.id)
    shown = history if "history" in visit.query else history[:NEWEST]
    named = [endpoint.model_id, endpoint.serving_id or endpoint.model_id, *(step.model_id for step in shown)]
    models = model_choice.known(visit.ctx, visit.resource.id, named)
    values = {
        **ENDPOINT.values(project, endpoint),
        "work": entities.work_of(visit.ctx, visit.resource.id, endpoint),
        "models": models,
        "until": {id: model_choice.deadlines(visit.ctx, model).transcription for id, model in models.items()},
        "expired": {id for id, model in models.items() if model_choice.is_expired(visit.ctx, model)},
        "done": DONE.get(visit.query.get("done", "")),
        "history": shown,
        "hidden_steps": len(history) - len(shown),
        "is_whole": any(step.step is Step.CREATED for step in history),
        "socket": "ws" + visit.root.removeprefix("http"),
    }
    return Shown("endpoint.html", values)


def models(visit: Visit) -> Answer:
    """The form for another model."""
    _, endpoint = ENDPOINT.found(visit)
    return _model_form(visit, endpoint.model_id)


def change_model(visit: Visit) -> Answer:
    """Give an endpoint another model."""
    _, endpoint = ENDPOINT.found(visit)
    try:
        wanted = _chosen(visit)
        cases.update(visit.ctx, visit.resource.id, endpoint.id, entities.Change(), model_id=wanted, by=_actor(visit))
    except (*REFUSALS, NotFound) as error:
        return _model_form(visit, visit.form.id("model"), error)
    return _done(visit, "changed")


def before_suspending(visit: Visit) -> Answer:
    """What suspending an endpoint would do."""
    return forms.shown("endpoint_suspend.html", ENDPOINT.values(*ENDPOINT.found(visit)))


def suspend(visit: Visit) -> Answer:
    """Let it answer nobody."""
    cases.suspend(visit.ctx, visit.resource.id, ENDPOINT.found(visit)[1].id, by=_actor(visit))
    return _done(visit, "suspended")


def resume(visit: Visit) -> Answer:
    """Let it answer again."""
    cases.resume(visit.ctx, visit.resource.id, ENDPOINT.found(visit)[1].id, by=_actor(visit))
    return _done(visit, "resumed")


def switch_logging(visit: Visit) -> Answer:
    """Keep what is said, or keep it no more."""
    _, endpoint = ENDPOINT.found(visit)
    is_on = visit.form.get("logging") == "on"
    cases.update(visit.ctx, visit.resource.id, endpoint.id, entities.Change(), logging_enabled=is_on)
    return _done(visit, "logging" if is_on else "silent")


def last_look(visit: Visit) -> Answer:
    """What deleting an endpoint would do."""
    return forms.shown("endpoint_delete.html", ENDPOINT.values(*ENDPOINT.found(visit)))


def delete(visit: Visit) -> Answer:
    """Delete an endpoint."""
    _, endpoint = ENDPOINT.found(visit)
    entities.delete(visit.ctx, visit.resource.id, Endpoint, endpoint.id)
    return Goto(ENDPOINT.list_address(visit))


def choices(visit: Visit, project: Project, chosen: UUID | None) -> Sequence[Candidate[Model]]:
    """What could be deployed in a project: its custom models that are trained, and the base models, each newest first.

    Args: chosen: the id of one that is offered in any case.
    """
    ctx, resource_id = visit.ctx, visit.resource.id
    page = entities.page(ctx, resource_id, CustomModel, top=MOST_OFFERED, project_id=project.id, newest_first=True)
    custom: list[Model] = [model for model in page.values if model.status is Status.SUCCEEDED]
    bases = sorted(entities.page(ctx, resource_id, BaseModel, top=1_000).values, key=lambda base: base.released)
    offered = [*custom, *(base for base in reversed(bases) if base.locale == project.locale)]
    if chosen is not None and chosen not in {model.id for model in offered}:
        offered = [*model_choice.known(ctx, resource_id, [chosen]).values(), *offered]
    return [_choice(visit, project, model) for model in offered]


def _choice(visit: Visit, project: Project, model: Model) -> Candidate[Model]:
    refusal = ""
    try:
        model_choice.check_current(visit.ctx, model, project.locale)
    except Invalid as error:
        refusal = error.message
    return Candidate(model, refusal, model_choice.deadlines(visit.ctx, model).transcription)


def _chosen(visit: Visit) -> UUID:
    """Raises: Invalid."""
    if (id := visit.form.id("model")) is None:
        raise Invalid("InvalidPayload", "Select a model.", target="model")
    return id


def _new_form(visit: Visit, given: Mapping[str, str], chosen: UUID | None, error: SpeechError | None = None) -> Answer:
    project = opened(visit)
    offered = choices(visit, project, chosen)
    able = [choice.entity.id for choice in offered if not choice.refusal]
    values = {
        "project": project,
        "choices": offered,
        "chosen": chosen or next(iter(able), None),
        "given": {name: given.get(name, "") for name in FIELDS} | {"logging": "logging" in given},
    }
    return forms.shown("endpoint_new.html", values, error)


def _model_form(visit: Visit, chosen: UUID | None, error: SpeechError | None = None) -> Answer:
    project, endpoint = ENDPOINT.found(visit)
    values = {**ENDPOINT.values(project, endpoint), "choices": choices(visit, project, chosen), "chosen": chosen}
    return forms.shown("endpoint_model.html", values, error)


def _actor(visit: Visit) -> Actor:
    return Actor(sign_ins.shown(visit.ctx, visit.session, visit.resource), Way.STUDIO)


def _done(visit: Visit, what: str) -> Answer:
    return Goto(f"{ENDPOINT.address(visit)}?done={what}")
