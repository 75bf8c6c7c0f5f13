"""What was said against what was heard, word by word: the cheapest alignment, and its counts.

The alignment is the one that NIST's sclite finds, so that every count equals sclite's and not only the sum. It weighs a
substitution 4 and a deletion or insertion 3, which is not always the fewest edits: for "a b c" heard as "x y a", three
substitutions and one correct word among four gaps weigh the same. Ties are settled from the end of the utterance: a
pair before a gap, and an insertion before a deletion.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import isqrt
from typing import NamedTuple, TypeAlias
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

_GAP, _SUBSTITUTION = 3, 4  # sclite's weights


class EditKind(StrEnum):
    """What became of a word; the values are the tags of `tagged`."""

    CORRECT = "correct"
    SUBSTITUTION = "substitution"
    DELETION = "deletion"
    INSERTION = "insertion"


class Edit(NamedTuple):
    """One step of an alignment. An insertion has no reference word, a deletion no hypothesis word."""

    kind: EditKind
    reference: str | None
    hypothesis: str | None


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """How many words were right, replaced, lost and made up. Counts of several utterances may be added."""

    correct: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def words(self) -> int:
        """N, the words of the reference."""
        return self.correct + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """S + D + I."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float | None:
        """Errors per reference word, a fraction that may exceed 1; None without reference words, where none exists."""
        return self.errors / self.words if self.words else None

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        return ErrorCounts(
            self.correct + other.correct,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


@dataclass(frozen=True)
class Alignment:
    """The steps that turn the reference into the hypothesis, in the order of the utterance."""

    edits: tuple[Edit, ...]

    @cached_property
    def counts(self) -> ErrorCounts:
        """The steps, counted by kind."""
        kinds = Counter(edit.kind for edit in self.edits)
        return ErrorCounts(*(kinds[kind] for kind in EditKind))


def total(counts: Iterable[ErrorCounts]) -> ErrorCounts:
    """The sum of the counts."""
    return sum(counts, start=ErrorCounts())


def align(
    reference: Sequence[str], hypothesis: Sequence[str], *, near: Callable[[str], str] | None = None
) -> Alignment:
    """The cheapest alignment of two word sequences, equal to sclite's.

    `near` maps a word to what makes it similar to others (say, its letters alone): among alignments of equal weight,
    one with the most pairs of similar words is then taken, and sclite's order of ties comes second.

    Takes time O(R H) and memory O(H sqrt(R)) for R and H words.
    """
    if reference == hypothesis:
        return Alignment(tuple(Edit(EditKind.CORRECT, word, word) for word in reference))
    weights = _Weights.of(reference, hypothesis, near)
    edits = []
    i, j = len(reference), len(hypothesis)
    for step in _backtrace(weights):
        i -= step is not EditKind.INSERTION
        j -= step is not EditKind.DELETION
        said = None if step is EditKind.INSERTION else reference[i]
        heard = None if step is EditKind.DELETION else hypothesis[j]
        kind = EditKind.CORRECT if step is EditKind.SUBSTITUTION and said == heard else step
        edits.append(Edit(kind, said, heard))
    return Alignment(tuple(reversed(edits)))


def tagged(alignment: Alignment) -> str:
    """The aligned text as one line, errors in tags: `one <deletion>two</deletion> <insertion>too</insertion>`.

    A substitution shows the hypothesis word. The characters <, > and & of the words are escaped as in XML.
    """
    return " ".join(_tagged(edit) for edit in alignment.edits)


def _tagged(edit: Edit) -> str:
    word = escape((edit.reference if edit.kind is EditKind.DELETION else edit.hypothesis) or "")
    return word if edit.kind is EditKind.CORRECT else f"<{edit.kind}>{word}</{edit.kind}>"


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weight of each possible step between R reference and H hypothesis words."""

    reference: Ints  # (R,) a number for each word
    hypothesis: Ints  # (H,)
    near_reference: Ints  # (R,) a number for each class of similar words
    near_hypothesis: Ints  # (H,)
    scale: int  # of the weights, so that all similar pairs together weigh less than one unit

    @classmethod
    def of(cls, reference: Sequence[str], hypothesis: Sequence[str], near: Callable[[str], str] | None) -> "_Weights":
        said, heard = _numbered(reference, hypothesis)
        if near is None:
            return cls(said, heard, said, heard, scale=1)
        similar = _numbered([near(word) for word in reference], [near(word) for word in hypothesis])
        return cls(said, heard, *similar, scale=len(reference) + len(hypothesis) + 1)

    @property
    def gap(self) -> int:
        return _GAP * self.scale

    def pair(self, i: int, j: int) -> int:
        """The weight of pairing reference word i with hypothesis word j."""
        if self.reference[i] == self.hypothesis[j]:
            return 0
        is_near = self.scale > 1 and self.near_reference[i] == self.near_hypothesis[j]
        return _SUBSTITUTION * self.scale - int(is_near)

    def pairs(self, i: int) -> Ints:
        """(H,) the weight of pairing reference word i with each hypothesis word."""
        if self.scale == 1:
            return np.where(self.hypothesis == self.reference[i], 0, _SUBSTITUTION)
        unlike = _SUBSTITUTION * self.scale - (self.near_hypothesis == self.near_reference[i])
        return np.where(self.hypothesis == self.reference[i], 0, unlike)


def _numbered(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[Ints, Ints]:
    numbers: dict[str, int] = {}
    both = np.array([numbers.setdefault(word, len(numbers)) for word in (*reference, *hypothesis)], dtype=np.int64)
    return both[: len(reference)], both[len(reference) :]


def _next_row(row: Ints, weights: _Weights, i: int, ramp: Ints) -> Ints:
    """Row i + 1 of the distances from row i: the cheapest way to turn i + 1 reference words into j hypothesis words.

        d[i+1, j] = min(d[i, j-1] + pair(i, j-1),  d[i, j] + gap,  d[i+1, j-1] + gap)

    The last term, within the row, is a running minimum of d[i+1, j] - j gap. `row` and `ramp` (j gap) are (H+1,).
    """
    result = row + weights.gap  # (H+1,)
    np.minimum(result[1:], row[:-1] + weights.pairs(i), out=result[1:])
    return np.minimum.accumulate(result - ramp) + ramp  # (H+1,)


def _backtrace(weights: _Weights) -> Iterable[EditKind]:
    """The steps of the best path, last first; a pair is called a substitution, whether equal or not.

    Only every sqrt(R)-th row of the distances is kept, and the rows between are worked out again where the path passes.
    """
    ramp = np.arange(len(weights.hypothesis) + 1) * weights.gap  # (H+1,)
    block = isqrt(len(weights.reference)) + 1
    kept = [ramp]
    row = ramp
    for i in range(len(weights.reference)):
        row = _next_row(row, weights, i, ramp)
        if (i + 1) % block == 0:
            kept.append(row)
    i, j = len(weights.reference), len(weights.hypothesis)
    for number in reversed(range(len(kept))):
        first = number * block
        rows = [kept[number]]
        for above in range(first, i):
            rows.append(_next_row(rows[-1], weights, above, ramp))
        while i > first or (i == 0 and j > 0):
            step = _last_step(rows[i - first], rows[i - first - 1] if i else None, weights, i, j)
            i -= step is not EditKind.INSERTION
            j -= step is not EditKind.DELETION
            yield step


def _last_step(row: Ints, above: Ints | None, weights: _Weights, i: int, j: int) -> EditKind:
    if above is None:
        return EditKind.INSERTION
    if j == 0:
        return EditKind.DELETION
    if above[j - 1] + weights.pair(i - 1, j - 1) == row[j]:
        return EditKind.SUBSTITUTION
    return EditKind.INSERTION if row[j - 1] + weights.gap == row[j] else EditKind.DELETION
