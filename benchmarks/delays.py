"""How late a turn was told what: seconds, one for each phrase or guess. See `benchmarks.line` for the clock."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.line import Told, Turn
from speechsmith.asr.segments import SegmentOptions

_CUT = SegmentOptions()
_LONGEST = _CUT.longest - 1.0  # seconds; what is longer was cut without a pause


def final_delays(turn: Turn) -> list[float]:
    """From the moment when the silence that ends a phrase is over, to the arrival of the phrase."""
    return [delay for _, delay in finals(turn)]


def finals(turn: Turn) -> Iterator[tuple[float, float]]:
    """When a phrase arrived, and the same of it."""
    for phrase in _spoken(turn):
        start, end = _when(phrase.body)
        if end - start < _LONGEST:
            yield phrase.at, phrase.at - (turn.began + end - _CUT.pad + _CUT.join)


def first_delays(turn: Turn) -> list[float]:
    """From the end of the first word of a phrase to the arrival of its first guess; below 0 when the guess was faster.

    The turn is one of detailed results with the times of words. A phrase without a guess has none.
    """
    first: dict[str, Told] = {}
    for guess in turn.hypotheses:
        first.setdefault(guess.body["Id"], guess)
    return [
        first[phrase.body["Id"]].at - (turn.began + _when(word)[1])
        for phrase in _spoken(turn)
        if phrase.body["Id"] in first
        for word in [phrase.body["NBest"][0]["Words"][0]]
    ]


def unguessed(turn: Turn) -> int:
    """How many phrases with words came without a guess before them."""
    guessed = {guess.body["Id"] for guess in turn.hypotheses}
    return sum(phrase.body["Id"] not in guessed for phrase in _spoken(turn))


def lags(turn: Turn) -> Iterator[tuple[float, float]]:
    """When a guess arrived, and how far the speaker had gone on from where the guess ends."""
    for guess in turn.hypotheses:
        yield guess.at, guess.at - (turn.began + _when(guess.body)[1])


def behind(turn: Turn, duration: float) -> float:
    """How long after the end of `duration` seconds of sound the turn was over. The sound ends with a pause."""
    return turn.ended - (turn.began + duration)


def _spoken(turn: Turn) -> list[Told]:
    return [phrase for phrase in turn.phrases if phrase.body["RecognitionStatus"] == "Success"]


def _when(shown: Mapping[str, Any]) -> tuple[float, float]:
    """Start and end of a phrase, guess or word, in seconds of the sound."""
    return shown["Offset"] / 10**7, (shown["Offset"] + shown["Duration"]) / 10**7
