"""The history of an endpoint: what it was given, when, by whom, and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.values import Failure

MOST_KEPT = 200
"""Of an endpoint: the newest."""


class Step(StrEnum):
    """What was done to an endpoint. All but a suspension end with a model in its place."""

    CREATED = "created"
    CHANGED = "changed"
    AGAIN = "again"
    SUSPENDED = "suspended"
    RESUMED = "resumed"


class Credential(StrEnum):
    """What somebody has shown. The service knows keys, and no people."""

    KEY_1 = "key1"
    KEY_2 = "key2"
    TOKEN = "token"


class Way(StrEnum):
    """How he came in."""

    REST = "rest"
    STUDIO = "studio"


@dataclass(frozen=True, slots=True)
class Actor:
    """By whom something was done, as far as the service knows; `credential` None: it was taken back just then."""

    credential: Credential | None
    way: Way


def key_of(resource: SpeechResource, digest: str) -> Credential | None:
    """Which key of a resource has this digest; None: neither."""
    keys = {resource.key1_digest: Credential.KEY_1, resource.key2_digest: Credential.KEY_2}
    return keys.get(digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A step in the history of an endpoint. `number` counts steps up, 0 before it is kept; `by` None: not known.

    From `since` to `until` its model was in place; of a suspension, it answered nobody. Neither is known before the
    model is deployed, nor when that fails, which `failure` then tells. `expired_at`: the time of the model was over
    then, and from there on the default base model has answered instead.
    """

    number: int = 0
    resource_id: UUID
    endpoint_id: UUID
    step: Step
    model_id: UUID
    by: Actor | None
    asked_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    expired_at: datetime | None = None
    failure: Failure | None = None

    @property
    def is_pending(self) -> bool:
        """Whether its model is still to come."""
        return self.since is None and self.failure is None

    @property
    def is_lasting(self) -> bool:
        """Whether it holds until something ends it."""
        return self.since is not None and self.until is None

    def begun(self, now: datetime) -> "Deployment":
        """It holds from now on."""
        return replace(self, since=now)

    def ended(self, now: datetime, *, expired_at: datetime | None = None) -> "Deployment":
        """It has held until now."""
        return replace(self, until=now, expired_at=expired_at)

    def failed(self, failure: Failure) -> "Deployment":
        """Nothing came of it; what was in place before stays there."""
        return replace(self, failure=failure)
