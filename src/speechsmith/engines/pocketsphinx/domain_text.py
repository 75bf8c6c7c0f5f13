"""The user's text as the language model sees it: sentences in lexical form, as one stream of word ids.

Text files count once a line; the transcripts of utterances, which are the domain itself and not only about it, count
TRANSCRIPT_WEIGHT times. Words to which the user gave a pronunciation are kept as they are written, so that "3CPO" stays
one word where the lexical form of other text would spell it out.

Each sentence has a number drawn from its words and the seed. It decides which sentences are held out, so that the same
sentence is never both learned from and tested on, and, when the text is longer than memory allows, which are used.
"""

import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from speechsmith.asr.ngram import END, START, UNKNOWN
from speechsmith.asr.ngram.model import Bools, Doubles, Ints, Rows
from speechsmith.asr.types import Corpus

TRANSCRIPT_WEIGHT = 3.0
MOST_WORDS = 2_500_000  # of one model, about 13 MB of text; longer text is thinned evenly, to bound the memory
LISTED_REJECTIONS = 1000
_EXCERPT = 80  # characters of a rejected line that the report shows
_PUNCTUATION = ' \t.,;:!?"()[]{}…“”«»'


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line of the user's that is not used: where it stands, and what to do about it."""

    file: str
    line: int
    code: str
    text: str
    hint: str

    def shown(self) -> dict[str, Any]:
        """The report's form."""
        return {"file": self.file, "line": self.line, "code": self.code, "text": self.text, "hint": self.hint}


class Rejections:
    """All rejected lines are counted; the first LISTED_REJECTIONS are kept. `called` gives the name of a file."""

    def __init__(self, called: Callable[[Path], str] = lambda path: path.name) -> None:
        self.count = 0
        self.listed: list[Rejection] = []
        self._called = called

    def add(self, file: Path | str, line: int, code: str, text: str, hint: str) -> None:
        """Count a line of a file, or of what has this name."""
        self.count += 1
        if len(self.listed) < LISTED_REJECTIONS:
            name = self._called(file) if isinstance(file, Path) else file
            self.listed.append(Rejection(name, line, code, text[:_EXCERPT], hint))


@dataclass(frozen=True, slots=True)
class DomainText:
    """The sentences of a corpus. `words` is the vocabulary, `<s>` and `</s>` first.

    tokens (T,), a stream in ids of `words`, UNKNOWN where a word cannot be spoken; for each sentence: draw (S,),
    its number in [0, 2^32), and weight (S,), what it counts for. Words that are in `lists` are tokens for lists.
    """

    words: tuple[str, ...]
    tokens: Rows
    draw: Ints
    weight: Doubles
    words_read: int
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def words_used(self) -> int:
        """Running words without sentence marks and UNKNOWN ones."""
        return int(np.count_nonzero(self.tokens > 1))

    def counts(self) -> Ints:
        """(V,) how often each word of the vocabulary occurs."""
        return np.bincount(self.tokens[self.tokens >= 0], minlength=len(self.words)).astype(np.int64)

    def part(self, sentences: Bools) -> "DomainText":
        """Some of the sentences (S,), over the same vocabulary."""
        chosen = sentences[np.cumsum(self.tokens == 0) - 1] if len(self.tokens) else np.zeros(0, np.bool_)
        return replace(self, tokens=self.tokens[chosen], draw=self.draw[sentences], weight=self.weight[sentences])

    def in_pieces(self, pieces: Mapping[int, Sequence[tuple[int, Sequence[str]]]]) -> "DomainText":
        """The same text, but a sentence of one of these draws is several: the draw and the words of each are given."""
        cut = np.isin(self.draw, list(pieces))
        rest, index = self.part(~cut), {word: i for i, word in enumerate(self.words)}
        tokens, draw, weight = array("i"), array("q"), array("d")
        for whole, counts in zip(self.draw[cut], self.weight[cut], strict=True):
            for number, words in pieces[int(whole)]:
                tokens.extend([0, *(index.get(word, UNKNOWN) for word in words), 1])
                draw.append(number)
                weight.append(counts)
        return replace(
            self,
            tokens=np.concatenate([rest.tokens, np.array(tokens, np.int32)]),
            draw=np.concatenate([rest.draw, np.array(draw, np.int64)]),
            weight=np.concatenate([rest.weight, np.array(weight, np.float64)]),
        )

    def restricted(self, known: Mapping[str, Any]) -> "DomainText":
        """The same sentences with only the known words in the vocabulary; others become UNKNOWN."""
        kept = [i for i, word in enumerate(self.words) if i < 2 or word in known or word in self.lists]
        new_id = np.full(len(self.words) + 1, UNKNOWN, np.int32)  # the last one is for UNKNOWN itself
        new_id[kept] = np.arange(len(kept))
        words = tuple(self.words[i] for i in kept)
        return replace(self, words=words, tokens=new_id[self.tokens])


def draw_of(sentence: Sequence[str], seed: int) -> int:
    """The number in [0, 2^32) that is drawn from a sentence's words."""
    return zlib.crc32(f"{seed}:{' '.join(sentence)}".encode())


class _Stream:
    """Sentences as they are read, thinned by half whenever they become too many."""

    def __init__(self, seed: int, most_words: int) -> None:
        self._index = {START: 0, END: 1}
        self._seed, self._most_words = seed, most_words
        self._below = 1 << 32  # sentences with a smaller number are kept
        self._tokens, self._draw, self._weight = array("i"), array("I"), array("d")
        self._words_read = 0

    def add(self, sentence: list[str], weight: float) -> None:
        self._words_read += len(sentence)
        draw = draw_of(sentence, self._seed)
        if draw >= self._below:
            return
        index = self._index
        self._tokens.append(0)
        self._tokens.extend([index.setdefault(word, len(index)) for word in sentence])
        self._tokens.append(1)
        self._draw.append(draw)
        self._weight.append(weight)
        if len(self._tokens) > self._most_words:
            self._thin()

    def text(self) -> DomainText:
        draw = np.array(self._draw, np.int64)
        tokens, weight = np.array(self._tokens, np.int32), np.array(self._weight, np.float64)
        return DomainText(tuple(self._index), tokens, draw, weight, self._words_read)

    def _thin(self) -> None:
        self._below //= 2
        text = self.text()
        kept = text.part(text.draw < self._below)
        self._tokens = array("i", kept.tokens.tobytes())
        self._draw = array("I", kept.draw.astype(np.uint32).tobytes())
        self._weight = array("d", kept.weight.tobytes())


def read_text(
    corpus: Corpus,
    *,
    lexical: Callable[[str], str],
    own_words: Mapping[str, str],
    seed: int,
    rejections: Rejections,
    progress: Callable[[float], None],
    structured: Iterable[Sequence[str]] = (),
    most_words: int = MOST_WORDS,
) -> DomainText:
    """All sentences of the text files and of the transcripts.

    Args: lexical, the locale's lexical form; own_words, displayed form in lower case -> word of the lexicon, for words
    that must stay whole; rejections, where lines without a usable word are noted; progress, told the share of the text
    that is read; structured, sentences with tokens for lists, each of which counts as much as a line.
    """
    stream = _Stream(seed, most_words)

    def add(line: str, weight: float, file: Path | str, number: int) -> None:
        if words := spoken(line, lexical, own_words):
            stream.add(words, weight)
        elif line.strip():
            hint = "The line has no word that can be spoken; leave it out."
            rejections.add(file, number, "NoWords", line.strip(), hint)

    sizes = [path.stat().st_size for path in corpus.text]
    total, before = sum(sizes) or 1, 0
    for path, size in zip(corpus.text, sizes, strict=True):
        for number, line, bytes_read in _lines(path):
            add(line, 1.0, path, number)
            if number % 1000 == 0:
                progress((before + min(bytes_read, size)) / total)
        before += size
    for number, utterance in enumerate(corpus.utterances, start=1):
        add(utterance.transcript, TRANSCRIPT_WEIGHT, utterance.name, number)
    for sentence in structured:
        stream.add(list(sentence), 1.0)
    progress(1.0)
    return stream.text()


def spoken(line: str, lexical: Callable[[str], str], own_words: Mapping[str, str]) -> list[str]:
    """The words of the lexical form, but with the user's own words whole."""
    pieces = line.split()
    own = (
        [own_words.get(p.lower()) or own_words.get(p.strip(_PUNCTUATION).lower()) for p in pieces] if own_words else []
    )
    if not any(own):
        return lexical(line).split()
    stretches: list[str] = []
    begin = 0
    for i, word in enumerate(own):
        if word is not None:
            stretches += [lexical(" ".join(pieces[begin:i])), word]
            begin = i + 1
    stretches.append(lexical(" ".join(pieces[begin:])))
    return " ".join(stretches).split()


def _lines(path: Path) -> Iterator[tuple[int, str, int]]:
    """Line number, line, and about how many bytes are read by then."""
    bytes_read = 0
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            bytes_read += len(line)
            yield number, line, bytes_read
