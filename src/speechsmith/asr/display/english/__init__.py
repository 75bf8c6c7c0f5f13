"""Inverse text normalization of English: "it costs three dollars" becomes "it costs $3".

Theory. A rule is a function of the words and a place: it gives what to write for the words from there on and where they
end, or None. At each place all rules are asked that the word there can begin; the one that takes most words wins, among
equals the first of the table; a word that no rule takes stands as it is. After that, a number below ten beside a figure
takes figures too ("two to twelve", "three out of ten").

What is written is a convention, the American one in all English locales; the modules of this package say which where
they settle one. Deliberately left as spoken: "half of it", "two thirds", "a dozen", "the first", titles but Mr., Mrs.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from speechsmith.asr.display.english import addresses, amounts, calendar, codes
from speechsmith.asr.display.english.amounts import Found
from speechsmith.asr.display.english.numerals import DIGITS, STARTS, Words, word
from speechsmith.asr.display.tokens import Token, Tokens

_Rule: TypeAlias = Callable[[Words, int], Found | None]
_TITLES = {"mister": "Mr.", "missus": "Mrs."}
_SIGNS = frozenset({"minus", "negative", "plus"})
_QUARTERS = frozenset({"a", "half", "quarter"})
_CONNECTORS = (("to",), ("or",), ("through",), ("by",), ("out", "of"), ("foot",), ("feet",))


def _title(words: Words, start: int) -> Found | None:
    """A name: "mister smith" -> "Mr. Smith"."""
    title, name = _TITLES.get(word(words, start)), word(words, start + 1)
    is_name = len(name) > 1 and name.isalpha() and name.islower() and not _rules(name)
    return Found(f"{title} {name.capitalize()}", start + 2) if title and is_name else None


_OF_NUMBERS: tuple[_Rule, ...] = (
    addresses.street,
    calendar.time_of_day,
    calendar.day_of_month,
    calendar.decade,
    amounts.money,
    amounts.percent,
    amounts.measure,
    codes.telephone,
    amounts.decimal,
    amounts.place_in_row,
    codes.letters,
    codes.figures,
    amounts.quantity,
)
_OF_SIGNS: tuple[_Rule, ...] = (amounts.negative, codes.telephone)
_OF_ADDRESSES: tuple[_Rule, ...] = (addresses.email, addresses.web)


def written(words: Sequence[str]) -> Tokens:
    """The words in lexical form, with figures, symbols and addresses where they belong."""
    lower = tuple(spoken if spoken[1:] != spoken[1:].lower() else spoken.lower() for spoken in words)  # "iPhone" stays
    has_addresses = "dot" in lower
    tokens: list[Token] = []
    place = 0
    while place < len(words):
        rules = _rules(lower[place])
        if has_addresses:
            rules = (*_OF_ADDRESSES, *rules)
        found = _longest(rules, lower, place)
        if found:
            tokens.append(Token(found.text, place, found.stop))
            place = found.stop
        else:
            tokens.append(Token(words[place], place, place + 1))
            place += 1
    return _in_series(tokens)


def _rules(first: str) -> tuple[_Rule, ...]:
    """The rules that a word can begin."""
    rules: tuple[_Rule, ...] = ()
    if first in STARTS:
        rules = _OF_NUMBERS
    elif codes.letter(first):
        rules = (codes.letters,)
    elif first in calendar.MONTHS:
        rules = (calendar.date,)
    elif first in _SIGNS:
        rules = _OF_SIGNS
    elif first in _TITLES:
        rules = (_title,)
    return (calendar.quarter, *rules) if first in _QUARTERS else rules


def _longest(rules: Sequence[_Rule], words: Words, place: int) -> Found | None:
    best: Found | None = None
    for rule in rules:
        found = rule(words, place)
        if found and (best is None or found.stop > best.stop):
            best = found
    return best


def _in_series(tokens: list[Token]) -> Tokens:
    """Small numbers beside a figure, in figures: to the left of one first, then to the right."""
    for place in range(len(tokens) - 1, -1, -1):
        if tokens[place].text in DIGITS and _is_figure(tokens, _after_connector(tokens, place)):
            tokens[place] = _as_figure(tokens[place])
    for place in range(len(tokens)):
        after = _after_connector(tokens, place)
        if _is_figure(tokens, place) and 0 < after < len(tokens) and tokens[after].text in DIGITS:
            tokens[after] = _as_figure(tokens[after])
    return tuple(tokens)


def _after_connector(tokens: Sequence[Token], place: int) -> int:
    """The place behind the "to" or "out of" that follows; -1 when none does."""
    for connector in _CONNECTORS:
        end = place + 1 + len(connector)
        if tuple(token.text for token in tokens[place + 1 : end]) == connector:
            return end
    if 0 < place < len(tokens) - 1 and (tokens[place - 1].text, tokens[place + 1].text) == ("between", "and"):
        return place + 2
    return -1


def _is_figure(tokens: Sequence[Token], place: int) -> bool:
    return 0 <= place < len(tokens) and any(map(str.isdigit, tokens[place].text[:2]))


def _as_figure(token: Token) -> Token:
    return Token(str(DIGITS[token.text]), token.start, token.stop)
