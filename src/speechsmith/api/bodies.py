"""Reading what a request carries: bounded, streamed, and refused with the place where it went wrong."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from speechsmith.api.errors import BodyTooLarge, BodyTooSlow, UnsupportedMedia
from speechsmith.domain.errors import Invalid

MAX_JSON_BYTES = 2 * 1024 * 1024
MOST_S = 60.0
"""How long a body that is read into memory may take, a form or JSON. Data for a file may be as slow as its line."""

MOST_MEMBERS = 1_000
"""Of one object. Each member that does not fit is told of, and that of 100,000 would hold up everybody."""


def check_json_type(request: Request, *, patch: bool) -> None:
    """Raises: UnsupportedMedia."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    allowed = ("application/json", "application/merge-patch+json") if patch else ("application/json",)
    if media not in allowed:
        raise UnsupportedMedia(
            "UnsupportedMediaType", f"Content-Type '{media[:100]}' cannot be read here; send {' or '.join(allowed)}."
        )


def check_not_encoded(request: Request) -> None:
    """Raises: UnsupportedMedia for a compressed body, which would be kept as if it were the data itself."""
    coding = request.headers.get("content-encoding", "").strip()
    if coding.lower() not in ("", "identity"):
        message = f"Content-Encoding '{coding[:100]}' cannot be read here; send the body as it is, without one."
        raise UnsupportedMedia("UnsupportedMediaType", message)


async def read_json(request: Request, shape: TypeAdapter[Any]) -> Any:
    """The body, checked against a shape. Raises: Invalid, BodyTooLarge, BodyTooSlow."""
    data = await read_bytes(request, MAX_JSON_BYTES)
    if not data.strip():
        raise Invalid("EmptyRequest", "The body is empty; send JSON.")
    return parsed(data, shape)


async def read_bytes(request: Request, max_bytes: int) -> bytes:
    """The body in memory. Raises: BodyTooLarge, BodyTooSlow."""
    data = bytearray()
    try:
        async with asyncio.timeout(MOST_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > max_bytes:
                    raise too_large(max_bytes)
    except TimeoutError:
        message = f"The body did not come within {MOST_S:g} seconds; send it again, over a better line."
        raise BodyTooSlow("InvalidPayload", message) from None
    return bytes(data)


def parsed(data: bytes, shape: TypeAdapter[Any]) -> Any:
    """JSON that fits a shape. Raises: Invalid, with line and column, or with the member that does not fit."""
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Invalid("InvalidPayload", f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except json.JSONDecodeError as error:
        raise Invalid(
            "InvalidPayload", f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except (ValueError, RecursionError) as error:
        raise Invalid("InvalidPayload", f"The body is not JSON that can be read: {error}.") from None
    for found in _strings(document):
        check_text(found)
    try:
        return shape.validate_python(document)
    except ValidationError as error:
        raise _misfit(error) from None


def check_text(text: str, *, target: str | None = None) -> str:
    """The text, if every database and every file can keep it. Raises: Invalid."""
    if "\0" not in text:
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            pass
    raise Invalid(
        "InvalidPayload",
        f"{target or 'The body'} holds a NUL character or half of a surrogate pair, which cannot be kept; remove it.",
        target=target,
    )


def _strings(document: Any) -> Iterator[str]:
    """Every string of a document, names of members included. Raises: Invalid for an object of too many members."""
    left = [document]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case dict() as members:
                if len(members) > MOST_MEMBERS:
                    message = f"An object of the body has {len(members)} members; at most {MOST_MEMBERS} are read."
                    raise Invalid("InvalidPayload", message)
                left += members.keys()
                left += members.values()
            case list() as items:
                left += items


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _misfit(error: ValidationError) -> Invalid:
    faults = [(_place(fault["loc"]), fault["msg"]) for fault in error.errors(include_input=False, include_url=False)]
    message = " OR ".join(f"{place}: {text}" for place, text in faults[:10])
    return Invalid("InvalidPayload", f"The body does not fit: {message}.", target=faults[0][0])


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "body"


async def read_file(request: Request, target: Path, max_bytes: int, also: Callable[[bytes], None] | None = None) -> int:
    """Write the body to a file, as it comes, and hand it to `also`; returns its bytes. Raises: BodyTooLarge."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large(max_bytes)
    size = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes:
                raise too_large(max_bytes)
            out.write(chunk)
            if also is not None:
                also(chunk)
    return size


def too_large(max_bytes: int) -> BodyTooLarge:
    """The refusal of a body."""
    mega, rest = divmod(max_bytes, 1 << 20)
    most = f"{max_bytes} bytes" if rest else f"{mega} MB"
    return BodyTooLarge("InvalidPayload", f"The body is larger than the {most} that are taken here.")
