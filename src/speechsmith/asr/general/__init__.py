"""General text: everyday sentences of no trade, to measure what a model that was adapted to one has lost.

They were written for this project, name no real person, and are dedicated to the public domain (CC0 1.0). Nothing may
be trained or tuned on them: a perplexity on text that was learned from says nothing.
"""

from functools import cache
from importlib.resources import files

LOCALES = ("en-US",)
"""The locales that have general text."""


@cache
def sentences(locale: str) -> tuple[str, ...]:
    """Sentences as one writes them, with capitals, punctuation and numbers in words; none for other locales."""
    if locale not in LOCALES:
        return ()
    return tuple((files(__package__) / f"{locale}.txt").read_text(encoding="utf-8").splitlines())
