"""Which of some locales is spoken, told by the models of these locales themselves.

Theory. Each candidate's model recognizes the same stretches of speech. A model that knows the language finds words
that it is sure of; one that does not finds words that merely sound alike, and doubts them. So that candidate is chosen
that is surest over the time in which people speak, with c_w the confidence of its word w and d_w the seconds of it,

    C = sum_w c_w d_w

Each candidate hears the same seconds, so that sums are compared as means are; a stretch in which a model finds no word
counts for nothing. What is compared is what the model says of itself, calibrated where it has a calibration
(`asr.confidence`): scores of different models could not be, as each has its own scale. For the same reason a model of
few words, which has little to doubt between, is surer than one of many.

Measured with models of 267 to 304 words each for English, German, Spanish and Italian, all with English acoustics and
of text about one subject, on 31 phrases of 3 to 19 s about it: 29 phrases right (11 of 13 where no model knew the
transcript), and all of 12 recordings, each from its first phrase on. A mean over words, not seconds, had 26 right.
The packaged English model, against German ones:

    words of the German model         10    280  5,280  20,280
    6 German phrases right             6      6      6       6
    25 English phrases right           7     21     21      22

There is no margin, and no smoothing between neighbors, as two of 31 phrases are too few to choose either by.

Metze, Kemp, Schaaf, Schultz & Soltau, "Confidence measure based language identification", ICASSP 2000.
"""

from collections.abc import Iterable, Mapping
from math import fsum

from speechsmith.asr.types import Hypothesis


def chosen(heard: Mapping[str, Iterable[Hypothesis]], fallback: str) -> str:
    """The locale whose model is surest of what it heard; `fallback` when none is, or two are equally.

    Args: heard: by locale, the best hypothesis of each stretch, the same stretches for all: one phrase, or many.
    """
    certainty = {locale: _certainty(hypotheses) for locale, hypotheses in heard.items()}
    most = max(certainty.values(), default=0.0)
    surest = [locale for locale, sure in certainty.items() if sure == most]
    return surest[0] if most > 0.0 and len(surest) == 1 else fallback


def _certainty(hypotheses: Iterable[Hypothesis]) -> float:
    """C, in seconds."""
    return fsum(word.confidence * (word.end - word.start) for one in hypotheses for word in one.words)
