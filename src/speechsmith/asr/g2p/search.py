"""Beam search for the phones of many words at once.

The search goes through all words together, letter by letter. A partial solution is (word, state of the n-gram, phones
so far); those that agree in all three differ only in how the letters were cut, so their probabilities are added. Each
word keeps its best `width` partial solutions within `margin` of the best one. At the end the states are added up too:
the score of a pronunciation is its probability over all cuts that survived.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.g2p.trie import END, Ints, Trie

Floats = NDArray[np.float64]
Span = tuple[int, int]  # units [low, high) that spell one letter gram

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that the rolling hash of the phones loses nothing


@dataclass(frozen=True, slots=True)
class BeamOptions:
    """How many partial solutions a word keeps, and how far, in natural log, they may lie below the best."""

    width: int = 24
    margin: float = 7.0


@dataclass(frozen=True, slots=True)
class _Beam:
    """Partial solutions, one a row: word, state, hash of the phones, log probability, parent row and unit."""

    word: Ints
    state: Ints
    phones: NDArray[np.uint64]
    score: Floats
    parent: Ints
    unit: Ints

    def take(self, rows: Ints) -> "_Beam":
        return _Beam(*(getattr(self, name)[rows] for name in self.__slots__))


def _joined(beams: Sequence[_Beam]) -> _Beam:
    return _Beam(*(np.concatenate([getattr(beam, name) for beam in beams]) for name in _Beam.__slots__))


def _merged(beam: _Beam, options: BeamOptions) -> _Beam:
    """Equal partial solutions added up, then the best of each word. Sorted by word, best first."""
    top = np.full(int(beam.word.max(initial=0)) + 1, -np.inf)
    np.maximum.at(top, beam.word, beam.score)
    beam = beam.take(np.flatnonzero(beam.score > top[beam.word] - options.margin))
    mark = beam.phones * _MULTIPLIER + beam.state.astype(np.uint64)
    order = np.lexsort((-beam.score, mark, beam.word))
    beam, mark = beam.take(order), mark[order]
    if not len(order):
        return beam
    new = np.concatenate([[True], (mark[1:] != mark[:-1]) | (beam.word[1:] != beam.word[:-1])])
    heads = np.flatnonzero(new)
    total = top[beam.word[heads]] + np.log(np.add.reduceat(np.exp(beam.score - top[beam.word]), heads))
    best = beam.take(heads)
    order = np.lexsort((-total, best.word))
    best, total = best.take(order), total[order]
    starts = np.searchsorted(best.word, best.word)
    keep = np.flatnonzero(np.arange(len(order)) - starts < options.width)
    return _Beam(best.word[keep], best.state[keep], best.phones[keep], total[keep], best.parent[keep], best.unit[keep])


class Search:
    """Finds the phones of words, given the n-gram, the units of each letter gram, and the phones of each unit."""

    def __init__(self, trie: Trie, spans: dict[tuple[int, ...], Span], phones: Sequence[tuple[int, ...]]) -> None:
        self._trie, self._spans = trie, spans
        self._unit_phones = phones
        codes = np.zeros((len(phones), 2), np.uint64)
        for unit, some in enumerate(phones):
            codes[unit, : len(some)] = some
        self._codes, self._lengths = codes, np.array([len(some) for some in phones])

    def best(
        self, words: Sequence[Sequence[int]], variants: int, options: BeamOptions
    ) -> list[list[tuple[tuple[int, ...], float]]]:
        """For each word (letters as numbers): its best pronunciations (phones as numbers) with log probabilities."""
        sizes = np.array([len(word) for word in words], np.int64)
        longest = int(sizes.max(initial=0))
        waiting: list[list[_Beam]] = [[] for _ in range(longest + 3)]
        rows = np.arange(len(words))
        waiting[0].append(
            _Beam(rows, np.full(len(rows), self._trie.start), np.zeros(len(rows), np.uint64), np.zeros(len(rows)),
                  np.full(len(rows), -1), np.full(len(rows), -1))
        )  # fmt: skip
        history: list[_Beam] = []
        seen, ends = 0, []
        for i in range(longest + 1):
            if not waiting[i]:
                continue
            beam = _merged(_joined(waiting[i]), options)
            waiting[i] = []
            history.append(beam)
            done = sizes[beam.word] == i
            number = seen + np.arange(len(beam.word))
            seen += len(number)
            ends.append(self._step(beam, number, done, np.full(len(number), END), np.full(len(number), END + 1)))
            for step in (1, 2):
                spans = [self._spans.get(tuple(word[i : i + step]), (0, 0)) if i + step <= len(word) else (0, 0)
                         for word in words]  # fmt: skip
                low, high = np.array(spans, np.int64).reshape(-1, 2)[beam.word].T
                after = self._step(beam, number, high > low, low, high)
                if len(after.word):
                    waiting[i + step].append(after)
        return self._traced(_joined(ends), _joined(history), len(words), variants)

    def _step(self, beam: _Beam, number: Ints, rows: NDArray[np.bool_], low: Ints, high: Ints) -> _Beam:
        some = np.flatnonzero(rows)
        origin, unit, p, state = self._trie.extend(beam.state[some], low[some], high[some])
        at = some[origin]
        phones = beam.phones[at]
        for k in (0, 1):
            longer = self._lengths[unit] > k
            phones = np.where(longer, phones * _MULTIPLIER + self._codes[unit, k], phones)
        return _Beam(beam.word[at], state, phones, beam.score[at] + np.log(p), number[at], unit)

    def _traced(
        self, ends: _Beam, history: _Beam, words: int, variants: int
    ) -> list[list[tuple[tuple[int, ...], float]]]:
        one_state = _Beam(ends.word, np.zeros_like(ends.state), ends.phones, ends.score, ends.parent, ends.unit)
        best = _merged(one_state, BeamOptions(variants, np.inf))
        parents, units = history.parent.tolist(), history.unit.tolist()
        found: list[list[tuple[tuple[int, ...], float]]] = [[] for _ in range(words)]
        for word, score, row in zip(best.word.tolist(), best.score.tolist(), best.parent.tolist(), strict=True):
            path: list[tuple[int, ...]] = []
            while parents[row] >= 0:
                path.append(self._unit_phones[units[row]])
                row = parents[row]  # noqa: PLW2901
            found[word].append((tuple(phone for phones in reversed(path) for phone in phones), score))
        return found
