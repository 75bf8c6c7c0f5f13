"""What an operator allows each Speech resource. Unless the operator says so, only the files of some kinds are limited.

Requests are counted in windows: one begins with a resource's first request after its last window, and has room for so
many. Entities and files are limited by what there is and what is sent, and not over time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.entities import Entity
from speechsmith.domain.errors import Invalid, TooMany

K = TypeVar("K")

_MIB = 1 << 20
FILE_BYTES: Mapping[CorpusKind, int] = {
    CorpusKind.LANGUAGE: 200 * _MIB,
    CorpusKind.LANGUAGE_MARKDOWN: 200 * _MIB,
    CorpusKind.PRONUNCIATION: _MIB,
    CorpusKind.OUTPUT_FORMATTING: 10 * _MIB,
}
"""What the published service takes, where that is less than of an upload of any kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is not named here is not limited. `file_bytes` is for the data of one dataset, `training_audio` for one
    model."""

    requests: int | None = None
    window: timedelta = timedelta(seconds=10)
    entities: Mapping[type[Entity], int] = field(default_factory=dict)
    file_bytes: Mapping[CorpusKind, int] = field(default_factory=dict)
    training_audio: timedelta | None = None

    def check_entities(self, kind: type[Entity], collection: str, count: int) -> None:
        """Raises: TooMany (QuotaViolation) when a resource would have more of a kind than it may."""
        most = self.entities.get(kind)
        if most is not None and count > most:
            raise TooMany(
                "QuotaViolation",
                f"This resource has {most} {collection}, which is all that it may have here; delete what is not "
                "needed, or ask the operator for more.",
                after=None,
            )

    def check_file(self, kind: CorpusKind, size_bytes: int, *, target: str) -> None:
        """Raises: Invalid (QuotaViolation) for more data than a dataset of the kind may have."""
        most = self.file_bytes.get(kind)
        if most is not None and size_bytes > most:
            raise Invalid(
                "QuotaViolation",
                f"The data has {size_bytes} bytes; {kind} datasets have at most {most} here. Divide it into several "
                "datasets, or ask the operator for more.",
                target=target,
            )

    def check_training_audio(self, datasets: Iterable[Dataset]) -> None:
        """Raises: Invalid (QuotaViolation) when datasets together have more audio than one model may learn from."""
        heard = sum((dataset.duration or timedelta() for dataset in datasets), timedelta())
        if self.training_audio is not None and heard > self.training_audio:
            raise Invalid(
                "QuotaViolation",
                f"The datasets have {_hours(heard)} hours of audio; a model is trained with at most "
                f"{_hours(self.training_audio)} here. Name fewer of them, or ask the operator for more.",
                target="datasets",
            )


@dataclass(slots=True)
class Meter:
    """The requests of each resource in its present window, as far as this process has seen them."""

    limits: Limits
    _windows: dict[UUID, tuple[datetime, int]] = field(default_factory=dict)

    def count(self, resource_id: UUID, now: datetime) -> None:
        """Take a request. Raises: TooMany when the window is full; it counts no further then."""
        most = self.limits.requests
        if most is None:
            return
        begin, used = self._window(resource_id, now)
        if used >= most:
            left = begin + self.limits.window - now
            rate = f"{most} requests in {self.limits.window.total_seconds():g} seconds"
            raise TooMany("TooManyRequests", f"This resource may send {rate}, and has; wait, then go on.", after=left)
        self._windows[resource_id] = (begin, used + 1)

    def used(self, resource_id: UUID, now: datetime) -> int:
        """How many requests the present window has."""
        return self._window(resource_id, now)[1]

    def _window(self, resource_id: UUID, now: datetime) -> tuple[datetime, int]:
        begin, used = self._windows.get(resource_id, (now, 0))
        return (begin, used) if begin <= now < begin + self.limits.window else (now, 0)


def parse(text: str, known: Mapping[str, K]) -> dict[K, int]:
    """Limits by name, such as `datasets=500, models=20`. Raises: ValueError that names what is wrong."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        if name.strip() not in known:
            raise ValueError(f"'{name.strip()}' is none of {', '.join(known)}")
        if not number.strip().isdecimal():
            raise ValueError(f"'{part}' is no name and whole number, such as {next(iter(known))}=100")
        found[known[name.strip()]] = int(number)
    return found


def _hours(duration: timedelta) -> str:
    return f"{duration.total_seconds() / 3600:.4g}"
