"""What was said, as a lattice of sounds: every way in which recognized or already formatted words can be heard.

A node is a place between sounds; 0 to n are those between the n tokens, the others lie inside of tokens. An arc is one
sound. "two five hundred" is heard as three words, and as 2 and 500; a token "500" that an earlier stage has written is
heard as its digits, so that a rule does not care which stage wrote what. Number words are read as the whole number they
make: "twenty two" is 22, never 20 and 2.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

from speechsmith.asr import numbers
from speechsmith.asr.display.tokens import Tokens


class Kind(Enum):
    """What a sound is."""

    SPELLED = auto()  # a digit, or a letter said by its name
    OPENING = auto()  # the first letter of a word ...
    INNER = auto()  # ... and its others
    WORD = auto()  # a word as a whole
    MARK = auto()  # a sign that an earlier stage has written
    SILENCE = auto()  # nothing


class Arc(NamedTuple):
    """A sound, and the node behind it."""

    kind: Kind
    sound: str
    to: int


Lattice: TypeAlias = list[list[Arc]]  # the arcs from each node

_PIECE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d|.", re.DOTALL)
_STANDS_FOR_A_WORD = frozenset("$€£¥%&+@=°*#/")  # never passed over: its word would be lost
_UNITS = {numbers.cardinal(number): number for number in range(1, 10)}
_TEENS = {numbers.cardinal(number): number for number in range(10, 20)}
_TENS = {numbers.cardinal(number): number for number in range(20, 100, 10)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_ZEROS = frozenset({"zero", "oh", "o", "nought"})
_ORDINALS = {
    numbers.ordinal(number): f"{number}{ending}"
    for number, ending in {**dict.fromkeys(range(4, 21), "th"), 1: "st", 2: "nd", 3: "rd", 30: "th"}.items()
}
_TIMES = {"double": 2, "triple": 3}


def lattice(tokens: Tokens, *, english: bool) -> Lattice:
    """All ways to hear the tokens; number words are English."""
    arcs: Lattice = [[] for _ in range(len(tokens) + 1)]
    words = [token.text.lower().rstrip(".,") for token in tokens]
    for place, token in enumerate(tokens):
        arcs[place].append(Arc(Kind.WORD, words[place], place + 1))
        _add_pieces(arcs, place, _PIECE.findall(token.text))
        for text, stop in _spelled(words, place) if english else ():
            _add(arcs, place, stop, _letters_or_digits(text))
    return arcs


def figure(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """The longest number that the words from `start` on make, as digits, and where it ends. Words are lower case."""
    total, place, limit = 0, start, 10**12
    following = start
    while (group := _below_thousand(words, following)) is not None:
        number, stop = group
        scale = _SCALES.get(words[stop], 1) if stop < len(words) else 1
        if number * scale >= limit:
            break
        total, place, limit = total + number * scale, stop + (scale > 1), scale
        following = place + (words[place : place + 1] == ["and"])
    if place > start:
        return str(total), place
    return ("0", start + 1) if words[start] in _ZEROS else None


def _below_thousand(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """A number up to "ninety nine hundred and ninety nine", and where it ends."""
    if words[start : start + 1] == ["a"] and words[start + 1 : start + 2] in (["hundred"], ["thousand"]):
        number, place = 1, start + 1
    elif (found := _below_hundred(words, start)) is not None:
        number, place = found
    else:
        return None
    if words[place : place + 1] != ["hundred"]:
        return number, place
    number, place = 100 * number, place + 1
    rest = _below_hundred(words, place + (words[place : place + 1] == ["and"]))
    return (number + rest[0], rest[1]) if rest else (number, place)


def _below_hundred(words: Sequence[str], start: int) -> tuple[int, int] | None:
    word = words[start] if start < len(words) else ""
    if word in _TENS:
        unit = _UNITS.get(words[start + 1], 0) if start + 1 < len(words) else 0
        return _TENS[word] + unit, start + 1 + (unit > 0)
    number = _UNITS.get(word) or _TEENS.get(word)
    return None if number is None else (number, start + 1)


def _spelled(words: Sequence[str], start: int) -> Iterator[tuple[str, int]]:
    """What the words from `start` on spell: a number, an ordinal, a doubled digit or letter; and where it ends."""
    word = words[start]
    if (found := figure(words, start)) is not None:
        yield found
    if word in _ORDINALS:
        yield _ORDINALS[word], start + 1
    if word in _TIMES and start + 1 < len(words):
        after = words[start + 1]
        once = figure(words[: start + 2], start + 1)
        for one in (once[0] if once else "", after):
            if len(one) == 1:
                yield one * _TIMES[word], start + 2
        if (word, after) == ("double", "u"):
            yield "w", start + 2


def _letters_or_digits(text: str) -> Iterator[tuple[Kind, str]]:
    return ((Kind.SPELLED, character) for character in text)


def _in_word(text: str) -> Iterator[tuple[Kind, str]]:
    return ((Kind.INNER if place else Kind.OPENING, character) for place, character in enumerate(text))


def _add_pieces(arcs: Lattice, start: int, pieces: Sequence[str]) -> None:
    """What is written in one token: words, letters, digits and marks, one after the other."""
    is_mixed = any(map(str.isdigit, pieces))
    node = start
    for place, piece in enumerate(pieces, start=1):
        to = start + 1 if place == len(pieces) else _new(arcs)
        if piece[0].isalpha():
            word = piece.replace("’", "'").lower()
            _add(arcs, node, to, _in_word(word))
            if word.endswith(("oe", "ue")):  # it sounds the same without: joe, jo
                _add(arcs, node, to, _in_word(word[:-1]))
            if len(pieces) > 1:
                arcs[node].append(Arc(Kind.WORD, word, to))
            if len(piece) == 1 or is_mixed or piece.isupper():
                _add(arcs, node, to, _letters_or_digits(piece))
        elif piece.isdigit():
            arcs[node].append(Arc(Kind.SPELLED, piece, to))
        else:
            arcs[node].append(Arc(Kind.MARK, piece, to))
            is_point = piece == "." and place < len(pieces) and pieces[place].isdigit()
            if piece not in _STANDS_FOR_A_WORD and not is_point:
                arcs[node].append(Arc(Kind.SILENCE, "", to))
        node = to


def _add(arcs: Lattice, start: int, stop: int, sounds: Iterable[tuple[Kind, str]]) -> None:
    """One sound after the other from node `start` to node `stop`."""
    rest = list(sounds)
    node = start
    for place, (kind, sound) in enumerate(rest, start=1):
        to = stop if place == len(rest) else _new(arcs)
        arcs[node].append(Arc(kind, sound, to))
        node = to


def _new(arcs: Lattice) -> int:
    arcs.append([])
    return len(arcs) - 1
