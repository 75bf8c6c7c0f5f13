"""Content onto the disk: to a temporary name beside the target, resumed where it broke off, renamed when complete.

A file of the service never changes under its own URL, so what an earlier attempt or an earlier run left of it is good;
the temporary name is made from that URL and the size. Of a bare URL nothing of the kind is known: it starts anew.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import httpx2

from speechsmith.client.errors import ClientError, Unreachable
from speechsmith.client.transport import ATTEMPTS, Transport, pause_after


def fetch(
    server: Transport, url: str, target: Path, *, entity: str, size: int | None, seen: Callable[[int, int], None]
) -> None:
    """Save what lies at `url` as `target`, replacing it only once everything is there.

    Args:
        entity: what names the content for good, its own URL; "" if nothing does.
        size: how many bytes are expected, if that is known.
        seen: told now and then how many bytes are there, and of how many (0: not known).
    Raises:
        ServiceError, Unreachable: as always. ClientError: fewer or more bytes came than were promised,
            or the target is a folder, a device or the like.
        OSError: the disk.
    """
    if target.exists() and not target.is_file():
        raise ClientError(f"{target} is no file, and is not replaced by one; give the name of a file.")
    mark = hashlib.sha256(f"{entity or url} {size}".encode()).hexdigest()[:12]
    partial = target.with_name(f".{target.name[:100]}.{mark}.part")
    for attempt in range(1, ATTEMPTS + 1):
        there = partial.stat().st_size if entity and partial.exists() else 0
        if size is not None and there > size:
            there = 0
        if there and there == size:
            break
        try:
            _append(server, url, partial, there, seen)
            break
        except Unreachable:
            if attempt == ATTEMPTS:
                raise
            server.sleep(pause_after(attempt))
    if size is not None and (got := partial.stat().st_size) != size:
        partial.unlink()
        raise ClientError(f"{target.name} should have {size} bytes, but {got} came. Download it again.")
    os.replace(partial, target)


def _append(server: Transport, url: str, partial: Path, there: int, seen: Callable[[int, int], None]) -> None:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    with server.open(url, headers) as answer:
        there = there if answer.status_code == httpx2.codes.PARTIAL_CONTENT else 0
        length = answer.headers.get("Content-Length", "")
        total = there + int(length) if length.isdecimal() else 0
        with partial.open("ab" if there else "wb") as file:
            for piece in answer.iter_bytes():  # as they arrive: pieces of a set size would be lost with a broken one
                file.write(piece)
                there += len(piece)
                seen(there, total)
