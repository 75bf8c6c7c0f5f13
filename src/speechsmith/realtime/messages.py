"""What goes over the wire: headers, an empty line and a body, in text; a length, headers and bytes, in binary.

    text      Path:speech.context CRLF X-RequestId:ID CRLF ... CRLF CRLF {...}
    binary    2 bytes, big endian: how many bytes of header lines follow; the lines; the rest is the body

Of what a client sends, header names may have any case, values blanks around them, and lines end in LF or CRLF. What a
service sends is always text, in exactly the spelling above: a client drops another one without a word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

MOST_BYTES = 2 * 1024 * 1024  # of a message: a phrase list is the longest that is of use
MOST_HEADER_BYTES = 4096
MOST_ID_LENGTH = 128
MOST_REASON_BYTES = 123  # a close frame has room for no more
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


class Code(IntEnum):
    """Why a connection is closed. On all but REFUSED the Speech SDKs connect anew, and send again what is not told."""

    LEAVING = 1001  # the service stops
    REFUSED = 1007  # trying again will not help
    FAILED = 1011
    TOO_MANY = 4429  # a limit of the operator


class ProtocolError(Exception):
    """A message that makes no sense; the connection is closed with `code`, and the text as its reason."""

    code = Code.REFUSED


@dataclass(frozen=True, slots=True)
class Message:
    """What a client has sent. Names of headers are in lower case, and so is the path; `request_id` is "" without one.

    `is_binary` tells the framing.
    """

    path: str
    request_id: str
    headers: Mapping[str, str]
    body: bytes
    is_binary: bool = False


def parse(frame: str | bytes) -> Message:
    """One frame of a client. Raises: ProtocolError."""
    if len(frame) > MOST_BYTES:
        raise ProtocolError(f"A message has at most {MOST_BYTES:,} bytes; send audio in smaller pieces.")
    if isinstance(frame, str):
        lines, body = _text_parts(frame.encode("utf-8", errors="replace"))
    else:
        lines, body = _binary_parts(frame)
    headers = dict(map(_header, filter(None, lines.decode("latin-1").replace("\r\n", "\n").split("\n"))))
    path, request_id = headers.get("path", "").lower(), headers.get("x-requestid", "")
    if not path:
        raise ProtocolError("The message has no header Path, which tells what it is.")
    if len(request_id) > MOST_ID_LENGTH:
        raise ProtocolError(f"X-RequestId has at most {MOST_ID_LENGTH} characters, not {len(request_id)}.")
    return Message(path, request_id, headers, body, is_binary=isinstance(frame, bytes))


def text(path: str, request_id: str, body: Mapping[str, Any]) -> str:
    """A message of the service, as the strictest client wants it."""
    head = f"Path:{path}\r\nX-RequestId:{request_id}\r\nContent-Type:application/json; charset=utf-8\r\n\r\n"
    return head + orjson.dumps(body).decode()


def clipped(reason: str) -> str:
    """A reason that fits into a close frame."""
    raw = reason.encode("utf-8", errors="replace")
    if len(raw) <= MOST_REASON_BYTES:
        return raw.decode()
    return raw[: MOST_REASON_BYTES - 3].decode(errors="ignore") + "..."


def _text_parts(frame: bytes) -> tuple[bytes, bytes]:
    end = _EMPTY_LINE.search(frame, 0, MOST_HEADER_BYTES + 4)
    if end is None:
        raise ProtocolError(
            f"A text message has headers, at most {MOST_HEADER_BYTES} bytes of them, and an empty line behind them."
        )
    return frame[: end.start()], frame[end.end() :]


def _binary_parts(frame: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(frame[:2], "big")
    if len(frame) < 2 + size or len(frame) < 2:
        raise ProtocolError("A binary message begins with two bytes for the length of its headers, and has them.")
    if size > MOST_HEADER_BYTES:
        raise ProtocolError(f"The headers of a message have at most {MOST_HEADER_BYTES} bytes, not {size}.")
    return frame[2 : 2 + size], frame[2 + size :]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or not line.isascii() or not line.replace("\t", " ").isprintable():
        raise ProtocolError("A header is a line like Path:audio, in printable ASCII.")
    return name.strip().lower(), value.strip()
