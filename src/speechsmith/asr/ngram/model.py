"""A back-off n-gram model as sorted arrays, and the probability that it gives to text.

    p(w | h) = p*(w | h)              if the n-gram hw is listed
             = bo(h) p(w | h')        if not; h' is h without its first word, bo(h) = 1 for an unlisted h

The n-grams of order n are the rows of one `Level`, sorted by a 64-bit key that chains to the level below:

    key(h w) = row of h in the level below << WORD_BITS | w          suffix(h w) = row of h' w in the level below

So a key has the same size at every order, all n-grams of one history lie side by side, and what is asked most often
(the history's back-off, the probability with a shorter history) is one gather. This needs a *closed* model: the
history and the suffix of every listed n-gram are listed too. Everything in this package keeps models closed.

Log values are natural. A probability of zero is LOG_ZERO, so that differences stay finite; `<s>` has it, since
nothing ever predicts the start.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int32]
Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

START, END = "<s>", "</s>"
UNKNOWN = -1  # the id of a word outside the vocabulary
LOG_ZERO = -99 * math.log(10)  # the value that ARPA files use
WORD_BITS = 21  # two million words, and four million million histories
WORD_MASK = (1 << WORD_BITS) - 1
LEAST_MASS = 1e-7  # what float32 can tell from nothing in a sum of probabilities near one
_PART = 1 << 17


@dataclass(frozen=True, slots=True)
class Level:
    """The n-grams of one order. All arrays are (N,); in the level of single words, row = key = word id, suffix = 0.

    `log_backoff` is log bo of the n-gram as a history: 0 where nothing is listed after it.
    """

    keys: Ints
    suffix: Rows
    log_prob: Floats
    log_backoff: Floats

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def history(self) -> Ints:
        """(N,) the row of each n-gram's history in the level below."""
        return self.keys >> WORD_BITS

    @property
    def word(self) -> Ints:
        """(N,) the id of each n-gram's last word."""
        return self.keys & WORD_MASK


@dataclass(frozen=True)
class NGram:
    """A closed back-off model: `levels[n - 1]` holds the n-grams of order n; `words` holds `<s>` and `</s>`."""

    words: tuple[str, ...]
    levels: tuple[Level, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """Word -> id."""
        return {word: row for row, word in enumerate(self.words)}

    @property
    def order(self) -> int:
        return len(self.levels)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many n-grams of each order are listed."""
        return tuple(len(level) for level in self.levels)

    def token_log_probs(self, tokens: Rows) -> Doubles:
        """log p of each token in its sentence, for a stream (T,) as `encode` makes it, in this model's ids.

        Returns (T,); NaN at each `<s>`, which is given, and at each UNKNOWN word, which also cuts the history.
        """
        rows = tokens.astype(np.int64)  # (T,) row of the n-gram that ends here, of the order at hand
        known = rows != UNKNOWN
        log_p = np.where(known, self.levels[0].log_prob[rows].astype(np.float64), np.nan)
        predicted = known & (rows != self.index[START])
        for below, level in pairwise(self.levels):
            history = np.concatenate(([UNKNOWN], rows[:-1]))  # (T,) what stands before, at the order below
            reachable = predicted & (history >= 0)
            rows = np.full(len(tokens), UNKNOWN, np.int64)
            rows[reachable] = find(level.keys, history[reachable] << WORD_BITS | tokens[reachable])
            listed = rows >= 0
            backed_off = reachable & ~listed
            log_p[backed_off] += below.log_backoff[history[backed_off]]
            log_p[listed] = level.log_prob[rows[listed]]
        log_p[~predicted] = np.nan
        return log_p

    def log_prob(self, word: str, history: Sequence[str] = ()) -> float:
        """log p(word | the last words of history). Raises: KeyError for a word outside the vocabulary."""
        context = [self.index[w] for w in history][-(self.order - 1) :] if self.order > 1 else []
        log_backoff = 0.0
        while True:
            history_row = self._row(context)
            row = self._row([*context, self.index[word]]) if history_row >= 0 else UNKNOWN
            if row >= 0:
                return log_backoff + float(self.levels[len(context)].log_prob[row])
            if history_row >= 0:
                log_backoff += float(self.levels[len(context) - 1].log_backoff[history_row])
            context = context[1:]

    def _row(self, ids: Sequence[int]) -> int:
        """The row of an n-gram in its level; UNKNOWN when it is not listed, 0 for no words."""
        row = ids[0] if ids else 0
        for level, word in zip(self.levels[1:], ids[1:], strict=False):
            row = int(find(level.keys, np.array([row << WORD_BITS | word]))[0])
            if row < 0:
                break
        return row


def perplexity(log_probs: Doubles) -> float:
    """exp(-mean log p) over the tokens that have a value; NaN for none."""
    scored = log_probs[~np.isnan(log_probs)]
    return math.exp(-float(scored.mean())) if len(scored) else math.nan


def listed_words(levels: Sequence[Level], order: int) -> list[Ints]:
    """The n-grams of an order as columns of word ids, first word first; each (N,)."""
    rows = np.arange(len(levels[order - 1]), dtype=np.int64)
    columns: list[Ints] = []
    for level in reversed(levels[:order]):
        columns.append(level.word[rows])
        rows = level.history[rows]
    return columns[::-1]


def normalized(words: tuple[str, ...], levels: Sequence[Level]) -> NGram:
    """The closed model with these listed probabilities, its back-offs chosen so that every history sums to one:

    bo(h) = (1 - sum_{w listed after h} p(w | h)) / (1 - sum_{w listed after h} p(w | h'))
    """
    with_backoffs: list[Level] = []
    for level, above in pairwise(levels):
        listed, shorter = listed_mass(level, above)
        log_backoff = np.zeros(len(level), np.float32)
        for part in parts(len(level)):
            left = np.maximum(1 - listed[part], LEAST_MASS) / np.maximum(1 - shorter[part], LEAST_MASS)
            log_backoff[part] = np.where(listed[part] > 0, np.log(left), 0.0)
        with_backoffs.append(Level(level.keys, level.suffix, level.log_prob, log_backoff))
    highest = levels[-1]
    zeros = np.zeros(len(highest), np.float32)
    return NGram(words, (*with_backoffs, Level(highest.keys, highest.suffix, highest.log_prob, zeros)))


def listed_mass(level: Level, above: Level) -> tuple[Doubles, Doubles]:
    """For each n-gram h of a level as a history, sums over the words w listed after it: of p(w | h), of p(w | h').

    Both (N,). They run over float32 values: what they leave to one is noise below LEAST_MASS.
    """
    listed, shorter = np.zeros(len(level)), np.zeros(len(level))
    for part in parts(len(above)):
        history = above.keys[part] >> WORD_BITS  # sorted, so that a part touches one stretch of the level
        first, offset = history[0], history - history[0]
        for sums, log_p in ((listed, above.log_prob[part]), (shorter, level.log_prob[above.suffix[part]])):
            mass = np.bincount(offset, weights=np.exp(log_p))
            sums[first : first + len(mass)] += mass
    return listed, shorter


def parts(size: int) -> Iterator[slice]:
    """Slices that cover an array of a million rows a piece at a time, so that what is made on the way stays small."""
    return (slice(begin, begin + _PART) for begin in range(0, size, _PART))


def find(keys: Ints, wanted: Ints) -> Ints:
    """The row of each wanted key in the sorted keys, UNKNOWN where it is not there."""
    if not len(keys):
        return np.full(len(wanted), UNKNOWN, np.int64)
    rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[rows] == wanted, rows, UNKNOWN)
