"""Endpoints: a model that listens under a fixed id."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict
from speechsmith.domain.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Processed):
    """`model_id` is what was asked for, `serving_id` what answers now (the former model while another is deployed).

    `text` names the blob of sentences given inline; `folder` is the language model made of them. One that is
    `suspended` answers nobody, whatever its status is.
    """

    model_id: UUID
    serving_id: UUID | None = None
    text: str | None = None
    folder: str | None = None
    logging_enabled: bool = False
    time_to_live: timedelta | None = None
    suspended: bool = False

    def references(self) -> tuple[UUID, ...]:
        """Both models must stay as long as the endpoint is there."""
        return tuple({self.model_id, self.serving_id or self.model_id})

    def deployed(self, now: datetime, *, folder: str | None) -> "Endpoint":
        """The model that was asked for serves. Raises: InvalidTransition."""
        return replace(self, serving_id=self.model_id, folder=folder).succeeded(now)

    def redeploying(self, now: datetime, model_id: UUID) -> "Endpoint":
        """NotStarted again, with a model; the former one serves meanwhile. Inline text belongs to the former model.

        Raises: Conflict (EndpointNotUpdatable) while a deployment is under way.
        """
        if not self.status.is_final:
            raise Conflict(
                "EndpointNotUpdatable",
                f"The endpoint '{self.display_name}' is {self.status}; wait until it is Succeeded or Failed.",
            )
        return replace(
            self,
            model_id=model_id,
            status=Status.NOT_STARTED,
            last_action_at=now,
            failure=None,
            text=self.text if model_id == self.model_id else None,
        )

    def resumed(self, now: datetime) -> "Endpoint":
        """Answering again, and NotStarted with its model; a deployment that is under way is enough."""
        woken = replace(self, suspended=False)
        return woken.redeploying(now, self.model_id) if self.status.is_final else woken
