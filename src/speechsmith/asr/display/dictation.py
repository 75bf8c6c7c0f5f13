"""Punctuation that the speaker says ("comma", "new line"), and hesitations that nobody wants to read.

The name of a mark is a word like any other after an article or what else comes before a noun: "a period", "the comma".
Where it is not certain that somebody dictates, "period", "colon", "hyphen", "dash" and "slash" are marks only where the
speaker stops.
"""

# ruff: noqa: SIM905
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from speechsmith.asr.display.tokens import Token, Tokens

STOP = 0.25  # seconds of silence after the name of a mark that show it is one

_AFTER = {  # marks that stand behind a word
    "period": ".",
    "full stop": ".",
    "comma": ",",
    "question mark": "?",
    "exclamation mark": "!",
    "exclamation point": "!",
    "colon": ":",
    "semicolon": ";",
    "semi colon": ";",
    "dot dot dot": "...",
    "ellipsis": "...",
    "new line": "\n",
    "newline": "\n",
    "new paragraph": "\n\n",
    "close parenthesis": ")",
    "close parentheses": ")",
    "close paren": ")",
    "right parenthesis": ")",
    "close quote": '"',
    "close quotes": '"',
    "end quote": '"',
}
_BEFORE = {  # marks that stand in front of one
    "open parenthesis": "(",
    "open parentheses": "(",
    "open paren": "(",
    "left parenthesis": "(",
    "open quote": '"',
    "open quotes": '"',
    "begin quote": '"',
}
_BETWEEN = {"hyphen": "-", "forward slash": "/", "slash": "/", "back slash": "\\", "backslash": "\\"}
_ALONE = {"dash": "-"}
_MARKS = _AFTER | _BEFORE | _BETWEEN | _ALONE
_FIRST_WORDS = frozenset(name.split()[0] for name in _MARKS)
_LONGEST = 3  # words
_UNSURE = frozenset({"period", "colon", "hyphen", "dash", "slash"})
_ENDS = (".", "?", "!", "\n")
_CLOSERS = frozenset({")", '"'})
_BEFORE_A_NOUN = frozenset(
    "a an the this that these those each every any some one no first last long short same whole my your his her its "
    "our their of per trial grace waiting time notice".split()
)

_HESITATIONS = frozenset("um uh uhm erm er hmm mm".split())
_STUMBLES = frozenset(  # words that nobody says twice on purpose
    "a an the i you he she it we they my your his her its our their to of in on at for with from and but or is are was "
    "were if as this what when where it's i'm we're you're they're there's".split()
)
_LONGEST_RESTART = 3  # words


class Dictation(StrEnum):
    """Whether the names of marks are marks."""

    NONE = "None"
    POSSIBLE = "Possible"  # some speakers dictate; names that are common words need a stop
    CERTAIN = "Certain"


@dataclass(frozen=True, slots=True)
class Dictated:
    """Tokens with the marks that were said; `ends` are the places of lexical words behind a sentence that they end."""

    tokens: Tokens
    ends: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token that may hold on to its neighbors, and whether it ends a sentence."""

    token: Token
    to_left: bool = False
    to_right: bool = False
    ends: bool = False


def dictated(tokens: Tokens, pauses: Sequence[float], *, surely: bool) -> Dictated:
    """English tokens with the names of marks turned into marks.

    Args: pauses: seconds of silence before each lexical word, or none; surely: whether all that is said is dictation.
    """
    merged: list[_Piece] = []
    for piece in _pieces(tokens, pauses, surely=surely):
        last = merged[-1] if merged else None
        if last is None or not (last.to_right or piece.to_left):
            merged.append(piece)
            continue
        token = Token(last.token.text + piece.token.text, last.token.start, piece.token.stop)
        closes = last.ends and piece.token.text in _CLOSERS
        merged[-1] = _Piece(token, last.to_left, piece.to_right, piece.ends or closes)
    return Dictated(
        tuple(piece.token for piece in merged), frozenset(piece.token.stop for piece in merged if piece.ends)
    )


def fluent(tokens: Tokens) -> Tokens:
    """English tokens without "um" and without stumbles ("the the", "i want i want"); all, if nothing else was said."""
    spoken = [token for token in tokens if token.text.lower() not in _HESITATIONS]
    words = [token.text.lower() for token in spoken]
    out: list[Token] = []
    place = 0
    while place < len(words):
        place += _restart(words, place)
        out.append(spoken[place])
        place += 1
    return tuple(out) or tokens


def _pieces(tokens: Tokens, pauses: Sequence[float], *, surely: bool) -> Iterator[_Piece]:
    place = 0
    while place < len(tokens):
        name = _name_at(tokens, place, pauses, surely=surely)
        stop = place + max(1, len(name.split()))
        token = Token(_MARKS.get(name, tokens[place].text), tokens[place].start, tokens[stop - 1].stop)
        to_left, to_right = name in _AFTER or name in _BETWEEN, name in _BEFORE or name in _BETWEEN
        yield _Piece(token, to_left, to_right, ends=bool(name) and token.text.endswith(_ENDS))
        place = stop


def _name_at(tokens: Tokens, place: int, pauses: Sequence[float], *, surely: bool) -> str:
    """The name of the mark that is said at a token, or ""."""
    if tokens[place].text.lower() not in _FIRST_WORDS:
        return ""
    before = tokens[place - 1].text.lower() if place else ""
    for length in range(min(_LONGEST, len(tokens) - place), 0, -1):
        name = " ".join(token.text.lower() for token in tokens[place : place + length])
        if name not in _MARKS:
            continue
        if length == 1 and (before in _BEFORE_A_NOUN or (name in _UNSURE and not surely and place == 0)):
            return ""
        if name in _UNSURE and not surely and not _stops(tokens, place, pauses):
            return ""
        return name
    return ""


def _stops(tokens: Tokens, place: int, pauses: Sequence[float]) -> bool:
    """Whether the speaker stops after a token."""
    after = tokens[place].stop
    return place + 1 == len(tokens) or (after < len(pauses) and pauses[after] >= STOP)


def _restart(words: Sequence[str], place: int) -> int:
    """How many words are said again at once, and can go; the longest stretch that begins with a stumble."""
    if words[place] not in _STUMBLES:
        return 0
    for length in range(_LONGEST_RESTART, 0, -1):
        again = words[place + length : place + 2 * length]
        if len(again) == length and again == words[place : place + length]:
            return length
    return 0
