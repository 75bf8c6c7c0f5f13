"""Use cases of projects."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.transcriptions import Transcription
from speechsmith.services import entities
from speechsmith.services.context import Context

MEMBERS: tuple[type[Processed], ...] = (Evaluation, Dataset, CustomModel, Endpoint, Transcription)
"""What can belong to a project."""


def create(ctx: Context, resource_id: UUID, labels: entities.Labels) -> Project:
    """Raises: Invalid."""
    with ctx.store.write(resource_id) as tx:
        project = Project(**entities.checked_labels(ctx, tx, resource_id, labels))
        tx.table(Project).add(project)
    return project


def counts(ctx: Context, resource_id: UUID, project_ids: Sequence[UUID]) -> dict[UUID, dict[type[Processed], int]]:
    """How many entities of each kind the projects have; what is not there has none."""
    found: dict[UUID, dict[type[Processed], int]] = {id: {} for id in project_ids}
    with ctx.store.read(resource_id) as tx:
        for kind in MEMBERS:
            for project_id, count in tx.table(kind).counts(project_ids).items():
                found[project_id][kind] = count
    return found


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
