"""What every locale shares: one spelling for one character, and words without punctuation.

`fold` makes equal what only looks different (compatibility forms, case, the many apostrophes). `words` cuts folded text
at everything that is neither letter, mark, figure nor an apostrophe inside a word. Marks count as part of a word: in
Devanagari, Thai or Arabic they carry the vowels.
"""

import re
import unicodedata
from collections.abc import Callable

_APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u00b4\u0060\u2032"


class _Table(dict[int, str | None]):
    """A table for `str.translate` that asks for the replacement of a code point when it is first met."""

    def __init__(self, replacement: Callable[[str], str | None]) -> None:
        super().__init__({ord(character): "'" for character in _APOSTROPHES})
        self._replacement = replacement

    def __missing__(self, code: int) -> str | None:
        self[code] = replacement = self._replacement(chr(code))
        return replacement


_visible = _Table(lambda character: None if unicodedata.category(character) == "Cf" else character)
_spoken = _Table(lambda character: character if unicodedata.category(character)[0] in "LMN" else " ")


def fold(text: str) -> str:
    """Lower case in normal form NFKC, without invisible characters, and with one kind of apostrophe."""
    if text.isascii():
        return text.replace("`", "'").lower()
    composed = unicodedata.normalize("NFKC", text.translate(_visible))
    return unicodedata.normalize("NFKC", composed.lower()).translate(_visible)  # NFKC makes apostrophes: ŉ -> ʼn


def words(folded: str) -> list[str]:
    """The words of folded text, in order, without punctuation. What holds no letter and no figure is no word."""
    pieces = re.sub("''+", " ", folded.translate(_spoken)).split()
    stripped = (piece.strip("'") for piece in pieces)
    return [word for word in stripped if word and (word.isascii() or any(map(str.isalnum, word)))]
