"""Logs: what was said in a request, and what was heard, kept for whoever asked for it.

A request leaves two entries, each a file of its own: the audio, and the transcript in detail. The name of an entry says
when the request began, its id on which day that was: `2023-03-13_163715__<guid>_wav` is `163715__<guid>.wav`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID, uuid5

from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Invalid
from speechsmith.domain.files import File, FileKind

_ENDINGS = {FileKind.AUDIO: "wav", FileKind.TRANSCRIPTION: "v2.json"}
_GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAME = re.compile(rf"\d{{6}}__{_GUID}\.(?:v2\.json|wav)", re.ASCII)
_ID = re.compile(rf"(\d{{4}}-\d\d-\d\d)_(\d{{6}}__{_GUID})_(v2_json|wav)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBook:
    """Where the requests of one endpoint are logged, or those to the default base model of one locale.

    `id` is that of the endpoint, or made of Speech resource and locale. `is_on`: each request is logged, not only one
    that asks for it.
    """

    id: UUID
    resource_id: UUID
    of_endpoint: bool
    is_on: bool = False

    @classmethod
    def endpoint(cls, endpoint: Endpoint) -> Self:
        """The book of an endpoint."""
        assert endpoint.resource_id is not None
        return cls(id=endpoint.id, resource_id=endpoint.resource_id, of_endpoint=True, is_on=endpoint.logging_enabled)

    @classmethod
    def base(cls, resource_id: UUID, locale: str) -> Self:
        """The book of a Speech resource for a locale, in whatever case."""
        id = uuid5(resource_id, f"logs of {locale.casefold()}")
        return cls(id=id, resource_id=resource_id, of_endpoint=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A request that was answered and is to be logged.

    `audio` is a WAV file of `duration` that belongs to the record; `transcript` makes the JSON of what was heard.
    """

    id: UUID
    book: LogBook
    began: datetime
    audio: Path
    size_bytes: int
    duration: timedelta
    transcript: Callable[[], bytes]

    @property
    def transcript_file(self) -> Path:
        """Where the transcript is written before it is kept; it belongs to the record, too."""
        return self.audio.with_suffix(".json")

    def name(self, kind: FileKind) -> str:
        """What the entry of a kind is called."""
        return f"{self.began:%H%M%S}__{self.id}.{_ENDINGS[kind]}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: behind the entry of this name."""

    created_at: datetime
    name: str


def is_name(text: str) -> bool:
    """Whether an entry can be called so."""
    return _NAME.fullmatch(text) is not None


def id_of(created_at: datetime, name: str) -> str:
    """The id of an entry."""
    return f"{created_at:%Y-%m-%d}_{name.replace('.', '_')}"


def read_id(text: str) -> tuple[datetime, str]:
    """The day of an entry, as its first moment, and its name. Raises: Invalid (InvalidLogId)."""
    found = _ID.fullmatch(text)
    day = found and _day(found[1])
    if not found or day is None:
        raise Invalid(
            "InvalidLogId",
            f"'{text[:100]}' is not the id of a log; it reads 2023-03-13_163715__<guid>_wav or …_v2_json, and is the "
            "last part of 'self' in the list.",
            target="logId",
        )
    return day, f"{found[2]}.{found[3].replace('_', '.')}"


def read_end(text: str | None, now: datetime) -> datetime:
    """The moment before which logs are deleted: the end of that day in UTC, or now.

    It is never later than now: a deletion is of what there is.

    Raises: Invalid (InvalidLogDate).
    """
    if text is None:
        return now
    if not _DAY.fullmatch(text) or (day := _day(text)) is None:
        raise Invalid(
            "InvalidLogDate", f"endDate '{text[:40]}' is not a day as yyyy-mm-dd, such as 2023-03-15.", target="endDate"
        )
    return now if day.date() >= now.astimezone(UTC).date() else day + timedelta(days=1)


def file_of(record: Record, kind: FileKind, id: UUID, blob: str, size_bytes: int) -> File:
    """An entry of a request."""
    return File(
        id=id,
        resource_id=record.book.resource_id,
        owner_id=record.book.id,
        name=record.name(kind),
        kind=kind,
        blob=blob,
        size_bytes=size_bytes,
        duration=record.duration if kind is FileKind.AUDIO else None,
        created_at=record.began,
    )


def _day(text: str) -> datetime | None:
    """The first moment of a day; None where the calendar has none of this name."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None
