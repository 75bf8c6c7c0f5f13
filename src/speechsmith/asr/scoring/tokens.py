"""Errors in the text as it is shown: tokens of the display form, and what kind of error each is.

A token is what stands between blanks, with its case and punctuation: "PM." is one token. The denominator is the number
of tokens in the human transcript. Each edit of the alignment belongs to one class:

    punctuation                 the tokens differ in punctuation only, or a mark stands alone
    capitalization              they differ in case only
    inverse text normalization  the same was heard but written otherwise: "21" for "twenty one"
    lexical                     another word was heard, or none, or one too many
    others                      the same word, but case and punctuation both differ

The classes sum to all edits. To find spans that only differ in how they are written, the lexical forms of short
stretches of edits are compared; tokens of the same letters are paired before others of equal weight.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import add

from speechsmith.asr.scoring.alignment import Edit, EditKind, ErrorCounts, align

_LONGEST_SPAN = 8  # edits that one number or date may take


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


def token_errors(reference: str, hypothesis: str, *, lexical: Callable[[str], str]) -> TokenErrors:
    """Compare a human transcript with a hypothesis, both as displayed.

    Args: lexical: the normalizer's lexical form, which tells another word from another way to write it.
    """
    alignment = align(reference.split(), hypothesis.split(), near=_letters)
    classes = Counter(found for stretch in _stretches(alignment.edits) for found in _classes(stretch, lexical))
    return TokenErrors(alignment.counts, **{kind.value: classes[kind] for kind in _Class})


def _stretches(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """The unbroken runs of errors."""
    run: list[Edit] = []
    for edit in edits:
        if edit.kind is not EditKind.CORRECT:
            run.append(edit)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _classes(run: Sequence[Edit], lexical: Callable[[str], str]) -> Iterator[_Class]:
    start = 0
    while start < len(run):
        length = _rewritten(run[start : start + _LONGEST_SPAN], lexical)
        if length > 1:
            yield from [_Class.FORMAT] * length
        else:
            length = 1
            yield _class_of(run[start], lexical)
        start += length


def _rewritten(run: Sequence[Edit], lexical: Callable[[str], str]) -> int:
    """How many of the first edits, taken together, only write the same words otherwise; 0 if none do."""
    is_plain = True
    for length, edit in enumerate(run, start=1):
        is_plain = is_plain and _is_plain(edit, lexical)
        if is_plain:
            continue  # words written as they are spoken do not stand for other words
        said = lexical(" ".join(edit.reference for edit in run[:length] if edit.reference))
        heard = lexical(" ".join(edit.hypothesis for edit in run[:length] if edit.hypothesis))
        if said and said == heard:
            return length
    return 0


def _is_plain(edit: Edit, lexical: Callable[[str], str]) -> bool:
    return all(lexical(token) == _letters(token) for token in (edit.reference, edit.hypothesis) if token)


def _class_of(edit: Edit, lexical: Callable[[str], str]) -> _Class:
    said, heard = edit.reference or "", edit.hypothesis or ""
    if _bare(said) == _bare(heard):
        return _Class.PUNCTUATION
    if said.casefold() == heard.casefold():
        return _Class.CAPITALIZATION
    if _letters(said) == _letters(heard):
        return _Class.OTHERS
    return _Class.FORMAT if lexical(said) == lexical(heard) else _Class.LEXICAL


def _bare(token: str) -> str:
    return "".join(filter(str.isalnum, token))


def _letters(token: str) -> str:
    return _bare(token).casefold()
