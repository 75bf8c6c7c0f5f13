"""The result of a recording, as the contract's JSON: times in ticks of 100 ns, phrases in their four forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from speechsmith.asr.display import Formatter
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.transcriptions import PunctuationMode, TranscriptionOptions
from speechsmith.domain.values import format_duration

TICKS_PER_SECOND = 10_000_000
ALTERNATIVES = 5


@dataclass(frozen=True, slots=True)
class Channel:
    """What was recognized in one channel, in the order of time."""

    number: int
    phrases: Sequence[Phrase]


def formatter(locale: str, options: TranscriptionOptions) -> Formatter:
    """How phrases are written under these options."""
    automatic = (PunctuationMode.AUTOMATIC, PunctuationMode.DICTATED_AND_AUTOMATIC)
    return Formatter(locale, options.profanity, punctuation=options.punctuation in automatic)


def ticks(seconds: float) -> int:
    """Units of 100 ns."""
    return round(seconds * TICKS_PER_SECOND)


def transcription(
    source: str,
    duration: float,
    channels: Sequence[Channel],
    *,
    locale: str,
    options: TranscriptionOptions,
    timestamp: str,
) -> dict[str, Any]:
    """The whole result of one recording of `duration` seconds."""
    writer = formatter(locale, options)
    phrases = [
        (phrase.start, channel.number, _phrase(phrase, channel.number, writer, options))
        for channel in channels
        for phrase in channel.phrases
        if phrase.hypotheses and phrase.hypotheses[0].words
    ]
    phrases.sort(key=lambda item: item[:2])
    return {
        "source": source,
        "timestamp": timestamp,
        "durationInTicks": ticks(duration),
        "duration": span(duration),
        "combinedRecognizedPhrases": [
            {"channel": channel.number} | _combined(shown for _, number, shown in phrases if number == channel.number)
            for channel in channels
        ],
        "recognizedPhrases": [shown for _, _, shown in phrases],
    }


def span(seconds: float) -> str:
    """An ISO 8601 duration."""
    return format_duration(timedelta(seconds=round(seconds, 7)))


def _combined(phrases: Any) -> dict[str, str]:
    best = [phrase["nBest"][0] for phrase in phrases]
    return {
        form: " ".join(text for hypothesis in best if (text := hypothesis[form]))
        for form in ("lexical", "itn", "maskedITN", "display")
    }


def _phrase(phrase: Phrase, channel: int, writer: Formatter, options: TranscriptionOptions) -> dict[str, Any]:
    return {
        "recognitionStatus": "Success",
        "channel": channel,
        **_times(phrase.start, phrase.end),
        "nBest": [_hypothesis(hypothesis, writer, options) for hypothesis in phrase.hypotheses],
    }


def _hypothesis(hypothesis: Hypothesis, writer: Formatter, options: TranscriptionOptions) -> dict[str, Any]:
    shown: dict[str, Any] = {"confidence": round(hypothesis.confidence, 6)} | forms(hypothesis, writer)
    if options.word_level_timestamps:
        shown["words"] = [
            {"word": word.text, **_times(word.start, word.end), "confidence": round(word.confidence, 6)}
            for word in hypothesis.words
        ]
    if options.display_word_timestamps:
        shown["displayWords"] = _display_words(hypothesis.words, writer)
    return shown


def forms(hypothesis: Hypothesis, writer: Formatter) -> dict[str, str]:
    """The four forms by their names in the contract."""
    written = writer.forms([word.text for word in hypothesis.words])
    return {
        "lexical": written.lexical,
        "itn": written.itn,
        "maskedITN": written.masked_itn,
        "display": written.display,
    }


def _display_words(words: Sequence[Word], writer: Formatter) -> list[dict[str, Any]]:
    """The words of the display form. As long as no figures are written, they stand one for one for the spoken words."""
    display = writer.forms([word.text for word in words]).display.split()
    if len(display) != len(words):  # some were removed
        return []
    return [{"displayText": text, **_times(word.start, word.end)} for text, word in zip(display, words, strict=True)]


def _times(start: float, end: float) -> dict[str, Any]:
    return {
        "offset": span(start),
        "duration": span(end - start),
        "offsetInTicks": float(ticks(start)),
        "durationInTicks": float(ticks(end - start)),
    }
