"""Graphones: cutting a word and its phones into joint units, by expectation maximization.

A graphone is one or two letters with none, one or two phones: `ph|F`, `x|K S`, `e|`. A pronunciation is a chain of
graphones, and its likelihood is the sum over all ways to cut it,

    p(word, phones) = sum over cuts of prod_k p(unit_k).

EM raises this likelihood: the E step counts each unit with its posterior (forward-backward), the M step normalizes the
counts. Afterwards each entry is cut in its single best way (Viterbi), which gives the text of the n-gram model.

Each unit takes at least one letter, so a row of the trellis depends only on the two rows above it: a whole bucket of
words of equal length is solved at once, row by row, in numpy.

Bisani & Ney, "Joint-sequence models for grapheme-to-phoneme conversion", Speech Communication 50, 2008.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHAPES = ((1, 1), (1, 0), (1, 2), (2, 1))  # letters : phones
_START = (0.6, 0.15, 0.02, 0.1)  # first guess of each shape's weight: one letter, one phone is the rule
_BUCKET = 4096  # words solved at once; bounds the memory


@dataclass(frozen=True, slots=True)
class Entries:
    """Words and phones as numbers, from 1 up: letters (B, n), phones (B, M) with 0 behind the last, sizes (B,)."""

    letters: Ints
    phones: Ints
    sizes: Ints
    rows: Ints  # (B,) where each entry stood in the list


def buckets(words: Sequence[Sequence[int]], phones: Sequence[Sequence[int]]) -> Iterator[Entries]:
    """The entries sorted into buckets of words of equal length."""
    lengths = np.array([len(word) for word in words])
    for n in np.unique(lengths):
        rows = np.flatnonzero(lengths == n)
        for start in range(0, len(rows), _BUCKET):
            some = rows[start : start + _BUCKET]
            sizes = np.array([len(phones[row]) for row in some])
            padded = np.zeros((len(some), max(2, int(sizes.max()))), np.int64)
            for k, row in enumerate(some):
                padded[k, : sizes[k]] = phones[row]
            yield Entries(np.array([words[row] for row in some], np.int64), padded, sizes, some)


class Aligner:
    """Estimates unit weights and cuts entries. A unit's key stands for two letters and two phones, 0 where absent."""

    def __init__(self, letters: int, phones: int) -> None:
        self._base = (letters + 1, letters + 1, phones + 1, phones + 1)
        self.log_likelihoods: list[float] = []  # before each round of EM; never falls from the second on
        self._weights: Floats | None = None

    def keys(self, entries: Entries) -> list[Ints]:
        """The unit at each cell of the trellis, one array (B, n - a + 1, M - b + 1) for each shape a:b."""
        L, P = entries.letters, entries.phones
        one, two = L, L[:, :-1] * self._base[1] + L[:, 1:]
        single, double = P * self._base[3], P[:, :-1] * self._base[3] + P[:, 1:]
        area = self._base[2] * self._base[3]
        one = one * (self._base[1] * area)
        return [
            one[:, :, None] + single[:, None, :],
            np.repeat(one[:, :, None], P.shape[1] + 1, axis=2),
            one[:, :, None] + double[:, None, :],
            (two * area)[:, :, None] + single[:, None, :],
        ]

    def split(self, keys: Ints) -> Ints:
        """Keys (K,) as (K, 4): letter 1, letter 2 or 0, phone 1 or 0, phone 2 or 0."""
        return np.stack(np.unravel_index(keys, self._base), axis=1)

    def fit(self, data: Sequence[Entries], rounds: int) -> None:
        """Estimate the weight of each unit by `rounds` rounds of EM."""
        size = int(np.prod(self._base))
        for _ in range(rounds):
            counts, log_likelihood = np.zeros(size), 0.0
            for entries in data:
                log_likelihood += self._expect(entries, counts)
            self._weights = counts / (counts.sum() or 1.0)
            self.log_likelihoods.append(log_likelihood)

    def _arcs(self, keys: list[Ints]) -> list[Floats]:
        if self._weights is None:
            return [np.full(key.shape, weight) for key, weight in zip(keys, _START, strict=True)]
        return [self._weights[key] for key in keys]

    def _expect(self, entries: Entries, counts: Floats) -> float:
        """Add each unit's posterior count to `counts`; the log likelihood of the entries that can be cut at all."""
        keys = self.keys(entries)
        arcs = self._arcs(keys)
        B, n = entries.letters.shape
        M = entries.phones.shape[1]
        F, R = np.zeros((B, n + 1, M + 1)), np.zeros((B, n + 1, M + 1))
        F[:, 0, 0] = 1.0
        R[np.arange(B), n, entries.sizes] = 1.0
        for i in range(n):  # F(i, j) = sum over units u ending at (i, j) of F(before u) p(u)
            for (a, b), x in zip(SHAPES, arcs, strict=True):
                if i + a <= n:
                    F[:, i + a, b:] += F[:, i, : M + 1 - b] * x[:, i]
        for i in range(n - 1, -1, -1):  # R(i, j) = sum over units u starting at (i, j) of p(u) R(after u)
            for (a, b), x in zip(SHAPES, arcs, strict=True):
                if i + a <= n:
                    R[:, i, : M + 1 - b] += R[:, i + a, b:] * x[:, i]
        Z = R[:, 0, 0]
        per_entry = np.divide(1.0, Z, out=np.zeros(B), where=Z > 0)[:, None, None]
        for (a, b), key, x in zip(SHAPES, keys, arcs, strict=True):
            posterior = F[:, : n + 1 - a, : M + 1 - b] * x * R[:, a:, b:] * per_entry
            some = posterior > 1e-9
            counts += np.bincount(key[some], posterior[some], minlength=len(counts))
        return float(np.log(Z[Z > 0]).sum())

    def best(self, entries: Entries) -> list[list[int]]:
        """The best cut of each entry as unit keys; an empty list for an entry that cannot be cut."""
        keys = self.keys(entries)
        B, n = entries.letters.shape
        M = entries.phones.shape[1]
        with np.errstate(divide="ignore"):
            arcs = [np.log(x) for x in self._arcs(keys)]
        V = np.full((B, n + 1, M + 1), -np.inf)
        V[:, 0, 0] = 0.0
        back = np.zeros((B, n + 1, M + 1), np.int8)
        for i in range(n):
            for shape, ((a, b), x) in enumerate(zip(SHAPES, arcs, strict=True)):
                if i + a <= n:
                    score = V[:, i, : M + 1 - b] + x[:, i]
                    better = score > V[:, i + a, b:]
                    V[:, i + a, b:][better] = score[better]
                    back[:, i + a, b:][better] = shape
        cuts: list[list[int]] = []
        for row, m in enumerate(entries.sizes.tolist()):
            cut: list[int] = []
            i, j = n, m
            while i and V[row, n, m] > -np.inf:
                a, b = SHAPES[back[row, i, j]]
                i, j = i - a, j - b
                cut.append(int(keys[back[row, i + a, j + b]][row, i, j]))
            cuts.append(cut[::-1])
        return cuts
