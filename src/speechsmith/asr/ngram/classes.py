"""Lists in a language model: one token stands for a list while the model is estimated, and is then written out.

The text has a sentence such as "call {name} now" once, however long the list; the model that is estimated from it is
one over tokens. What it says of words:

    p(w | h) = sum_{r reads h} pi(r | h) sum_t q(w | t) p(t | r)       pi(r | h) = p(r) q(h | r) / sum_s p(s) q(h | s)

A token t is a word, which stands for itself, or a list, whose member w has the share q(w | t). A reading r of some
words is a listed n-gram of tokens that can stand for them. Most words can be read in one way only, and then this is

    p(w | h) = p(t | h) / |t|        bo(w) = bo(t)

to the digit. A word that several lists hold, or that sentences use as well, has several readings: those that are listed
are added up, and what unlisted ones would add falls to the back-off, whose weights are computed anew. So every history
sums to one in any case.

Size. An n-gram of tokens stands for the product of their sizes: two lists of 35,000 next to each other are 1.2 thousand
million pairs. Single words are always written out. Of the longer n-grams with lists, those are written out that are
worth most for their room, as long as there is room:

    worth = p(h t) |log p(t | h) - log bo(h) p(t | h')| / product of sizes

for an n-gram ht of tokens, and at most the worth of its history and of its suffix, which are needed with it. Without an
n-gram its words are still found by backing off: a list that fits nowhere is as likely after every word. The worth may
be computed over tokens, since all members of a list lose the same factor.

Brown et al., "Class-based n-gram models of natural language", Computational Linguistics 18, 1992; the worth is the
weighted difference of Seymore & Rosenfeld, "Scalable backoff language models", ICSLP 1996, by the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from speechsmith.asr.ngram.model import (
    END,
    LOG_ZERO,
    START,
    WORD_BITS,
    WORD_MASK,
    Bools,
    Doubles,
    Ints,
    Level,
    NGram,
    Rows,
    find,
    normalized,
)

MOST_NGRAMS = 1_500_000  # longer than one word, that lists may add; the packaged base model has 3 million


@dataclass(frozen=True, slots=True)
class _Members:
    """What each token stands for: word[first[t]:first[t + 1]] with the shares (M,), which sum to one for each token."""

    first: Ints
    word: Ints
    share: Doubles

    @property
    def sizes(self) -> Ints:
        """(T,) how many words a token stands for."""
        return np.diff(self.first)


@dataclass(frozen=True, slots=True)
class _Readings:
    """What each n-gram of tokens of one order stands for: row[first[g]:first[g + 1]], rows of n-grams of words.

    For each reading (R,): its joint probability with the words, and its share pi among all readings of the same words.
    """

    first: Ints
    row: Ints
    joint: Doubles
    pi: Doubles


def expand(model: NGram, classes: Mapping[str, Sequence[str]], *, most_ngrams: int = MOST_NGRAMS) -> NGram:
    """The model of words that a model of tokens stands for.

    The vocabulary keeps the order of the plain words; members that are no plain words come behind it.

    Args:
        model: over words and tokens.
        classes: token -> its members, at least one; who is named twice is twice as likely. Tokens that the model does
            not have are passed over.
        most_ngrams: how many n-grams of two and more words lists may add.
    """
    classes = {token: members for token, members in classes.items() if token in model.index}
    if not classes:
        return model
    words, members = _members(model.words, classes)
    written = _affordable(model, members.sizes, most_ngrams)
    p = np.exp(model.levels[0].log_prob.astype(np.float64))  # (T,)
    joint = np.repeat(p, members.sizes) * members.share
    total = np.bincount(members.word, joint, minlength=len(words)).astype(np.float64)
    vocabulary = np.arange(len(words), dtype=np.int64)
    levels = [_level(vocabulary, np.zeros(len(words), np.int32), total)]
    readings = _Readings(members.first, members.word, joint, joint / total[members.word])
    for level, chosen in zip(model.levels[1:], written[1:], strict=True):
        above, readings = _longer(level, chosen, readings, members, below=levels[-1])
        levels.append(above)
    return normalized(words, levels)


def per_member(model: NGram, classes: Mapping[str, Sequence[str]]) -> NGram:
    """The model of tokens in which each stands for one average member of its list: p(t | h) / |t|.

    So text with tokens is scored as what people say, without writing the lists out. It does not sum to one.
    """
    log_size = np.log([len(classes.get(token, (token,))) for token in model.words]).astype(np.float32)
    return NGram(
        model.words, tuple(replace(level, log_prob=level.log_prob - log_size[level.word]) for level in model.levels)
    )


def _members(tokens: Sequence[str], classes: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], _Members]:
    """The vocabulary of the words, and who stands for whom."""
    index = {token: row for row, token in enumerate(token for token in tokens if token not in classes)}
    assert START in index
    assert END in index
    word, share, sizes = list[Ints](), list[Doubles](), list[int]()
    for token in tokens:
        named = classes.get(token, (token,))
        assert named
        ids, times = np.unique([index.setdefault(name, len(index)) for name in named], return_counts=True)
        word.append(ids.astype(np.int64))
        share.append(times / len(named))
        sizes.append(len(ids))
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return tuple(index), _Members(first, np.concatenate(word), np.concatenate(share))


def _affordable(model: NGram, sizes: Ints, most_ngrams: int) -> list[Bools]:
    """For each level, (N,) which n-grams of tokens are written out."""
    rows = [sizes.astype(np.float64)]  # (N,) how many n-grams of words each n-gram of tokens stands for
    worth = [np.full(len(sizes), np.inf)]
    joint = np.exp(model.levels[0].log_prob.astype(np.float64))
    joint[model.index[START]] = joint[model.index[END]]
    for below, level in pairwise(model.levels):
        rows.append(rows[-1][level.history] * sizes[level.word])
        joint = joint[level.history] * np.exp(level.log_prob.astype(np.float64))
        loss = level.log_prob - (below.log_backoff[level.history] + below.log_prob[level.suffix])
        own = np.where(rows[-1] > 1, joint * np.abs(loss) / rows[-1], np.inf)
        own[rows[-1] > max(most_ngrams, 1)] = -1
        worth.append(np.minimum(own, np.minimum(worth[-1][level.history], worth[-1][level.suffix])))
    room, value = np.concatenate(rows[1:]), np.concatenate(worth[1:])
    is_free = np.isinf(value)
    order = np.argsort(np.where(is_free, -np.inf, -value), kind="stable")  # among equals the shorter, which is needed
    fits = np.cumsum(np.where(is_free, 0, room)[order]) <= most_ngrams
    chosen = np.zeros(len(value), np.bool_)
    chosen[order[fits]] = True
    chosen &= value >= 0
    cuts = np.cumsum([len(level) for level in model.levels[1:]])[:-1]
    return [np.ones(len(sizes), np.bool_), *np.split(chosen, cuts)]


def _longer(
    level: Level, chosen: Bools, readings: _Readings, members: _Members, *, below: Level
) -> tuple[Level, _Readings]:
    """The n-grams of words of one order, and how they are read, from the readings of the order below."""
    history, token = level.history, level.word  # (N,)
    sizes = members.sizes[token]
    counts = np.where(chosen, np.diff(readings.first)[history] * sizes, 0)
    first = np.concatenate(([0], np.cumsum(counts)))
    gram = np.repeat(np.arange(len(level)), counts)  # (R,) which n-gram of tokens is read
    nth = np.arange(len(gram)) - first[gram]
    of_history = readings.first[history[gram]] + nth // sizes[gram]
    member = members.first[token[gram]] + nth % sizes[gram]
    p = np.exp(level.log_prob.astype(np.float64))[gram] * members.share[member]
    keys, row = np.unique(readings.row[of_history] << WORD_BITS | members.word[member], return_inverse=True)
    total = np.bincount(row, readings.pi[of_history] * p, minlength=len(keys)).astype(np.float64)
    joint = readings.joint[of_history] * p
    pi = joint / np.bincount(row, joint, minlength=len(keys))[row]
    suffix = find(below.keys, below.suffix[keys >> WORD_BITS].astype(np.int64) << WORD_BITS | keys & WORD_MASK)
    return _level(keys, suffix.astype(np.int32), total), _Readings(first, row.astype(np.int64), joint, pi)


def _level(keys: Ints, suffix: Rows, p: Doubles) -> Level:
    """A level whose back-offs are still to be computed."""
    log_prob = np.maximum(np.log(np.maximum(p, 1e-300)), LOG_ZERO).astype(np.float32)
    return Level(keys, suffix, log_prob, np.zeros(len(keys), np.float32))
