"""Written text that remembers which spoken words it stands for: what the stages of the display form hand on.

Ranges increase and do not overlap. Together they cover every lexical word once, but for words that a stage has left out
of the text (hesitations, profanity).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Token:
    """Text that is written without a line between its parts, for the lexical words [start, stop).

    The text is never empty. It may hold blanks ("14 January") and, after the stage of punctuation, marks: "Ave.,".
    A new line that was dictated stands at the end of the text before it.
    """

    text: str
    start: int
    stop: int


Tokens: TypeAlias = tuple[Token, ...]


class CustomFormatting(Protocol):
    """What a user wants written otherwise; a dataset of kind OutputFormatting gives it."""

    @property
    def profanity(self) -> tuple[str, ...]:
        """Words and phrases, in any case, that are profane besides the built-in ones."""
        ...

    def itn(self, tokens: Tokens) -> Tokens:
        """The tokens of the ITN form after the user's rules; they have no capitals and no punctuation of a sentence."""
        ...

    def rewrite(self, tokens: Tokens) -> Tokens:
        """The tokens of the display form after the user's replacements; capitals and punctuation stand."""
        ...


def spoken(words: Sequence[str]) -> Tokens:
    """One token for each lexical word."""
    return tuple(Token(word, place, place + 1) for place, word in enumerate(words))


def text_of(tokens: Tokens) -> str:
    """The tokens as one text: a blank between two of them, and none after a new line."""
    return " ".join(token.text for token in tokens).replace("\n ", "\n")
