"""Where refusals become HTTP: one table, two shapes.

The service's own refusals are flat: {"code", "message", "target"?, "innerError": {"code", "message"}}. Those at the
door (keys, unknown addresses) are wrapped: {"error": {"code", "message"}}.
"""

import math
from typing import Any

import orjson
from starlette.responses import Response

from speechsmith.domain import errors


class BodyTooLarge(errors.SpeechError):
    """More bytes than the operation takes."""


class BodyTooSlow(errors.SpeechError):
    """A body that does not come to its end in time."""


class UnsupportedMedia(errors.SpeechError):
    """A Content-Type that the operation does not read."""


SLOW = 408
"""The status after which nobody waits for the rest of a body: the connection is closed."""

ANSWERS: dict[type[errors.SpeechError], tuple[int, str]] = {
    errors.Invalid: (400, "InvalidRequest"),
    errors.NotFound: (404, "NotFound"),
    errors.Conflict: (409, "Conflict"),
    errors.NotAllowed: (405, "NotAllowed"),
    errors.TooMany: (429, "TooManyRequests"),
    errors.LostLease: (409, "Conflict"),
    BodyTooSlow: (SLOW, "InvalidRequest"),
    BodyTooLarge: (413, "InvalidRequest"),
    UnsupportedMedia: (415, "UnsupportedMediaType"),
}
WRONG_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. "
    "Make sure to provide a valid key for an active resource and use its own endpoint."
)


def json_response(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON as the contract wants it."""
    return Response(
        b"" if body is None else orjson.dumps(body),
        status_code=status,
        headers=headers,
        media_type=None if body is None else "application/json; charset=utf-8",
    )


def refusal(error: errors.SpeechError) -> Response:
    """The answer to a refusal of the service."""
    status, code = ANSWERS[type(error)]
    response = flat(status, code, error.message, inner=error.code, target=error.target)
    if isinstance(error, errors.TooMany) and error.after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.after.total_seconds())))
    return response


def flat(status: int, code: str, message: str, *, inner: str | None = None, target: str | None = None) -> Response:
    """The service's shape."""
    body: dict[str, Any] = {"code": code, "message": message}
    if target is not None:
        body["target"] = target
    if inner is not None and inner != code:
        body["innerError"] = {"code": inner, "message": message}
    return json_response(status, body)


def at_the_door(status: int, message: str) -> Response:
    """The gateway's shape."""
    return json_response(status, {"error": {"code": str(status), "message": message}})
