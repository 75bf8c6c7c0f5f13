"""Errors in the text as it is shown: tokens of the display form, and what kind of error each is.

A token is what stands between blanks, with its case and punctuation: "PM." is one token. The denominator is the number
of tokens in the human transcript. Each edit of the alignment belongs to one class:

    punctuation                 the tokens differ in punctuation only, or a mark stands alone
    capitalization              they differ in case only
    inverse text normalization  the same was said but written otherwise: "21" for "twenty one", "1,000" for "1000"
    lexical                     another word was heard, or none, or one too many
    others                      the same word, but case and punctuation both differ

The classes sum to all edits. One number or date may take several edits with correct tokens between them: "$3 million"
for "three million dollars". So stretches of edits are compared as a whole, the shortest first. The same was said where
the lexical forms are equal, where both are written alike once the rules for figures are applied, or where only the
division of figures differs; what stands before is taken along, for "January 5" is said otherwise than 5. Tokens of the
same letters are paired before others of equal weight.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import add

from speechsmith.asr.scoring.alignment import Edit, EditKind, ErrorCounts, align

_LONGEST_SPAN = 12  # edits, correct tokens among them, that one number or date may take
_SIGNS = frozenset("$€£¥%&+@=°#")  # they stand for words
_Form = Callable[[str], str]


class _Class(StrEnum):
    """The values are the names of the fields of TokenErrors."""

    PUNCTUATION = "punctuation"
    CAPITALIZATION = "capitalization"
    FORMAT = "inverse_text_normalization"
    LEXICAL = "lexical"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class TokenErrors:
    """The counts over tokens, and the number of edits of each class. Those of several utterances may be added."""

    counts: ErrorCounts = field(default_factory=ErrorCounts)
    punctuation: int = 0
    capitalization: int = 0
    inverse_text_normalization: int = 0
    lexical: int = 0
    others: int = 0

    def percentage(self, edits: int) -> float:
        """A number of edits as percentage of all edits, 0 to 100; 0 when there are none."""
        return 100 * edits / self.counts.errors if self.counts.errors else 0.0

    def __add__(self, other: "TokenErrors") -> "TokenErrors":
        fields = TokenErrors.__slots__
        return TokenErrors(*(add(getattr(self, name), getattr(other, name)) for name in fields))


def token_errors(reference: str, hypothesis: str, *, lexical: _Form, itn: _Form = str) -> TokenErrors:
    """Compare a human transcript with a hypothesis, both as displayed.

    Args: lexical: the normalizer's lexical form, which tells another word from another way to write it; itn: writes
        words in lower case with figures where they belong, as recognition results are written.
    """
    alignment = align(reference.split(), hypothesis.split(), near=_letters)
    classes = Counter(_Classifier(alignment.edits, lexical, itn).classes())
    return TokenErrors(alignment.counts, **{kind.value: classes[kind] for kind in _Class})


@dataclass(frozen=True, slots=True)
class _Classifier:
    """Finds the class of each error of an alignment."""

    edits: Sequence[Edit]
    lexical: _Form
    itn: _Form

    def classes(self) -> Iterator[_Class]:
        """One for each error, in their order."""
        place = 0
        while place < len(self.edits):
            if not _is_error(self.edits[place]):
                place += 1
                continue
            alone = self._class_of(place)
            errors, stop = self._rewritten(place) if alone is _Class.LEXICAL else (0, place + 1)
            yield from [_Class.FORMAT] * errors or [alone]
            place = stop

    def _rewritten(self, start: int) -> tuple[int, int]:
        """How many errors from a place on, taken together, only write the same words otherwise; and where they end."""
        is_plain, errors = True, 0
        for stop in range(start + 1, min(start + _LONGEST_SPAN, len(self.edits)) + 1):
            last = self.edits[stop - 1]
            if not _is_error(last):
                continue
            errors += 1
            is_plain = is_plain and self._is_plain(last)
            if is_plain:
                continue  # words written as they are spoken do not stand for other words
            said, heard = (" ".join(filter(None, side)) for side in self._sides(start, stop))
            is_whole = stop == len(self.edits) or not _is_error(self.edits[stop])
            if said and heard and self._is_same(said, heard, start, is_whole=is_whole):
                return errors, stop
        return 0, start + 1

    def _sides(self, start: int, stop: int) -> tuple[list[str | None], list[str | None]]:
        span = self.edits[start:stop]
        return [edit.reference for edit in span], [edit.hypothesis for edit in span]

    def _is_plain(self, edit: Edit) -> bool:
        return all(self.lexical(token) == _letters(token) for token in (edit.reference, edit.hypothesis) if token)

    def _is_same(self, said: str, heard: str, place: int, *, is_whole: bool = True) -> bool:
        """Whether two texts stand for the same words, behind the token before a place.

        The rules for figures are slow, and are asked only for what stands between correct tokens as a whole.
        """
        before = self.edits[place - 1] if place else None
        if before and not _is_error(before):
            said, heard = f"{before.reference} {said}", f"{before.reference} {heard}"
        if self.lexical(said) == self.lexical(heard):
            return True
        letters = _letters(said), _letters(heard)
        if letters[0] == letters[1]:
            return any(map(str.isdigit, letters[0]))
        return is_whole and _letters(self._written(said)) == _letters(self._written(heard))

    def _written(self, text: str) -> str:
        return self.itn(" ".join(word.strip(".,?!:;\"'").lower() for word in text.split()))

    def _class_of(self, place: int) -> _Class:
        """The class of an error, taken alone."""
        said, heard = self.edits[place].reference or "", self.edits[place].hypothesis or ""
        if _bare(said) == _bare(heard):
            is_figure = any(map(str.isdigit, said)) and _core(said) != _core(heard)
            return _Class.FORMAT if is_figure else _Class.PUNCTUATION
        if said.casefold() == heard.casefold():
            return _Class.CAPITALIZATION
        if _letters(said) == _letters(heard):
            return _Class.OTHERS
        return _Class.FORMAT if said and heard and self._is_same(said, heard, place) else _Class.LEXICAL


def _is_error(edit: Edit) -> bool:
    return edit.kind is not EditKind.CORRECT


def _core(token: str) -> str:
    return token.strip(".,?!:;\"'()")


def _bare(token: str) -> str:
    """The token without what is not said: a point between digits is said, and so are signs."""
    neighbors = zip(" " + token, token, token[1:] + " ", strict=False)
    return "".join(
        character
        for before, character, after in neighbors
        if character.isalnum() or character in _SIGNS or (character == "." and before.isdigit() and after.isdigit())
    )


def _letters(token: str) -> str:
    return _bare(token).casefold()
