"""Short audio: speech in the body, text in the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from speechsmith.asr.display import Formatter, Profanity
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import PhraseList
from speechsmith.decoding.events import Hearer
from speechsmith.domain.errors import Invalid
from speechsmith.domain.logs import Record
from speechsmith.realtime import results
from speechsmith.realtime.context import FORMAT, PROFANITY, YES_OR_NO, Mode, choice
from speechsmith.realtime.early import Early
from speechsmith.services import endpoints
from speechsmith.services.recognition import Recognition, expected
from speechsmith.services.recorder import Recorder
from speechsmith.tasks.results import ALTERNATIVES

MAX_SECONDS = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}
MAX_BYTES = 64 * 1024 * 1024
PRONUNCIATION = "Pronunciation-Assessment"


def phrase_list(query: Mapping[str, str], locale: str) -> PhraseList | None:
    """What a request expects to hear: `phrases`, with semicolons between, and `phrasesWeight`. Raises: Invalid."""
    given = query.get("phrasesWeight", "1")
    try:
        weight = float(given)
    except ValueError:
        message = f"phrasesWeight is a number such as 1 or 1.5, not '{given[:40]}'."
        raise Invalid("InvalidParameterValue", message, target="phrasesWeight") from None
    return expected(query.get("phrases", "").split(";"), weight, locale)


def check_answerable(headers: Mapping[str, str]) -> None:
    """Refuse what is asked for by a header and cannot be given, rather than pass it over.

    Raises: Invalid (PronunciationAssessmentNotSupported).
    """
    if PRONUNCIATION in headers:
        raise Invalid(
            "PronunciationAssessmentNotSupported",
            f"How well words are pronounced is not judged here. Send the request without {PRONUNCIATION}; "
            "format=detailed and wordLevelTimestamps=true tell what was recognized, how surely, and when.",
            target=PRONUNCIATION,
        )


def is_logged(served: endpoints.Serving, query: Mapping[str, str]) -> bool:
    """Whether a request is kept: the endpoint keeps all, or it asks for that by `storeAudio`. Raises: Invalid."""
    return bool(choice(query, "storeAudio", YES_OR_NO, "false")) or served.book.is_on


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants of the model that serves it; `words` are the times of words, `keep` is to be logged."""

    mode: str
    detailed: bool
    words: bool
    profanity: Profanity
    phrases: PhraseList | None
    keep: bool

    @property
    def max_seconds(self) -> float:
        """How much audio it may bring."""
        return MAX_SECONDS[self.mode]

    @property
    def alternatives(self) -> int:
        """Hypotheses for each phrase at most."""
        return ALTERNATIVES if self.detailed else 1

    def writer(self, served: endpoints.Serving) -> Formatter:
        """How the answer is written."""
        style = load_style(served.style)
        return Formatter(
            served.locale, self.profanity, style.casing, style.custom, dictation=Mode(self.mode).punctuation
        )


def wish(served: endpoints.Serving, mode: str, query: Mapping[str, str]) -> Wish:
    """What the query asks for, before any audio is read. Raises: Invalid."""
    return Wish(
        mode=mode,
        detailed=choice(query, "format", FORMAT, "simple"),
        words=choice(query, "wordLevelTimestamps", YES_OR_NO, "false"),
        profanity=choice(query, "profanity", PROFANITY, "masked"),
        phrases=phrase_list(query, served.locale),
        keep=is_logged(served, query),
    )


@dataclass(frozen=True, slots=True)
class ShortAudio:
    """Answers requests with speech, and has those recorded that are to be logged."""

    recognition: Recognition
    recorder: Recorder
    new_id: Callable[[], UUID]

    def early(self, served: endpoints.Serving, wished: Wish) -> Early:
        """Begin to listen to an upload that has not come yet."""
        hearer = Hearer(served.locale, served.model, wished.phrases)
        listen, most = self.recognition.listen, wished.max_seconds
        return Early(listen, hearer, alternatives=wished.alternatives, max_seconds=most)

    def recognize(
        self, audio: Path, served: endpoints.Serving, wished: Wish, began: datetime, early: Early | None = None
    ) -> dict[str, Any]:
        """The answer to a request that `began` then. Raises: Invalid, EngineError."""
        try:
            heard = self.recognition.recognize(
                audio,
                served.model,
                max_seconds=wished.max_seconds,
                alternatives=wished.alternatives,
                phrases=wished.phrases,
                keep=wished.keep,
                early=early,
            )
        except Invalid as error:
            raise _too_long(wished.mode) if error.code == "AudioTooLong" else error from None
        writer = wished.writer(served)
        about = {"Model": str(served.model_id)} | ({"Notice": served.notice} if served.notice else {})
        shown = partial(results.recording, heard.phrases, heard.duration, writer)
        answer = shown(detailed=wished.detailed, word_times=wished.words) | about
        if heard.recording is not None:
            self.recorder.offer(
                Record(
                    id=self.new_id(),
                    book=served.book,
                    began=began,
                    audio=heard.recording,
                    size_bytes=heard.recording.stat().st_size,
                    duration=timedelta(seconds=heard.duration),
                    transcript=lambda: orjson.dumps(shown(detailed=True) | about),
                )
            )
        return answer


def _too_long(mode: str) -> Invalid:
    """The refusal of audio beyond the limit of a mode, with what takes more."""
    most = MAX_SECONDS[mode]
    others = " or ".join(f"{other} ({seconds:g} s)" for other, seconds in MAX_SECONDS.items() if seconds > most)
    instead = f"send it to {others}, " if others else ""
    message = (
        f"The audio is longer than the {most:g} s that {mode} takes; {instead}cut it, or transcribe it as a batch."
    )
    return Invalid("AudioTooLong", message)
