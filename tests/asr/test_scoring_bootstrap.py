"""Confidence of error rates: hand-worked spreads, and coverage on simulated test sets."""

import numpy as np
import pytest

from speechsmith.asr.scoring import ErrorCounts, bootstrap_interval, paired_bootstrap, paired_difference, total


def simulated(rng: np.random.Generator, *, utterances: int, rate: float) -> list[ErrorCounts]:
    errors = rng.binomial(10, rate, size=utterances)
    return [ErrorCounts(correct=10 - int(wrong), substitutions=int(wrong)) for wrong in errors]


def test_utterances_that_are_all_alike_leave_no_doubt():
    assert bootstrap_interval([ErrorCounts(correct=3, substitutions=1)] * 20) == (0.25, 0.25)


def test_the_interval_of_a_binomial_rate_has_its_normal_width():
    counts = simulated(np.random.default_rng(1), utterances=400, rate=0.2)

    low, high = bootstrap_interval(counts, resamples=4000)

    rate = total(counts).wer
    assert rate is not None
    assert low < rate < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.2 * 0.8 / 4000), rel=0.1)


def test_about_nineteen_of_twenty_intervals_hold_the_true_rate():
    rng = np.random.default_rng(2)
    intervals = [bootstrap_interval(simulated(rng, utterances=60, rate=0.3), resamples=300) for _ in range(200)]

    held = sum(low <= 0.3 <= high for low, high in intervals)

    assert 0.9 <= held / 200 <= 0.98


def test_a_higher_level_gives_a_wider_interval():
    counts = simulated(np.random.default_rng(3), utterances=50, rate=0.3)

    low, high = bootstrap_interval(counts, level=0.9)
    lower, higher = bootstrap_interval(counts, level=0.99)

    assert lower < low < high < higher


def test_the_seed_settles_the_interval():
    counts = simulated(np.random.default_rng(4), utterances=50, rate=0.3)

    assert bootstrap_interval(counts, seed=7) == bootstrap_interval(counts, seed=7)
    assert bootstrap_interval(counts, seed=7) != bootstrap_interval(counts, seed=8)


def test_empty_references_among_others_do_no_harm():
    low, high = bootstrap_interval([ErrorCounts(insertions=1), ErrorCounts(correct=1)])

    assert (low, high) == (0, 1)


@pytest.mark.parametrize("counts", [[], [ErrorCounts(insertions=3)]])
def test_without_reference_words_there_is_nothing_to_resample(counts):
    with pytest.raises(ValueError, match="no reference words"):
        bootstrap_interval(counts)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_to_one_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        bootstrap_interval([ErrorCounts(correct=1)], level=level)


def test_a_system_that_is_never_worse_surely_improves():
    first = [ErrorCounts(correct=1, substitutions=2)] * 10
    second = [ErrorCounts(correct=2, substitutions=1)] * 10

    assert paired_bootstrap(first, second) == 1
    assert paired_bootstrap(second, first) == 0


def test_equal_systems_improve_with_even_odds():
    counts = simulated(np.random.default_rng(5), utterances=30, rate=0.3)

    assert paired_bootstrap(counts, counts) == 0.5


def test_swapping_the_systems_gives_the_other_odds():
    rng = np.random.default_rng(6)
    first, second = simulated(rng, utterances=40, rate=0.3), simulated(rng, utterances=40, rate=0.28)

    assert paired_bootstrap(first, second) + paired_bootstrap(second, first) == pytest.approx(1)


def test_pairing_sees_a_gain_that_the_separate_intervals_hide():
    rng = np.random.default_rng(7)
    first = [ErrorCounts(correct=10 - int(wrong), substitutions=int(wrong)) for wrong in rng.integers(1, 10, size=100)]
    second = [ErrorCounts(correct=c.correct + 1, substitutions=c.substitutions - 1) for c in first[:30]] + first[30:]

    assert paired_bootstrap(first, second) > 0.999
    assert bootstrap_interval(second)[1] > bootstrap_interval(first)[0]


def test_results_on_different_references_cannot_be_paired():
    with pytest.raises(ValueError, match="same utterances"):
        paired_bootstrap([ErrorCounts(correct=2)], [ErrorCounts(correct=3)])
    with pytest.raises(ValueError, match="same utterances"):
        paired_bootstrap([ErrorCounts(correct=2)], [ErrorCounts(correct=2)] * 2)


def test_a_system_that_errs_once_less_in_each_utterance_differs_by_that_alone():
    first = [ErrorCounts(correct=2, substitutions=2)] * 10
    second = [ErrorCounts(correct=3, substitutions=1)] * 10

    found = paired_difference(first, second)

    assert (found.value, found.low, found.high, found.standard_error) == (-0.25, -0.25, -0.25, 0.0)


def test_the_difference_of_a_pair_varies_less_than_its_parts():
    rng = np.random.default_rng(7)
    first = simulated(rng, utterances=200, rate=0.3)
    second = [
        ErrorCounts(correct=one.correct + 1, substitutions=one.substitutions - 1) if one.substitutions and keep else one
        for one, keep in zip(first, rng.random(200) < 0.5, strict=True)
    ]

    found = paired_difference(first, second)

    low, high = bootstrap_interval(first)
    assert found.low < found.value < found.high < 0
    assert found.high - found.low < (high - low) / 2
    assert found.standard_error == pytest.approx((found.high - found.low) / (2 * 1.96), rel=0.15)


def test_a_difference_needs_the_same_references():
    with pytest.raises(ValueError, match="same utterances"):
        paired_difference([ErrorCounts(correct=1)], [ErrorCounts(correct=2)])
    with pytest.raises(ValueError, match="level"):
        paired_difference([ErrorCounts(correct=1)], [ErrorCounts(correct=1)], level=1.0)
