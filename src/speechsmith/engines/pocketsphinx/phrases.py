"""A session's own phrases, inside sentences and without training: a second look at the same audio.

Theory. Nothing of a session may enter the decoder that serves all of them: it cannot forget a word. And a decoder of
the whole vocabulary takes half a second and 100 MB to build. But after the first pass the vocabulary is small: the
words of its lattice are all that can be in this utterance, some hundreds. With the session's phrases among them

    first pass -> lattice -> its words, and which may follow which -> a language model of these and the phrases
                                                                   -> a decoder of its own -> second pass

the audio is decoded again by a decoder that is built in 15 ms, knows nothing else, and is thrown away afterwards. If
it hears no phrase, the first pass stands as it is. What survives between utterances is a `Vocabulary`: the phrases'
pronunciations, which are the same for everybody.

The small model is the base model where that matters, and a mixture of it with the phrases:

    p'(w | h) = p(w | h)         w follows h in the lattice; its back-off weights are those of the base elsewhere
    p'(f | h) = bo(h) 10^-c      f begins a phrase; c falls with the weight and rises with the number of phrases
    p'(g | f) = 1                g comes next in the phrase of f, and nothing else can

Each word of each phrase is a token of its own, so that what follows it is certain, pauses may lie between words, and
times are those of the words.

Measured in benchmarks/phrases.py; the idea of a second pass over the words of the first: Murveit et al., "Large-
vocabulary dictation using SRI's DECIPHER speech recognition system: progressive search techniques", ICASSP 1993.
"""

import math
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, pairwise, takewhile
from pathlib import Path
from typing import Any, TypeAlias

from speechsmith.asr.lexicon import Pronunciation

Guess: TypeAlias = Callable[[Sequence[str]], Mapping[str, tuple[Pronunciation, ...]]]
Followers: TypeAlias = Mapping[str, set[str]]

_VARIANT = re.compile(r"\(\d+\)$")
_LOG10 = math.log10(1.0001)  # the decoder counts in logarithms to the base 1.0001
_LOG_SHARE = -3.5  # log10 p of a phrase of weight 1
_LOG_STEP = 1.5  # what a weight of 2 adds to it, and a weight of almost 0 takes off
_NEVER = -99.0  # as a logarithm of a probability, in ARPA files
_START, _END = "<s>", "</s>"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a phrase list adds to a decoder, as lines of its files.

    `words`: token -> the word that it stands for. `lexicon`: pronunciations. `heads` and `tails`: tokens that begin
    a phrase and those that do not. `pairs`: a token and the one that follows it. `last`: tokens that end a phrase.
    """

    words: Mapping[str, str]
    lexicon: tuple[str, ...]
    heads: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    last: frozenset[str]


@dataclass(frozen=True, slots=True)
class Expected:
    """What one utterance is expected to have, and how strongly."""

    own: Vocabulary
    weight: float


def is_filler(word: str) -> bool:
    """Whether the decoder's word is a pause, a noise or the edge of a sentence."""
    return word[0] in "<[+" or word == "SIL"


def plain(word: str) -> str:
    """The decoder's word without the mark of a further pronunciation: "read(2)" is "read"."""
    return _VARIANT.sub("", word)


def vocabulary(phrases: Iterable[str], decoder: Any, guess: Guess) -> Vocabulary:
    """The phrases as a decoder's words; those with a word that cannot be pronounced are left out.

    Args: decoder: whose lexicon is asked first; guess: asked once for all words that it does not have.
    """
    spoken = [tuple(phrase.split()) for phrase in dict.fromkeys(phrases)]
    ways = {word: _ways(decoder, word) for phrase in spoken for word in phrase}
    if unknown := sorted(word for word, known in ways.items() if not known):
        for word, guessed in guess(unknown).items():
            ways[word] = [" ".join(phones) for phones in guessed]
    words: dict[str, str] = {}
    lexicon: list[str] = []
    named: list[list[str]] = []
    for number, phrase in enumerate(phrase for phrase in spoken if all(ways[word] for word in phrase)):
        tokens = [f"P{number}.{place}" for place in range(len(phrase))]  # no word of a lexicon has upper case
        words |= zip(tokens, phrase, strict=True)
        lexicon += [line for token, word in zip(tokens, phrase, strict=True) for line in _entries(token, ways[word])]
        named.append(tokens)
    return Vocabulary(
        words=words,
        lexicon=tuple(lexicon),
        heads=tuple(tokens[0] for tokens in named),
        pairs=tuple(pair for tokens in named for pair in pairwise(tokens)),
        last=frozenset(tokens[-1] for tokens in named),
    )


def second_decoder(first: Any, expected: Expected, build: Callable[[Path, Path], Any]) -> Any | None:
    """A decoder of the words that the first pass over an utterance saw, and of the phrases; None if there are none.

    Args: first: the decoder, after the utterance; build: makes a decoder of a language model and a lexicon.
    """
    found = first.get_lattice()
    if found is None:
        return None
    with tempfile.TemporaryDirectory(prefix="speechsmith-") as name:  # only its owner may look into it
        folder = Path(name)
        lattice, language, lexicon = folder / "lattice", folder / "language.arpa", folder / "lexicon.dict"
        found.write(str(lattice))
        following = followers(lattice.read_text(encoding="utf-8").splitlines())
        language.write_text(language_model(first.get_lm().prob, following, expected), encoding="utf-8")
        seen = {word for words in following.values() for word in words if not is_filler(word)}
        entries = [line for word in sorted(seen) for line in _entries(word, _ways(first, word))]
        lexicon.write_text("\n".join([*entries, *expected.own.lexicon, ""]), encoding="utf-8")
        return build(language, lexicon)


def followers(lattice: Iterable[str]) -> dict[str, set[str]]:
    """Each word of a lattice file, `<s>` included, with the words that come next, whatever pause lies between.

    The file has lines "number word start first-end last-end" under Nodes and "from to score" under Edges. An edge
    leads to a later start, so going backwards in time each node finds its followers complete.
    """
    words, starts, edges = {}, {}, defaultdict[int, list[int]](list)
    part, initial = "", -1
    for line in lattice:
        fields = line.split()
        if line[:1].isalpha():
            part = fields[0]
            initial = int(fields[1]) if part == "Initial" else initial
        elif part == "Nodes" and len(fields) > 2:
            words[int(fields[0])], starts[int(fields[0])] = plain(fields[1]), int(fields[2])
        elif part == "Edges" and len(fields) > 2:
            edges[int(fields[0])].append(int(fields[1]))
    reached: dict[int, set[str]] = {}
    following = defaultdict[str, set[str]](set)
    for node in sorted(words, key=starts.__getitem__, reverse=True):
        after = reached[node] = set[str]()
        for other in edges[node]:
            passed = is_filler(words[other]) and words[other] != _END
            after |= reached.get(other, set()) if passed else {words[other]}
        if node == initial or not is_filler(words[node]):
            following[words[node] if node != initial else _START] |= after
    return dict(following)


def language_model(prob: Callable[[list[str]], int], following: Followers, expected: Expected) -> str:
    """The small model, as ARPA text.

    Args: prob: the base model's log p of a word, given those before it, last first.
    """
    words = sorted({_START, _END, *following, *(word for after in following.values() for word in after)})
    start = prob([_START])

    def backoff(*history: str) -> int:
        """log bo of a history, from a word that is never listed after anything, so that it must be backed off to."""
        lower = prob([_START, *history[:0:-1]]) if len(history) > 1 else start
        return prob([_START, *reversed(history)]) - lower

    pairs = {(a, b): prob([b, a]) for a in following for b in sorted(following[a])}
    weights = {pair: backoff(*pair) for pair in pairs if pair[1] != _END}
    triples = {
        (a, b, c): p
        for (a, b), bo in weights.items()
        if bo  # else nothing is listed after these two
        for c in sorted(following.get(b, ()))
        if (p := prob([c, b, a])) != bo + pairs[b, c]
    }
    own = expected.own
    head = log_share(len(own.heads), expected.weight)
    grams = [
        [_line(prob([w]), (w,), 0 if w == _END else backoff(w)) for w in words]
        + [f"{head:.4f} {token} {0 if token in own.last else _NEVER}" for token in own.heads]
        + [f"{_NEVER} {token} {0 if token in own.last else _NEVER}" for _, token in own.pairs],
        [_line(p, pair, weights.get(pair, 0)) for pair, p in pairs.items()]
        + [f"0 {before} {token} 0" for before, token in own.pairs],
        [_line(p, triple) for triple, p in triples.items()],
    ]
    return _arpa([lines for lines in grams if lines])


def log_share(phrases: int, weight: float) -> float:
    """log10 of the probability that a phrase begins, before the back-off of what came before it.

    A hundred phrases of weight 1 make up 3 % of all words; more than that share them.
    """
    return _LOG_SHARE + _LOG_STEP * (weight - 1.0) - math.log10(max(1.0, phrases / 100))


def _arpa(grams: Sequence[Sequence[str]]) -> str:
    head = ["\\data\\", *(f"ngram {n}={len(lines)}" for n, lines in enumerate(grams, start=1)), ""]
    body = [line for n, lines in enumerate(grams, start=1) for line in (f"\\{n}-grams:", *lines, "")]
    return "\n".join([*head, *body, "\\end\\", ""])


def _line(log_prob: int, words: Sequence[str], log_backoff: int | None = None) -> str:
    tail = "" if log_backoff is None else f" {log_backoff * _LOG10:.5f}"
    return f"{max(log_prob * _LOG10, _NEVER):.5f} {' '.join(words)}{tail}"


def _ways(decoder: Any, word: str) -> list[str]:
    """How the decoder's lexicon pronounces a word, phones with blanks between."""
    names = chain([word], (f"{word}({number})" for number in count(2)))
    return list(takewhile(bool, map(decoder.lookup_word, names)))


def _entries(token: str, ways: Sequence[str]) -> list[str]:
    return [f"{token} {way}" if number == 1 else f"{token}({number}) {way}" for number, way in enumerate(ways, 1)]
