"""What reading an upload takes and gives: the request, the refusals and what is left when all bad lines are gone.

A bad line or a bad file inside a good upload is an `Issue`: it is counted, told in the report, and the rest goes on.
An upload of which nothing can be made raises `IngestError`, and the dataset fails with its code and message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

from speechsmith.asr.display.custom import MOST_TESTS
from speechsmith.asr.types import Progress
from speechsmith.ingest.codes import HINTS

P = ParamSpec("P")
T = TypeVar("T")

TEXT_IN_REPORT_CHARS = 300  # of a line of a user: enough to find it again
AUDIO_FOLDER = "audio"
MIB = 1 << 20


class IngestError(Exception):
    """Nothing can be made of the upload. `code` is stable; the message says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type["IngestError"], tuple[str, str]]:
        return type(self), (self.code, str(self))


class Problem(NamedTuple):
    """What is wrong with a line or a file, before it is known which."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A line or a file that was left out, or something that the user should know. `line` counts from 1."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    text: str | None = None

    @property
    def hint(self) -> str:
        """What the user can do about it."""
        return HINTS[self.code]


class Content(Enum):
    """What a file of a dataset holds."""

    REPORT = auto()
    AUDIO = auto()
    TEXT = auto()
    PRONUNCIATIONS = auto()
    OUTPUT_FORMATS = auto()
    TRANSCRIPTS = auto()


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was made. `name` is what the user sees; `duration` is in seconds, for audio only."""

    name: str
    content: Content
    path: Path
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """How much an upload may hold; the defaults are the published limits, and ours where none is published."""

    upload_bytes: int = 2048 * MIB
    markdown_lists: int = 20
    list_items: int = 35_000  # of one list
    phonetic_entries: int = 15_000
    output_tests: int = MOST_TESTS
    archive_files: int = 10_000
    unpacked_bytes: int = 20_480 * MIB
    unpacked_ratio: int = 100  # how many times larger than the archive its content may be ...
    unpacked_free_bytes: int = 256 * MIB  # ... once it is larger than this
    transcript_bytes: int = 64 * MIB
    line_chars: int = 5_000
    transcript_chars: int = 200_000  # two hours of talk are about half of it
    audio_seconds: float = 7_200.0
    training_seconds: float = 30.0
    report_entries: int = 5_000


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What the user said about the upload. `text_normalization` is the contract's `Default` or `None`."""

    locale: str
    text_normalization: str = "Default"
    limits: IngestLimits = field(default_factory=IngestLimits)

    @property
    def language(self) -> str:
        """The first part of the locale, `de` of `de-DE`."""
        return self.locale.partition("-")[0].lower()


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an upload has become. `duration` is in seconds, None without audio; the last file is the report."""

    accepted: int
    rejected: int
    duration: float | None
    files: tuple[DataFile, ...]


class Box(Protocol):
    """Where functions run that touch foreign bytes with a codec; `speechsmith.sandbox.Sandbox` is one."""

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's value. Raises: SandboxError, and what the function raises."""
        ...


class Reader(Protocol):
    """How one kind of dataset is read."""

    def __call__(self, upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:
        """Write what can be used of the upload into the empty folder `out`. Raises: IngestError."""
        ...


def shown(text: str) -> str:
    """A user's text, cut to what a report repeats of it."""
    return text if len(text) <= TEXT_IN_REPORT_CHARS else f"{text[:TEXT_IN_REPORT_CHARS]}…"
