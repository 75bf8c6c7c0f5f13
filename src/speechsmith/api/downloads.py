"""Files by signed link: no key, ranges, and the name that the user knows."""

import re
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from speechsmith.api.errors import at_the_door
from speechsmith.domain.errors import NotFound
from speechsmith.domain.files import File
from speechsmith.net.links import LinkRefused, Signer
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

_TYPES = {
    ".json": "application/json",
    ".wav": "audio/wav",
    ".zip": "application/zip",
    ".txt": "text/plain; charset=utf-8",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def handler(ctx: Context, signer: Signer) -> Callable[[Request], Awaitable[Response]]:
    """GET of a file. 403 for a link that does not open it, 404 when its entity is gone."""

    def find(request: Request) -> File:
        # As it came in: `request.url` is put together with the Host header, which the client chooses.
        scope = request.scope
        signer.verify(scope["path"], scope["query_string"].decode("latin-1"), ctx.now().timestamp())
        with ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.files.get(request.path_params["id"])

    async def endpoint(request: Request) -> Response:
        try:
            file = await run_in_threadpool(find, request)
        except LinkRefused as error:
            return at_the_door(403, str(error))
        except NotFound:
            return at_the_door(404, "The file is gone: its entity was deleted.")
        return _answer(ctx, file, request.headers.get("range"))

    return endpoint


def _answer(ctx: Context, file: File, wished: str | None) -> Response:
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.id}"',
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
    return StreamingResponse(ctx.blobs.read(file.blob, start, length), status, headers, media)


def _part(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Where a range starts and how long it is; None when the file has nothing of it."""
    if not first:
        length = min(int(last or 0), size)
        return (size - length, length) if length else None
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end - start + 1) if start <= end else None
