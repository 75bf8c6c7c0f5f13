"""The result of a recording, as the contract's JSON: times in ticks of 100 ns, phrases in their four forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from speechsmith.asr import subtitles
from speechsmith.asr.display import Dictation, Formatter, Forms, Tokens
from speechsmith.asr.display.style import Style
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.transcriptions import PunctuationMode, TranscriptionOptions
from speechsmith.domain.values import format_duration

TICKS_PER_SECOND = 10_000_000
ALTERNATIVES = 5
_PUNCTUATION = {  # whether marks are set by rule, and whether they are said
    PunctuationMode.NONE: (False, Dictation.NONE),
    PunctuationMode.DICTATED: (False, Dictation.CERTAIN),
    PunctuationMode.AUTOMATIC: (True, Dictation.NONE),
    PunctuationMode.DICTATED_AND_AUTOMATIC: (True, Dictation.POSSIBLE),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """What was recognized in one channel, in the order of time."""

    number: int
    phrases: Sequence[Phrase]


Writers = Mapping[str | None, Formatter]
"""How phrases are written, by the locale that they carry; None where no languages are told apart."""


def formatter(locale: str, options: TranscriptionOptions, style: Style) -> Formatter:
    """How the phrases of a model of this style are written under these options."""
    automatic, dictation = _PUNCTUATION[options.punctuation]
    return Formatter(locale, options.profanity, style.casing, style.custom, punctuation=automatic, dictation=dictation)


def ticks(seconds: float) -> int:
    """Units of 100 ns."""
    return round(seconds * TICKS_PER_SECOND)


def transcription(
    source: str,
    duration: float,
    channels: Sequence[Channel],
    *,
    writers: Writers,
    options: TranscriptionOptions,
    timestamp: str,
) -> dict[str, Any]:
    """The whole result of one recording of `duration` seconds."""
    phrases = [
        (phrase.start, channel.number, _phrase(phrase, channel.number, writers, options))
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


def cues(channels: Sequence[Channel], writers: Writers) -> list[subtitles.Cue]:
    """The subtitles of a recording, as the display form has it.

    What several channels hold at once, as those of a voice that was recorded in stereo do, stands there once.
    """
    shown: list[tuple[Phrase, str]] = []
    spoken = []
    for channel in channels:
        here = []
        for phrase in channel.phrases:
            if phrase.hypotheses and phrase.hypotheses[0].words:
                words = phrase.hypotheses[0].words
                written = _written(phrase.hypotheses[0], writers[phrase.locale])
                if not any(text == written.display and _overlap(phrase, other) for other, text in shown):
                    here.append((phrase, written.display))
                    spoken.append(_spoken(words, written.tokens))
        shown += here
    return subtitles.cues(spoken)


def _overlap(one: Phrase, other: Phrase) -> bool:
    return one.start < other.end and other.start < one.end


def _spoken(words: Sequence[Word], tokens: Tokens) -> list[subtitles.Spoken]:
    """The tokens of the display form, each with the time of the words that it stands for."""
    return [subtitles.Spoken(token.text, words[token.start].start, words[token.stop - 1].end) for token in tokens]


def span(seconds: float) -> str:
    """An ISO 8601 duration."""
    return format_duration(timedelta(seconds=round(seconds, 7)))


def _combined(phrases: Any) -> dict[str, str]:
    best = [phrase["nBest"][0] for phrase in phrases]
    return {
        form: " ".join(text for hypothesis in best if (text := hypothesis[form])).replace("\n ", "\n")
        for form in ("lexical", "itn", "maskedITN", "display")
    }


def _phrase(phrase: Phrase, channel: int, writers: Writers, options: TranscriptionOptions) -> dict[str, Any]:
    writer = writers[phrase.locale]
    return {
        "recognitionStatus": "Success",
        "channel": channel,
        **({} if phrase.locale is None else {"locale": phrase.locale}),
        **_times(phrase.start, phrase.end),
        "nBest": [_hypothesis(hypothesis, writer, options) for hypothesis in phrase.hypotheses],
    }


def _hypothesis(hypothesis: Hypothesis, writer: Formatter, options: TranscriptionOptions) -> dict[str, Any]:
    written = _written(hypothesis, writer)
    shown: dict[str, Any] = {"confidence": round(hypothesis.confidence, 6)} | _named(written)
    if options.word_level_timestamps:
        shown["words"] = [
            {"word": word.text, **_times(word.start, word.end), "confidence": round(word.confidence, 6)}
            for word in hypothesis.words
        ]
    if options.display_word_timestamps:
        shown["displayWords"] = _display_words(hypothesis.words, written.tokens)
    return shown


def forms(hypothesis: Hypothesis, writer: Formatter) -> dict[str, str]:
    """The four forms by their names in the contract."""
    return _named(_written(hypothesis, writer))


def display_words(hypothesis: Hypothesis, writer: Formatter) -> list[subtitles.Spoken]:
    """The tokens of the display form with their times."""
    return _spoken(hypothesis.words, _written(hypothesis, writer).tokens)


def _written(hypothesis: Hypothesis, writer: Formatter) -> Forms:
    words = hypothesis.words
    pauses = [0.0, *(after.start - before.end for before, after in pairwise(words))]
    return writer.forms([word.text for word in words], pauses=pauses)


def _named(written: Forms) -> dict[str, str]:
    return {
        "lexical": written.lexical,
        "itn": written.itn,
        "maskedITN": written.masked_itn,
        "display": written.display,
    }


def _display_words(words: Sequence[Word], tokens: Tokens) -> list[dict[str, Any]]:
    """The tokens of the display form, each as long as the words that it stands for: "6:45 PM." is one."""
    return [{"displayText": one.text, **_times(one.start, one.end)} for one in _spoken(words, tokens)]


def _times(start: float, end: float) -> dict[str, Any]:
    return {
        "offset": span(start),
        "duration": span(end - start),
        "offsetInTicks": float(ticks(start)),
        "durationInTicks": float(ticks(end - start)),
    }
