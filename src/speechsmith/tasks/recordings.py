"""The recordings of a transcription: which there are, and each as a local file while it is needed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from speechsmith.asr.types import Progress
from speechsmith.net.containers import list_blobs
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.tasks.base import TaskError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # no database keeps NUL, and no list shows the others
_SOUND = "aac aif aiff amr au caf flac m4a mka mkv mov mp3 mp4 oga ogg opus spx w64 wav webm wma"
SOUND_FILES = frozenset(f".{suffix}" for suffix in _SOUND.split())
"""How the names of blobs end that are transcribed; a container may hold other things as well."""

ARCHIVE = ".zip"
"""How the name of an archive ends: the published service opens it, so whoever has one there is told that we do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is to be transcribed: a URL, or a file of a dataset. `name` is what the result will be called, less suffix.

    `source` is how the user knows it. An archive of recordings is none that can be transcribed.
    """

    source: str
    name: str
    url: str | None = field(default=None, repr=False)
    path: Path | None = None
    is_archive: bool = False


class RecordingError(Exception):
    """A recording that cannot be transcribed; the others can."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message


def in_container(url: str, policy: FetchPolicy, out: Path, progress: Progress) -> tuple[Recording, ...]:
    """The sound files of a container, and the archives, in the order of their names; other blobs are passed over.

    Raises: TaskError when it cannot be listed, or has none of them.
    """
    try:
        blobs = list_blobs(url, policy, out, progress=lambda: progress("Listing", 0.0))
    except FetchError as error:
        raise TaskError(error.code, f"contentContainerUrl could not be listed. {error}") from None
    found = tuple(
        Recording(
            source=blob.address,
            name=_CONTROL.sub("_", blob.name),
            url=blob.url,
            is_archive=_suffix(blob.name) == ARCHIVE,
        )
        for blob in blobs
        if _suffix(blob.name) in SOUND_FILES | {ARCHIVE}
    )
    if not found:
        known = ", ".join(sorted(SOUND_FILES))
        message = f"No name of the {len(blobs)} blobs in contentContainerUrl ends as a sound file does: {known}."
        raise TaskError("EmptyRequest", message)
    return found


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


@contextmanager
def local(recording: Recording, policy: FetchPolicy, out: Path, progress: Progress) -> Iterator[Path]:
    """The recording as a local file; a downloaded one goes away again. Raises: RecordingError."""
    if recording.path is not None:
        yield recording.path
        return
    assert recording.url is not None
    if recording.is_archive:
        message = "Archives in a container are not opened. Put the recordings themselves into the container."
        raise RecordingError("ArchiveNotOpened", message)
    fetched = out / "fetched"
    try:
        fetch(recording.url, fetched, policy, progress=lambda _share: progress("Downloading", 0.0))
        yield fetched
    except FetchError as error:
        raise RecordingError(error.code, str(error)) from None
    finally:
        fetched.unlink(missing_ok=True)
