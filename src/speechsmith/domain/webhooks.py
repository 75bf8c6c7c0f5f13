"""Web hooks: an address of a user's that is told when something happens to an entity.

A hook is NotStarted until its address has been asked for a challenge, Running while it is asked, and gets events only
once it is Succeeded. Another address, or the same one again after a failure, is asked anew. The secret that signs
requests is no member of the entity, so that nothing that shows an entity can show it.

What happens to an entity is seen in its status, and in nothing else (`events_between`), so the store can write the
events of a change with the change itself.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity, Processed
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription

NOUNS: Mapping[type[Entity], str] = {
    Dataset: "dataset",
    CustomModel: "model",
    Evaluation: "evaluation",
    Transcription: "transcription",
    Endpoint: "endpoint",
}
"""The kinds that raise events, by their names in events."""

CREATION, PROCESSING, COMPLETION, DELETION = MOMENTS = ("Creation", "Processing", "Completion", "Deletion")
PING, CHALLENGE = "ping", "challenge"
EVENTS = frozenset(f"{noun}{moment}" for noun in NOUNS.values() for moment in MOMENTS) | {PING, CHALLENGE}

SECRET_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHook(Processed):
    """`events` are those asked for, sorted. It belongs to no project and has no locale.

    `root` is how the one who registered it reaches the service, `api_version` in which version: the addresses of
    entities in events are made of them.
    """

    locale: str = ""
    web_url: str = field(repr=False)  # it may hold a token
    events: tuple[str, ...]
    api_version: str
    root: str

    def wants(self, event: str) -> bool:
        """Whether an event that happens now is delivered."""
        return self.status is Status.SUCCEEDED and event in self.events

    def challenged(self, now: datetime, web_url: str) -> "WebHook":
        """To be asked for its challenge, at this address; nothing is delivered before the answer."""
        return replace(self, web_url=web_url, status=Status.NOT_STARTED, last_action_at=now, failure=None)

    def uri_of(self, collection: str, id: object) -> str:
        """The address of an entity, in the version of the hook."""
        return f"{self.root}/speechtotext/{self.api_version}/{collection}/{id}"

    def check_listens(self) -> None:
        """Raises: Conflict when nothing can be sent before the user has mended it."""
        if self.status is Status.FAILED:
            raise Conflict(
                "InvalidPrerequisite",
                f"The web hook '{self.display_name}' is Failed: its challenge was not answered, see properties.error. "
                "PATCH webUrl, also with the same address, and it is asked again.",
            )


def events_between(kind: type[Entity], before: Status | None, after: Status | None) -> tuple[str, ...]:
    """What a change of status is called; None is an entity that is not there."""
    noun = NOUNS.get(kind)
    if noun is None or before is after:
        return ()
    moments = [CREATION] if before is None else []
    if after is None:
        moments = [DELETION]
    elif after is Status.RUNNING:
        moments.append(PROCESSING)
    elif after.is_final:
        moments.append(COMPLETION)
    return tuple(f"{noun}{moment}" for moment in moments)


def check_events(wished: Mapping[str, bool | None]) -> tuple[str, ...]:
    """The events that are wished for, sorted. Raises: Invalid (InvalidWebHookEventKind)."""
    for name in wished:
        if name not in EVENTS:
            raise Invalid(
                "InvalidWebHookEventKind",
                f"events.{name[:60]} is no event; there are: {', '.join(sorted(EVENTS))}.",
                target=f"events.{name[:60]}",
            )
    return tuple(sorted(name for name, is_wished in wished.items() if is_wished))


def check_secret(secret: str) -> str:
    """Raises: Invalid, which does not repeat it."""
    if len(secret) > SECRET_CHARS:
        raise Invalid(
            "InvalidParameterValue",
            f"properties.secret has {len(secret)} characters; at most {SECRET_CHARS} are kept.",
            target="properties.secret",
        )
    return secret


def header_of(event: str) -> str:
    """The event's name as receivers are sent it: TranscriptionCompletion."""
    return event[0].upper() + event[1:]


def signature(secret: str, message: bytes) -> str:
    """The published signature: Base64 of HMAC-SHA256 over the body, or over the token of a challenge."""
    return b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def dated_signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """Ours beside it: the same over `<id>.<timestamp>.<body>`, so that an old request cannot be sent again as new."""
    return f"v1,{signature(secret, f'{id}.{timestamp}.'.encode() + body)}"
