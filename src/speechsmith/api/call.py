"""One request, as a handler sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from speechsmith.api.rendering import Rendered
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.deployments import Actor
from speechsmith.domain.errors import Invalid
from speechsmith.domain.filters import PROPERTIES, Filter, parse
from speechsmith.domain.limits import Limits, Meter
from speechsmith.domain.resources import SpeechResource
from speechsmith.net.links import Signer
from speechsmith.services.context import Context

DEFAULT_TOP = 100
MAX_TOP = 1_000
MOST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Version:
    """An API version, and what it shows that others do not."""

    name: str
    has_output_formats: bool
    has_token_metrics: bool
    has_text_normalization: bool
    has_language_modes: bool
    copy_link: str
    custom_adaptation_date: bool

    def knows(self, kind: CorpusKind) -> bool:
        """Whether there are datasets of the kind in this version."""
        return kind is not CorpusKind.OUTPUT_FORMATTING or self.has_output_formats


V3_1 = Version(
    name="v3.1",
    has_output_formats=False,
    has_token_metrics=False,
    has_text_normalization=False,
    has_language_modes=False,
    copy_link="copyTo",
    custom_adaptation_date=True,
)
V3_2 = Version(
    name="v3.2",
    has_output_formats=True,
    has_token_metrics=True,
    has_text_normalization=True,
    has_language_modes=True,
    copy_link="copy",
    custom_adaptation_date=False,
)
VERSIONS = (V3_1, V3_2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who asks, in which version, for which entity, with what.

    `root` is how the client reaches the service, such as `http://127.0.0.1:8080`. `ids` and `names` come from the
    address. `query` is read, of a name that is given twice the last; `query_string` is as it came. `body` is the shape
    that the operation asks for, `upload` a file that the handler may move away. `by` is what he has shown.
    """

    ctx: Context
    signer: Signer
    resource: SpeechResource
    version: Version
    root: str
    path: str
    ids: Mapping[str, UUID]
    query: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    query_string: str = ""
    rendered: Rendered = field(default_factory=Rendered)
    meter: Meter = field(default_factory=lambda: Meter(Limits()))
    by: Actor | None = None
    body: Any = None
    upload: Path | None = None

    @property
    def base(self) -> str:
        """The address of this version."""
        return f"{self.root}/speechtotext/{self.version.name}"

    @property
    def id(self) -> UUID:
        """The entity that the address names."""
        return self.ids["id"]

    def integer(
        self, name: str, default: int, *, least: int, most: int = MOST_INTEGER, code: str = "InvalidParameterValue"
    ) -> int:
        """A whole number of the query. Raises: Invalid."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            message = f"{name}={text[:40]} is not a whole number from {least} to {most}."
            raise Invalid(code, message, target=name)
        return value

    def page(self) -> tuple[int, int]:
        """`skip` and `top` of a list. Raises: Invalid."""
        if "skipToken" in self.query:
            raise Invalid("UnsupportedPagination", "This list is paged by skip and top.", target="skipToken")
        self.check_once("skip", "top", "filter")
        return self.integer("skip", 0, least=0), min(self.integer("top", DEFAULT_TOP, least=1), MAX_TOP)

    def check_once(self, *names: str) -> None:
        """Raises: Invalid for a name that the query has twice."""
        given = [_name(part) for part in self.query_string.split("&")]
        for name in names:
            if given.count(name) > 1:
                raise Invalid("InvalidParameterValue", f"{name} is given twice; give it once.", target=name)

    def filter(self, kind: type) -> Filter | None:
        """What a list of entities of a kind, or of files, is asked to show. Raises: Invalid (UnsupportedFilter)."""
        text = self.query.get("filter")
        return None if text is None else parse(text, PROPERTIES[kind])

    def listing(self, values: Sequence[Any], *, has_more: bool) -> dict[str, Any]:
        """A page of a list by `skip` and `top`."""
        if not has_more:
            return self.linked(values, None)
        skip, top = self.page()
        return self.linked(values, {"skip": str(skip + len(values)), "top": str(top)})

    def linked(self, values: Sequence[Any], following: Mapping[str, str] | None) -> dict[str, Any]:
        """A page in the contract's shape; `@nextLink` keeps the query letter by letter, but for what is `following`.

        Args: following: what the query of the next page has, in characters that need no escape; None: this is the last.
        """
        if following is None:
            return {"values": values}
        new = {name: f"{name}={value}" for name, value in following.items()}
        parts = [new.pop(_name(part), part) for part in self.query_string.split("&") if part]
        return {"values": values, "@nextLink": f"{self.root}{self.path}?{'&'.join([*parts, *new.values()])}"}


def _name(part: str) -> str:
    """The name in a part of a query string."""
    return unquote_plus(part.partition("=")[0])


Handler = Callable[[Call], "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back; `body` None is an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None
