"""An n-gram model over units as one flat trie, for beam search in numpy.

The model is the one of `asr.ngram`, modified Kneser-Ney, with graphones for words; only its arrays lie differently, so
that thousands of histories can be extended at once. Nodes are n-grams, numbered breadth first: the root is 0, then all
unigrams, then all bigrams, each order as in its `Level`. So the children of a node are neighbors, and a node's number
is also the number of its arc. With h' = h without its oldest unit,

    p(u | h) = p[hu]                     if hu is a node
             = gamma[h] p(u | h')        if not

Every unit is a unigram, seen or not. Only nodes below the highest order have children; a state of the search is the
longest known history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr import ngram

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BEGIN, END = 0, 1  # the units around every sequence


@dataclass(frozen=True)
class Trie:
    """The model. `unit`, `suffix`, `p`, `gamma`: (K,); `first`: (K + 1,), the number of each node's first child."""

    order: int
    units: int
    unit: NDArray[np.int32]
    suffix: NDArray[np.int32]
    first: NDArray[np.int32]
    p: Floats
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
        p = np.ones(len(origin), np.float32)
        node = np.zeros(len(origin), np.int64)
        for history in self._histories(states):  # from the empty history up, which knows every unit
            known = np.flatnonzero(history >= 0)
            h = history[known]
            scale = np.ones(len(states), np.float32)
            scale[known] = self.gamma[h]
            p *= scale[origin]
            left = np.searchsorted(self._arcs, h * self.units + low[known])
            count = np.searchsorted(self._arcs, h * self.units + high[known]) - left
            arc = np.repeat(left - (np.cumsum(count) - count), count) + np.arange(count.sum())
            way = np.repeat((offset - low)[known], count) + self.unit[arc]
            p[way] = self.p[arc]
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


def estimate(sequences: Sequence[Sequence[int]], units: int, order: int) -> Trie:
    """Estimate the model from sequences of units (numbers from 2 up to `units`, without BEGIN and END)."""
    text = np.array([unit for sequence in sequences for unit in (BEGIN, *sequence, END)], np.int32)  # (T,)
    names = (ngram.START, ngram.END, *map(str, range(2, units)))
    levels = ngram.estimate(text, names, order=order).levels
    offsets = np.cumsum([1, *(len(level) for level in levels)])  # the node of each level's first row
    histories = [level.history + at for level, at in zip(levels[1:], offsets, strict=False)]
    suffixes = [level.suffix + at for level, at in zip(levels[1:], offsets, strict=False)]
    children = np.bincount(np.concatenate([np.zeros(units, np.int64), *histories]), minlength=offsets[-1])
    return Trie(
        order=order,
        units=units,
        unit=np.concatenate([[-1], *(level.word for level in levels)]).astype(np.int32),
        suffix=np.concatenate([np.zeros(1 + units), *suffixes]).astype(np.int32),
        first=(1 + np.concatenate([[0], np.cumsum(children)])).astype(np.int32),
        p=np.exp(np.concatenate([[0.0], *(level.log_prob for level in levels)])).astype(np.float32),
        gamma=np.exp(np.concatenate([[0.0], *(level.log_backoff for level in levels)])).astype(np.float32),
    )
