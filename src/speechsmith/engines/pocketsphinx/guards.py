"""Which parts of what was learned go into the model: the user's own held-out speech decides.

A setting is a weight of the domain's language model, a strength of acoustic adaptation, whether words that the base
lexicon has are said in the user's ways too, and how much words count beside the sound. Each is tried on utterances that
it has not learned from, and only settings that are no worse there than the base model come into question. Of those
whose error lies within the noise of the best, the gentlest is taken, which as a rule loses least on other speech:

    noise = the standard error of the paired difference, by a bootstrap over utterances

This is the rule of one standard error (Breiman et al., "Classification and Regression Trees", 1984). With less than
MIN_UTTERANCES or MIN_WORDS held out nothing can be told: the verdict is `unknown`, and a cautious setting is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from speechsmith.asr.scoring import ErrorCounts, bootstrap_interval, paired_difference, total

MIN_UTTERANCES, MIN_WORDS = 10, 100


class Outcome(StrEnum):
    """What held-out speech says of a custom model."""

    BETTER = "better"
    NO_DIFFERENCE = "noDifference"
    WORSE = "worse"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a model is made with: the weight of the domain's language model, 0 for none; the strength of acoustic
    adaptation, "" for none; whether it has the user's pronunciations of words that the base lexicon has; how much more
    than usual the language model counts beside adapted acoustics. As it is by default it decodes as the base model
    does."""

    weight: float = 0.0
    strength: str = ""
    pronunciations: bool = False
    language_scale: float = 1.0

    def shown(self) -> dict[str, Any]:
        """The report's form."""
        return {
            "weight": self.weight or None,
            "acoustic": self.strength or None,
            "pronunciations": self.pronunciations,
            "languageScale": self.language_scale,
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting and what it did on each held-out utterance. `gentleness` orders settings: more of it loses less."""

    setting: Setting
    counts: tuple[ErrorCounts, ...]
    gentleness: tuple[float, ...] = ()

    @property
    def wer(self) -> float:
        """Errors per reference word; 0 without any."""
        return total(self.counts).wer or 0.0

    def shown(self) -> dict[str, Any]:
        """The report's form."""
        return self.setting.shown() | {"wordErrorRate": round(self.wer, 4)}


def is_enough(words: Sequence[int]) -> bool:
    """Whether so much is held out that it can decide. `words`: of each utterance."""
    return len(words) >= MIN_UTTERANCES and sum(words) >= MIN_WORDS


def choose(base: Trial, others: Sequence[Trial]) -> Trial:
    """The gentlest setting within the noise of the best; the base where all others are worse.

    A setting that equals the base is preferred to it: the user wants what was learned to be in the model, as long as
    it does no harm.
    """
    fit = [trial for trial in others if trial.wer <= base.wer]
    if not fit:
        return base
    best = min(fit, key=lambda trial: (trial.wer, [-value for value in trial.gentleness]))
    near = [trial for trial in fit if trial is best or _is_near(best, trial)]
    return max(near, key=lambda trial: trial.gentleness)


def _is_near(best: Trial, other: Trial) -> bool:
    difference = paired_difference(best.counts, other.counts)
    return difference.value <= difference.standard_error


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of a model, in words and in numbers."""

    outcome: Outcome
    words: str
    measured: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """The report's form; rates are fractions."""
        return {"outcome": self.outcome.value, "words": self.words, **self.measured}


def measured(base: Trial, other: Trial) -> dict[str, Any]:
    """The word error rates of two settings and their difference, fractions with 95 % ranges, in the report's form."""
    difference = paired_difference(base.counts, other.counts)
    return {
        "wordErrorRateBefore": _rate(base.wer, *bootstrap_interval(base.counts)),
        "wordErrorRateAfter": _rate(other.wer, *bootstrap_interval(other.counts)),
        "difference": _rate(difference.value, difference.low, difference.high),
        "wordCount": total(base.counts).words,
    }


_SAID = {
    Outcome.BETTER: "Better than the base model",
    Outcome.NO_DIFFERENCE: "No sure difference from the base model",
    Outcome.WORSE: "Worse than the base model, and kept since the weight was asked for",
}
_ADVICE = {Outcome.WORSE: " Ask for a smaller weight, or for none."}


def verdict(base: Trial, chosen: Trial) -> Verdict:
    """Compare the chosen setting with the base, on the held-out utterances of both."""
    if not total(base.counts).words:
        return unknown("No transcribed speech was held out, so what the model gains in words is not known.")
    if not is_enough([one.words for one in base.counts]):
        words = f"Too little is held out to tell, and a cautious setting was used: {_rates(base, chosen)}."
        return Verdict(Outcome.UNKNOWN, words, measured(base, chosen))
    outcome = _outcome(base, chosen)
    words = f"{_SAID[outcome]}: {_rates(base, chosen)} ({_range(base, chosen)}).{_ADVICE.get(outcome, '')}"
    return Verdict(outcome, words, measured(base, chosen))


def is_surely_better(base: Trial, other: Trial) -> bool:
    """Whether the whole 95 % range of the difference is in favor of the other."""
    return _outcome(base, other) is Outcome.BETTER


_WITH = {
    Outcome.BETTER: "Better with",
    Outcome.NO_DIFFERENCE: "No sure difference with",
    Outcome.WORSE: "Worse with",
}
OWN = "your pronunciations of words that the base model knows"


def verdict_on_pronunciations(without: Trial, having: Trial, *, are_kept: bool) -> Verdict:
    """What the user's pronunciations of words that the base lexicon has do, all else being equal."""
    outcome = _outcome(without, having)
    end = "they are kept" if are_kept else "they are left out"
    words = f"{_WITH[outcome]} {OWN}; {end}: {_rates(without, having)} ({_range(without, having)})."
    return Verdict(outcome, words, measured(without, having))


def unknown(words: str) -> Verdict:
    """The verdict where nothing could be measured."""
    return Verdict(Outcome.UNKNOWN, words, {})


def _rate(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4)}


def _outcome(base: Trial, other: Trial) -> Outcome:
    difference = paired_difference(base.counts, other.counts)
    if difference.high < 0:
        return Outcome.BETTER
    return Outcome.WORSE if difference.low > 0 else Outcome.NO_DIFFERENCE


def _rates(base: Trial, other: Trial) -> str:
    return (
        f"the word error rate on {len(base.counts)} held-out utterances ({total(base.counts).words} words) went from "
        f"{100 * base.wer:.1f} to {100 * other.wer:.1f} %"
    )


def _range(base: Trial, other: Trial) -> str:
    difference = paired_difference(base.counts, other.counts)
    return f"95 % range of the difference: {100 * difference.low:+.1f} to {100 * difference.high:+.1f} points"
