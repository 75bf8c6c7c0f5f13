"""Projects: a folder for datasets, models, evaluations, endpoints and transcriptions of one locale."""

from dataclasses import dataclass

from speechsmith.domain.entities import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Entity):
    """It has no status: it is there as soon as it is made."""
