"""An n-gram model over units as one flat trie: interpolated, modified Kneser-Ney, for beam search in numpy.

Nodes are n-grams, numbered breadth first: the root is 0, then all unigrams, then all bigrams, each order sorted by
(parent, last unit). So the children of a node are neighbors, and a node's number is also the number of its arc. With
h' = h without its oldest unit,

    p(u | h) = part[hu] + gamma[h] p(u | h'),      part[hu] = (c(hu) - D(c)) / c(h),

where c counts occurrences at the highest order and distinct left neighbors below it, and D has one value each for
counts of 1, 2 and 3 or more; below the unigram lies the uniform distribution. Only nodes below the highest order have
children; a state of the search is the longest known history.

Chen & Goodman, "An empirical study of smoothing techniques for language modeling", Computer Speech & Language 13, 1999.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BEGIN, END = 0, 1  # the units around every sequence


@dataclass(frozen=True)
class Trie:
    """The model. `unit`, `suffix`, `part`, `gamma`: (K,); `first`: (K + 1,), the number of each node's first child."""

    order: int
    units: int
    unit: NDArray[np.int32]
    suffix: NDArray[np.int32]
    first: NDArray[np.int32]
    part: Floats
    gamma: Floats

    @property
    def start(self) -> int:
        """The state before the first unit: the history BEGIN."""
        return 1 + BEGIN

    @cached_property
    def depth(self) -> NDArray[np.int8]:
        """(K,) the length of each n-gram."""
        depth = np.zeros(len(self.unit), np.int8)
        low, high = 0, 1
        for n in range(1, self.order + 1):
            low, high = high, int(self.first[high])
            depth[low:high] = n
        return depth

    @cached_property
    def _arcs(self) -> Ints:
        """(K,) parent and last unit of each node as one number, in ascending order."""
        parent = np.repeat(np.arange(len(self.unit)), np.diff(self.first))
        return np.concatenate([[-1], parent * self.units + self.unit[1:]])  # the root is nobody's child

    def extend(self, states: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        """All ways to go on from H states with a unit in [low, high) of each.

        Returns, flat over the ways: which of the states (W,), the unit (W,), p(unit | state) (W,), next state (W,).
        """
        width = high - low
        offset = np.cumsum(width) - width
        origin = np.repeat(np.arange(len(states)), width)  # (W,)
        unit = np.arange(len(origin)) - np.repeat(offset - low, width)  # (W,)
        p = np.full(len(origin), 1.0 / self.units, np.float32)
        node = np.zeros(len(origin), np.int64)
        for history in self._histories(states):  # from the empty history up: p(u|h) = part[hu] + gamma[h] p(u|h')
            known = np.flatnonzero(history >= 0)
            h = history[known]
            scale = np.ones(len(states), np.float32)
            scale[known] = self.gamma[h]
            p *= scale[origin]
            left = np.searchsorted(self._arcs, h * self.units + low[known])
            count = np.searchsorted(self._arcs, h * self.units + high[known]) - left
            arc = np.repeat(left - (np.cumsum(count) - count), count) + np.arange(count.sum())
            way = np.repeat((offset - low)[known], count) + self.unit[arc]
            p[way] += self.part[arc]
            node[way] = arc
        return origin, unit, p, np.where(self.depth[node] < self.order, node, self.suffix[node])

    def _histories(self, states: Ints) -> list[Ints]:
        """Each state's suffixes from the empty history up; -1 where a state is shorter. Arrays (H,), one a length."""
        depth = self.depth[states]
        chain: list[Ints] = []
        for length in range(int(depth.max(initial=0)), -1, -1):
            chain.append(np.where(depth >= length, states, -1))
            states = np.where(depth >= length, self.suffix[states], states)
        return chain[::-1]


@dataclass(frozen=True, slots=True)
class _Level:
    """The distinct n-grams of one order: parent node, last unit, suffix node and count, (K_n,) each."""

    parent: Ints
    unit: Ints
    suffix: Ints
    count: Ints


def estimate(sequences: Sequence[Sequence[int]], units: int, order: int) -> Trie:
    """Estimate the model from sequences of units (numbers from 2 up to `units`, without BEGIN and END)."""
    levels = _counted(sequences, units, order)
    parent = np.concatenate([level.parent for level in levels])
    total = 1 + len(parent)
    part, gamma = [np.zeros(1)], np.ones(total)
    for level in levels:
        discount = _discounts(level.count)[np.minimum(level.count, 3)]
        c = np.bincount(level.parent, level.count, minlength=total)
        kept = np.bincount(level.parent, discount, minlength=total)
        part.append((level.count - discount) / c[level.parent])
        gamma[c > 0] = kept[c > 0] / c[c > 0]
    return Trie(
        order=order,
        units=units,
        unit=np.concatenate([[-1], *(level.unit for level in levels)]).astype(np.int32),
        suffix=np.concatenate([[0], *(level.suffix for level in levels)]).astype(np.int32),
        first=(1 + np.concatenate([[0], np.cumsum(np.bincount(parent, minlength=total))])).astype(np.int32),
        part=np.concatenate(part).astype(np.float32),
        gamma=gamma.astype(np.float32),
    )


def _counted(sequences: Sequence[Sequence[int]], units: int, order: int) -> list[_Level]:
    """The n-grams of each order with their Kneser-Ney counts."""
    text = np.array([u for sequence in sequences for u in (BEGIN, *sequence, END)], np.int64)  # (T,)
    place = np.concatenate([np.arange(len(sequence) + 2) for sequence in sequences])  # (T,) in its own sequence
    counts = np.bincount(text, minlength=units)
    counts[BEGIN] = 0  # never predicted
    levels = [_Level(np.zeros(units, np.int64), np.arange(units), np.zeros(units, np.int64), counts)]
    node = 1 + text  # the node of the n-gram that ends at each position: every unit is a unigram, seen or not
    offset, after = 1, 1 + units
    for n in range(2, order + 1):
        here = np.flatnonzero(place >= n - 1)
        arcs, sample, inverse, count = np.unique(
            node[here - 1] * units + text[here], return_index=True, return_inverse=True, return_counts=True
        )
        suffix = node[here[sample]]
        left = np.bincount(suffix - offset, minlength=after - offset)  # distinct left neighbors of the order below
        below = levels[-1]
        levels[-1] = replace(below, count=np.where(left > 0, left, below.count))  # what starts with BEGIN has none
        levels.append(_Level(arcs // units, arcs % units, suffix, count))
        node = np.full(len(text), -1)
        node[here] = after + inverse
        offset, after = after, after + len(arcs)
    return levels


def _discounts(count: Ints) -> NDArray[np.float64]:
    """D for counts of 0, 1, 2, and 3 or more: D_k = k - (k + 1) Y n_(k+1) / n_k, Y = n_1 / (n_1 + 2 n_2)."""
    n1, n2, n3, n4 = (max(int(np.count_nonzero(count == k)), 1) for k in (1, 2, 3, 4))
    Y = n1 / (n1 + 2 * n2)
    D = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
    return np.array([0.0, *(min(max(0.1, d), k - 0.1) for k, d in enumerate(D, start=1))])
