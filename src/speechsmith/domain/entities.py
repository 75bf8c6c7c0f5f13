"""What all entities have in common, and the one life cycle that they share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Something with a name in one locale. `resource_id` is the Speech resource that owns it; None: the operator."""

    id: UUID
    resource_id: UUID | None
    locale: str
    display_name: str
    description: str = ""
    custom_properties: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime

    def references(self) -> tuple[UUID, ...]:
        """The entities that must stay while this one needs them."""
        return ()

    @property
    def is_bulky(self) -> bool:
        """Whether it is too large to be kept in memory for the next time."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed(Entity):
    """An entity that a job finishes. `last_action_at` is when the present status was entered."""

    project_id: UUID | None = None
    status: Status = Status.NOT_STARTED
    last_action_at: datetime
    failure: Failure | None = None

    def started(self, now: datetime) -> Self:
        """Running; a second attempt changes nothing."""
        return self if self.status is Status.RUNNING else self._moved(Status.RUNNING, now)

    def succeeded(self, now: datetime) -> Self:
        """Raises: InvalidTransition."""
        return self._moved(Status.SUCCEEDED, now)

    def failed(self, now: datetime, failure: Failure) -> Self:
        """Failed, with its reason. Raises: InvalidTransition."""
        return replace(self._moved(Status.FAILED, now), failure=failure)

    def _moved(self, status: Status, now: datetime) -> Self:
        return replace(self, status=self.status.to(status), last_action_at=now)
