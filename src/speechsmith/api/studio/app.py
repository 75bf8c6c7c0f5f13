"""Studio at /studio/: addresses to pages, requests to visits, answers to HTML (docs/decisions/0015)."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from speechsmith.api.errors import ANSWERS
from speechsmith.api.studio import fields, guard
from speechsmith.api.studio.files import Assets, assets
from speechsmith.api.studio.pages import PAGES, SIGN_IN, Page
from speechsmith.api.studio.rendering import Templates
from speechsmith.api.studio.visit import ROOT, Answer, Answers, Goto, Shown, Visit
from speechsmith.api.studio.words import told
from speechsmith.domain.errors import SpeechError
from speechsmith.services import sign_ins
from speechsmith.services.context import Context

Endpoint = Callable[[Request], Awaitable[Response]]

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
            if request.method == "POST" and guard.is_from_elsewhere(request, self.root(request)):
                return self._refuse(request, _STRANGE)
            if not self._session(request) and guard.is_first_of_a_link(request):
                return self._html(request, Shown("arrival.html"))
            try:
                form = await fields.read(request) if request.method == "POST" else Answers()
            except SpeechError as error:
                return self._refuse(request, _in_words(error))
            following = request.url.path if "GET" in pages else ""  # what could only be sent is not gone on to
            return await run_in_threadpool(partial(self._answer, page, request, form, following))

        return endpoint

    def _answer(self, page: Page, request: Request, form: Answers, following: str) -> Response:
        session = self._session(request)
        by_itself = request.method != "POST" and _is_part(request)
        known = sign_ins.resources_of(self.ctx, session, is_somebody=not by_itself) if session else []
        visit = Visit(
            ctx=self.ctx,
            path=request.url.path,
            session=session if known else "",
            resources=known,
            at=next((resource for resource in known if resource.id == request.path_params.get("resource")), None),
            ids={name: id for name, id in request.path_params.items() if isinstance(id, UUID)},
            query=Answers(request.query_params.multi_items()),
            form=form,
        )
        if not page.is_open and not known:
            return self._respond(request, visit, Goto(f"{ROOT}{SIGN_IN}?next={quote(following)}"))
        if "resource" in request.path_params and visit.at is None:
            return self._refuse(request, _NOT_HERE, visit)
        request.scope["resource"] = visit.at
        if request.method == "POST" and not guard.is_ours(self._tokens_of(request, visit), form.get(guard.TOKEN, "")):
            return self._refuse(request, _STRANGE, visit)
        try:
            return self._respond(request, visit, page.handler(visit))
        except SpeechError as error:
            return self._refuse(request, _in_words(error), visit)

    def _respond(self, request: Request, visit: Visit, answer: Answer) -> Response:
        if isinstance(answer, Shown):
            return self._html(request, answer, visit)
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

    async def _broken(self, request: Request, _error: Exception) -> Response:
        """A fault of ours; it is logged where all are."""
        message = _BROKEN.format(request.scope["request_id"])
        return self._refuse(request, _Refusal(500, "Something broke", message))


def _is_part(request: Request) -> bool:
    """Whether a page asks by itself, for a part of itself."""
    return request.headers.get("hx-request") == "true"


def _in_words(error: SpeechError) -> _Refusal:
    status, _ = ANSWERS[type(error)]
    return _Refusal(status, "Not found" if status == 404 else "That did not work", told(error))
