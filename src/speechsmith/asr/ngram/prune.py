"""Relative-entropy pruning: leave out the n-grams that a model hardly misses.

Without an n-gram hw, its probability becomes alpha'(h) p(w | h'), and the model moves away from what it was by

    D = -p(h) { p(w|h) [log p(w|h') + log alpha'(h) - log p(w|h)] + [log alpha'(h) - log alpha(h)] (1 - sum_v p(v|h)) }

where v runs over the words listed after h, and alpha' is the back-off weight when hw is not among them. This is the
relative entropy in full, with what all unlisted words gain by the new back-off weight, and not only the weighted
difference of the n-gram itself. An n-gram goes when the perplexity grows by less than a threshold: exp(D) - 1 < theta.
p(h) is the product of the model's own probabilities.

Stolcke, "Entropy-based pruning of backoff language models", DARPA Broadcast News Workshop, 1998.
"""

import numpy as np

from speechsmith.asr.ngram.model import (
    END,
    LEAST_MASS,
    START,
    WORD_BITS,
    Bools,
    Doubles,
    Level,
    NGram,
    listed_mass,
    normalized,
    parts,
)


def prune(model: NGram, theta: float) -> NGram:
    """The model without the n-grams whose loss raises its perplexity by less than theta, relatively, each on its own.

    Single words stay, and so does what a longer n-gram needs as its history or its suffix.
    """
    kept: list[Bools] = [np.ones(len(level), np.bool_) for level in model.levels]
    p_history = _joint(model)
    for n in range(model.order - 1, 0, -1):
        level, below = model.levels[n], model.levels[n - 1]
        kept[n] = np.expm1(_divergence(level, below, p_history[n - 1])) >= theta
        if n + 1 < model.order:
            above, stays = model.levels[n + 1], kept[n + 1]
            kept[n][above.history[stays]] = True
            kept[n][above.suffix[stays]] = True
    return normalized(model.words, _selected(model, kept))


def _joint(model: NGram) -> list[Doubles]:
    """For each level but the highest, (N,) how probable the n-gram is in text; `<s>` is as frequent as `</s>`."""
    first = np.exp(model.levels[0].log_prob.astype(np.float64))
    first[model.index[START]] = first[model.index[END]]
    joint: list[Doubles] = [first]
    for level in model.levels[1:-1]:
        p = np.empty(len(level))
        for part in parts(len(level)):
            p[part] = joint[-1][level.keys[part] >> WORD_BITS] * np.exp(level.log_prob[part])
        joint.append(p)
    return joint


def _divergence(level: Level, below: Level, p_history: Doubles) -> Doubles:
    """(N,) D of each n-gram; `p_history` (H,) is the probability of each n-gram below."""
    listed, shorter = listed_mass(below, level)
    divergence = np.empty(len(level))
    for part in parts(len(level)):
        history = level.keys[part] >> WORD_BITS
        log_p, log_q = level.log_prob[part].astype(np.float64), below.log_prob[level.suffix[part]].astype(np.float64)
        p, q = np.exp(log_p), np.exp(log_q)
        left_p, left_q = 1 - listed[history], 1 - shorter[history]  # what is not listed after h
        log_alpha = below.log_backoff[history]
        log_alpha_without = np.log(np.maximum(left_p + p, LEAST_MASS)) - np.log(np.maximum(left_q + q, LEAST_MASS))
        change = p * (log_q + log_alpha_without - log_p) + (log_alpha_without - log_alpha) * np.maximum(left_p, 0)
        divergence[part] = -p_history[history] * change
    return divergence


def _selected(model: NGram, kept: list[Bools]) -> list[Level]:
    """The kept rows of each level, with keys and suffixes that name the new rows below."""
    levels = [model.levels[0]]
    for level, keep, keep_below in zip(model.levels[1:], kept[1:], kept, strict=False):
        new_row = np.cumsum(keep_below) - 1
        levels.append(
            Level(
                new_row[level.history[keep]] << WORD_BITS | level.word[keep],
                new_row[level.suffix[keep]].astype(np.int32),
                level.log_prob[keep],
                level.log_backoff[keep],
            )
        )
    return levels
