"""What a list is asked to show: the contract's `filter`, read into a tree. Pure; the store makes its question of it.

    either     := both ("or" both)*
    both       := term ("and" term)*
    term       := "not" term | "(" either ")" | comparison
    comparison := property operator literal
    operator   := eq | ne | gt | ge | lt | le          the last four for times only
    literal    := 'text, in which '' is one quote' | 2022-02-01T11:00:00Z

Words, names and texts count letter by letter, as OData has it: `Status` is no property, and 'en-us' is not 'en-US'. A
text that a property can never be ('Done' for `status`) is refused, since the empty list would hide the mistake. Times
compare in whole seconds, as lists show them, so a time that was copied from an answer finds its entity.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import NoReturn, TypeAlias

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.webhooks import WebHook

MOST_CHARACTERS = 4_000
MOST_COMPARISONS = 100
DEEPEST = 16
"""How many parentheses and `not` may stand in each other. SQLite's parser takes a few more."""


class Operator(StrEnum):
    """How a property is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Property:
    """What can be filtered by: its name in the contract and the attribute that has it.

    `values` are all that it can be where those are few. A time is shown in whole seconds.
    """

    name: str
    attribute: str
    is_time: bool = False
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property beside a literal: a `datetime` with a zone for times, else a text."""

    property: Property
    operator: Operator
    value: str | datetime


@dataclass(frozen=True, slots=True)
class Not:
    """What the operand leaves out."""

    operand: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """What all operands show; there are two or more."""

    operands: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """What any operand shows; there are two or more."""

    operands: "tuple[Filter, ...]"


Filter: TypeAlias = Comparison | Not | And | Or

_LABELS = (Property("displayName", "display_name"), Property("description", "description"))
_CREATED = Property("createdDateTime", "created_at", is_time=True)
_LOCALE = Property("locale", "locale")
_LIFE = (
    Property("lastActionDateTime", "last_action_at", is_time=True),
    Property("status", "status", values=frozenset(Status)),
)
_PROCESSED = (*_LABELS, _CREATED, *_LIFE, _LOCALE)
PROPERTIES: Mapping[type, Sequence[Property]] = {
    Project: (*_LABELS, _CREATED, _LOCALE),
    Dataset: (*_PROCESSED, Property("kind", "kind", values=frozenset(CorpusKind))),
    BaseModel: _PROCESSED,
    CustomModel: _PROCESSED,
    Evaluation: _PROCESSED,
    Edition: _PROCESSED,
    Endpoint: _PROCESSED,
    Transcription: _PROCESSED,
    WebHook: (*_LABELS, _CREATED, *_LIFE, Property("webUrl", "web_url")),
    File: (Property("name", "name"), _CREATED, Property("kind", "kind", values=frozenset(FileKind))),
}
"""What each list can be filtered by."""


def parse(text: str, properties: Sequence[Property]) -> Filter:
    """The tree of a filter over these properties.

    Raises: Invalid (UnsupportedFilter), naming the character where it went wrong, counted from 1, and what fits there.
    """
    if len(text) > MOST_CHARACTERS:
        _refuse(MOST_CHARACTERS + 1, f"it is longer than {MOST_CHARACTERS} characters; ask for less at once")
    parser = _Parser(_tokens(text), {property.name: property for property in properties})
    found = parser.either()
    parser.end()
    return found


class _Kind(Enum):
    STRING = "text"
    WORD = "word"
    OPEN = "("
    CLOSE = ")"
    END = "the end"


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the text. `position` counts characters from 1."""

    kind: _Kind
    text: str
    position: int


_TOKEN = re.compile(r"(?P<STRING>'(?:[^']|'')*'(?!'))|(?P<OPEN>\()|(?P<CLOSE>\))|(?P<WORD>[^\s()']+)|\s+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_KEYWORDS = ("and", "or", "not")


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(at + 1, "a quote opens here and is never closed; a quote inside a text is written twice")
        if match.lastgroup is not None:
            if "\0" in match[0] or any("\ud800" <= character <= "\udfff" for character in match[0]):
                _refuse(at + 1, "here is a character that no text can have; leave it out")
            tokens.append(_Token(_Kind[match.lastgroup], match[0], at + 1))
        at = match.end()
    return [*tokens, _Token(_Kind.END, "", len(text) + 1)]


def _refuse(position: int, reason: str) -> NoReturn:
    raise Invalid("UnsupportedFilter", f"filter, character {position}: {reason}.", target="filter")


class _Parser:
    """Recursive descent, one method for each rule of the grammar; as deep as DEEPEST."""

    def __init__(self, tokens: Sequence[_Token], properties: Mapping[str, Property]) -> None:
        self._tokens = tokens
        self._properties = properties
        self._at = 0
        self._depth = 0
        self._comparisons = 0

    def either(self) -> Filter:
        operands = [self._both()]
        while self._is_word("or"):
            self._next()
            operands.append(self._both())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def end(self) -> None:
        """Raises: Invalid unless all was read."""
        token = self._next()
        if token.kind is _Kind.CLOSE:
            _refuse(token.position, "this ) closes nothing")
        if token.kind is not _Kind.END:
            _refuse(token.position, f"{_shown(token)} cannot stand here; join comparisons with and, or")

    def _both(self) -> Filter:
        operands = [self._term()]
        while self._is_word("and"):
            self._next()
            operands.append(self._term())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _term(self) -> Filter:
        token = self._next()
        if token.kind is not _Kind.OPEN and not _is_not(token):
            return self._comparison(token)
        self._depth += 1
        if self._depth > DEEPEST:
            _refuse(token.position, f"more than {DEEPEST} parentheses and nots stand in each other; write it flatter")
        found = Not(self._term()) if token.kind is _Kind.WORD else self._inside(token)
        self._depth -= 1
        return found

    def _inside(self, opening: _Token) -> Filter:
        found = self.either()
        closing = self._next()
        if closing.kind is not _Kind.CLOSE:
            _refuse(closing.position, f"the ( at character {opening.position} is not closed by a ) here")
        return found

    def _comparison(self, token: _Token) -> Filter:
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            _refuse(token.position, f"there are more than {MOST_COMPARISONS} comparisons; ask for less at once")
        property = self._property(token)
        operator = self._operator(property)
        value = self._next()
        return Comparison(property, operator, _time(property, value) if property.is_time else _text(property, value))

    def _property(self, token: _Token) -> Property:
        if token.kind is _Kind.WORD and (found := self._properties.get(token.text)):
            return found
        known = ", ".join(self._properties)
        if token.kind is _Kind.WORD and token.text not in _KEYWORDS:
            _refuse(token.position, f"{_shown(token)} is no property of this list; there are {known}")
        _refuse(token.position, f"a property belongs here, not {_shown(token)}; there are {known}")

    def _operator(self, property: Property) -> Operator:
        token = self._next()
        allowed = tuple(Operator) if property.is_time else (Operator.EQ, Operator.NE)
        if token.kind is not _Kind.WORD or token.text not in allowed:
            fitting = ", ".join(allowed)
            _refuse(token.position, f"{property.name} is compared by {fitting}, not by {_shown(token)}")
        return Operator(token.text)

    def _is_word(self, word: str) -> bool:
        token = self._tokens[self._at]
        return token.kind is _Kind.WORD and token.text == word

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _is_not(token: _Token) -> bool:
    return token.kind is _Kind.WORD and token.text == "not"


def _text(property: Property, token: _Token) -> str:
    if token.kind is not _Kind.STRING:
        _refuse(token.position, f"{property.name} is compared with a text in single quotes, not with {_shown(token)}")
    text = token.text[1:-1].replace("''", "'")
    if property.values is not None and text not in property.values:
        known = ", ".join(f"'{value}'" for value in sorted(property.values))
        _refuse(token.position, f"{property.name} is never {_shown(token)}; it is one of {known}")
    return text


def _time(property: Property, token: _Token) -> datetime:
    if token.kind is _Kind.WORD and _TIME.fullmatch(token.text):
        try:
            return datetime.fromisoformat(token.text)
        except ValueError:
            pass
    example = "a time without quotes, such as 2022-02-01T11:00:00Z"
    _refuse(token.position, f"{property.name} is compared with {example}, not with {_shown(token)}")


def _shown(token: _Token) -> str:
    """A token as an error names it; what is quoted already is not quoted again."""
    if token.kind is _Kind.END:
        return "the end"
    text = token.text if len(token.text) <= 40 else f"{token.text[:40]}…"
    return text if token.kind is _Kind.STRING else f"'{text}'"
