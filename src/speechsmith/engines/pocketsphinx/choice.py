"""Trying settings on held-out speech, and choosing one.

Settings are tried in this order, each with what the ones before have shown: the base model; the text alone, with and
without the user's pronunciations of words that the base lexicon has, which decides whether these stay; the text with
acoustics of the strength that is likeliest on held-out speech, and with cautious ones; the best of these with the text
as loud as held-out sentences would like it best; if the text did harm, or costs much on general speech, with less
of it and, unless the text alone is surely better than the base model, without; and the best, if it has acoustics of its
own, with a language model that counts more beside them, or less: speech that fits its densities poorly, such as that of
learners, wants more of it (held out, 64.0 % errors become 61.0), other speech does worse. What is worse than the base
model is not chosen, but for the text alone where the user has set its weight. With too little to decide, only what is
cautious is tried, and the text alone where that is worse.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from speechsmith.asr.scoring import EditKind, ErrorCounts, align, bootstrap_interval, total
from speechsmith.engines.pocketsphinx.acoustic import CAUTIOUS, STRENGTHS
from speechsmith.engines.pocketsphinx.guards import (
    OWN,
    Setting,
    Trial,
    Verdict,
    choose,
    is_enough,
    is_surely_better,
    unknown,
    verdict,
    verdict_on_pronunciations,
)
from speechsmith.engines.pocketsphinx.sources import Sources
from speechsmith.engines.pocketsphinx.trials import QUARTERS, Outcome, tried

LESS_TEXT = 1 / 3  # what is left of a weight that is backed off
LANGUAGE_SCALES = (0.8, 1.25, 1.6)  # less, more, and still more
_LISTED = 200  # words whose pronunciations were judged
_RANK = {strength: rank for rank, strength in enumerate(["", *STRENGTHS])}


@dataclass(frozen=True, slots=True)
class Decision:
    """The setting, why, and the posterior and truth of each word that it recognized on held-out speech."""

    setting: Setting
    verdict: Verdict
    trials: tuple[Trial, ...] = ()
    words: tuple[tuple[float, bool], ...] = ()
    on_pronunciations: Verdict | None = None

    def report(self, contested: Sequence[str] = ()) -> dict[str, Any]:
        """What the model's report tells. `contested`: the words that the base lexicon and the user pronounce."""
        pronunciations = None
        if self.on_pronunciations and contested:
            pronunciations = {
                "count": len(contested),
                "entries": list(contested[:_LISTED]),
                "kept": self.setting.pronunciations,
                "verdict": self.on_pronunciations.shown(),
            }
        return {
            "verdict": self.verdict.shown(),
            "chosen": self.setting.shown(),
            "tried": [trial.shown() for trial in self.trials],
            "pronunciations": pronunciations,
        }


@dataclass(frozen=True, slots=True)
class Weights:
    """What text says of the weight of the domain's language model: 0 without any.

    `may_back_off` is False where the user has set it; `is_costly` says whether it costs much on general speech.
    """

    gentle: float
    likeliest: float
    may_back_off: bool
    is_costly: bool


@dataclass(slots=True)
class _Trials:
    """Runs each setting once."""

    sources: Sources
    workers: int
    progress: Callable[[float], None]
    expected: int
    trials: dict[Setting, Trial] = field(default_factory=dict)
    outcomes: dict[Setting, Outcome] = field(default_factory=dict)

    def __call__(self, setting: Setting) -> Trial:
        if setting not in self.trials:
            done = len(self.trials)
            outcome = tried(
                partial(self.sources.files, setting),
                self.sources.split,
                workers=self.workers,
                progress=_as_one(self.progress, done, self.expected),
            )
            gentleness = (-float(_RANK[setting.strength]), -setting.weight, -abs(math.log(setting.language_scale)))
            self.outcomes[setting] = outcome
            self.trials[setting] = Trial(setting, outcome.counts, gentleness)
        return self.trials[setting]


def _as_one(progress: Callable[[float], None], done: int, expected: int) -> Callable[[float], None]:
    """Progress of one trial as that of so many, some of which are done; there may be more than was expected."""
    return lambda part: progress(min(1.0, (done + part) / expected))


def undecided(setting: Setting) -> Decision:
    """The decision where nothing is held out: everything stays, untested."""
    untold = "No transcribed speech could be held out"
    on_pronunciations = unknown(f"{untold}; {OWN} are kept.") if setting.pronunciations else None
    return Decision(setting, unknown(f"{untold}."), on_pronunciations=on_pronunciations)


def decide(sources: Sources, weights: Weights, *, workers: int, progress: Callable[[float], None]) -> Decision:
    """Choose the setting of a model. Raises: EngineError."""
    cautious = CAUTIOUS if sources.acoustics.has_speech else ""
    if not sources.split.folds:
        return undecided(Setting(weights.gentle, cautious, sources.has_own))
    run = _Trials(sources, workers, progress, _expected(sources, weights, cautious))
    base = run(Setting())
    if not is_enough([one.words for one in base.counts]):
        return _cautious(run, base, weights, cautious)
    own = sources.has_own and _own_help(run, weights.gentle)
    text = run(Setting(weights.gentle, "", own))
    least = base if weights.may_back_off else text
    others = [text] if text is not base else []
    if cautious:
        strengths = dict.fromkeys((sources.acoustics.likeliest(), cautious))
        others += [run(Setting(weights.gentle, strength, own)) for strength in strengths]
    strength = choose(text, others).setting.strength  # what the sound earns, whatever the text does
    if weights.likeliest > weights.gentle:
        others.append(run(Setting(weights.likeliest, strength, own)))
    if weights.may_back_off and (weights.is_costly or (weights.gentle and text.wer > base.wer)):
        others.append(run(Setting(round(weights.gentle * LESS_TEXT, 3), strength, own)))
        if (strength or own) and not is_surely_better(base, text):
            others.append(run(Setting(0.0, strength, own)))
    chosen = _scaled(run, choose(least, others))
    if not sources.has_own:
        return _decided(run, base, chosen)
    weight = 0.0 if own and chosen is base else weights.gentle  # where they were judged
    without, having = run(Setting(weight)), run(Setting(weight, "", pronunciations=True))
    told = verdict_on_pronunciations(without, having, are_kept=chosen.setting.pronunciations)
    return replace(_decided(run, base, chosen), on_pronunciations=told)


def _expected(sources: Sources, weights: Weights, cautious: str) -> int:
    """How many settings will be tried, for progress; most often it is so many."""
    tested = sources.split.tested
    has_text = weights.gentle > 0 or sources.has_own
    if not is_enough([len(one.words) for one in tested]):
        return 1 + bool(cautious or has_text)
    strengths = len({sources.acoustics.likeliest(), cautious}) if cautious else 0
    louder, less = weights.likeliest > weights.gentle, weights.may_back_off and weights.is_costly
    scales = 2 if cautious else 0
    return 1 + has_text + sources.has_own + strengths + louder + less + scales


def _scaled(run: _Trials, chosen: Trial) -> Trial:
    """The same setting, with a language model that counts more or less if that is surely better."""
    if not chosen.setting.strength:
        return chosen
    less, more, much_more = (replace(chosen.setting, language_scale=scale) for scale in LANGUAGE_SCALES)
    louder = run(more)
    return choose(chosen, [chosen, louder, run(much_more if louder.wer < chosen.wer else less)])


def _own_help(run: _Trials, weight: float) -> bool:
    """Whether the user's pronunciations of words that the base lexicon has do no harm beside the text."""
    without, having = run(Setting(weight)), run(Setting(weight, "", pronunciations=True))
    return choose(without, [having]) is having


def _cautious(run: _Trials, base: Trial, weights: Weights, strength: str) -> Decision:
    """With too little to decide: the cautious setting, or less where that is worse. The user's pronunciations stay."""
    own = run.sources.has_own
    text = Setting(weights.gentle, "", own)
    least = base if weights.may_back_off else run(text)
    chosen = choose(least, [run(Setting(weights.gentle, strength, own))])
    if chosen is least:
        chosen = choose(least, [run(text)])
    if not own:
        return _decided(run, base, chosen)
    kept = run(Setting(pronunciations=True)) if chosen is base else chosen
    untested = unknown(f"Too little is held out to tell what {OWN} do; they are kept.")
    return replace(_decided(run, base, kept), on_pronunciations=untested)


def _decided(run: _Trials, base: Trial, chosen: Trial) -> Decision:
    outcome = run.outcomes[chosen.setting]
    words = [
        judged
        for heard, hypothesis in zip(run.sources.split.tested, outcome.hypotheses, strict=True)
        for judged in _judged(heard.words, [(word.text, word.confidence) for word in hypothesis.words])
    ]
    return Decision(chosen.setting, verdict(base, chosen), tuple(run.trials.values()), tuple(words))


def _judged(reference: tuple[str, ...], recognized: list[tuple[str, float]]) -> list[tuple[float, bool]]:
    """The posterior of each recognized word, and whether it is right."""
    edits = align(reference, [word for word, _ in recognized]).edits
    right = [edit.kind is EditKind.CORRECT for edit in edits if edit.hypothesis is not None]
    return [(posterior, is_right) for (_, posterior), is_right in zip(recognized, right, strict=True)]


def learning_curve(
    sources: Sources, decision: Decision, *, workers: int, progress: Callable[[float], None]
) -> list[dict[str, Any]]:
    """The error on held-out speech after none, a quarter, half and all of the speech that a fold leaves.

    Empty where the chosen setting has no acoustics of its own. Raises: EngineError.
    """
    setting = decision.setting
    if not setting.strength or not decision.trials:
        return []
    asked = dict.fromkeys((0, 1, 2, QUARTERS), setting)
    asked[0] = replace(setting, strength="", language_scale=1.0)
    trials = {trial.setting: trial.counts for trial in decision.trials}
    counts = {quarters: trials[asked[quarters]] for quarters in (0, QUARTERS) if asked[quarters] in trials}
    missing = [quarters for quarters in asked if quarters not in counts]
    for done, quarters in enumerate(missing):
        outcome = tried(
            partial(sources.files, asked[quarters], quarters=quarters or QUARTERS),
            sources.split,
            workers=workers,
            progress=_as_one(progress, done, len(missing)),
        )
        counts[quarters] = outcome.counts
    folds = sources.split.folds
    return [
        _point(sum(sources.seconds(fold.number, quarters) for fold in folds) / len(folds), counts[quarters])
        for quarters in asked
    ]


def _point(seconds: float, counts: tuple[ErrorCounts, ...]) -> dict[str, Any]:
    low, high = bootstrap_interval(counts)
    return {
        "seconds": round(seconds, 1),
        "wordErrorRate": {"value": round(total(counts).wer or 0.0, 4), "low": round(low, 4), "high": round(high, 4)},
    }
