"""The task of batch transcription: get each recording, make it canonical, recognize it; one bad file stops no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from speechsmith.asr.audio import AudioError, AudioFormat, Conversion, convert, probe
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import SAMPLE_RATE_HZ, Progress
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import transcribe
from speechsmith.domain.transcriptions import TranscriptionOptions
from speechsmith.domain.values import Failure
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.sandbox import Limits, Sandbox, SandboxError
from speechsmith.tasks import results
from speechsmith.tasks.base import TaskError


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is to be transcribed: a URL, or a file of a dataset. `name` is what the result will be called."""

    source: str
    name: str
    url: str | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """The recordings, the model, the file of its style, and the user's wishes."""

    model: ModelFiles
    style: Path | None = None
    locale: str
    recordings: tuple[Recording, ...]
    options: TranscriptionOptions
    policy: FetchPolicy
    max_seconds: float
    processes: int


@dataclass(frozen=True, slots=True)
class Transcribed:
    """(name, file below `results`) of each recording that was read; `failure` when none was. Seconds of audio."""

    files: tuple[tuple[str, str], ...]
    duration: float
    failure: Failure | None


class RecordingError(Exception):
    """A recording that cannot be transcribed; the others can."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message


def run(task: Transcribe, out: Path, progress: Progress) -> Transcribed:
    """Raises: TaskError when the model cannot be used."""
    (out / "results").mkdir()
    report: list[dict[str, Any]] = []
    files = []
    duration = 0.0
    with DecodePool(task.processes) as pool, Sandbox(Limits()) as box:
        for number, recording in enumerate(task.recordings):
            share = _Share(progress, number, len(task.recordings))
            try:
                result, seconds = _transcribed(task, recording, out, pool, box, progress=share)
            except RecordingError as error:
                report.append(_failed(recording, error))
                continue
            except EngineError as error:
                if error.retriable:
                    raise
                raise TaskError(error.code, str(error)) from error
            key = f"{number}.json"
            (out / "results" / key).write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
            files.append((recording.name, key))
            duration += seconds
            report.append({"source": recording.source, "status": "Succeeded"})
    failed = len(report) - len(files)
    counts = {"successfulTranscriptionsCount": len(files), "failedTranscriptionsCount": failed}
    (out / "report.json").write_bytes(orjson.dumps(counts | {"details": report}, option=orjson.OPT_INDENT_2))
    return Transcribed(tuple(files), duration, None if files else _failure(report))


@dataclass(frozen=True, slots=True)
class _Share:
    """The progress of one recording among several."""

    progress: Progress
    number: int
    total: int

    def __call__(self, stage: str, fraction: float) -> None:
        self.progress(stage, (self.number + fraction) / self.total)


def _failed(recording: Recording, error: RecordingError) -> dict[str, Any]:
    return {
        "source": recording.source,
        "status": "Failed",
        "errorKind": error.kind,
        "errorMessage": error.message,
    }


def _failure(report: list[dict[str, Any]]) -> Failure:
    if not report:
        return Failure("EmptyRequest", "There is no recording to transcribe.")
    first = report[0]
    number = f"None of the {len(report)} recordings could be transcribed; the first: " if len(report) > 1 else ""
    return Failure(first["errorKind"], number + first["errorMessage"])


def _transcribed(
    task: Transcribe, recording: Recording, out: Path, pool: DecodePool, box: Sandbox, *, progress: Progress
) -> tuple[dict[str, Any], float]:
    """The result of one recording and its seconds. Raises: RecordingError, EngineError."""
    progress("Reading audio", 0.0)
    channels = []
    duration = 0.0
    with _local(task, recording, out, progress) as source:
        for number, wav, conversion in _canonical(task, source, out, box):
            duration = max(duration, conversion.duration)
            phrases = list(transcribe(wav, task.model, pool, alternatives=results.ALTERNATIVES, progress=progress))
            channels.append(results.Channel(number, phrases))
            wav.unlink()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    writer = results.formatter(task.locale, task.options, load_style(task.style))
    return results.transcription(
        recording.source, duration, channels, writer=writer, options=task.options, timestamp=now
    ), duration


@contextmanager
def _local(task: Transcribe, recording: Recording, out: Path, progress: Progress) -> Iterator[Path]:
    """The recording as a local file; a downloaded one goes away again. Raises: RecordingError."""
    if recording.path is not None:
        yield recording.path
        return
    assert recording.url is not None
    fetched = out / "fetched"
    try:
        fetch(recording.url, fetched, task.policy, progress=lambda _share: progress("Downloading", 0.0))
        yield fetched
    except FetchError as error:
        raise RecordingError(error.code, str(error)) from None
    finally:
        fetched.unlink(missing_ok=True)


def _canonical(task: Transcribe, source: Path, out: Path, box: Sandbox) -> Iterator[tuple[int, Path, Conversion]]:
    """Each wanted channel that the recording has, as a canonical WAV file. Raises: RecordingError."""
    try:
        found: AudioFormat = box.call(probe, source)
        wanted = [channel for channel in task.options.channels if channel < found.channels]
        if not wanted:
            raise RecordingError(
                "InvalidChannels",
                f"None of the channels {list(task.options.channels)} is in the recording; it has {found.channels}.",
            )
        for channel in wanted:
            wav = out / f"channel{channel}.wav"
            conversion = box.call(
                convert, source, wav, rate_hz=SAMPLE_RATE_HZ, channel=channel, max_seconds=task.max_seconds
            )
            yield channel, wav, conversion
    except AudioError as error:
        raise RecordingError(error.code, str(error)) from None
    except SandboxError as error:
        raise RecordingError("InvalidData", f"The recording could not be decoded: {error}") from None
