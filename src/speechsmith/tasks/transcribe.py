"""The task of batch transcription: get each recording, make it canonical, recognize it; one bad file stops no other.

A user may ask that each recording is recognized twice, the second time with a model that has learned from the first how
its speakers sound. A channel is adapted to by itself: on a telephone line it is one speaker.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from speechsmith.asr.audio import AudioError, AudioFormat, Conversion, convert, probe
from speechsmith.asr.display.style import load_style
from speechsmith.asr.subtitles import Cue, srt, vtt
from speechsmith.asr.types import SAMPLE_RATE_HZ, Progress
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase, transcribe
from speechsmith.domain.transcriptions import DEFAULT_CHANNELS, SubtitleFormat, TranscriptionOptions
from speechsmith.domain.values import Failure
from speechsmith.engines.base import Attuned, EngineError, ModelFiles, Recognized
from speechsmith.engines.registry import engine
from speechsmith.net.fetch import FetchPolicy
from speechsmith.sandbox import Limits, Sandbox, SandboxError
from speechsmith.tasks import results
from speechsmith.tasks.base import TaskError
from speechsmith.tasks.outcomes import Destination, Outcome, Outcomes
from speechsmith.tasks.recordings import Recording, RecordingError, in_container, local


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """The recordings, or the container that they are in, the model, the file of its style, and the user's wishes."""

    model: ModelFiles
    style: Path | None = None
    locale: str
    recordings: tuple[Recording, ...] = ()
    container: str | None = field(default=None, repr=False)
    destination: Destination | None = None
    options: TranscriptionOptions
    policy: FetchPolicy
    max_seconds: float
    processes: int


REPORT = "report.json"
SUBTITLES = {SubtitleFormat.SRT: (srt, "application/x-subrip"), SubtitleFormat.VTT: (vtt, "text/vtt; charset=utf-8")}

ADAPTED = "speakerAdaptation"
"""The member of a result that tells what was learned from each channel; only where the user asked for it."""

FIRST_PASS, ADAPTING = 0.4, 0.1
"""The shares of recognizing once, and of learning from it, of the work on a recording that is adapted to."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What was made of the recordings that were read, and `failure` when none was. Seconds of audio."""

    files: tuple[Outcome, ...]
    report: Outcome
    duration: float
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class _Made:
    """The result of a recording, its subtitles if asked for, its seconds, and what the report says beside success."""

    result: dict[str, Any]
    cues: Sequence[Cue]
    seconds: float
    remarks: dict[str, Any]


def run(task: Transcribe, out: Path, progress: Progress) -> Transcribed:
    """Raises: TaskError when the model, the container of the recordings, or that of the results cannot be used."""
    recordings = task.recordings
    if task.container is not None:
        recordings = in_container(task.container, task.policy, out, progress)
    outcomes = Outcomes(out, task.destination, task.policy)
    report: list[dict[str, Any]] = []
    files: list[Outcome] = []
    duration = 0.0
    # One model is needed at a time: an attuned one takes the place of the one that it is from.
    with DecodePool(task.processes, max_models=1) as pool, Sandbox(Limits()) as box:
        for number, recording in enumerate(recordings):
            share = _Part(progress, number / len(recordings), 1 / len(recordings))
            try:
                made = _transcribed(task, recording, out, pool, box, progress=share)
            except RecordingError as error:
                report.append(_failed(recording, error))
                continue
            except EngineError as error:
                if error.retriable:
                    raise
                raise TaskError(error.code, str(error)) from error
            files.append(outcomes.keep(f"{recording.name}.json", _json(made.result)))
            for format in task.options.subtitles:
                write, media = SUBTITLES[format]
                files.append(outcomes.keep(f"{recording.name}.{format}", write(made.cues).encode(), media))
            duration += made.seconds
            report.append({"source": recording.source, "status": "Succeeded"} | made.remarks)
    failed = sum(detail["status"] == "Failed" for detail in report)
    counts = {"successfulTranscriptionsCount": len(report) - failed, "failedTranscriptionsCount": failed}
    told = outcomes.keep(REPORT, _json(counts | {"details": report}))
    return Transcribed(tuple(files), told, duration, None if files else _failure(report))


def _json(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


@dataclass(frozen=True, slots=True)
class _Part:
    """The progress of a part of the work."""

    progress: Progress
    start: float
    width: float

    def __call__(self, stage: str, fraction: float) -> None:
        self.progress(stage, self.start + self.width * fraction)


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
) -> _Made:
    """Raises: RecordingError, EngineError."""
    progress("Reading audio", 0.0)
    channels, adapted = [], []
    duration = 0.0
    with local(recording, task.policy, out, progress) as source:
        wanted, remarks = _wanted(task.options, source, box)
        for done, number in enumerate(wanted):
            wav, conversion = _canonical(task, source, number, out, box)
            duration = max(duration, conversion.duration)
            part = _Part(progress, done / len(wanted), 1 / len(wanted))
            if task.options.adapt_to_speakers:
                phrases, made = _recognized_twice(task, wav, out, pool, progress=part)
                adapted.append({"channel": number} | _told(made))
            else:
                phrases = _recognized(wav, task.model, pool, progress=part)
            channels.append(results.Channel(number, phrases))
            wav.unlink()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    writer = results.formatter(task.locale, task.options, load_style(task.style))
    result = results.transcription(
        recording.source, duration, channels, writer=writer, options=task.options, timestamp=now
    )
    told = {ADAPTED: adapted} if adapted else {}
    shown = results.cues(channels, writer) if task.options.subtitles else ()
    return _Made(result | told, shown, duration, remarks | told)


def _recognized(wav: Path, model: ModelFiles, pool: DecodePool, *, progress: Progress) -> list[Phrase]:
    return list(transcribe(wav, model, pool, alternatives=results.ALTERNATIVES, progress=progress))


def _recognized_twice(
    task: Transcribe, wav: Path, out: Path, pool: DecodePool, *, progress: Progress
) -> tuple[list[Phrase], Attuned]:
    """The phrases as an attuned model hears them, or as the model does when none could be made. Raises: EngineError."""
    first = _recognized(wav, task.model, pool, progress=_Part(progress, 0.0, FIRST_PASS))
    # A name that was never used before: a pool knows a model by the names of its files.
    with tempfile.TemporaryDirectory(prefix="attuned-", dir=out) as folder:
        made = engine(task.model.engine).attuned(
            task.model,
            _heard(wav, first),
            Path(folder),
            workers=task.processes,
            progress=_Part(progress, FIRST_PASS, ADAPTING),
        )
        if made.model is None:
            return first, made
        done = FIRST_PASS + ADAPTING
        return _recognized(wav, made.model, pool, progress=_Part(progress, done, 1.0 - done)), made


def _heard(wav: Path, phrases: Sequence[Phrase]) -> list[Recognized]:
    return [Recognized(wav, phrase.start, phrase.end, phrase.hypotheses[0]) for phrase in phrases if phrase.hypotheses]


def _told(made: Attuned) -> dict[str, Any]:
    """What users are told of a channel."""
    if made.model is None:
        return {"adapted": False, "secondsLearnedFrom": 0.0, "reason": made.why_not}
    return {"adapted": True, "secondsLearnedFrom": round(made.seconds, 1)}


def _wanted(options: TranscriptionOptions, source: Path, box: Sandbox) -> tuple[list[int], dict[str, Any]]:
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


def _canonical(task: Transcribe, source: Path, channel: int, out: Path, box: Sandbox) -> tuple[Path, Conversion]:
    """A channel as a canonical WAV file. Raises: RecordingError."""
    wav = out / f"channel{channel}.wav"
    with _decoding():
        return wav, box.call(
            convert, source, wav, rate_hz=SAMPLE_RATE_HZ, channel=channel, max_seconds=task.max_seconds
        )


@contextmanager
def _decoding() -> Iterator[None]:
    """What stops codecs is the recording's fault. Raises: RecordingError."""
    try:
        yield
    except AudioError as error:
        raise RecordingError(error.code, str(error)) from None
    except SandboxError as error:
        raise RecordingError("InvalidData", f"The recording could not be decoded: {error}") from None
