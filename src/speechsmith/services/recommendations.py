"""Which data to add next, judged by what a test got wrong. Pure: it knows words and how often each was missed.

A word that the model does not have can never be recognized, so text with it helps for certain. One that it has and
misses nearly always is expected too seldom, or spoken otherwise than the model thinks. What is left is spread over
words that it knows. Before it has read text of the user, that is what it lacks most, and what costs least; afterwards
it is mostly the sound, and only recordings help.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

FEWEST_WORDS = 100
FEWEST_ERRORS = 10
"""Of fewer the next test would say something else, so nothing is said."""

AGAIN = 3
"""How often a word was said, at least, before it counts as missed nearly always."""

NEARLY_ALWAYS = 2 / 3
MOST_NAMED = 30


class Data(StrEnum):
    """What to add."""

    NEW_WORDS = "new words"
    MISSED_WORDS = "missed words"
    TEXT = "text"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to add, how many errors it is about, and the words that these are, the most often missed first."""

    data: Data
    errors: int
    words: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows from a test of so many words with so many errors, the surest first."""

    words: int
    errors: int
    suggestions: Sequence[Suggestion]


def advice(
    said: Mapping[str, int],
    missed: Mapping[str, int],
    unknown: Collection[str] | None,
    *,
    insertions: int,
    has_read: bool,
) -> Advice | None:
    """What to add, or None when there is too little to judge by.

    Args: said, missed: how often each word was said, and how often not recognized; unknown: the words among them that
        the model does not have, None when that cannot be told; insertions: words that were made up; has_read: whether
        the model has learned from text of the user.
    """
    words, errors = sum(said.values()), sum(missed.values()) + insertions
    if words < FEWEST_WORDS or errors < FEWEST_ERRORS:
        return None
    new = {word: count for word, count in missed.items() if count and word in (unknown or ())}
    hard = {
        word: count
        for word, count in missed.items()
        if word not in new and said[word] >= AGAIN and count >= NEARLY_ALWAYS * said[word]
    }
    suggestions = [
        Suggestion(data, sum(found.values()), sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED])
        for data, found in ((Data.NEW_WORDS, new), (Data.MISSED_WORDS, hard))
        if sum(found.values()) >= AGAIN
    ]
    left = errors - sum(one.errors for one in suggestions)
    if left >= FEWEST_ERRORS and 2 * left >= errors:
        suggestions.append(Suggestion(Data.AUDIO if has_read else Data.TEXT, left))
    return Advice(words, errors, suggestions)
