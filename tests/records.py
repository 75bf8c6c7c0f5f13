"""Records of requests with speech."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from speechsmith.domain.logs import LogBook, Record


def new_record(audio: Path, **members: Any) -> Record:
    """A record in a book of its own, whose audio lies in a file."""
    audio.write_bytes(b"RIFF")
    given: dict[str, Any] = {
        "id": uuid4(),
        "book": LogBook.base(uuid4(), "en-US"),
        "began": datetime(2025, 1, 31, 12, tzinfo=UTC),
        "audio": audio,
        "size_bytes": 4,
        "duration": timedelta(seconds=1),
        "transcript": lambda: b'{"NBest":[]}',
    }
    return Record(**given | members)
