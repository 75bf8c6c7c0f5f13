"""Use cases of projects."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.filters import PROPERTIES, parse
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.transcriptions import Transcription
from speechsmith.services import entities
from speechsmith.services.context import Context
from speechsmith.store.entities import Page

P = TypeVar("P", bound=Processed)

MEMBERS: tuple[type[Processed], ...] = (Evaluation, Dataset, CustomModel, Endpoint, Transcription, Edition)
"""What can belong to a project."""


def create(ctx: Context, resource_id: UUID, labels: entities.Labels) -> Project:
    """Raises: Invalid."""
    with ctx.store.write(resource_id) as tx:
        return entities.add_project(ctx, tx, resource_id, labels)


def counts(ctx: Context, resource_id: UUID, project_ids: Sequence[UUID]) -> dict[UUID, dict[type[Processed], int]]:
    """How many entities of each kind the projects have; what is not there has none."""
    found: dict[UUID, dict[type[Processed], int]] = {id: {} for id in project_ids}
    with ctx.store.read(resource_id) as tx:
        for kind in MEMBERS:
            for project_id, count in tx.table(kind).counts(project_ids).items():
                found[project_id][kind] = count
    return found


def unattached(ctx: Context, resource_id: UUID, kind: type[P], *, locale: str, top: int) -> Page[P]:
    """The newest entities of a kind that belong to no project and could belong to one of this locale."""
    wanted = parse(f"locale eq '{locale}'", PROPERTIES[kind])
    with ctx.store.read(resource_id) as tx:
        return tx.table(kind).page(top=top, wanted=wanted, newest_first=True, is_free=True)


def connect(ctx: Context, resource_id: UUID, project_id: UUID, wanted: Mapping[type[Processed], Sequence[UUID]]) -> int:
    """Connect entities that belong to no project to this one, all of them or none; returns how many were.

    What belongs to it already stays; what belongs to another is not taken away from that.

    Raises: NotFound, Conflict for what belongs to another project, Invalid (InvalidLocale) for another locale.
    """
    found: list[Processed] = []
    with ctx.store.write(resource_id) as tx:
        project = tx.table(Project).get(project_id)
        for kind in MEMBERS:
            found += [tx.table(kind).get(id) for id in sorted(set(wanted.get(kind, ())))]
        for member in found:
            _check_joins(member, project)
            tx.table(type(member)).put(replace(member, project_id=project.id))
    return len(found)


def _check_joins(member: Processed, project: Project) -> None:
    if member.project_id not in (None, project.id):
        raise Conflict(
            "Conflict",
            f"'{member.display_name}' belongs to another project by now; look at the list again.",
        )
    if member.locale != project.locale:
        raise Invalid(
            "InvalidLocale",
            f"'{member.display_name}' is {member.locale}, and the project '{project.display_name}' is "
            f"{project.locale}; connect it to a project of its own language.",
            target="locale",
        )


def delete(ctx: Context, resource_id: UUID, project_id: UUID) -> None:
    """Remove the project. What belonged to it stays, without a project."""
    with ctx.store.write(resource_id) as tx:
        if tx.table(Project).find(project_id) is None:
            return
        for kind in MEMBERS:
            for listed in tx.table(kind).page(project_id=project_id).values:
                member = tx.table(kind).find(listed.id)  # as it is now: a list locks nothing, and a worker may write
                if member is not None and member.project_id == project_id:
                    tx.table(kind).put(replace(member, project_id=None))
        tx.table(Project).delete(project_id)
