"""The task of batch transcription: get each recording, make it canonical, recognize it; one bad file stops no other.

A user may ask that each recording is recognized twice, the second time with a model that has learned from the first how
its speakers sound. A channel is adapted to by itself: on a telephone line it is one speaker. Where languages are told
apart, which is spoken is settled by the first time, and each locale's model learns from what was spoken in its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from speechsmith.asr.display.style import load_style
from speechsmith.asr.subtitles import Cue, srt, vtt
from speechsmith.asr.types import Progress
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.transcriptions import SubtitleFormat, TranscriptionOptions
from speechsmith.domain.values import Failure
from speechsmith.engines.base import Attuned, EngineError
from speechsmith.net.fetch import FetchPolicy
from speechsmith.sandbox import Limits, Sandbox
from speechsmith.tasks import results
from speechsmith.tasks.base import Part, TaskError
from speechsmith.tasks.listening import (
    WARM,
    Listener,
    Opening,
    continued,
    heard_again,
    opening,
    phrase_by_phrase,
    recognized,
    spoken_in,
)
from speechsmith.tasks.outcomes import Destination, Outcome, Outcomes
from speechsmith.tasks.recordings import Recording, RecordingError, Sounds, in_container, local, wanted_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """The recordings, or the container that they are in, who listens to them, and the user's wishes.

    With candidates it is the surest of them who is listened to, in each phrase if `is_continuous` and else in each
    recording; the listener is then for recordings in which none is.
    """

    listener: Listener
    candidates: tuple[Listener, ...] = ()
    is_continuous: bool = True
    recordings: tuple[Recording, ...] = ()
    container: str | None = field(default=None, repr=False)
    destination: Destination | None = None
    options: TranscriptionOptions
    policy: FetchPolicy
    max_seconds: float
    processes: int

    @property
    def by_locale(self) -> Mapping[str, Listener]:
        """Who is listened to in each locale."""
        return {one.locale: one for one in (self.listener, *self.candidates)}


REPORT = "report.json"
SUBTITLES = {SubtitleFormat.SRT: (srt, "application/x-subrip"), SubtitleFormat.VTT: (vtt, "text/vtt; charset=utf-8")}

ADAPTED = "speakerAdaptation"
"""The member of a result that tells what was learned from each channel; only where the user asked for it."""

FIRST_PASS = 0.4
"""The share of recognizing once, of the work on a recording that is adapted to."""

OPENINGS = 0.3
"""The share of finding out which language is spoken, of the work on a recording that one is chosen for."""


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
    # One model is needed at a time: an attuned one takes the place of the one that it is from. Candidates take turns,
    # and recordings may be short, so some of them stay.
    most = min(max(1, len(task.candidates)), WARM)
    with DecodePool(task.processes, max_models=most) as pool, Sandbox(Limits()) as box:
        for number, recording in enumerate(recordings):
            share = Part(progress, number / len(recordings), 1 / len(recordings))
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
        wanted, remarks = wanted_channels(task.options, source, box)
        sounds = Sounds(source, out, box, task.max_seconds)
        opened: Mapping[int, _Opened] = {}
        if task.candidates and not task.is_continuous:
            opened = _opened(task, sounds, wanted, pool, progress=Part(progress, 0.0, OPENINGS))
            progress = Part(progress, OPENINGS, 1.0 - OPENINGS)
        for done, number in enumerate(wanted):
            part = Part(progress, done / len(wanted), 1 / len(wanted))
            first = Part(part, 0.0, FIRST_PASS) if task.options.adapt_to_speakers else part
            with sounds.channel(number) as (wav, conversion):
                duration = max(duration, conversion.duration)
                phrases = _heard(task, wav, conversion.duration, opened.get(number), pool, progress=first)
                if task.options.adapt_to_speakers:
                    second = Part(part, FIRST_PASS, 1.0 - FIRST_PASS)
                    phrases, told = _heard_again(task, wav, phrases, out, pool, progress=second)
                    adapted += [{"channel": number} | one for one in told]
            channels.append(results.Channel(number, phrases))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    writers = _writers(task)
    result = results.transcription(
        recording.source, duration, channels, writers=writers, options=task.options, timestamp=now
    )
    learned = {ADAPTED: adapted} if adapted else {}
    shown = results.cues(channels, writers) if task.options.subtitles else ()
    return _Made(result | learned, shown, duration, remarks | learned)


def _writers(task: Transcribe) -> results.Writers:
    """How phrases of each locale are written; those without one are the listener's."""
    listeners = {None: task.listener} | dict(task.by_locale)
    return {
        locale: results.formatter(one.locale, task.options, load_style(one.style)) for locale, one in listeners.items()
    }


@dataclass(frozen=True, slots=True)
class _Opened:
    """How a channel begins, and who is listened to in all of the recording."""

    opening: Opening
    listener: Listener


def _opened(
    task: Transcribe, sounds: Sounds, wanted: Sequence[int], pool: DecodePool, *, progress: Progress
) -> dict[int, _Opened]:
    """The channels that are wanted, once one locale is chosen for them all. Raises: RecordingError, EngineError."""
    openings = []
    for done, number in enumerate(wanted):
        # Converting a channel again later takes a hundredth of recognizing it; to keep them all might fill the disk.
        with sounds.channel(number) as (wav, _):
            part = Part(progress, done / len(wanted), 1 / len(wanted))
            openings.append(opening(wav, task.candidates, pool, progress=part))
    locale = spoken_in(openings, task.listener.locale)
    return {number: _Opened(one, task.by_locale[locale]) for number, one in zip(wanted, openings, strict=True)}


def _heard(
    task: Transcribe, wav: Path, seconds: float, opened: _Opened | None, pool: DecodePool, *, progress: Progress
) -> list[Phrase]:
    """The phrases of a channel. Raises: EngineError."""
    if opened is not None:
        return list(continued(wav, opened.opening, opened.listener, pool, progress=progress))
    if task.candidates:
        fallback = task.listener.locale
        return list(phrase_by_phrase(wav, task.candidates, fallback, pool, seconds=seconds, progress=progress))
    return list(recognized(wav, task.listener.model, pool, progress=progress))


def _heard_again(
    task: Transcribe, wav: Path, phrases: Sequence[Phrase], out: Path, pool: DecodePool, *, progress: Progress
) -> tuple[list[Phrase], list[dict[str, Any]]]:
    """The phrases as models hear them that have learned, each from its own; and what users are told.

    Raises: EngineError.
    """
    locales = list(dict.fromkeys(phrase.locale for phrase in phrases)) or [None]
    again: dict[str | None, Iterator[Phrase]] = {}
    told = []
    for done, locale in enumerate(locales):
        listener = task.listener if locale is None else task.by_locale[locale]
        mine = [phrase for phrase in phrases if phrase.locale == locale]
        part = Part(progress, done / len(locales), 1 / len(locales))
        found, made = heard_again(wav, mine, listener.model, pool, out, workers=task.processes, progress=part)
        again[locale] = iter(found)
        told.append(({} if locale is None else {"locale": locale}) | _told(made))
    return [next(again[phrase.locale]) for phrase in phrases], told


def _told(made: Attuned) -> dict[str, Any]:
    """What users are told of a channel, or of a locale in it."""
    if made.model is None:
        return {"adapted": False, "secondsLearnedFrom": 0.0, "reason": made.why_not}
    return {"adapted": True, "secondsLearnedFrom": round(made.seconds, 1)}
