"""Two language models become one.

    p(w | h) = weight p_a(w | h) + (1 - weight) p_b(w | h)     for every n-gram that either lists

The result is again a back-off model: the mixture is exact for all listed n-grams, and the back-off weights are computed
anew. Of two orders the mixture has the higher one: up there the shorter model lists nothing, and backs off. The weight
comes from text that neither model has seen.

Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980.
"""

import math
from collections.abc import Collection, Iterator

import numpy as np

from speechsmith.asr.ngram.counts import Union, union
from speechsmith.asr.ngram.model import (
    LOG_ZERO,
    WORD_BITS,
    Doubles,
    Floats,
    Ints,
    Level,
    NGram,
    Rows,
    normalized,
    parts,
)


def interpolate(a: NGram, b: NGram, weight: float) -> NGram:
    """The static mixture of two models; `weight`, in (0, 1], is that of a. At 1 it is a itself.

    The vocabulary is b's with a's other words behind it; a word that one model lacks has probability zero there.
    """
    assert 0 < weight <= 1
    if weight == 1:
        return a
    words = (*b.words, *(word for word in a.words if word not in b.index))
    index = {word: row for row, word in enumerate(words)}
    a_levels = _renamed(a, np.array([index[word] for word in a.words]), len(words))
    b_levels = _renamed(b, np.arange(len(b.words)), len(words))
    order = max(a.order, b.order)
    return normalized(words, list(_mixed(_up_to(a_levels, order), _up_to(b_levels, order), weight)))


def _up_to(levels: list[Level], order: int) -> list[Level]:
    """The levels, with empty ones up to the order."""
    nothing = np.zeros(0, np.float32)
    return levels + [Level(np.zeros(0, np.int64), np.zeros(0, np.int32), nothing, nothing)] * (order - len(levels))


def _mixed(a: list[Level], b: list[Level], weight: float) -> Iterator[Level]:
    """Level by level, the mixture over all n-grams of a and b; its back-offs are still to be computed."""
    said_a = said_b = None
    for both, level_a, level_b in zip(union(*([(x.keys, x.suffix) for x in m] for m in (a, b))), a, b, strict=True):
        said_a = _said(level_a, both, both.rows_a, said_a)
        said_b = _said(level_b, both, both.rows_b, said_b)
        log_p = np.empty(len(both.keys), np.float32)
        for part in parts(len(log_p)):
            mixed = np.logaddexp(math.log(weight) + said_a[0][part], math.log1p(-weight) + said_b[0][part])
            log_p[part] = np.maximum(mixed, LOG_ZERO)
        yield Level(both.keys, both.suffix, log_p, said_b[1])  # the back-off is only a place holder


def _said(level: Level, both: Union, rows: Rows, below: tuple[Floats, Floats] | None) -> tuple[Floats, Floats]:
    """What one model says of all n-grams of the mixture of one order, listed or not: log p and log bo, both (N,).

    `rows` is where the model's own n-grams lie among them; `below` is what it says of the order below.
    """
    log_p = np.full(len(both.keys), LOG_ZERO, np.float32)
    if below is not None:
        for part in parts(len(log_p)):
            log_p[part] = below[1][both.keys[part] >> WORD_BITS] + below[0][both.suffix[part]]
    log_p[rows] = level.log_prob
    log_backoff = np.zeros(len(both.keys), np.float32)
    log_backoff[rows] = level.log_backoff
    return log_p, log_backoff


def _renamed(model: NGram, ids: Ints, words: int) -> list[Level]:
    """The model's levels over a larger vocabulary of `words` words, where its word i is called ids[i]."""
    first = model.levels[0]
    log_prob, log_backoff = np.full(words, LOG_ZERO, np.float32), np.zeros(words, np.float32)
    log_prob[ids], log_backoff[ids] = first.log_prob, first.log_backoff
    levels = [Level(np.arange(words, dtype=np.int64), np.zeros(words, np.int32), log_prob, log_backoff)]
    if np.array_equal(ids, np.arange(len(ids))):
        return [*levels, *model.levels[1:]]
    new_row = ids
    for level in model.levels[1:]:
        keys = new_row[level.history] << WORD_BITS | ids[level.word]
        suffix = new_row[level.suffix].astype(np.int32)
        order = np.argsort(keys)
        levels.append(Level(keys[order], suffix[order], level.log_prob[order], level.log_backoff[order]))
        new_row = np.empty(len(order), np.int64)
        new_row[order] = np.arange(len(order))
    return levels


def with_floor(model: NGram, words: Collection[str], probability: float) -> NGram:
    """The model, in which each of the words has at least this probability as a single word; new words are added.

    The mass is taken evenly from all other words, and the back-offs follow.
    """
    added = [word for word in words if word not in model.index]
    vocabulary = (*model.words, *added)
    levels = _renamed(model, np.arange(len(model.words)), len(vocabulary))
    index = {word: row for row, word in enumerate(vocabulary)}
    rows = np.array(sorted({index[word] for word in words}), np.int64)
    p = np.exp(levels[0].log_prob.astype(np.float64))
    low = rows[p[rows] < probability]
    p *= (1 - probability * len(low)) / (1 - p[low].sum())
    p[low] = probability
    first = levels[0]
    log_prob = np.log(np.maximum(p, np.exp(LOG_ZERO))).astype(np.float32)
    levels[0] = Level(first.keys, first.suffix, log_prob, first.log_backoff)
    return normalized(vocabulary, levels)


def mixture_weight(
    log_a: Doubles, log_b: Doubles, *, prior: tuple[float, float] = (0.5, 0.0), rounds: int = 30
) -> float:
    """The weight of a under which text that both have scored is likeliest, by expectation maximization.

        weight <- (sum_t r_t + m n) / (T + n)       r_t = weight p_a(t) / (weight p_a(t) + (1 - weight) p_b(t))

    Args: log_a, log_b (T,), each token's log p; prior (m, n), what was believed beforehand, as n tokens of which the
    share m was a's. With n = 0 this is the likeliest weight, else the most probable one.
    """
    m, n = prior
    weight = m if n > 0 else 0.5
    if len(log_a) + n == 0:
        return weight
    for _ in range(rounds):
        r = weight_of_a(log_a, log_b, weight)
        weight = float((r.sum() + m * n) / (len(r) + n))
    return weight


def weight_of_a(log_a: Doubles, log_b: Doubles, weight: float) -> Doubles:
    """(T,) the share of each token that comes from a."""
    with np.errstate(over="ignore"):
        return weight / (weight + (1 - weight) * np.exp(log_b - log_a))
