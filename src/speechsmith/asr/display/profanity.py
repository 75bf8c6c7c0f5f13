"""Profanity, tagged, masked or removed as the user wishes.

Words are compared in lower case and without the marks around them; where phrases begin alike, the longest is taken.
Masking writes one asterisk for each letter, word by word. A word that is removed leaves its full stop to the word
before it and its capital to the word after it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import TypeAlias

from speechsmith.asr.display.tokens import Token, Tokens

_LETTER = re.compile(r"[^\W_]")
_CORE = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_SENTENCE_END = (".", "?", "!", "\n")
_ENGLISH = (
    "arse arsehole ass asses asshole assholes bastard bastards bitch bitches bitching bollocks bullshit cock "
    "cocksucker crap crappy cunt cunts damn damned dick dickhead dicks fuck fucked fucker fuckers fucking fucks "
    "goddamn goddamned horseshit motherfucker motherfuckers motherfucking piss pissed prick pricks pussy shit shits "
    "shitty slut sluts twat wanker wankers whore whores"
)
Phrases: TypeAlias = Mapping[str, Sequence[tuple[str, ...]]]  # by their first word, the longest first


class Profanity(StrEnum):
    """What to do about profanity; the values are the contract's `profanityFilterMode`."""

    NONE = "None"
    REMOVED = "Removed"
    TAGS = "Tags"
    MASKED = "Masked"


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between blanks, and the number of its token."""

    text: str
    token: int
    is_profane: bool = False


def profane_phrases(extra: Iterable[str], *, english: bool) -> Phrases:
    """The user's words and phrases and, for English, the built-in words."""
    built_in = _ENGLISH.split() if english else []
    phrases = {tuple(phrase.lower().split()) for phrase in (*built_in, *extra)}
    starts: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(filter(None, phrases), key=lambda phrase: (-len(phrase), phrase)):
        starts.setdefault(phrase[0], []).append(phrase)
    return starts


def without_profanity(tokens: Tokens, mode: Profanity, phrases: Phrases) -> Tokens:
    """The tokens with the user's wish applied; those of which nothing is left are gone."""
    if mode is Profanity.NONE:
        return tokens
    pieces = [_Piece(piece, number) for number, token in enumerate(tokens) for piece in token.text.split(" ")]
    pieces = _marked(pieces, phrases)
    if not any(piece.is_profane for piece in pieces):
        return tokens
    if mode is Profanity.REMOVED:
        pieces = _removed(pieces)
    else:
        pieces = [replace(piece, text=_hidden(piece.text, mode)) if piece.is_profane else piece for piece in pieces]
    return tuple(
        Token(" ".join(piece.text for piece in group), tokens[number].start, tokens[number].stop)
        for number, group in groupby(pieces, key=lambda piece: piece.token)
    )


def _marked(pieces: Sequence[_Piece], phrases: Phrases) -> list[_Piece]:
    words = [piece.text.strip(".,?!:;\"'()¿¡\n").lower() for piece in pieces]
    return [
        replace(piece, is_profane=is_profane)
        for piece, is_profane in zip(pieces, _is_profane(words, phrases), strict=True)
    ]


def _is_profane(words: Sequence[str], phrases: Phrases) -> Iterator[bool]:
    """For each word, whether it is profane, alone or as part of a phrase."""
    place = 0
    while place < len(words):
        candidates = phrases.get(words[place], ())
        length = next((len(p) for p in candidates if tuple(words[place : place + len(p)]) == p), 0)
        yield from [True] * length or [False]
        place += max(1, length)


def _hidden(text: str, mode: Profanity) -> str:
    if mode is Profanity.MASKED:
        return _LETTER.sub("*", text)
    before, core, after = _parts(text)
    return f"{before}<profanity>{core}</profanity>{after}"


def _parts(text: str) -> tuple[str, str, str]:
    """The marks before, the word, the marks after."""
    match = _CORE.match(text)
    assert match, "the pattern matches any text"
    before, core, after = match.groups()
    return before, core, after


def _removed(pieces: Sequence[_Piece]) -> list[_Piece]:
    """What is left, with the capitals and the full stops of the sentences that it is left of."""
    left: list[_Piece] = []
    capital_is_due = False
    for piece in pieces:
        before, core, after = _parts(piece.text)
        starts = not left or left[-1].text.endswith(_SENTENCE_END)
        if not piece.is_profane:
            text = before + core[:1].upper() + core[1:] + after if capital_is_due else piece.text
            left.append(replace(piece, text=text))
            capital_is_due = False
            continue
        capital_is_due = capital_is_due or (starts and core[:1].isupper())
        if after and left and not starts:
            left[-1] = replace(left[-1], text=left[-1].text.rstrip(",;:") + after)
    return left
