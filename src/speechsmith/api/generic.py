"""The handlers that all kinds of entity share: list, get, patch, delete, files."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from speechsmith.api import views
from speechsmith.api.call import Answer, Call, Handler
from speechsmith.api.references import optional_id
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity, Processed
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.webhooks import WebHook
from speechsmith.services import entities, model_choice
from speechsmith.wire.v3_2 import LabelsUpdate, Update

E = TypeVar("E", bound=Entity)
P = TypeVar("P", bound=Processed)

_SOON_S, _LATER_S = 1, 5
_PATIENCE = 10  # times the pause is how long something has been under way
DEFAULT_LINK_SECONDS = 12 * 3600
MAX_LINK_SECONDS = 10 * 365 * 24 * 3600

_VIEWS: dict[type[Processed], Callable[..., views.JSON]] = {
    Dataset: views.dataset,
    BaseModel: views.base_model,
    CustomModel: views.custom_model,
    Evaluation: views.evaluation,
    Endpoint: views.endpoint,
    Transcription: views.transcription,
    WebHook: views.webhook,
}
_NAME_MODELS = frozenset({Evaluation, Endpoint, Transcription})


def _bases(call: Call, kind: type[Processed]) -> Sequence[frozenset[UUID]]:
    """What the view of a kind needs besides: nothing, or the ids of the base models."""
    return [model_choice.base_ids(call.ctx)] if kind in _NAME_MODELS else []


def shown(call: Call, entity: Processed, status: int = 200) -> Answer:
    """One entity with its progress; created ones with their Location."""
    kind = type(entity)
    body = _VIEWS[kind](call, entity, *_bases(call, kind), entities.work_of(call.ctx, call.resource.id, entity))
    headers = {"Location": body["self"]} if status == 201 else when_to_ask_again(call, entity)
    return Answer(status, body, headers)


def _after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def soon() -> dict[str, str]:
    """The header for answers to what was only just begun."""
    return _after(_SOON_S)


def when_to_ask_again(call: Call, *shown: Processed) -> dict[str, str]:
    """The header for answers with something that is not finished: soon at first, since most work is short."""
    now = call.ctx.now()
    ages = [(now - entity.last_action_at).total_seconds() for entity in shown if not entity.status.is_final]
    return _after(min(max(_SOON_S, int(min(ages) / _PATIENCE)), _LATER_S)) if ages else {}


def getter(kind: type[P]) -> Handler:
    """GET of one entity."""
    return lambda call: shown(call, entities.get(call.ctx, call.resource.id, kind, call.id))


def lister(kind: type[P], *, of_project: bool = False) -> Handler:
    """GET of a collection, or of what a project has of it."""

    def handle(call: Call) -> Answer:
        skip, top = call.page()
        project_id = call.id if of_project else None
        page = entities.page(
            call.ctx, call.resource.id, kind, skip=skip, top=top, project_id=project_id, wanted=call.filter(kind)
        )
        bases = _bases(call, kind)
        given, show = (call.base, *bases), lambda entity: _VIEWS[kind](call, entity, *bases)
        values = [call.rendered.of(entity, given, show) for entity in page.values]
        return Answer(200, call.listing(values, has_more=page.has_more), when_to_ask_again(call, *page.values))

    return handle


def patcher(kind: type[P]) -> Handler:
    """PATCH of the labels and of the project."""

    def handle(call: Call) -> Answer:
        return shown(call, entities.update(call.ctx, call.resource.id, kind, call.id, change_of(call.body)))

    return handle


def change_of(body: LabelsUpdate) -> entities.Change:
    """A merge-patch as a change: absent stays, null clears, an empty displayName stays."""
    change = entities.Change(
        display_name=body.display_name or entities.KEEP,
        description=(body.description or "") if body.given("description") else entities.KEEP,
        custom_properties=body.custom_properties if body.given("custom_properties") else entities.KEEP,
    )
    if isinstance(body, Update) and body.given("project"):
        change = replace(change, project_id=optional_id(body.project, "projects", target="project"))
    return change


def deleter(delete: Callable[[Any, UUID, UUID], Any]) -> Handler:
    """DELETE; 204 also when there was nothing."""

    def handle(call: Call) -> Answer:
        delete(call.ctx, call.resource.id, call.id)
        return Answer(204)

    return handle


def remover(kind: type[P]) -> Handler:
    """DELETE of an entity without rules of its own."""
    return deleter(lambda ctx, resource_id, entity_id: entities.delete(ctx, resource_id, kind, entity_id))


def file_lister(kind: type[P]) -> Handler:
    """GET of the files of an entity."""

    def handle(call: Call) -> Answer:
        skip, top = call.page()
        lifetime = link_lifetime(call)
        wanted = call.filter(File)
        page = entities.files(call.ctx, call.resource.id, kind, call.id, skip=skip, top=top, wanted=wanted)
        values = [views.file(call, kind, file, lifetime) for file in page.values]
        return Answer(200, call.listing(values, has_more=page.has_more))

    return handle


def file_getter(kind: type[P]) -> Handler:
    """GET of one file."""

    def handle(call: Call) -> Answer:
        file = entities.file(call.ctx, call.resource.id, kind, call.id, call.ids["file_id"])
        return Answer(200, views.file(call, kind, file, link_lifetime(call)))

    return handle


def link_lifetime(call: Call) -> timedelta:
    """How long links to files live; none is for plain ones, which `views.link` refuses to make.

    Raises: Invalid (InvalidSasValidityDuration).
    """
    seconds = call.integer(
        "sasValidityInSeconds",
        DEFAULT_LINK_SECONDS,
        least=0,
        most=MAX_LINK_SECONDS,
        code="InvalidSasValidityDuration",
    )
    return timedelta(seconds=seconds)


def locales(call: Call) -> Answer:
    """GET of the locales of a collection."""
    return Answer(200, entities.locales(call.ctx))


def labels_of(body: Any) -> entities.Labels:
    """What a new entity says about itself."""
    return entities.Labels(
        display_name=body.display_name,
        locale=body.locale,
        description=body.description or "",
        custom_properties=body.custom_properties,
        project_id=optional_id(getattr(body, "project", None), "projects", target="project"),
    )
