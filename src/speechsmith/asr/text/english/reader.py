"""How one part of the English-speaking world reads figures, and what a rule of this package is.

A rule is a pattern over folded text and what to write for a match of it. It writes words, so that no later rule sees
its figures again; where it decides against itself it gives the match back as it was.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from speechsmith.asr import numbers

NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
START = "(?<![0-9])(?<![0-9],)"  # of a figure; without it, a long one would be tried from each of its digits


@dataclass(frozen=True, slots=True)
class Reader:
    """American readers take dates month first and say "one hundred five"; others day first, "one hundred and five"."""

    american: bool

    def reading(self, figure: str) -> str:
        """A bare digit string, by its shape."""
        return numbers.reading(figure, conjunction=not self.american)

    def quantity(self, figure: str) -> str:
        """A digit string that counts something, with or without commas."""
        return numbers.quantity(figure.replace(",", ""), conjunction=not self.american)

    def decimal(self, whole: str, fraction: str) -> str:
        """A number with the digits behind its point, if it has any; "" as whole part is not read."""
        words = self.reading(whole) if whole else ""
        return f"{words} point {numbers.digits(fraction)}" if fraction else words

    def ordinal(self, figure: str) -> str:
        """A place in a row; "" when it has no name."""
        if len(figure) >= len(str(numbers.LIMIT)):
            return ""
        return numbers.ordinal(int(figure), conjunction=not self.american)


Rule: TypeAlias = tuple[re.Pattern[str], Callable[[Reader, re.Match[str]], str]]


def applied(rules: Iterable[Rule], reader: Reader, text: str) -> str:
    """The text after all rules, one after the other."""
    for pattern, write in rules:
        text = pattern.sub(lambda match, write=write: f" {write(reader, match)} ", text)  # type: ignore[misc]
    return text
