"""How the words of a domain are pronounced: the user's own entries, then the base lexicon, then a guess from spelling.

A user's file has one entry a line, `displayed form<TAB>spoken form`: "3CPO<TAB>three c p o". The spoken form is made of
letters, words or syllables, and sounds like them, one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechsmith.asr.g2p import G2P
from speechsmith.asr.lexicon import Lexicon, Pronunciation
from speechsmith.engines.pocketsphinx.compounds import JOINT
from speechsmith.engines.pocketsphinx.domain_text import Rejections

VARIANTS = 2
_AT_ONCE = 512  # words guessed between two reports of progress
_FIRST = ("<", "[", "+", "{")  # what begins so is a noise to the decoder, or stands for a list
_INSIDE = ("(", ")", JOINT)  # mark variants in the lexicon, and compounds
HOW_TO_WRITE = "Write one word without parentheses and underscores, which does not begin with <, [, { or +."


@dataclass(frozen=True, slots=True)
class Entry:
    """The pronunciations of one word, best first, and where they come from: `user` or `g2p`."""

    word: str
    source: str
    pronunciations: tuple[Pronunciation, ...]

    def shown(self) -> dict[str, Any]:
        """The report's form."""
        spoken = [" ".join(phones) for phones in self.pronunciations]
        return {"word": self.word, "source": self.source, "pronunciations": spoken}


class _Unusable(ValueError):
    """An entry of the user's that says nothing. `code` is stable, the message is what to do."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(hint)
        self.code = code


def read_own(
    paths: Sequence[Path], lexicon: Lexicon, g2p: G2P, *, lexical: Callable[[str], str], rejections: Rejections
) -> tuple[list[Entry], dict[str, str]]:
    """The user's entries, and displayed form in lower case -> word, for those that the lexical form would break up.

    A word that is listed twice has both pronunciations. Unusable lines are noted in `rejections`.
    """
    ways: dict[str, dict[Pronunciation, None]] = {}
    for path, number, line in _lines(paths):
        try:
            word, spoken = _read(line, lexicon, g2p, lexical)
        except _Unusable as error:
            rejections.add(path, number, error.code, line, str(error))
        else:
            ways.setdefault(word, {}).update(dict.fromkeys(spoken))
    whole = {word: word for word in ways if lexical(word) != word}
    return [Entry(word, "user", tuple(spoken)) for word, spoken in ways.items()], whole


def contested(own: Sequence[Entry], lexicon: Lexicon) -> dict[str, tuple[Pronunciation, ...]]:
    """The words of the lexicon that the user says in a way which it does not have, and the ways that it has."""
    known = (entry for entry in own if entry.word in lexicon)
    return {entry.word: lexicon[entry.word] for entry in known if set(entry.pronunciations) - set(lexicon[entry.word])}


def guess(words: Sequence[str], g2p: G2P, progress: Callable[[float], None]) -> list[Entry]:
    """The likeliest pronunciations of each word; words that cannot be spoken are left out."""
    entries: list[Entry] = []
    for begin in range(0, len(words), _AT_ONCE):
        progress(begin / len(words))
        guessed = g2p.pronounce(words[begin : begin + _AT_ONCE], VARIANTS)
        entries += [Entry(word, "g2p", ways) for word, ways in guessed.items() if ways and is_word(word)]
    return entries


def _lines(paths: Sequence[Path]) -> Iterator[tuple[Path, int, str]]:
    """File, line number and line, without blank ones."""
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield path, number, line.rstrip("\r\n")


def _read(
    line: str, lexicon: Lexicon, g2p: G2P, lexical: Callable[[str], str]
) -> tuple[str, tuple[Pronunciation, ...]]:
    """The word and its pronunciations. Raises: _Unusable."""
    displayed, _, spoken_form = (part.strip() for part in line.partition("\t"))
    if not displayed or not spoken_form:
        raise _Unusable("NotAnEntry", "Write the displayed form, a tab and the spoken form.")
    if len(displayed.split()) > 1:
        raise _Unusable("SeveralWords", "Give each word of the displayed form a line of its own.")
    word = displayed.lower()
    if not is_word(word):
        raise _Unusable("NotAWord", HOW_TO_WRITE)
    spoken = lexicon.spoken(lexical(spoken_form), g2p, VARIANTS)
    if not spoken:
        raise _Unusable("NotSpeakable", "Write the spoken form with letters, words or syllables of the language.")
    return word, spoken


def is_word(word: str) -> bool:
    """Whether the decoder, and who reads its results, take it for one word that is spoken as it is written."""
    return len(word.split()) == 1 and not word.startswith(_FIRST) and not any(sign in word for sign in _INSIDE)
