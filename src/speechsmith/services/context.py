"""What use cases work with. Everything that is not a pure function comes in through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from speechsmith.config import Settings
from speechsmith.store.blobs import Blobs
from speechsmith.store.sql import Store


def utc_now() -> datetime:
    """The clock of the service."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The store, the blobs, the settings; and the clock and the source of ids, which tests turn by hand.

    `scratch` is a folder on this machine for work in progress; what lies in it may be lost.
    """

    store: Store
    blobs: Blobs
    settings: Settings
    scratch: Path
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], UUID] = uuid4

    @property
    def incoming(self) -> Path:
        """The folder for what is written here before it becomes a blob; what stays in it is swept after a day."""
        return self.scratch / "incoming"

    def part(self) -> Path:
        """A new name in that folder."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        return self.incoming / f"{self.new_id()}.part"
