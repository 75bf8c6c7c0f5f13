"""Studio at /studio/: addresses to pages, requests to visits, answers to HTML (docs/decisions/0015)."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from speechsmith.api.bodies import check_not_encoded, read_file
from speechsmith.api.errors import ANSWERS, json_response
from speechsmith.api.studio import fields, guard
from speechsmith.api.studio.files import Assets, assets
from speechsmith.api.studio.pages import PAGES, SIGN_IN, Page
from speechsmith.api.studio.rendering import Templates
from speechsmith.api.studio.visit import ROOT, Answer, Answers, Goto, Sent, Shown, Told, Visit, number_of
from speechsmith.api.studio.words import told
from speechsmith.domain.errors import SpeechError
from speechsmith.services import sign_ins
from speechsmith.services.context import Context

Endpoint = Callable[[Request], Awaitable[Response]]

MOST_NUMBER = 10**9
"""In an address."""

log = logging.getLogger("speechsmith.studio")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is answered with a sentence, and has no page of its own."""

    status: int
    title: str
    message: str


_NOT_HERE = _Refusal(404, "Not found", "There is nothing at this address. Perhaps it was deleted, or is mistyped.")
_NOT_SO = _Refusal(405, "Not possible", "This address cannot be used in that way.")
_STRANGE = _Refusal(
    403,
    "Not sent",
    "This form was not made for you, or is older than your signing in, so nothing was changed. Open its page again, "
    "and send it from there.",
)
_SIGNED_OUT = _Refusal(401, "Signed out", "You are signed out. Reload the page, and sign in again.")
_BROKEN = "Something broke here. Whoever runs this service finds it in the log under request {}."


def create(ctx: Context, root: Callable[[Request], str]) -> ASGIApp:
    """The application below /studio. `root` tells how the client reaches the service."""
    browser_files = assets()
    if browser_files.missing:
        log.warning("Studio is without %s; `make studio` fetches them.", " and ".join(browser_files.missing))
    return _Studio(ctx, root, browser_files, Templates(browser_files)).app()


@dataclass(frozen=True, slots=True)
class _Studio:
    ctx: Context
    root: Callable[[Request], str]
    files: Assets
    templates: Templates

    def app(self) -> ASGIApp:
        addresses: dict[str, dict[str, Page]] = {}
        for page in PAGES:
            addresses.setdefault(page.path, {})[page.method] = page
        routes = [
            Route("/files/{digest}/{name}", self.files.serve, methods=["GET"]),
            *(Route(path, self._endpoint(pages), methods=list(pages)) for path, pages in addresses.items()),
        ]
        app = Starlette(
            routes=routes,
            exception_handlers={HTTPException: self._unknown, Exception: self._broken},
        )
        app.router.redirect_slashes = False
        return guard.Headers(app)  # outside, so that what is said of a fault has them too

    def _endpoint(self, pages: Mapping[str, Page]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            page = pages["GET" if request.method == "HEAD" else request.method]
            request.scope["operation"] = f"Studio_{page.name}"
            if page.is_sent and guard.is_from_elsewhere(request, self.root(request)):
                return self._refuse(request, _STRANGE)
            if not self._session(request) and guard.is_first_of_a_link(request):
                return self._html(request, Shown("arrival.html"))
            visit = await run_in_threadpool(self._visit, request)
            following = request.scope["path"] if "GET" in pages else ""  # what could only be sent is not gone on to
            if (kept_out := self._kept_out(page, request, visit, following)) is not None:
                return kept_out
            part = self.ctx.part()
            try:
                sent = await self._with_body(page, request, visit, part)
                if sent is None:
                    return self._refuse(request, _STRANGE, visit)
                return await run_in_threadpool(self._answer, page, request, sent)
            except SpeechError as error:
                return self._refuse(request, _in_words(error), visit)
            finally:
                part.unlink(missing_ok=True)

        return endpoint

    def _visit(self, request: Request) -> Visit:
        """Who asks, before anything that he sends is read."""
        session = self._session(request)
        by_itself = request.method in ("GET", "HEAD") and _is_part(request)
        known = sign_ins.resources_of(self.ctx, session, is_somebody=not by_itself) if session else []
        return Visit(
            ctx=self.ctx,
            path=request.scope["path"],
            session=session if known else "",
            resources=known,
            at=next((resource for resource in known if resource.id == request.path_params.get("resource")), None),
            ids={name: id for name, id in request.path_params.items() if isinstance(id, UUID)},
            number=number_of(request.path_params.get("number", ""), MOST_NUMBER),
            query=Answers(request.query_params.multi_items()),
            root=self.root(request),
        )

    def _kept_out(self, page: Page, request: Request, visit: Visit, following: str) -> Response | None:
        """What is said to who may not be here."""
        if not page.is_open and not visit.resources:
            if _is_script(request):
                return self._refuse(request, _SIGNED_OUT, visit)
            return self._respond(request, visit, Goto(f"{ROOT}{SIGN_IN}?next={quote(following)}"))
        if "resource" in request.path_params and visit.at is None:
            return self._refuse(request, _NOT_HERE, visit)
        request.scope["resource"] = visit.at
        return None

    async def _with_body(self, page: Page, request: Request, visit: Visit, part: Path) -> Visit | None:
        """The same with what was sent; None when it is not ours. Of bytes that is known before they are read.

        Raises: SpeechError for what cannot be read.
        """
        if not page.is_sent:
            return visit
        id = self._tokens_of(request, visit)
        if page.most_bytes:
            if not guard.is_ours(id, request.headers.get(guard.TOKEN_HEADER, "")):
                return None
            check_not_encoded(request)
            size = await read_file(request, part, page.most_bytes)
            return replace(visit, upload=part if size else None)
        form = await fields.read(request)
        return replace(visit, form=form) if guard.is_ours(id, form.get(guard.TOKEN, "")) else None

    def _answer(self, page: Page, request: Request, visit: Visit) -> Response:
        return self._respond(request, visit, page.handler(visit))

    def _respond(self, request: Request, visit: Visit, answer: Answer) -> Response:
        if isinstance(answer, Shown):
            return self._html(request, answer, visit)
        if isinstance(answer, Sent):
            return _file(answer)
        if isinstance(answer, Told):
            return json_response(200, dict(answer.values))
        if _is_part(request):  # which would put a whole other page into itself
            response = Response(headers={"hx-redirect": answer.address})
        else:
            response = RedirectResponse(answer.address, status_code=303)
        if answer.session is not None:
            guard.SESSION.write(response, answer.session, is_secure=self._is_secure(request))
        return response

    def _html(self, request: Request, shown: Shown, visit: Visit | None = None) -> Response:
        known = self._tokens_of(request, visit)
        id = known or guard.new_id()
        values: dict[str, Any] = {"visit": visit, "token": guard.token_of(id), **shown.values}
        response = HTMLResponse(self.templates.page(shown.template, values), status_code=shown.status)
        if visit is not None and not known:
            guard.VISITOR.write(response, id, is_secure=self._is_secure(request))
        return response

    def _refuse(self, request: Request, refusal: _Refusal, visit: Visit | None = None) -> Response:
        values = {"title": refusal.title, "message": refusal.message}
        if _is_script(request):
            return json_response(refusal.status, values)
        return self._html(request, Shown("refusal.html", values, refusal.status), visit)

    def _tokens_of(self, request: Request, visit: Visit | None) -> str:
        """The id that the token of a form hangs on."""
        if visit is not None and visit.session:
            return visit.session
        return guard.VISITOR.read(request, is_secure=self._is_secure(request))

    def _session(self, request: Request) -> str:
        return guard.SESSION.read(request, is_secure=self._is_secure(request))

    def _is_secure(self, request: Request) -> bool:
        return self.root(request).startswith("https:")

    async def _unknown(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException) or error.status_code != 405:
            return self._refuse(request, _NOT_HERE)
        response = self._refuse(request, _NOT_SO)
        response.headers.update(error.headers or {})
        return response

    async def _broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours; it is logged where all are. That a client has left is none, and nobody hears an answer."""
        if isinstance(error, ClientDisconnect):
            return _Unsaid()
        message = _BROKEN.format(request.scope["request_id"])
        return self._refuse(request, _Refusal(500, "Something broke", message))


class _Unsaid(Response):
    """No answer at all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""


class _Passing(FileResponse):
    """A file that goes with its answer, whatever that is: for a range that is not there no background task is run."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)


def _is_part(request: Request) -> bool:
    """Whether a page asks by itself, for a part of itself."""
    return request.headers.get("hx-request") == "true"


def _is_script(request: Request) -> bool:
    """Whether a script of ours asks, which reads JSON."""
    return request.headers.get("accept") == "application/json"


def _file(sent: Sent) -> Response:
    """A file, in the parts that a browser asks for."""
    manner = "attachment" if sent.is_saved else "inline"
    if isinstance(sent.content, Path):
        kind = _Passing if sent.is_passing else FileResponse
        return kind(sent.content, media_type=sent.media, filename=sent.name, content_disposition_type=manner)
    named = {"content-disposition": f"{manner}; filename*=utf-8''{quote(sent.name, safe='')}"}
    return Response(sent.content, headers=named, media_type=sent.media)


def _in_words(error: SpeechError) -> _Refusal:
    status, _ = ANSWERS[type(error)]
    return _Refusal(status, "Not found" if status == 404 else "That did not work", told(error))
