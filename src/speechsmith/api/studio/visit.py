"""One request, as a page sees it, and what a page answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from speechsmith.domain.resources import SpeechResource
from speechsmith.services.context import Context

ROOT = "/studio"
MOST_SHOWN = 50
"""How many entities a page of a list has."""


class Answers(dict[str, str]):
    """What a form or a query says, by names; of a name that is given twice the last, and `all` of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = list(pairs)
        super().__init__(self._pairs)

    def __missing__(self, name: str) -> str:
        """What was not answered is empty."""
        return ""

    def all(self, name: str) -> list[str]:
        """Every value of a name, in order."""
        return [value for given, value in self._pairs if given == name]

    def id(self, name: str) -> UUID | None:
        """An id; None where there is none of that name, or what it says is none."""
        try:
            return UUID(self.get(name, ""))
        except ValueError:
            return None

    def number(self, name: str, most: int) -> int:
        """A number from 1 to `most`; 0 for what is none."""
        return number_of(self.get(name, ""), most)

    def ids(self, name: str) -> list[UUID]:
        """Every id of a name, as of check boxes; what is none is left out."""
        found = (Answers([(name, value)]).id(name) for value in self.all(name))
        return [id for id in found if id is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who asks, for what. `session` is the id of his session, empty when there is none.

    `resources` are those that he is signed in to, `at` the one of the address; only pages that are open to everybody
    have none. `ids` and `number` come from the address, `query` and `form` are read. `upload` is what a script has
    sent, if it is not empty: a file that the handler may move away. `root` is how he reaches the service.
    """

    ctx: Context
    path: str
    session: str = ""
    resources: Sequence[SpeechResource] = ()
    at: SpeechResource | None = None
    ids: Mapping[str, UUID] = field(default_factory=dict)
    number: int = 0
    query: Answers = field(default_factory=Answers)
    form: Answers = field(default_factory=Answers)
    upload: Path | None = None
    root: str = ""

    @property
    def resource(self) -> SpeechResource:
        """The resource whose page it is."""
        assert self.at is not None
        return self.at

    @property
    def base(self) -> str:
        """The address of that resource in Studio."""
        return home_of(self.resource)

    @property
    def answers(self) -> Answers:
        """What was answered: in the form that was sent, or else in the address."""
        return self.form or self.query

    @property
    def skip(self) -> int:
        """What the pages of a list before this one have shown; for what is no number of a page, nothing."""
        return max(0, self.query.number("page", 10**6) - 1) * MOST_SHOWN


def number_of(text: str, most: int) -> int:
    """The number from 1 to `most` that somebody has written; 0 for what is none."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    return number if number <= most else 0


def home_of(resource: SpeechResource) -> str:
    """Where the pages of a resource begin."""
    return f"{ROOT}/{resource.id}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template, and what that is given."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Goto:
    """Another page. `session` is that of the browser from now on: empty, it has none; None, it stays as it is."""

    address: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A file: one that lies here, of which browsers may ask for parts, or one that was written just now.

    `is_saved`: browsers save it under its name, where they would otherwise show or play it. `is_passing`: it was made
    for this answer, and goes with it.
    """

    content: Path | bytes
    name: str
    media: str
    is_saved: bool = False
    is_passing: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a script of a page has asked for, as JSON. It asks with `Accept: application/json`."""

    values: Mapping[str, Any]


Answer = Shown | Goto | Sent | Told
Handler = Callable[[Visit], Answer]
