"""The recordings of a transcription: which there are, each as a local file while it is needed, and its channels."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from speechsmith.asr.audio import AudioError, AudioFormat, Conversion, convert, probe
from speechsmith.asr.types import SAMPLE_RATE_HZ, Progress
from speechsmith.domain.transcriptions import DEFAULT_CHANNELS, TranscriptionOptions
from speechsmith.net.containers import list_blobs
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.sandbox import Sandbox, SandboxError
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


def wanted_channels(options: TranscriptionOptions, source: Path, box: Sandbox) -> tuple[list[int], dict[str, Any]]:
    """The channels that the user wants and the recording has, and a remark on others that were asked for.

    Raises: RecordingError when there are none.
    """
    with _decoding():
        found: AudioFormat = box.call(probe, source)
    asked = DEFAULT_CHANNELS if options.channels is None else options.channels
    wanted = [channel for channel in asked if channel < found.channels]
    if options.channels is None or len(wanted) == len(asked):
        return wanted, {}
    missing = " or ".join(str(channel) for channel in asked if channel >= found.channels)
    message = f"The recording has no channel {missing} that could be transcribed; it has {found.channels}, from 0 on."
    if not wanted:
        raise RecordingError("InvalidChannels", message)
    return wanted, {"errorKind": "InvalidChannels", "errorMessage": message}


@dataclass(frozen=True, slots=True)
class Sounds:
    """The channels of a recording."""

    source: Path
    out: Path
    box: Sandbox
    max_seconds: float

    @contextmanager
    def channel(self, number: int) -> Iterator[tuple[Path, Conversion]]:
        """A channel as a canonical WAV file, while it is needed. Raises: RecordingError."""
        wav = self.out / f"channel{number}.wav"
        with _decoding():
            conversion = self.box.call(
                convert, self.source, wav, rate_hz=SAMPLE_RATE_HZ, channel=number, max_seconds=self.max_seconds
            )
        try:
            yield wav, conversion
        finally:
            wav.unlink()


@contextmanager
def _decoding() -> Iterator[None]:
    """What stops codecs is the recording's fault. Raises: RecordingError."""
    try:
        yield
    except AudioError as error:
        raise RecordingError(error.code, str(error)) from None
    except SandboxError as error:
        raise RecordingError("InvalidData", f"The recording could not be decoded: {error}") from None
