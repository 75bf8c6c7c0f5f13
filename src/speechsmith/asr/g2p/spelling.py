"""A user's word as pieces that can be spoken: runs of letters, letters by name, numbers and signs as words.

covid19  ->  covid | nineteen         CNTK  ->  c n t k | cntk        c++  ->  c | plus | plus        café  ->  cafe
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from speechsmith.asr import numbers

LONGEST_RUN = 64  # letters or digits; longer "words" are keys, addresses or noise

SIGNS = {"&": "and", "+": "plus", "@": "at", "%": "percent", "#": "sharp", "=": "equals"}
NUMBER_WORDS = frozenset(
    word
    for figure in (*map(str, range(101)), "00", *("1" + "000" * power for power in range(1, 5)))
    for word in numbers.reading(figure).split()
)

_FOLDED = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
_TOKEN = re.compile(r"(?P<digits>[0-9]+)|(?P<letters>(?:[^\W\d_]|')+)|(?P<sign>.)", re.DOTALL)
_VOWELS = frozenset("aeiouy")


class Unspeakable(ValueError):
    """A word that cannot be spoken; the message says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a word. `named`: said letter by letter, or as the word of a number or a sign, rather than read."""

    text: str
    named: bool


def pieces(word: str, alphabet: Collection[str]) -> list[list[Piece]]:
    """The word's stretches in order, each with the ways to take it, the likelier first.

    Raises: Unspeakable: a letter is outside the alphabet, nothing is left to say, or a run of letters is too long.
    """
    text = unicodedata.normalize("NFKC", word).translate(_APOSTROPHES)
    found: list[list[Piece]] = []
    for token in _TOKEN.finditer(text):
        if digits := token["digits"]:
            _check_length(digits, word)
            found += [[Piece(name, named=True)] for name in numbers.reading(digits).split()]
        elif token["letters"]:
            found += _letters(token["letters"], alphabet, word)
        elif name := SIGNS.get(token["sign"]):
            found.append([Piece(name, named=True)])
        elif token["sign"].isnumeric():
            raise Unspeakable(f"the numeral {token['sign']!r} in {word[:80]!r} is not one of 0 to 9; write it out")
    if not found:
        raise Unspeakable(f"{word[:80]!r} has no letter or digit that can be spoken; write it as it is said")
    return found


def _letters(run: str, alphabet: Collection[str], word: str) -> list[list[Piece]]:
    read = "".join(_folded(letter, alphabet, word) for letter in run.lower())
    names = read.replace("'", "")
    if not names:
        return []
    _check_length(read, word)
    as_word, by_name = Piece(read, named=False), Piece(names, named=True)
    if len(names) == 1 and read == names:
        return [[by_name, as_word]]
    if not _VOWELS & set(names) or (run.isupper() and len(names) <= 5):
        return [[by_name, as_word]]
    return [[as_word]]


def _check_length(run: str, word: str) -> None:
    if len(run) > LONGEST_RUN:
        raise Unspeakable(f"{word[:20]!r}... has a run of {len(run)} characters; at most {LONGEST_RUN} can be spoken")


def _folded(letter: str, alphabet: Collection[str], word: str) -> str:
    """The letter in the alphabet: itself, or without its accents."""
    if letter in alphabet:
        return letter
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    plain = "".join(_FOLDED.get(part, part) for part in plain)
    if letter == "'" or unicodedata.combining(letter):
        return ""
    if all(part in alphabet for part in plain):
        return plain
    name = unicodedata.name(letter, f"U+{ord(letter):04X}")
    raise Unspeakable(f"the letter {letter!r} ({name}) in {word[:80]!r} is not in this lexicon's alphabet")
