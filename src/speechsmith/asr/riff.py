"""What the header of a WAV file claims of its samples, and how far that is from the truth.

A RIFF file is a row of chunks: four letters, a length of four bytes, little endian, and so many bytes, made even. The
chunk `fmt ` says how many bytes a second has, and `data` has the samples. Whoever writes to a pipe cannot know the
length, and whoever is killed while it records does not come to write it.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

UNKNOWN_LENGTH_BYTES = 0x7FFF_0000  # programs that write to a pipe put such lengths into the header
MOST_CHUNKS = 100  # behind the samples that are looked at


PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags; the last has the true one among what follows


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first bytes of a RIFF file say: the format tag, and `start`, the place of the first sample."""

    tag: int
    channels: int
    rate_hz: int
    bits: int
    start: int


def opening(head: bytes) -> Opening | None:
    """What a RIFF file begins with, in its first bytes; None when they do not reach to the samples.

    The sizes of file and samples are not looked at: whoever sends what is not over yet cannot know them.
    Raises: ValueError: it is not RIFF, or has samples without a format before them.
    """
    if not (head.startswith(b"RIFF"[: len(head)]) and head[8:].startswith(b"WAVE"[: max(0, len(head) - 8)])):
        raise ValueError("The header is not that of a WAV file.")
    form, at = b"", 12
    while len(chunk := head[at : at + 8]) == 8:
        at += 8
        if chunk[:4] == b"data":
            if len(form) < 16:
                raise ValueError("The header of the WAV file does not tell the format of its samples.")
            tag, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", form[:16])
            if tag == EXTENSIBLE and len(form) >= 26:
                tag = int.from_bytes(form[24:26], "little")
            return Opening(tag, channels, rate_hz, bits, at)
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"fmt ":
            form = head[at : at + size]
        at += size + size % 2
    return None


@dataclass(frozen=True, slots=True)
class _Data:
    """Where the samples are said to be: the first byte, how many there are, and how many a second has."""

    start: int
    size: int
    bytes_per_second: int


def missing(path: Path) -> float:
    """Seconds that the header promises beyond the end of the file; 0 when none are, or the file is not RIFF."""
    data = _data(path)
    if data is None or data.size >= UNKNOWN_LENGTH_BYTES:
        return 0.0
    return max(0.0, (data.start + data.size - path.stat().st_size) / data.bytes_per_second)


def behind(path: Path) -> float:
    """Seconds of what lies behind the samples and is no chunk: the header has a length that is too small, or 0."""
    data, end = _data(path), path.stat().st_size
    if data is None:
        return 0.0
    at = data.start + data.size + data.size % 2
    with path.open("rb") as file:
        for _ in range(MOST_CHUNKS):
            if at >= end:
                break
            file.seek(at)
            head = file.read(8)
            after = at + 8 + int.from_bytes(head[4:], "little")
            if after > end or not head[:4].isascii() or not head[:4].decode().isprintable():
                return (end - at) / data.bytes_per_second
            at = after + after % 2
    return 0.0


def _data(path: Path) -> _Data | None:
    """None when the file is not RIFF, or has no samples, or no format before them."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.read(8)[4:] != b"WAVE":
            return None
        bytes_per_second = 0
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return _Data(file.tell(), size, bytes_per_second) if bytes_per_second else None
            body = file.tell()
            if chunk[:4] == b"fmt ":
                bytes_per_second = int.from_bytes(file.read(12)[8:], "little")
            file.seek(body + size + size % 2)
    return None
