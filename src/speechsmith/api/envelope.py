"""What every answer has, whoever made it: its number, the headers of the house, and its line in the log.

A client may number its requests with `x-request-id`; else they are numbered here. The number is in the answer and in
the log, so that a question of a user finds its line. Neither paths nor queries are logged, for users write into them: a
line names the operation.
"""

import logging
import re
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speechsmith.api.errors import SLOW, flat
from speechsmith.traces import trace_of

REQUEST_ID = "x-request-id"
TOO_MANY = 429
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}", re.ASCII)

log = logging.getLogger("speechsmith.api")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outermost layer, and the one place where a fault of ours becomes a 500."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. `scope["request_id"]` is the number of the request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = monotonic()
        request_id = scope["request_id"] = _request_id(Headers(scope=scope).get(REQUEST_ID, ""))
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), status, request_id, scope)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("client left request_id=%s method=%s", request_id, scope["method"])
        except Exception as error:  # noqa: BLE001 - the one place where a fault of ours becomes an answer
            log.error("fault request_id=%s method=%s\n%s", request_id, scope["method"], trace_of(error))
            if not status:
                message = f"Something broke here; the log has it under request {request_id}."
                await flat(500, "InternalServerError", message, inner="UnexpectedError")(
                    scope, receive, send_with_headers
                )
        _note(scope, status, monotonic() - began)


def _request_id(given: str) -> str:
    """The client's number when it is one that a header and a log can hold, else a new one."""
    return given if _WELL_FORMED.fullmatch(given) else str(uuid4())


def _complete(headers: MutableHeaders, status: int, request_id: str, scope: Scope) -> None:
    headers[REQUEST_ID] = headers["apim-request-id"] = request_id
    headers["x-content-type-options"] = "nosniff"
    headers.setdefault("cache-control", "no-store")
    if status == SLOW:
        headers["connection"] = "close"
    if scope.get("scheme") == "https":
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"


def _note(scope: Scope, status: int, seconds: float) -> None:
    """A line for what changed something and for what was refused; what was only read leaves none.

    Nor does one request too many: who sends a flood of them must not fill the log.
    """
    operation: str | None = scope.get("operation")
    if operation is None or status == TOO_MANY or (scope["method"] in ("GET", "HEAD") and status < 400):
        return
    resource: Any = scope.get("resource")
    log.info(
        "answered operation=%s status=%s seconds=%.3f resource=%s request_id=%s",
        operation,
        status,
        seconds,
        resource and resource.id,
        scope["request_id"],
    )
