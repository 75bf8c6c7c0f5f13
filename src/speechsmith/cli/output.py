"""How an answer looks: the part of it that is asked for, as JSON, as a table, or as bare ids.

Standard output carries the answer and nothing else. A table is for people: it is as wide as the terminal, and a pipe
gets every cell whole. Which signs a name has is for whoever gave it to say, so signs that steer a terminal are not
printed there.
"""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechsmith.cli.values import Value
from speechsmith.client.entity import Entity, Json, id_of, part, text, values
from speechsmith.client.errors import ClientError

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult  # it has no types, so this is Any

FORMATS = ("json", "table", "id")
_COLUMNS = {  # of a list of entities: the head of a column, and the member
    "name": ("displayName", "name"),
    "id": (),
    "status": ("status",),
    "kind": ("kind",),
    "event": ("event",),
    "locale": ("locale",),
    "wer1": ("wordErrorRate1",),
    "wer2": ("wordErrorRate2",),
    "created": ("createdDateTime",),
}
_GAP = "  "
_LEAST = 8  # signs of a column that is cut


def expression(option: str, query: str) -> "ParsedResult":
    """A JMESPath expression, ready to be asked. Raises: UsageError: it is none."""
    import jmespath  # noqa: PLC0415 - most commands have no use for it

    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        reason = " ".join(str(error).split())
        raise click.UsageError(f"{option} takes a JMESPath expression, and '{query}' is none: {reason}") from None


def ask(found: "ParsedResult", answer: Json) -> Json:
    """What an expression finds in an answer; None if nothing. Raises: ClientError: it does not suit the answer."""
    import jmespath  # noqa: PLC0415

    try:
        result: Json = found.search(answer)
    except jmespath.exceptions.JMESPathError as error:
        reason = " ".join(str(error).split())
        raise ClientError(f"'{found.expression}' cannot be asked of this answer: {reason}") from None
    return result


class Output:
    """What becomes of the answers of a command. Raises: UsageError: the options contradict themselves."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self._given = given
        self._format = str(given.get("out.format", "json")).casefold()
        if self._format not in FORMATS:
            raise click.UsageError(f"--format is json, table or id, not '{given['out.format']}'.")
        self._query = expression("--query", str(given["out.query"])) if "out.query" in given else None

    def part_of(self, answer: Json) -> Json:
        """The part of an answer that is asked for. Raises: ClientError."""
        return ask(self._query, answer) if self._query else answer

    def rendered(self, shown: Json) -> str:
        """An answer, or a part of one, as it is printed. Raises: ClientError: it has no ids, and those are wanted."""
        if self._format == "json":
            return document(shown)
        return "\n".join(_ids(shown)) if self._format == "id" else _table(shown)

    def print(self, text: str) -> None:
        """Put text on standard output, unless it is to be quiet."""
        if "quiet" not in self._given and (text or self._format == "json"):
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def write(self, answer: Json) -> None:
        """Write the whole answer to a file, if that is wanted. Raises: OSError."""
        path = self._given.get("out.json")
        if path is not None and str(path) != "-":
            write(Path(str(path)), document(answer), append=False)


def document(answer: Json) -> str:
    """An answer as JSON."""
    return json.dumps(answer, indent=2, ensure_ascii=False)


def write(path: Path, content: str, *, append: bool) -> None:
    """Write lines to a file, whose folder is made if need be. Raises: OSError."""
    if path.parent != Path():
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if append else "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{content}\n" if content else "")


def _items(shown: Json) -> Sequence[Json] | None:
    """What a list holds; the answers of several runs may be lists themselves. None: it is no list."""
    if isinstance(shown, dict) and "values" in shown:
        return list(values(shown))
    if not isinstance(shown, list):
        return None
    return [one for item in shown for one in (_items(item) or [item])]


def _ids(shown: Json) -> list[str]:
    items = _items(shown)
    items = [shown] if items is None and shown not in (None, {}) else items or []
    found = [item if isinstance(item, str) else id_of(item) if isinstance(item, dict) else "" for item in items]
    if not all(found):
        raise ClientError("This answer has no id in it; --format json or --format table shows what it has.")
    return [_plain(one.rstrip("/").rpartition("/")[2] if "://" in one else one) for one in found]


def _table(shown: Json) -> str:
    items = _items(shown)
    if items is None:
        if not isinstance(shown, dict):
            return _plain(_cell(shown))
        return _aligned([[name, _cell(value)] for name, value in _leaves(shown)])
    if not all(isinstance(item, dict) for item in items):
        return "\n".join(_plain(_cell(item)) for item in items)
    rows: list[Entity] = [item for item in items if isinstance(item, dict)]
    if all("self" in row for row in rows):
        heads = {head: [_member(row, head) for row in rows] for head in _COLUMNS}
    else:
        names = dict.fromkeys(name for row in rows for name in row)
        heads = {name: [_cell(row.get(name)) for row in rows] for name in names}
    heads = {head: cells for head, cells in heads.items() if any(cells)}
    return _aligned([[head.upper() for head in heads], *(list(cells) for cells in zip(*heads.values(), strict=True))])


def _member(row: Entity, head: str) -> str:
    if head == "id":
        return id_of(row)
    places = (row, part(row, "properties"))
    return next((_short(place, name) for place in places for name in _COLUMNS[head] if text(place, name)), "")


def _short(entity: Entity, name: str) -> str:
    value = entity[name]
    return f"{value:.4g}" if isinstance(value, float) else text(entity, name)


def _leaves(entity: Entity, prefix: str = "") -> list[tuple[str, Json]]:
    """The members of an object, its own address behind what it is called; after them those of the objects in it, by
    dotted names."""
    found: list[tuple[str, Json]] = []
    for name, value in sorted(entity.items(), key=lambda member: (bool(part(entity, member[0])), member[0] == "self")):
        inner = part(entity, name)
        found += _leaves(inner, f"{prefix}{name}.") if inner else [(f"{prefix}{name}", value)]
    return found


def _cell(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(cell: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cell)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Cells in columns; the widest is cut until a row fits the terminal, if it is for one."""
    if not rows or not rows[0]:
        return ""
    plain = [[_plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in plain) for at in range(len(plain[0]))]
    if sys.stdout.isatty():
        room = shutil.get_terminal_size().columns - len(_GAP) * (len(widths) - 1)
        while sum(widths) > room and max(widths) > _LEAST:
            widths[widths.index(max(widths))] -= 1
    lines = (
        _GAP.join(f"{_cut(cell, width):{width}}" for cell, width in zip(row, widths, strict=True)) for row in plain
    )
    return "\n".join(line.rstrip() for line in lines)


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"
