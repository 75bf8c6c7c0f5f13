"""From sentences to n-gram counts.

Text becomes one stream of word ids, `<s> w w w </s> <s> w w </s> ...`, and is counted a block of sentences at a time,
so that memory follows the number of distinct n-grams and not the length of the text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from speechsmith.asr.ngram.model import END, START, UNKNOWN, WORD_BITS, WORD_MASK, Doubles, Ints, Rows, find, parts


@dataclass(frozen=True, slots=True)
class Counts:
    """How often the n-grams of one order were seen. `keys` and `suffix` as in `Level`, all (N,).

    `seen` is the plain count, which decides the discount; `weighted` counts each time by the sentence's weight.
    """

    keys: Ints
    suffix: Rows
    seen: Doubles
    weighted: Doubles

    @property
    def history(self) -> Ints:
        return self.keys >> WORD_BITS


def encode(sentences: Iterable[str], index: Mapping[str, int]) -> Rows:
    """Sentences of blank-separated words as one stream (T,) of ids, each between `<s>` and `</s>`.

    A word outside the index is UNKNOWN.
    """
    start, end = index[START], index[END]
    ids: list[int] = []
    for sentence in sentences:
        ids.append(start)
        ids.extend(index.get(word, UNKNOWN) for word in sentence.split())
        ids.append(end)
    return np.array(ids, np.int32)


def count(
    tokens: Rows,
    *,
    words: int,
    order: int,
    start: int,
    weights: Doubles | None = None,
    block_tokens: int = 1 << 20,
) -> tuple[Counts, ...]:
    """Count all n-grams up to an order, none of which crosses a sentence or an UNKNOWN word.

    Args: tokens (T,), a stream of `encode`; words, the size of the vocabulary; start, the id of `<s>`; weights (S,),
    what one sentence counts for, 1 each when absent; block_tokens, how much is counted at a time.
    """
    starts = np.flatnonzero(tokens == start)
    marks = np.searchsorted(starts, np.arange(block_tokens, len(tokens), block_tokens))
    edges = [0, *np.unique(starts[marks[marks < len(starts)]]), len(tokens)]  # where blocks begin and end
    first_sentence = np.searchsorted(starts, edges)
    each = np.ones(len(starts)) if weights is None else weights
    total: tuple[Counts, ...] = ()
    for (begin, stop), (first, last) in zip(pairwise(edges), pairwise(first_sentence), strict=True):
        block = tokens[begin:stop]
        counted = _count_block(block, words, order, start, each[first:last][np.cumsum(block == start) - 1])
        total = _sum(total, counted) if total else counted
    return total


def _count_block(tokens: Rows, words: int, order: int, start: int, weight: Doubles) -> tuple[Counts, ...]:
    """`weight` is (T,), one value a token."""
    rows = tokens.astype(np.int64)  # (T,) row of the n-gram that ends here, UNKNOWN where there is none
    known = rows >= 0
    seen = np.bincount(rows[known], minlength=words).astype(np.float64)
    weighted = np.bincount(rows[known], weights=weight[known], minlength=words).astype(np.float64)
    levels = [Counts(np.arange(words, dtype=np.int64), np.zeros(words, np.int32), seen, weighted)]
    for _ in range(1, order):
        shorter = rows
        ends = 1 + np.flatnonzero((shorter[:-1] >= 0) & known[1:] & (tokens[1:] != start))  # positions of last words
        keys, inverse = np.unique(shorter[ends - 1] << WORD_BITS | tokens[ends], return_inverse=True)
        seen = np.bincount(inverse, minlength=len(keys)).astype(np.float64)
        weighted = np.bincount(inverse, weights=weight[ends], minlength=len(keys)).astype(np.float64)
        suffix = np.zeros(len(keys), np.int32)
        suffix[inverse] = shorter[ends]
        levels.append(Counts(keys, suffix, seen, weighted))
        rows = np.full(len(tokens), UNKNOWN, np.int64)
        rows[ends] = inverse
    return tuple(levels)


def _sum(a: Sequence[Counts], b: Sequence[Counts]) -> tuple[Counts, ...]:
    """The counts of both blocks together."""
    levels = []
    for merged, x, y in zip(union([(c.keys, c.suffix) for c in a], [(c.keys, c.suffix) for c in b]), a, b, strict=True):
        seen = np.zeros(len(merged.keys))
        seen[merged.rows_a] += x.seen
        seen[merged.rows_b] += y.seen
        weighted = np.zeros(len(merged.keys))
        weighted[merged.rows_a] += x.weighted
        weighted[merged.rows_b] += y.weighted
        levels.append(Counts(merged.keys, merged.suffix, seen, weighted))
    return tuple(levels)


@dataclass(frozen=True, slots=True)
class Union:
    """The n-grams of one order that are in a or in b, and where each row of a and of b has gone."""

    keys: Ints
    suffix: Rows
    rows_a: Rows
    rows_b: Rows


def union(a: Sequence[tuple[Ints, Rows]], b: Sequence[tuple[Ints, Rows]]) -> Iterator[Union]:
    """Join two closed sets of n-grams over one vocabulary, level by level; each level is (keys, suffix)."""
    vocabulary = np.arange(len(a[0][0]), dtype=np.int64)
    below = Union(vocabulary, a[0][1], vocabulary.astype(np.int32), vocabulary.astype(np.int32))
    yield below
    for (old_keys_a, suffix_a), (old_keys_b, suffix_b) in zip(a[1:], b[1:], strict=True):
        # the row maps never change the order of rows, so the renamed keys are still sorted
        keys_a, keys_b = _renamed(old_keys_a, below.rows_a), _renamed(old_keys_b, below.rows_b)
        new = keys_a[find(keys_b, keys_a) == UNKNOWN]
        rows_b = np.arange(len(keys_b), dtype=np.int32)
        for part in parts(len(keys_b)):
            rows_b[part] += np.searchsorted(new, keys_b[part]).astype(np.int32)
        keys = np.insert(keys_b, np.searchsorted(keys_b, new), new)
        del keys_b  # millions of rows
        rows_a = np.searchsorted(keys, keys_a).astype(np.int32)
        suffix = np.empty(len(keys), np.int32)
        suffix[rows_a] = below.rows_a[suffix_a]
        suffix[rows_b] = below.rows_b[suffix_b]
        below = Union(keys, suffix, rows_a, rows_b)
        yield below


def _renamed(keys: Ints, rows: Rows) -> Ints:
    """The keys, with the rows that their histories have now."""
    renamed = np.empty_like(keys)
    for part in parts(len(keys)):
        renamed[part] = rows[keys[part] >> WORD_BITS].astype(np.int64) << WORD_BITS | keys[part] & WORD_MASK
    return renamed
