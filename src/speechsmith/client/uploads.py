"""Data of any size into a dataset, in blocks: sent one by one, committed as a list at the end.

The id of a block is its number and a hash of its content, `000007-9f86d081884c7d65`, in Base64; so all ids of a dataset
are equally long, as the contract asks, and an id that the service already lists means: this very block is there. An
upload that broke off is therefore resumed by doing it again, and a file that changed in between is sent anew where
it changed.
"""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from speechsmith.client.entity import Json, text
from speechsmith.client.errors import ClientError, ServiceError, Unreachable, UploadStopped
from speechsmith.client.transport import Transport, pause_after

BLOCK_BYTES = 8 * 1024 * 1024
BLOCK_ATTEMPTS = 6  # with pauses of 0.5, 1, 2, 4 and 8 s: a service may restart meanwhile


def send_in_blocks(server: Transport, dataset: str, path: Path, seen: Callable[[int, int], None]) -> None:
    """Bring the content of a file into the dataset at URL `dataset` and have it processed.

    Args:
        seen: told after each block how many bytes are there, and of how many.
    Raises:
        UploadStopped: the service went away, or the user had enough; call again to go on.
        ServiceError: it refused a block or the commit.
    """
    try:
        _send_all(server, dataset, path, seen)
    except KeyboardInterrupt:
        raise UploadStopped("The upload was interrupted. The blocks sent so far are kept.", dataset) from None
    except (Unreachable, ServiceError) as error:
        if _is_refusal(error):
            raise
        raise UploadStopped(f"The upload stopped: {error} The blocks sent so far are kept.", dataset) from error


def _send_all(server: Transport, dataset: str, path: Path, seen: Callable[[int, int], None]) -> None:
    blocks = f"{dataset}/blocks"
    there = _uploaded(server.call("GET", blocks).body)
    total, done = path.stat().st_size, 0
    order: list[Json] = []
    with path.open("rb") as file:
        while content := file.read(BLOCK_BYTES):
            digest = hashlib.sha256(content).hexdigest()[:16]
            id = base64.b64encode(f"{len(order):06}-{digest}".encode()).decode()
            if id not in there:
                _send_block(server, f"{blocks}?blockid={quote(id, safe='')}", content)
            order.append({"kind": "Latest", "id": id})
            done += len(content)
            seen(done, total)
    server.call("POST", f"{blocks}:commit", body=order)


def _send_block(server: Transport, url: str, content: bytes) -> None:
    for attempt in range(1, BLOCK_ATTEMPTS + 1):
        try:
            server.call("PUT", url, content=content)
            return
        except (Unreachable, ServiceError) as error:
            if _is_refusal(error) or attempt == BLOCK_ATTEMPTS:
                raise
        server.sleep(pause_after(attempt))


def _is_refusal(error: ClientError) -> bool:
    return isinstance(error, ServiceError) and error.status < 500 and error.status != 429


def _uploaded(listed: Json) -> set[str]:
    found = listed if isinstance(listed, dict) else {}
    groups = (found.get("committedBlocks"), found.get("uncommittedBlocks"))
    return {text(block, "name") for group in groups if isinstance(group, list) for block in group}
