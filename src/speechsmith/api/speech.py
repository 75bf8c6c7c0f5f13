"""Short audio: speech in the body, text in the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import PhraseList
from speechsmith.domain.errors import Invalid
from speechsmith.domain.logs import Record
from speechsmith.realtime import results
from speechsmith.realtime.context import FORMAT, PROFANITY, YES_OR_NO, Mode, choice
from speechsmith.services import endpoints
from speechsmith.services.recognition import Recognition, expected
from speechsmith.services.recorder import Recorder
from speechsmith.tasks.results import ALTERNATIVES

MAX_SECONDS = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}
MAX_BYTES = 64 * 1024 * 1024


def phrase_list(query: Mapping[str, str], locale: str) -> PhraseList | None:
    """What a request expects to hear: `phrases`, with semicolons between, and `phrasesWeight`. Raises: Invalid."""
    given = query.get("phrasesWeight", "1")
    try:
        weight = float(given)
    except ValueError:
        message = f"phrasesWeight is a number such as 1 or 1.5, not '{given[:40]}'."
        raise Invalid("InvalidParameterValue", message, target="phrasesWeight") from None
    return expected(query.get("phrases", "").split(";"), weight, locale)


def is_logged(served: endpoints.Serving, query: Mapping[str, str]) -> bool:
    """Whether a request is kept: the endpoint keeps all, or it asks for that by `storeAudio`. Raises: Invalid."""
    return bool(choice(query, "storeAudio", YES_OR_NO, "false")) or served.book.is_on


@dataclass(frozen=True, slots=True)
class Listener:
    """Answers requests with speech, and has those recorded that are to be logged."""

    recognition: Recognition
    recorder: Recorder
    new_id: Callable[[], UUID]

    def recognize(
        self, audio: Path, served: endpoints.Serving, mode: str, query: Mapping[str, str], began: datetime
    ) -> dict[str, Any]:
        """The answer to a request that `began` then. Raises: Invalid, EngineError."""
        detailed = choice(query, "format", FORMAT, "simple")
        timed = choice(query, "wordLevelTimestamps", YES_OR_NO, "false")
        profanity = choice(query, "profanity", PROFANITY, "masked")
        heard = self.recognition.recognize(
            audio,
            served.model,
            max_seconds=MAX_SECONDS[mode],
            alternatives=ALTERNATIVES if detailed else 1,
            phrases=phrase_list(query, served.locale),
            keep=is_logged(served, query),
        )
        style = load_style(served.style)
        writer = Formatter(served.locale, profanity, style.casing, style.custom, dictation=Mode(mode).punctuation)
        notice = {"Notice": served.notice} if served.notice else {}
        answer = results.recording(heard.phrases, heard.duration, writer, detailed=detailed, word_times=timed) | notice
        if heard.recording is not None:
            self.recorder.offer(
                Record(
                    id=self.new_id(),
                    book=served.book,
                    began=began,
                    audio=heard.recording,
                    size_bytes=heard.recording.stat().st_size,
                    duration=timedelta(seconds=heard.duration),
                    transcript=lambda: orjson.dumps(
                        results.recording(heard.phrases, heard.duration, writer, detailed=True) | notice
                    ),
                )
            )
        return answer
