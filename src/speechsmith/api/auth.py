"""Who asks: settled before a byte of the body is read.

A key or a token names a Speech resource; with neither, nothing behind this door is reached. Keys never appear in logs:
the service logs no query and no header.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from speechsmith.api.errors import WRONG_KEY, at_the_door
from speechsmith.domain.deployments import Actor, Credential, Way, key_of
from speechsmith.domain.resources import SpeechResource, key_digest
from speechsmith.net.tokens import MANAGEMENT, RECOGNITION, TokenRefused, verify
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

REMEMBERED = timedelta(seconds=2)
"""How long a key that was taken back may still open the door."""

MOST_KNOWN = 1_000
KEY_HEADER = "Ocp-Apim-Subscription-Key"
OPEN_PATHS = ("/healthz", "/metrics", "/files/", "/peers/", "/openapi/", "/studio/")
"""Studio has a door of its own."""

FRONT_PAGE = "/"
OPEN_PAGES = (FRONT_PAGE, "/studio")
"""Open too; not what else begins so."""

KEY_PATHS = ("/sts/",)
"""Where only a key opens: a token must not be exchanged for the next one."""


def actor(request: Request) -> Actor:
    """By whom a request is that was let in."""
    key = request.headers.get(KEY_HEADER) or request.query_params.get(KEY_HEADER)
    shown = key_of(request.scope["resource"], key_digest(key)) if key else Credential.TOKEN
    return Actor(shown, Way.REST)


@dataclass(frozen=True, slots=True)
class Door:
    """The middleware. What it lets in has `scope["resource"]`."""

    app: ASGIApp
    ctx: Context
    token_secret: bytes
    known: dict[str, tuple[SpeechResource, datetime]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        is_open = scope["type"] == "http" and (scope["path"] in OPEN_PAGES or scope["path"].startswith(OPEN_PATHS))
        if scope["type"] == "lifespan" or is_open:
            await self.app(scope, receive, send)
            return
        found: SpeechResource | Response | None = self._remembered(scope)
        if found is None:
            found = await run_in_threadpool(self._resource, scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope["resource"] = found
        await self.app(scope, receive, send)

    def _remembered(self, scope: Scope) -> SpeechResource | None:
        """Who a key belonged to a moment ago: most requests come in rows, and need not ask the database again."""
        key = Headers(scope=scope).get(KEY_HEADER)
        resource, until = self.known.get(key_digest(key), (None, None)) if key else (None, None)
        return resource if until is not None and self.ctx.now() < until else None

    def _remember(self, digest: str, resource: SpeechResource) -> None:
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[digest] = (resource, self.ctx.now() + REMEMBERED)

    def _resource(self, scope: Scope) -> SpeechResource | Response:
        headers = Headers(scope=scope)
        path = scope["path"]
        management = scope["type"] == "http" and not path.startswith("/speech/")
        query = QueryParams(scope["query_string"])
        key = headers.get(KEY_HEADER) or query.get(KEY_HEADER)
        bearer = "" if path.startswith(KEY_PATHS) else headers.get("Authorization", "")
        if scope["type"] == "websocket":  # of which a browser cannot set the headers
            bearer = bearer or query.get("Authorization", "")
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            if key:
                digest = key_digest(key)
                if resource := tx.resources.by_key(digest):
                    self._remember(digest, resource)
                    return resource
            elif bearer.lower().startswith("bearer "):
                required = MANAGEMENT if management else RECOGNITION
                try:
                    token = verify(
                        self.token_secret,
                        bearer[7:].strip(),
                        scope=required,
                        now=self.ctx.now().timestamp(),
                    )
                    if resource := tx.resources.by_id(UUID(token.resource_id)):
                        return resource
                except TokenRefused as error:
                    return at_the_door(401, str(error))
            elif not management:
                return at_the_door(403, f"No credentials: send the header {KEY_HEADER}, or Authorization: Bearer.")
        return at_the_door(401, WRONG_KEY)
