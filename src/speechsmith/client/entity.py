"""Entities as the service returns them, and the few questions asked of them.

An entity stays the JSON object that came over the wire: members this client has never heard of reach the caller. The
functions below answer softly ("" or an empty object) because a member that is missing is a state, not a fault.
"""

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Entity: TypeAlias = dict[str, Json]


def part(value: Json, name: str) -> Entity:
    """The object that is `name` in an object; empty where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: Json, name: str) -> str:
    """The text that is `name` in an object; "" where there is none. A number is given in digits."""
    found = value.get(name) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str | int | float) else ""


def values(page: Json) -> list[Entity]:
    """The entities of one page."""
    found = page.get("values") if isinstance(page, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def id_of(entity: Json) -> str:
    """The last segment of the entity's own URL."""
    return text(entity, "self").rstrip("/").rpartition("/")[2]


def is_done(entity: Json) -> bool:
    """Whether the status will not change by itself any more."""
    return text(entity, "status").casefold() in {"succeeded", "success", "failed"}


def has_failed(entity: Json) -> bool:
    """Whether the work on the entity ended badly."""
    return text(entity, "status").casefold() == "failed"
