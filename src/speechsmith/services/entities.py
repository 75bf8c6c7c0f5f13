"""What users do with any entity: look at it, list it, change its labels, connect it to a project, delete it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from speechsmith.domain.entities import Entity, Processed
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.files import File
from speechsmith.domain.filters import Filter
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import BaseModel
from speechsmith.domain.projects import Project
from speechsmith.domain.values import (
    check_custom_properties,
    check_description,
    check_display_name,
    check_locale,
    check_same_locale,
)
from speechsmith.services.context import Context
from speechsmith.store.blobs import prefix
from speechsmith.store.entities import Page
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

E = TypeVar("E", bound=Entity)
P = TypeVar("P", bound=Processed)


LAST_WRITES = timedelta(minutes=1)
"""How long a job that is told to stop may still write blobs."""

LEAST_TO_FORESEE = 0.02
"""The share of a job that must be done before anything is said of when all of it is."""


class _Keep(Enum):
    KEEP = "keep"


KEEP: Final = _Keep.KEEP
"""Leave the member as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a user says about a new entity, whatever its kind."""

    display_name: str
    locale: str
    description: str = ""
    custom_properties: Mapping[str, str] | None = None
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a PATCH asks for. In `custom_properties` None removes a key; `project_id` None disconnects."""

    display_name: str | _Keep = KEEP
    description: str | _Keep = KEEP
    custom_properties: Mapping[str, str | None] | _Keep | None = KEEP
    project_id: UUID | _Keep | None = KEEP


@dataclass(frozen=True, slots=True)
class Work:
    """How far the job of an entity is: in which stage, at how many percent, and in how many seconds it may be done.

    One that waits has none of that, but a number of jobs before it. `eta_s` is None as long as nothing can be said.
    """

    stage: str = ""
    percent: int = 0
    eta_s: int | None = None
    ahead: int | None = None


def supported_locales(tx: Transaction) -> list[str]:
    """The locales that a base model is installed for, sorted."""
    return sorted({model.locale for model in tx.table(BaseModel).page().values})


def locales(ctx: Context) -> list[str]:
    """The same for whoever asks."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return supported_locales(tx)


def checked_labels(ctx: Context, tx: Transaction, resource_id: UUID, labels: Labels) -> dict[str, Any]:
    """The members that every new entity has, from what the user said. Raises: Invalid, NotFound."""
    locale = check_locale(labels.locale, supported_locales(tx))
    if labels.project_id is not None:
        check_project(tx, labels.project_id, locale)
    return {
        "id": ctx.new_id(),
        "resource_id": resource_id,
        "locale": locale,
        "display_name": check_display_name(labels.display_name),
        "description": check_description(labels.description),
        "custom_properties": check_custom_properties(labels.custom_properties or {}),
        "created_at": ctx.now(),
    }


def checked_processed(ctx: Context, tx: Transaction, resource_id: UUID, labels: Labels) -> dict[str, Any]:
    """The members of a new entity that a job will finish. Raises: Invalid, NotFound."""
    members = checked_labels(ctx, tx, resource_id, labels)
    return members | {"project_id": labels.project_id, "last_action_at": members["created_at"]}


def add_project(ctx: Context, tx: Transaction, resource_id: UUID, labels: Labels) -> Project:
    """A new project, within a write that may make more. Raises: Invalid."""
    project = Project(**checked_labels(ctx, tx, resource_id, labels))
    tx.table(Project).add(project)
    return project


def check_project(tx: Transaction, project_id: UUID, locale: str) -> None:
    """Raises: NotFound, Invalid (InvalidLocale)."""
    project = tx.table(Project).get(project_id)
    check_same_locale(f"project '{project.display_name}'", project.locale, locale)


def get(ctx: Context, resource_id: UUID, kind: type[E], id: UUID) -> E:
    """Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        return tx.table(kind).get(id)


def known(ctx: Context, resource_id: UUID, kind: type[E], ids: Collection[UUID]) -> dict[UUID, E]:
    """The entities of these ids; one that is no more there is left out."""
    with ctx.store.read(resource_id) as tx:
        return {entity.id: entity for entity in tx.table(kind).among(ids)}


def work_of(ctx: Context, resource_id: UUID, entity: Processed) -> Work | None:
    """What is being done about an entity that is not finished."""
    if entity.status.is_final:
        return None
    with ctx.store.read(resource_id) as tx:
        job = tx.jobs.of(entity.id)
        if job is None or job.state.is_final:
            return None
        return under_way(job, ctx.now()) if job.owner else Work(ahead=tx.jobs.ahead_of(job))


def under_way(job: Job, now: datetime) -> Work:
    """How far a job is that runs."""
    done = job.progress.fraction
    spent_s = (now - job.started_at).total_seconds() if job.started_at else 0.0
    eta_s = round(spent_s * (1 / done - 1)) if done > LEAST_TO_FORESEE else None
    return Work(stage=job.progress.stage or "Starting", percent=int(100 * done), eta_s=eta_s)


def page(
    ctx: Context,
    resource_id: UUID,
    kind: type[E],
    *,
    skip: int = 0,
    top: int,
    project_id: UUID | None = None,
    wanted: Filter | None = None,
    newest_first: bool = False,
) -> Page[E]:
    """Some of the entities of a resource, or of one project, oldest first. Raises: NotFound for the project."""
    with ctx.store.read(resource_id) as tx:
        if project_id is not None:
            tx.table(Project).get(project_id)
        return tx.table(kind).page(skip=skip, top=top, project_id=project_id, wanted=wanted, newest_first=newest_first)


def update(ctx: Context, resource_id: UUID, kind: type[E], id: UUID, change: Change) -> E:
    """Change labels, or connect to a project. Raises: NotFound, Invalid."""
    with ctx.store.write(resource_id) as tx:
        entity = changed(tx, get_to_change(tx, kind, id, change), change)
        tx.table(kind).put(entity)
        return entity


def get_to_change(tx: Transaction, kind: type[E], id: UUID, change: Change) -> E:
    """The entity, locked after the project that it will belong to: in the order in which a project is deleted.

    Raises: NotFound for the entity.
    """
    if isinstance(change.project_id, UUID):
        tx.table(Project).find(change.project_id)
    return tx.table(kind).get(id)


def changed(tx: Transaction, entity: E, change: Change) -> E:
    """The entity as a PATCH leaves it. Raises: NotFound, Invalid."""
    members: dict[str, Any] = {}
    if not isinstance(change.display_name, _Keep) and change.display_name:
        members["display_name"] = check_display_name(change.display_name)
    if not isinstance(change.description, _Keep):
        members["description"] = check_description(change.description)
    if change.custom_properties is None:
        members["custom_properties"] = {}
    elif not isinstance(change.custom_properties, _Keep):
        merged = {**entity.custom_properties, **change.custom_properties}
        members["custom_properties"] = check_custom_properties({k: v for k, v in merged.items() if v is not None})
    if isinstance(entity, Processed) and not isinstance(change.project_id, _Keep):
        if change.project_id is not None:
            check_project(tx, change.project_id, entity.locale)
        members["project_id"] = change.project_id
    return replace(entity, **members)


def delete(ctx: Context, resource_id: UUID, kind: type[P], id: UUID) -> None:
    """Remove an entity, its files, and what is being done about it; nothing happens when it is not there.

    Raises: Conflict (InUseViolation) while something else needs it.
    """
    with ctx.store.write(resource_id) as tx:
        entity = find_with_job(tx, kind, id)
        if entity is not None:
            check_unused(tx, entity)
            remove(ctx, tx, entity)


def find_with_job(tx: Transaction, kind: type[P], id: UUID) -> P | None:
    """The entity, locked after its job: in the order of the worker, or the two would wait for each other."""
    tx.jobs.of(id)
    return tx.table(kind).find(id)


def check_unused(tx: Transaction, entity: Entity) -> None:
    """Raises: Conflict (InUseViolation) that names whoever needs it."""
    users = ", ".join(sorted(f"the {user.owner_kind} '{user.owner_name}'" for user in tx.users_of(entity.id)))
    if users:
        raise Conflict(
            "InUseViolation",
            f"'{entity.display_name}' is in use by {users}; wait for it, give it another one, or delete it first.",
        )


def remove(ctx: Context, tx: Transaction, entity: Processed) -> None:
    """Forget an entity and all that hangs on it, within a write.

    Its job is told to stop, and its blobs go once no process can hold them.
    """
    assert entity.resource_id is not None
    if (job := tx.jobs.of(entity.id)) and not job.state.is_final:
        tx.jobs.put(job.cancel())
    tx.files.delete(entity.id)
    tx.logs.forget(entity.id)
    tx.deployments.forget(entity.id)
    tx.edited.delete(entity.id)
    tx.blocks.delete(entity.id)
    tx.table(type(entity)).delete(entity.id)
    tx.purges.add(prefix(entity.resource_id, COLLECTIONS[type(entity)], entity.id), ctx.now() + LAST_WRITES)


def queue(
    ctx: Context,
    tx: Transaction,
    kind: JobKind,
    entity: Processed,
    *,
    priority: int = 100,
    after: timedelta = timedelta(),
) -> None:
    """Write the job that will finish an entity, in the same transaction as the entity. It waits for `after`."""
    assert entity.resource_id is not None
    now = ctx.now()
    tx.jobs.add(
        Job(
            id=ctx.new_id(),
            resource_id=entity.resource_id,
            kind=kind,
            subject_id=entity.id,
            created_at=now,
            not_before=now + after,
            priority=priority,
        )
    )


def files(
    ctx: Context, resource_id: UUID, kind: type[E], id: UUID, *, skip: int, top: int, wanted: Filter | None = None
) -> Page[File]:
    """The files of an entity. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(kind).get(id)
        found = tx.files.of(id, skip=skip, top=top + 1, wanted=wanted)
    return Page(found[:top], has_more=len(found) > top)


def file(ctx: Context, resource_id: UUID, kind: type[E], id: UUID, file_id: UUID) -> File:
    """One file of an entity. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(kind).get(id)
        return tx.files.get(file_id, owner_id=id)


def content(ctx: Context, resource_id: UUID, kind: type[E], id: UUID, file_id: UUID) -> tuple[File, Path]:
    """One file of an entity, and where its content lies on this machine. Raises: NotFound."""
    found = file(ctx, resource_id, kind, id, file_id)
    try:
        return found, ctx.blobs.path(found.blob)
    except FileNotFoundError:  # deleted meanwhile
        raise NotFound("file", file_id) from None


def remove_expired(ctx: Context, entity: Processed) -> None:
    """Remove an entity whose time to live is over, unless something needs it."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        found = find_with_job(tx, type(entity), entity.id)
        if found is not None and not tx.users_of(entity.id):
            remove(ctx, tx, found)
