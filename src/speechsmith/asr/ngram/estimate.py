"""Interpolated modified Kneser-Ney estimation.

    p(w | h) = (c(hw) - D(c(hw))) / c(h) + gamma(h) p(w | h')         gamma(h) = sum_w D(c(hw)) / c(h)

c counts occurrences at the highest order and after `<s>`; below, it counts in how many different contexts the n-gram
was seen, so that a word that only follows one other is not expected everywhere. Each level has three discounts, for
n-grams seen once, twice and more often, from n_k, the number of n-grams seen k times:

    Y = n_1 / (n_1 + 2 n_2)        D_k = k - (k + 1) Y n_{k+1} / n_k

They are 0.5, 1 and 1.5 where the formula has no answer: where n_1, n_2 or n_3 is none, or a D_k is not in (0, k]. So it
is in very small text, and in text made by rule.

Below single words lies the uniform distribution over the vocabulary without `<s>`: a word of the vocabulary that the
text lacks still has a probability. As a back-off model, bo(h) = gamma(h).

Chen & Goodman, "An empirical study of smoothing techniques for language modeling", Computer Speech & Language 13, 1999.
"""

from collections.abc import Sequence

import numpy as np

from speechsmith.asr.ngram.counts import Counts, count
from speechsmith.asr.ngram.model import END, LOG_ZERO, START, Bools, Doubles, Ints, Level, NGram, Rows

_USUAL_DISCOUNTS = (0.5, 1.0, 1.5)  # where the formula has no answer


def estimate(tokens: Rows, words: Sequence[str], *, order: int = 3, weights: Doubles | None = None) -> NGram:
    """The language model of a text.

    Args:
        tokens: (T,) stream of `encode` in ids of `words`.
        words: the vocabulary; it holds `<s>` and `</s>`.
        order: longest n-gram, at least 2.
        weights: (S,) what each sentence counts for. The discounts come from the plain counts: a sentence that counts
            three times weighs more, but is no better evidence that its n-grams will come again.
    """
    start = words.index(START)
    assert END in words
    assert order >= 2
    counts = list(count(tokens, words=len(words), order=order, start=start, weights=weights))
    after_start = _begins_with(counts, start)
    for n in range(order - 1):
        counts[n] = _contexts(counts[n], counts[n + 1], after_start[n])
    lower = np.full(len(words), 1 / (len(words) - 1))
    lower[start] = 0
    counts[0].seen[start] = counts[0].weighted[start] = 0  # given, never predicted
    levels: list[Level] = []
    below_sizes = [1, *(len(c.keys) for c in counts)]
    for n, level in enumerate(counts):
        history = np.zeros(len(level.keys), np.int64) if n == 0 else level.history
        p, gamma = _smoothed(level, history, lower[level.suffix] if n else lower, histories=below_sizes[n])
        if levels:
            levels[-1].log_backoff[:] = np.log(gamma)
        log_p = np.where(p > 0, np.log(np.maximum(p, 1e-300)), LOG_ZERO).astype(np.float32)
        levels.append(Level(level.keys, level.suffix, log_p, np.zeros(len(p), np.float32)))
        lower = p
    return NGram(tuple(words), tuple(levels))


def _smoothed(level: Counts, history: Ints, lower: Doubles, *, histories: int) -> tuple[Doubles, Doubles]:
    """p(w | h) of each n-gram (N,), and gamma(h) of each history (H,), 1 where nothing was seen after it."""
    discount = _discounts(level.seen)[np.minimum(level.seen, 3).astype(np.int64)]  # (N,)
    # an n-gram's discount is scaled like its count, so that weights leave the shares of one n-gram as they are
    discount = discount * level.weighted / np.maximum(level.seen, 1)
    total = np.bincount(history, level.weighted, minlength=histories)  # (H,)
    held_back = np.bincount(history, discount, minlength=histories)
    gamma = np.where(total > 0, held_back / np.where(total > 0, total, 1), 1.0)
    p = (level.weighted - discount) / np.maximum(total[history], 1e-300) + gamma[history] * lower
    return p, gamma


def _discounts(seen: Doubles) -> Doubles:
    """(4,) the discount of n-grams seen 0, 1, 2 and at least 3 times."""
    n1, n2, n3, n4 = (int(np.count_nonzero(seen == k)) for k in (1, 2, 3, 4))
    if 0 in (n1, n2, n3):
        return np.array([0, *_USUAL_DISCOUNTS])
    Y = n1 / (n1 + 2 * n2)
    D = [1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3]
    usable = all(0 < d <= k for k, d in enumerate(D, start=1))
    return np.array([0, *(D if usable else _USUAL_DISCOUNTS)])


def _contexts(level: Counts, longer: Counts, after_start: Bools) -> Counts:
    """The level with contexts counted in place of occurrences, but for n-grams after `<s>`, which have only one."""
    share = longer.weighted / np.maximum(longer.seen, 1)  # a context counts for the mean weight of its sentences
    seen = np.bincount(longer.suffix, minlength=len(level.keys)).astype(np.float64)
    weighted = np.bincount(longer.suffix, share, minlength=len(level.keys))
    # an n-gram behind an UNKNOWN word was seen, though in no known context
    plain = after_start | ((seen == 0) & (level.seen > 0))
    return Counts(
        level.keys, level.suffix, np.where(plain, level.seen, seen), np.where(plain, level.weighted, weighted)
    )


def _begins_with(counts: Sequence[Counts], word: int) -> list[Bools]:
    """For each level, (N,) which n-grams begin with the word."""
    begins: list[Bools] = [counts[0].keys == word]
    for level in counts[1:]:
        begins.append(begins[-1][level.history])
    return begins
