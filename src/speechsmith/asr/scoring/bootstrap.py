"""How far a word error rate can be trusted: what it would have been on other test sets like this one.

Test sets are drawn from the utterances at hand, with replacement; the spread of the rate over these draws is the
spread to expect. Utterances are drawn whole, since the errors inside one depend on each other.

Bisani & Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.scoring.alignment import ErrorCounts, Ints

_DRAWS_AT_ONCE = 1_000_000  # bounds the memory to some 10 MB, however large the test set


def bootstrap_interval(
    counts: Sequence[ErrorCounts], *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The interval that holds the share `level` of the WERs of resampled test sets, as fractions.

    Args: counts: one for each utterance.
    Raises: ValueError: no reference words at all, or `level` is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
    errors, words = _columns(counts)
    rates = []
    for drawn in _draws(len(counts), resamples, seed):  # (B, n)
        drawn_words = words[drawn].sum(axis=1)  # (B,)
        has_words = drawn_words > 0  # a draw of empty references only has no rate
        rates.append(errors[drawn].sum(axis=1)[has_words] / drawn_words[has_words])
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(rates), [tail, 1 - tail])
    return float(low), float(high)


def paired_bootstrap(
    first: Sequence[ErrorCounts], second: Sequence[ErrorCounts], *, resamples: int = 1000, seed: int = 0
) -> float:
    """The probability that the second system is better than the first, on test sets like this one.

    The share of resampled test sets in which the second system has fewer errors; equally many count half, so that two
    equal systems get 0.5.

    Args: first, second: one for each utterance, of the same utterances in the same order.
    Raises: ValueError: the two do not stem from the same references, or there are no reference words.
    """
    first_errors, first_words = _columns(first)
    second_errors, second_words = _columns(second)
    if not np.array_equal(first_words, second_words):
        raise ValueError("Only results on the same utterances, in the same order, can be compared in pairs.")
    gain = first_errors - second_errors  # (n,)
    wins = 0.0
    for drawn in _draws(len(first), resamples, seed):
        difference = gain[drawn].sum(axis=1)  # (B,)
        wins += np.count_nonzero(difference > 0) + np.count_nonzero(difference == 0) / 2
    return wins / resamples


@dataclass(frozen=True, slots=True)
class Difference:
    """How much the second system's WER lies above the first's, as fractions: below zero it is better.

    `low` and `high` bound the share `level` of the resampled differences; `standard_error` is their deviation.
    """

    value: float
    low: float
    high: float
    standard_error: float


def paired_difference(
    first: Sequence[ErrorCounts],
    second: Sequence[ErrorCounts],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Difference:
    """The difference of two systems' WER on test sets like this one; both are resampled together.

    Args: first, second: one for each utterance, of the same utterances in the same order.
    Raises: ValueError: as `paired_bootstrap`, and for a level outside of (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
    first_errors, words = _columns(first)
    second_errors, second_words = _columns(second)
    if not np.array_equal(words, second_words):
        raise ValueError("Only results on the same utterances, in the same order, can be compared in pairs.")
    more = second_errors - first_errors  # (n,)
    differences = []
    for drawn in _draws(len(first), resamples, seed):  # (B, n)
        drawn_words = words[drawn].sum(axis=1)  # (B,)
        has_words = drawn_words > 0
        differences.append(more[drawn].sum(axis=1)[has_words] / drawn_words[has_words])
    resampled = np.concatenate(differences)
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Difference(float(more.sum() / words.sum()), float(low), float(high), float(resampled.std()))


def _columns(counts: Sequence[ErrorCounts]) -> tuple[Ints, Ints]:
    """(n,) errors and (n,) words. Raises: ValueError."""
    errors = np.array([count.errors for count in counts], dtype=np.int64)
    words = np.array([count.words for count in counts], dtype=np.int64)
    if not words.sum():
        raise ValueError("There are no reference words, hence no error rate to resample.")
    return errors, words


def _draws(utterances: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    at_once = max(1, _DRAWS_AT_ONCE // utterances)
    for start in range(0, resamples, at_once):
        yield rng.integers(utterances, size=(min(at_once, resamples - start), utterances))
