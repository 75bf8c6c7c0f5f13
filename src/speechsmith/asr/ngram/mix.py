"""Two language models become one, by a weight that depends on what was said before.

    p(w | h) = l(h) p_a(w | h) + (1 - l(h)) p_b(w | h)           for every n-gram that either lists

    l(h) = weight P_a(h) / (weight P_a(h) + (1 - weight) P_b(h))

The words of the history tell which of the two models this sentence comes from: after words that only a expects its say
is large, and after words of everyday talk it is small. So a model of a domain can be loud at home without being heard
elsewhere; with the same weight everywhere, every word of everyday talk would lose the share (1 - weight).

The result is again a back-off model: the mixture is exact for all listed n-grams, and the back-off weights are computed
anew. Of two orders the mixture has the higher one: up there the shorter model lists nothing, and backs off. The weight
comes from text that neither model has seen.

Weintraub, Aksu, Dharanipragada et al., "Fast training and portability", Johns Hopkins University LM95 report, 1996;
Allauzen & Riley, "Bayesian language model interpolation for mobile speech input", Interspeech 2011.
"""

import math
from collections.abc import Collection, Iterator

import numpy as np

from speechsmith.asr.ngram.counts import Union, union
from speechsmith.asr.ngram.model import (
    LOG_ZERO,
    START,
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

MOST_SHIFT = 6.0  # how far a history moves the logit of the weight; no history silences a model


def interpolate(a: NGram, b: NGram, weight: float) -> NGram:
    """The static mixture of two models; `weight`, in (0, 1], is a's before anything is said. At 1 it is a itself.

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
    return normalized(words, list(_mixed(_up_to(a_levels, order), _up_to(b_levels, order), weight, index[START])))


def _up_to(levels: list[Level], order: int) -> list[Level]:
    """The levels, with empty ones up to the order."""
    nothing = np.zeros(0, np.float32)
    return levels + [Level(np.zeros(0, np.int64), np.zeros(0, np.int32), nothing, nothing)] * (order - len(levels))


def _mixed(a: list[Level], b: list[Level], weight: float, start: int) -> Iterator[Level]:
    """Level by level, the mixture over all n-grams of a and b; its back-offs are still to be computed.

    The highest order has most of all n-grams, and is nobody's history: what only histories need is not made for it.
    """
    said_a = said_b = None
    before = np.zeros(1)  # log P_a(h) - log P_b(h) of each n-gram h of the order below
    unions = union(*([(x.keys, x.suffix) for x in m] for m in (a, b)))
    for both, level_a, level_b in zip(unions, a, b, strict=True):
        is_highest = level_a is a[-1]
        said_a = _said(level_a, both, both.rows_a, said_a, is_highest=is_highest)
        said_b = _said(level_b, both, both.rows_b, said_b, is_highest=is_highest)
        log_p = np.empty(len(both.keys), np.float32)
        shift = np.empty(0 if is_highest else len(log_p))
        for part in parts(len(log_p)):
            history = before[both.keys[part] >> WORD_BITS]
            log_p[part] = np.maximum(log_mixture(said_a[0][part], said_b[0][part], history, weight), LOG_ZERO)
            if not is_highest:
                shift[part] = history + said_a[0][part] - said_b[0][part]
        if len(before) == 1 and not is_highest:
            shift[start] = 0.0  # the start of a sentence is given, and speaks for neither
        before = shift
        yield Level(both.keys, both.suffix, log_p, said_b[1])  # the back-off is only a place holder


def log_mixture(log_a: Floats | Doubles, log_b: Floats | Doubles, history: Doubles, weight: float) -> Doubles:
    """log p of words, from what both models say of them. All (N,).

    Args: history: log P_a(h) - log P_b(h) of what stands before each word; weight: a's, in (0, 1).
    """
    logit = math.log(weight) - math.log1p(-weight) + np.clip(history, -MOST_SHIFT, MOST_SHIFT)
    # log sigmoid(x) = -log(1 + e^-x)
    mixture: Doubles = np.logaddexp(log_a - np.logaddexp(0.0, -logit), log_b - np.logaddexp(0.0, logit))
    return mixture


def history_log_probs(model: NGram, tokens: Rows) -> Doubles:
    """log P(h) of the words before each token that the model looks back to: 0 where the sentence starts.

    Args: tokens (T,) as for `token_log_probs`. Returns: (T,), LOG_ZERO or less where a word is UNKNOWN.
    """
    start = model.index[START]
    total = np.zeros(len(tokens))
    inside = np.ones(len(tokens), np.bool_)  # whether what stands so far before a token is of its sentence
    for back in range(1, model.order):
        inside = inside & (_shifted(tokens, back - 1, start) != start)
        # The word `back` places before is the first but order - 1 - back of the history, and has as many before it.
        log_p = NGram(model.words, model.levels[: model.order - back]).token_log_probs(tokens)
        spoken = np.where(tokens == start, 0.0, np.nan_to_num(log_p, nan=LOG_ZERO))
        total += np.where(inside, _shifted(spoken, back, 0.0), 0.0)
    return total


def _shifted(values: "np.typing.NDArray[np.generic]", places: int, fill: float) -> "np.typing.NDArray[np.generic]":
    """The values, each so many places later."""
    return np.concatenate([np.full(places, fill, values.dtype), values[: len(values) - places]])


def _said(
    level: Level, both: Union, rows: Rows, below: tuple[Floats, Floats] | None, *, is_highest: bool
) -> tuple[Floats, Floats]:
    """What one model says of all n-grams of the mixture of one order, listed or not: log p and log bo, both (N,).

    `rows` is where the model's own n-grams lie among them; `below` is what it says of the order below.
    """
    log_p = np.full(len(both.keys), LOG_ZERO, np.float32)
    if below is not None:
        for part in parts(len(log_p)):
            log_p[part] = below[1][both.keys[part] >> WORD_BITS] + below[0][both.suffix[part]]
    log_p[rows] = level.log_prob
    if is_highest:
        return log_p, np.broadcast_to(np.float32(0), len(log_p))
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
