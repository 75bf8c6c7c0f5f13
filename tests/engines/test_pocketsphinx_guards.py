"""Guards: what held-out speech lets into a model, and what is said of it."""

import numpy as np
import pytest

from speechsmith.asr.scoring import ErrorCounts
from speechsmith.engines.pocketsphinx.guards import Outcome, Setting, Trial, choose, is_enough, unknown, verdict


def trial(errors, *, weight=0.0, strength="", words=10, gentleness=()):
    """One utterance of `words` words for each number of errors."""
    counts = tuple(ErrorCounts(correct=words - wrong, substitutions=wrong) for wrong in errors)
    return Trial(Setting(weight, strength), counts, gentleness)


def test_a_setting_that_is_worse_than_the_base_is_never_taken():
    base = trial([2] * 20)
    worse = trial([3] * 20, weight=0.5, gentleness=(0.0,))

    assert choose(base, [worse]) is base


def test_the_clearly_best_setting_wins_though_it_is_the_least_gentle():
    base = trial([5] * 20)
    gentle = trial([4] * 20, weight=0.1, gentleness=(1.0,))
    strong = trial([1] * 20, weight=0.9, gentleness=(0.0,))

    assert choose(base, [gentle, strong]) is strong


def test_within_the_noise_of_the_best_the_gentlest_is_taken():
    rng = np.random.default_rng(1)
    errors = rng.integers(0, 5, 40)
    base = trial([9] * 40)
    gentle = trial(errors, weight=0.1, gentleness=(1.0,))
    strong = trial(rng.permutation(errors), weight=0.9, gentleness=(0.0,))  # as many errors, elsewhere
    one_less = trial([*rng.permutation(errors)[:-1], 0], weight=0.8, gentleness=(0.5,))

    assert choose(base, [strong, gentle, one_less]) is gentle


def test_what_was_learned_is_preferred_to_the_base_when_it_does_no_harm():
    base, equal = trial([1] * 12), trial([1] * 12, weight=0.3, gentleness=(0.0,))

    assert choose(base, [equal]) is equal


@pytest.mark.parametrize(("utterances", "words", "enough"), [(10, 10, True), (9, 100, False), (50, 1, False)])
def test_enough_is_ten_utterances_of_a_hundred_words(utterances, words, enough):
    assert is_enough([words] * utterances) is enough


def test_a_better_model_is_called_better_with_its_range():
    found = verdict(trial([6] * 30), trial([2, 3] * 15, weight=0.5))

    assert found.outcome is Outcome.BETTER
    assert "from 60.0 to 25.0 %" in found.words
    shown = found.shown()
    assert shown["difference"]["value"] == -0.35
    assert shown["difference"]["low"] <= -0.35 <= shown["difference"]["high"] < 0
    assert shown["wordErrorRateBefore"] == {"value": 0.6, "low": 0.6, "high": 0.6}


def test_a_difference_that_may_be_chance_is_called_no_difference():
    rng = np.random.default_rng(2)
    errors = rng.integers(0, 10, 30)

    assert verdict(trial(errors), trial(rng.permutation(errors))).outcome is Outcome.NO_DIFFERENCE


def test_a_model_that_is_surely_worse_is_called_so_and_what_to_do_about_it():
    found = verdict(trial([2, 3] * 15), trial([6] * 30, weight=0.9))

    assert found.outcome is Outcome.WORSE
    assert "from 25.0 to 60.0 %" in found.words
    assert found.words.endswith("Ask for a smaller weight, or for none.")
    assert found.shown()["difference"]["low"] > 0


def test_a_handful_of_utterances_is_called_unknown_but_measured():
    found = verdict(trial([5] * 4), trial([1] * 4, strength="cautious"))

    assert found.outcome is Outcome.UNKNOWN
    assert "from 50.0 to 10.0 %" in found.words
    assert "wordErrorRateAfter" in found.shown()


def test_nothing_held_out_is_called_unknown_without_figures():
    nothing = Trial(Setting(), ())

    assert verdict(nothing, nothing).shown() == {
        "outcome": "unknown",
        "words": "No transcribed speech was held out, so what the model gains in words is not known.",
    }
    assert unknown("Why.").shown()["words"] == "Why."
