"""What was recognized, in the forms that can be asked for: JSON, tables of items, subtitles, a batch result.

The JSON of a recording holds the phrases as the service sent them, with times from the start of the recording, and what
is made of them: the whole text and, where a transcript was given, its word error rate.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from speechsmith.asr import subtitles
from speechsmith.asr.scoring import ErrorCounts, align
from speechsmith.asr.text import normalizer
from speechsmith.cli.options import squash
from speechsmith.cli.recognition.sources import Source
from speechsmith.client.entity import Entity, Json, text
from speechsmith.client.errors import ClientError, ServiceError
from speechsmith.client.recognition import TICKS_PER_SECOND, Phrase, seconds
from speechsmith.domain.values import format_duration


@dataclass(frozen=True, slots=True)
class Heard:
    """What was recognized in a source, and why no more was, if that is so."""

    source: Source
    session: str
    phrases: tuple[Phrase, ...] = ()
    counts: ErrorCounts | None = None
    error: ClientError | None = None

    @property
    def text(self) -> str:
        """All that was said, as written."""
        return _joined([phrase.display for phrase in self.phrases])

    @property
    def percent(self) -> float | None:
        """The word error rate in percent; None without a transcript, or where that has no word."""
        return None if self.counts is None or self.counts.wer is None else 100 * self.counts.wer


def scored(said: str, phrases: Sequence[Phrase], locale: str) -> ErrorCounts:
    """The words that were heard against those of a transcript, both in the lexical form of the locale."""
    heard = _joined([text(phrase.best, "Lexical") or phrase.display for phrase in phrases])
    rules = normalizer(locale)
    return align(rules.tokens(said), rules.tokens(heard)).counts


def answer(heard: Heard) -> Entity:
    """The JSON document of one recording."""
    shown: Entity = {"source": heard.source.name, "text": heard.text}
    if heard.error is not None:
        code = {"code": heard.error.inner or heard.error.code} if isinstance(heard.error, ServiceError) else {}
        shown["error"] = {**code, "message": str(heard.error)}
    if heard.counts is not None:
        shown["transcript"] = heard.source.transcript
        shown |= rate(heard.counts)
    return shown | {"phrases": [phrase.result for phrase in heard.phrases]}


def rate(counts: ErrorCounts) -> Entity:
    """A word error rate with its counts, by the names that an evaluation has for them."""
    return {
        "wordErrorRate": counts.wer,
        "correctWordCount": counts.correct,
        "wordSubstitutionCount": counts.substitutions,
        "wordDeletionCount": counts.deletions,
        "wordInsertionCount": counts.insertions,
    }


_Cell = Callable[[Heard, Sequence[Phrase]], Json]
_SPELLINGS = {  # of the published tool, beside its own name: `recognized result` may stand in front of each
    "audioinputid": "id",
    "sessionstartedsessionid": "session id",
    "event": "status",
    "reason": "status",
    "detailedjson": "json",
    "resultjson": "json",
}
PRESET = ("id", "session id", "text")
"""The items that are written where none is named."""


def _form(name: str) -> _Cell:
    return lambda _, phrases: _joined([text(phrase.best, name) for phrase in phrases])


def _last(phrases: Sequence[Phrase]) -> float:
    return phrases[-1].start + phrases[-1].duration if phrases else 0.0


ITEMS: Mapping[str, _Cell] = {
    "id": lambda heard, _: heard.source.id,
    "source": lambda heard, _: heard.source.name,
    "session id": lambda heard, _: heard.session,
    "text": lambda _, phrases: _joined([phrase.display for phrase in phrases]),
    "lexical text": _form("Lexical"),
    "itn text": _form("ITN"),
    "masked itn text": _form("MaskedITN"),
    "confidence": lambda _, phrases: min((_confidence(phrase.best) for phrase in phrases if phrase.best), default=None),
    "offset": lambda _, phrases: phrases[0].start if phrases else None,
    "duration": lambda _, phrases: round(_last(phrases) - phrases[0].start, 7) if phrases else None,
    "latency": lambda _, phrases: round(1000 * sum(phrase.latency for phrase in phrases)),
    "status": lambda _, phrases: ";".join(
        dict.fromkeys(text(phrase.result, "RecognitionStatus") for phrase in phrases)
    ),
    "json": lambda _, phrases: [phrase.result for phrase in phrases],
    "transcript": lambda heard, _: heard.source.transcript,
    "wer": lambda heard, _: None if heard.percent is None else round(heard.percent, 2),
    "error": lambda heard, _: str(heard.error) if heard.error else None,
}


def item(words: str) -> str:
    """The name in ITEMS of an item as it is typed. Raises: UsageError."""
    key = squash(words).removeprefix("recognizer").removeprefix("recognized").removeprefix("result")
    for name in ITEMS:
        if squash(name) == key:
            return name
    if key in _SPELLINGS:
        return _SPELLINGS[key]
    raise click.UsageError(f"There is no item '{words}' to write; there are: {', '.join(ITEMS)}.")


def table(heard: Sequence[Heard], items: Sequence[str], *, each: bool, type: str) -> str:
    """The items of every recording, or of each phrase of them, as `tsv` with a line of names, or as `json`."""
    rows = [(one, phrases) for one in heard for phrases in ([[p] for p in one.phrases] if each else [one.phrases])]
    cells = [{name: ITEMS[name](*row) for name in items} for row in rows]
    if type == "json":
        return json.dumps(cells, indent=2, ensure_ascii=False)
    return "\n".join("\t".join(line) for line in ([*items], *([_cell(row[name]) for name in items] for row in cells)))


def _cell(value: Json) -> str:
    if value is None:
        return ""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(shown.split())  # a tab or the end of a line would end the cell


def cues(heard: Heard) -> list[subtitles.Cue]:
    """The subtitles of a recording."""
    return subtitles.cues(_spoken(phrase) for phrase in heard.phrases)


def _spoken(phrase: Phrase) -> list[subtitles.Spoken]:
    """The words of a phrase as displayed, with their times; where the service tells none, its length is shared out."""
    if timed := _objects(phrase.best, "DisplayWords"):
        return [_word(word) for word in timed]
    words = phrase.display.split()
    ends = [sum(map(len, words[: count + 1])) / max(1, sum(map(len, words))) for count in range(len(words))]
    times = [phrase.start + phrase.duration * share for share in (0.0, *ends)]
    return [subtitles.Spoken(word, *times[place : place + 2]) for place, word in enumerate(words)]


def _word(timed: Entity) -> subtitles.Spoken:
    start = seconds(timed, "Offset")
    return subtitles.Spoken(text(timed, "DisplayText"), start, start + seconds(timed, "Duration"))


def batch(heard: Heard) -> Entity:
    """The result as batch transcription writes it."""
    spoken = [phrase for phrase in heard.phrases if phrase.best]
    forms = ("lexical", "itn", "maskedITN", "display")
    whole = {form: _joined([_named(phrase.best, form) for phrase in spoken]) for form in forms}
    end = _last(spoken)
    return {
        "source": heard.source.name,
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "durationInTicks": round(end * TICKS_PER_SECOND),
        "duration": _span(end),
        "combinedRecognizedPhrases": [{"channel": 0, **whole}],
        "recognizedPhrases": [
            {
                "recognitionStatus": "Success",
                "channel": 0,
                **_times(phrase.result),
                "nBest": [_alternative(one, forms) for one in _objects(phrase.result, "NBest")],
            }
            for phrase in spoken
        ],
    }


def _alternative(found: Entity, forms: Sequence[str]) -> Entity:
    shown: Entity = {"confidence": _confidence(found), **{form: _named(found, form) for form in forms}}
    for name, member in (("words", "Word"), ("displayWords", "DisplayText")):
        if timed := _objects(found, name[0].upper() + name[1:]):
            key = member[0].lower() + member[1:]
            shown[name] = [{key: text(word, member), **_times(word)} for word in timed]
    return shown


def _named(found: Entity, form: str) -> str:
    return text(found, {"itn": "ITN", "maskedITN": "MaskedITN"}.get(form, form.capitalize()))


def _objects(found: Entity, name: str) -> list[Entity]:
    members = found.get(name)
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def _times(timed: Entity) -> Entity:
    offset, duration = seconds(timed, "Offset"), seconds(timed, "Duration")
    ticks = {"offsetInTicks": offset, "durationInTicks": duration}
    return {
        "offset": _span(offset),
        "duration": _span(duration),
        **{name: float(round(time * TICKS_PER_SECOND)) for name, time in ticks.items()},
    }


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=round(seconds, 7)))


def _confidence(found: Entity) -> float:
    value = found.get("Confidence")
    return float(value) if isinstance(value, int | float) else 0.0


def _joined(texts: Sequence[str]) -> str:
    return " ".join(one for one in texts if one)


OF_ONE: Mapping[str, Callable[[Heard], str]] = {
    "vtt": lambda heard: subtitles.vtt(cues(heard)).rstrip("\n"),
    "srt": lambda heard: subtitles.srt(cues(heard)).rstrip("\n"),
    "batch": lambda heard: json.dumps(batch(heard), indent=2, ensure_ascii=False),
}
"""The forms that hold one recording each."""
