"""What was heard, as the contract's JSON of live recognition and short audio: times in ticks of 100 ns."""

from collections.abc import Sequence
from typing import Any

from speechsmith.asr.display import Formatter
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.recording import Phrase
from speechsmith.tasks.results import display_words, forms, ticks


def times(start: float, end: float) -> dict[str, int]:
    """From when, and for how long. The end is where a next stretch begins, to the tick."""
    offset = ticks(start)
    return {"Offset": offset, "Duration": ticks(end) - offset}


def initial_silence(until: float) -> dict[str, Any]:
    """Nobody has spoken up to then."""
    return {"RecognitionStatus": "InitialSilenceTimeout"} | times(until, until)


def end_of_audio(duration: float) -> dict[str, Any]:
    """All audio has been listened to."""
    return {"RecognitionStatus": "EndOfDictation"} | times(duration, duration)


def recording(
    phrases: Sequence[Phrase], duration: float, writer: Formatter, *, detailed: bool, word_times: bool = False
) -> dict[str, Any]:
    """All that was heard in `duration` seconds as one phrase, with alternatives only where it is one."""
    if not phrases:
        return initial_silence(duration)
    start, end = phrases[0].start, phrases[-1].end
    return phrase(_joined(phrases), start, end, writer, detailed=detailed, word_times=word_times)


def _joined(phrases: Sequence[Phrase]) -> list[Hypothesis]:
    spoken = [found for found in phrases if found.hypotheses[0].words]
    if len(spoken) == 1:
        return list(spoken[0].hypotheses)
    words = [word for found in spoken for word in found.hypotheses[0].words]
    confidence = min((found.hypotheses[0].confidence for found in spoken), default=0.0)
    return [Hypothesis(tuple(words), confidence)]


def phrase(
    hypotheses: Sequence[Hypothesis],
    start: float,
    end: float,
    writer: Formatter,
    *,
    detailed: bool,
    word_times: bool = False,
    word_confidences: bool = False,
) -> dict[str, Any]:
    """A phrase with its hypotheses, best first, as a simple or a detailed result.

    NoMatch when it has no words, and when all of it was profanity that was to be removed. Args: word_times,
    word_confidences: what a detailed result tells of each word.
    """
    when = times(start, end)
    shown = [forms(spoken, writer) for spoken in hypotheses] if hypotheses[0].words else []
    if not shown or not shown[0]["display"]:
        return {"RecognitionStatus": "NoMatch"} | when
    if not detailed:
        return {"RecognitionStatus": "Success", "DisplayText": shown[0]["display"]} | when
    best = [
        {
            "Confidence": round(spoken.confidence, 6),
            "Lexical": text["lexical"],
            "ITN": text["itn"],
            "MaskedITN": text["maskedITN"],
            "Display": text["display"],
            **_words(spoken, writer, timed=word_times, confident=word_confidences),
        }
        for spoken, text in zip(hypotheses, shown, strict=True)
    ]
    return {"RecognitionStatus": "Success", **when, "NBest": best}


def hypothesis(lexical: str, start: float, end: float) -> dict[str, Any]:
    """What an open phrase seems to be."""
    return {"Text": lexical} | times(start, end)


def _words(spoken: Hypothesis, writer: Formatter, *, timed: bool, confident: bool) -> dict[str, Any]:
    """The words as spoken and, with their times, as displayed."""
    shown: dict[str, Any] = {}
    if timed or confident:
        shown["Words"] = [_word(word, timed=timed, confident=confident) for word in spoken.words]
    if timed:
        written = display_words(spoken, writer)
        shown["DisplayWords"] = [{"DisplayText": word.text, **times(word.start, word.end)} for word in written]
    return shown


def _word(word: Word, *, timed: bool, confident: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"Word": word.text}
    if timed:
        shown |= times(word.start, word.end)
    if confident:
        shown["Confidence"] = round(word.confidence, 6)
    return shown
