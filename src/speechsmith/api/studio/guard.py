"""What keeps Studio's pages and forms from strangers: cookies, tokens of forms, and the headers of every answer.

A form is ours when it brings the token that its page was given. The token is an HMAC under a cookie that only this
browser has, so nothing is kept for it: under that of the session, or, before there is one, that of the sign-in page.
"""

import hmac
import secrets
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"
"""The name of the field."""

TOKEN_HEADER = "x-studio-token"
"""Where scripts send it, with what is no form."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    "referrer-policy": "same-origin",  # without any, browsers do not say where a form comes from either
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Headers:
    """The middleware that gives every answer of Studio its policy."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie with a random id, which no script, no other site and, under TLS, no other host can read or set."""

    name: str

    def read(self, request: Request, *, is_secure: bool) -> str:
        """The id that a browser brings; empty without any."""
        return request.cookies.get(self._full_name(is_secure), "")

    def write(self, response: Response, id: str, *, is_secure: bool) -> None:
        """Give a browser an id; with an empty one, take it back."""
        response.set_cookie(
            self._full_name(is_secure),
            id,
            max_age=None if id else 0,
            path="/" if is_secure else "/studio",  # `__Host-` is of the whole host
            secure=is_secure,
            httponly=True,
            samesite="strict",
        )

    def _full_name(self, is_secure: bool) -> str:
        return f"__Host-{self.name}" if is_secure else self.name


SESSION = Cookie("speechsmith-studio")
VISITOR = Cookie("speechsmith-visitor")
"""Of who is not signed in, and of the sign-in page alone; his session, which he may have, is another."""


def new_id() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def token_of(id: str) -> str:
    """The token of the forms of a session or visitor."""
    return hmac.new(id.encode("utf-8", "surrogateescape"), b"form", "sha256").hexdigest()


def is_ours(id: str, token: str) -> bool:
    """Whether a form was made for this session or visitor."""
    given = token.encode("utf-8", "surrogateescape")
    return bool(id) and hmac.compare_digest(given, token_of(id).encode())


def is_from_elsewhere(request: Request, root: str) -> bool:
    """Whether a browser says that another site has sent this request. `root` is how clients reach the service."""
    if site := request.headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    scheme, _, rest = root.partition("://")  # not by urlsplit, for which some hosts that clients name are a fault
    return origin is not None and origin != f"{scheme}://{rest.partition('/')[0]}"


def is_first_of_a_link(request: Request) -> bool:
    """Whether somebody follows a link on another site, so that his browser has kept the cookies to itself."""
    headers = request.headers
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") == "navigate"
