"""Files by signed link: no key, ranges, and the name that the user knows."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from speechsmith.api.errors import at_the_door
from speechsmith.domain.errors import NotFound
from speechsmith.net.links import LinkRefused, Signer
from speechsmith.services import manifests
from speechsmith.services.context import Context
from speechsmith.store.blobs import CHUNK_BYTES
from speechsmith.store.scope import EVERY_RESOURCE

_TYPES = {
    ".json": "application/json",
    ".wav": "audio/wav",
    ".zip": "application/zip",
    ".txt": "text/plain; charset=utf-8",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt; charset=utf-8",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Download:
    """What a link opens. `read` gives the bytes from a start on, in chunks: (start, length)."""

    name: str
    size_bytes: int
    tag: str
    read: Callable[[int, int], Iterator[bytes]]


def files(ctx: Context, signer: Signer) -> Callable[[Request], Awaitable[Response]]:
    """GET of a file of an entity, or of a log. 403 for a link that does not open it, 404 when its entity is gone."""

    def find(request: Request) -> Download:
        id = request.path_params["id"]
        with ctx.store.read(EVERY_RESOURCE) as tx:
            file = tx.logs.find(id) or tx.files.get(id)
        return Download(
            file.name, file.size_bytes, str(file.id), lambda start, length: ctx.blobs.read(file.blob, start, length)
        )

    return _handler(ctx, signer, find)


def model_files(ctx: Context, signer: Signer) -> Callable[[Request], Awaitable[Response]]:
    """GET of what a manifest names. 403 and 404 as for other files."""

    def find(request: Request) -> Download:
        id, name = request.path_params["id"], request.path_params["name"]
        path = manifests.file(ctx, id, name)
        seen = path.stat()
        tag = f"{id}-{seen.st_size}-{seen.st_mtime_ns}"
        return Download(path.name, seen.st_size, tag, lambda start, length: _chunks(path, start, length))

    return _handler(ctx, signer, find)


def model_file_path(model_id: UUID, name: str) -> str:
    """The path under which `model_files` gives a file."""
    return f"/files/models/{model_id}/{name}"


def _handler(
    ctx: Context, signer: Signer, find: Callable[[Request], Download]
) -> Callable[[Request], Awaitable[Response]]:
    def opened(request: Request) -> Download:
        # As it came in: `request.url` is put together with the Host header, which the client chooses.
        scope = request.scope
        signer.verify(scope["path"], scope["query_string"].decode("latin-1"), ctx.now().timestamp())
        return find(request)

    async def endpoint(request: Request) -> Response:
        try:
            download = await run_in_threadpool(opened, request)
        except LinkRefused as error:
            return at_the_door(403, str(error))
        except NotFound:
            return at_the_door(404, "The file is gone: its entity was deleted.")
        return _answer(download, request.headers.get("range"))

    return endpoint


def _chunks(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while length > 0 and (chunk := source.read(min(length, CHUNK_BYTES))):
            length -= len(chunk)
            yield chunk


def _answer(file: Download, wished: str | None) -> Response:
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.tag}"',
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "Content-Security-Policy": "sandbox",
    }
    start, length, status = 0, file.size_bytes, 200
    if wished and (found := _RANGE.fullmatch(wished.strip())):
        part = _part(found.group(1), found.group(2), file.size_bytes)
        if part is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size_bytes}"})
        start, length = part
        status = 206
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.size_bytes}"
    headers["Content-Length"] = str(length)
    media = _TYPES.get(PurePosixPath(file.name).suffix.lower(), "application/octet-stream")
    return StreamingResponse(file.read(start, length), status, headers, media)


def _part(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Where a range starts and how long it is; None when the file has nothing of it."""
    if not first:
        length = min(int(last or 0), size)
        return (size - length, length) if length else None
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end - start + 1) if start <= end else None
