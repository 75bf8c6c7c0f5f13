"""Web hooks: addresses that the service posts to when something happens, and the log of what it has posted."""

from collections.abc import Iterable, Mapping
from typing import Unpack
from urllib.parse import quote

from speechsmith.client.collection import Change, Stateful, copy_of, entity_of, given
from speechsmith.client.entity import Entity, Json
from speechsmith.client.errors import BadReference
from speechsmith.client.transport import parts_of

NOUNS = ("dataset", "model", "evaluation", "transcription", "endpoint")
PHASES = ("Creation", "Processing", "Completion", "Deletion")
EVENTS = tuple(f"{noun}{phase}" for noun in NOUNS for phase in PHASES)
"""What a hook may be told of; pings and challenges are sent whether named or not."""


def events_of(names: Iterable[str]) -> list[str]:
    """The events that are meant by `all`, a noun (`model`), a phase (`completion`) or their own name, in any case.

    What is none of these stays as it is: the service knows, and refuses what it does not.
    """
    found: dict[str, None] = {}
    for name in names:
        wanted = name.casefold()
        kinds = [
            event
            for event in EVENTS
            if wanted in {"all", event.casefold()}
            or (wanted in NOUNS and event.startswith(wanted))
            or (wanted.capitalize() in PHASES and event.endswith(wanted.capitalize()))
        ]
        found |= dict.fromkeys(kinds or [name])
    return list(found)


class WebHooks(Stateful):
    """Web hooks. One is Succeeded once its receiver has answered the challenge."""

    name = "webhooks"

    def create(
        self,
        *,
        display_name: str,
        web_url: str,
        events: Iterable[str],
        secret: str | None = None,
        description: str | None = None,
        custom_properties: Mapping[str, Json] | None = None,
    ) -> Entity:
        """Have events (see `events_of`) posted to an address, signed if there is a secret."""
        body = given(
            {
                "displayName": display_name,
                "description": description,
                "customProperties": copy_of(custom_properties),
                "webUrl": web_url,
                "events": dict.fromkeys(events_of(events), True),
                "properties": {"secret": secret} if secret else None,
            }
        )
        return entity_of(self.server.call("POST", f"{self.server.base}/{self.name}", body=body).body)

    def update(
        self,
        reference: str,
        *,
        web_url: str | None = None,
        events: Iterable[str] = (),
        no_events: Iterable[str] = (),
        secret: str | None = None,
        **change: Unpack[Change],
    ) -> Entity:
        """Change what is given: events are added, `no_events` taken away; an empty secret ends the signing."""
        changed: dict[str, Json] = {**dict.fromkeys(events_of(events), True)}
        changed |= dict.fromkeys(events_of(no_events), False)
        properties: Json = None if secret is None else {"secret": secret}
        return self.patch(reference, change, webUrl=web_url, events=changed or None, properties=properties)

    def ping(self, reference: str) -> None:
        """Have the hook itself posted to its receiver."""
        self.server.call("POST", f"{self.url(reference)}:ping")

    def test(self, reference: str) -> bool:
        """Have the last entity of each event posted; False if there is none, so that nothing is sent."""
        return self.server.call("POST", f"{self.url(reference)}:test").status != 204

    def deliveries(self, reference: str, *, top: int | None = None, skip: int | None = None) -> Entity:
        """The log of what was and will be sent, newest first, as `{"values": [...]}`. Speechsmith's own."""
        return self.pages(f"{self.url(reference)}/deliveries", {"top": top, "skip": skip})

    def delivery(self, reference: str, delivery: str) -> Entity:
        """One delivery, named by its id or its URL."""
        return entity_of(self.server.call("GET", self._delivery(reference, delivery)).body)

    def replay(self, reference: str, delivery: str) -> Entity:
        """Send a delivery again, at once."""
        return entity_of(self.server.call("POST", f"{self._delivery(reference, delivery)}:replay").body)

    def _delivery(self, reference: str, delivery: str) -> str:
        if "://" in delivery:
            if "/deliveries/" not in parts_of(delivery).path:
                raise BadReference(f"{delivery} does not name a delivery of a web hook.")
            return delivery.rstrip("/")
        return f"{self.url(reference)}/deliveries/{quote(delivery, safe='')}"
