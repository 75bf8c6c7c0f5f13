"""Frames as clients send them, and the messages of a session as a test reads them."""

import struct
from collections.abc import Iterable
from typing import Any

import orjson

from speechsmith.realtime.session import Action, Send


def text(path: str, request_id: str | None, body: Any = None) -> str:
    """A text message of a client."""
    id_line = "" if request_id is None else f"X-RequestId:{request_id}\r\n"
    content = "" if body is None else orjson.dumps(body).decode()
    return f"Path:{path}\r\n{id_line}Content-Type:application/json\r\n\r\n{content}"


def binary(headers: str, payload: bytes = b"") -> bytes:
    """A binary message with these header lines."""
    return struct.pack(">H", len(headers.encode())) + headers.encode() + payload


def audio(request_id: str, payload: bytes = b"", content_type: str = "") -> bytes:
    """A message with sound; without any, the end of it."""
    kind = f"Content-Type:{content_type}\r\n" if content_type else ""
    return binary(f"Path:audio\r\nX-RequestId:{request_id}\r\n{kind}X-StreamId:1\r\n", payload)


def wav_header(
    rate_hz: int = 16_000, channels: int = 1, bits: int = 16, *, tag: int = 1, subformat: int | None = None
) -> bytes:
    """The header that the Speech SDKs send, with sizes of 0; `subformat` makes it an extensible one."""
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * channels * bits // 8, channels * bits // 8, bits)
    if subformat is not None:
        form += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", subformat) + bytes(14)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(form)) + form + b"data\0\0\0\0"


def told(actions: Iterable[Action]) -> list[Any]:
    """Messages as (path, body), other actions as they are."""
    return [_read(action.text) if isinstance(action, Send) else action for action in actions]


def paths(actions: Iterable[Action]) -> list[str]:
    """Messages by their path, other actions by their name."""
    return [one[0] if isinstance(one, tuple) else type(one).__name__ for one in told(actions)]


def _read(message: str) -> tuple[str, dict[str, Any]]:
    head, _, body = message.partition("\r\n\r\n")
    path, request_id, _ = head.split("\r\n")
    assert request_id.startswith("X-RequestId:")
    return path.removeprefix("Path:"), orjson.loads(body)
