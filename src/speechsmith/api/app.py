"""The HTTP face of the service: addresses to handlers, requests to calls, refusals to answers."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from speechsmith.api import bodies, downloads, front, health, openapi, peers, repeats, speech
from speechsmith.api.auth import FRONT_PAGE, Door, actor
from speechsmith.api.call import VERSIONS, Call, Version
from speechsmith.api.envelope import Envelope
from speechsmith.api.errors import at_the_door, flat, json_response, refusal
from speechsmith.api.forms import read_form
from speechsmith.api.operations import OPERATIONS, BodyKind, Operation
from speechsmith.api.rendering import Rendered
from speechsmith.api.studio import app as studio
from speechsmith.api.studio.visit import ROOT as STUDIO
from speechsmith.domain.errors import SpeechError, TooMany
from speechsmith.domain.limits import Meter
from speechsmith.engines.base import EngineError
from speechsmith.net.links import Signer
from speechsmith.net.tokens import MANAGEMENT, RECOGNITION, issue
from speechsmith.realtime.early import Early
from speechsmith.realtime.server import LIVE_PATHS, Lines, no_such_line
from speechsmith.services import endpoints, logs
from speechsmith.services.context import Context
from speechsmith.services.datasets import MAX_BLOCK_BYTES
from speechsmith.services.limits import limited, limits_of
from speechsmith.services.recognition import Recognition
from speechsmith.services.recorder import Recorder
from speechsmith.store.scope import EVERY_RESOURCE

READERS = 4  # more threads that build answers at once only wait for each other
SEATS = 2
WAITING = 64
"""How many requests with speech are worked on for each process that decodes, and how many more may wait."""

log = logging.getLogger("speechsmith.api")

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Service:
    """What all requests share."""

    ctx: Context
    signer: Signer
    token_secret: bytes
    recognition: Recognition
    recorder: Recorder
    lines: Lines
    meter: Meter
    rendered: Rendered = field(default_factory=Rendered)
    readers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(READERS))

    def root(self, request: Request) -> str:
        """How the client reaches the service."""
        return self.ctx.settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"

    def close(self) -> None:
        """Keep what is to be kept, and end all processes."""
        self.recorder.close()
        self.recognition.close()


def create_app(ctx: Context) -> Starlette:
    """The whole application. It starts no process before the first request that needs one."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        signer, token_secret = Signer(tx.secret("links")), tx.secret("tokens")
    ctx = limited(ctx)
    recognition, recorder = Recognition(ctx.settings.processes), Recorder(partial(logs.write, ctx))
    lines = Lines(ctx, recognition, recorder, ctx.settings.live_streams)
    service = Service(ctx, signer, token_secret, recognition, recorder, lines, Meter(limits_of(ctx.settings)))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(service.close)

    routes: list[BaseRoute] = [route for version in VERSIONS for route in _routes(service, version)]
    routes += peers.routes(ctx, service.root)
    routes += [
        Route("/speech/recognition/{mode}/cognitiveservices/v1", _short_audio(service), methods=["POST"]),
        *(WebSocketRoute(path, lines.serve) for path in LIVE_PATHS),
        WebSocketRoute("/{path:path}", no_such_line),
        Route("/sts/v1.0/issueToken", _issue_token(service), methods=["POST"]),
        Route("/files/{id:uuid}", downloads.files(ctx, signer), methods=["GET"]),
        Route("/files/models/{id:uuid}/{name:path}", downloads.model_files(ctx, signer), methods=["GET"]),
        *(Route(f"/openapi/{version.name}.json", openapi.handler(version), methods=["GET"]) for version in VERSIONS),
        Route(STUDIO, _to_studio, methods=["GET"]),
        Mount(STUDIO, studio.create(ctx, service.root)),
        Route(FRONT_PAGE, front.page(service.root), methods=["GET"]),
        Route("/healthz", health.healthz(ctx), methods=["GET"]),
        Route("/metrics", health.metrics(ctx, lines), methods=["GET"]),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Envelope), Middleware(Door, ctx=ctx, token_secret=token_secret)],
        exception_handlers={HTTPException: _unknown_address},
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


def _routes(service: Service, version: Version) -> list[Route]:
    """One route for each address, so that a refused method is told which ones there are."""
    addresses: dict[str, dict[str, Endpoint]] = {}
    for operation in OPERATIONS:
        if version in operation.versions:
            for path in filter(None, (operation.path, operation.also)):
                addresses.setdefault(path, {})[operation.method] = _operation(service, version, operation)
    base = f"/speechtotext/{version.name}"
    return [Route(base + path, _by_method(methods), methods=list(methods)) for path, methods in addresses.items()]


def _by_method(methods: Mapping[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return endpoint


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    """Made once for all versions."""
    return TypeAdapter(shape)


def _operation(service: Service, version: Version, operation: Operation) -> Endpoint:
    shape = _adapter(operation.shape) if operation.shape is not None else None

    async def endpoint(request: Request) -> Response:
        request.scope["operation"] = operation.id
        part = service.ctx.part()
        try:
            service.meter.count(request.scope["resource"].id, service.ctx.now())
            body, upload = await _read(service, operation, shape, request, part)
            call = Call(
                ctx=service.ctx,
                signer=service.signer,
                resource=request.scope["resource"],
                version=version,
                root=service.root(request),
                path=request.url.path,
                ids={name: value for name, value in request.path_params.items() if isinstance(value, UUID)},
                names={name: value for name, value in request.path_params.items() if isinstance(value, str)},
                query=dict(request.query_params),
                query_string=request.url.query,
                rendered=service.rendered,
                meter=service.meter,
                by=actor(request),
                body=body,
                upload=upload,
            )
            limiter = service.readers if operation.method == "GET" else None
            handle = partial(repeats.answered, operation, request.headers, call)
            answer = await to_thread.run_sync(handle, limiter=limiter)
            response = json_response(answer.status, answer.body, dict(answer.headers or {}))
        except SpeechError as error:
            response = refusal(error)
        finally:
            part.unlink(missing_ok=True)
        response.headers.update(repeats.result(operation, request.headers, response.status_code))
        return response

    return endpoint


async def _read(
    service: Service, operation: Operation, shape: TypeAdapter[Any] | None, request: Request, part: Path
) -> tuple[Any, Path | None]:
    if operation.body is not BodyKind.NONE:
        bodies.check_not_encoded(request)
    match operation.body:
        case BodyKind.JSON | BodyKind.PATCH:
            assert shape is not None
            bodies.check_json_type(request, patch=operation.body is BodyKind.PATCH)
            return await bodies.read_json(request, shape), None
        case BodyKind.BYTES:
            size = await bodies.read_file(request, part, MAX_BLOCK_BYTES)
            return None, part if size else None
        case BodyKind.FORM:
            fields, has_data = await read_form(request, part, service.ctx.settings.max_upload_bytes)
            return fields, part if has_data else None
        case BodyKind.NONE:
            return None, None


def _short_audio(service: Service) -> Endpoint:
    short_audio = speech.ShortAudio(service.recognition, service.recorder, service.ctx.new_id)
    most = SEATS * service.ctx.settings.processes
    seats = CapacityLimiter(most)  # of their own, so that speech does not hold the threads that all else needs
    arriving: set[Early] = set()  # uploads that are recognized while they come

    async def endpoint(request: Request) -> Response:
        mode = request.path_params["mode"]
        if mode not in speech.MAX_SECONDS:
            return at_the_door(404, "Resource not found")
        query = dict(request.query_params)
        if phrases := request.query_params.getlist("phrases"):
            query["phrases"] = ";".join(phrases)
        part, began = service.ctx.part(), service.ctx.now()
        early: Early | None = None
        try:
            bodies.check_not_encoded(request)
            speech.check_answerable(request.headers)
            resource_id, cid, language = request.scope["resource"].id, query.get("cid"), query.get("language")
            asked = partial(endpoints.asked, service.ctx, resource_id, cid=cid, language=language)
            served = await run_in_threadpool(asked)
            wished = await run_in_threadpool(speech.wish, served, mode, query)
            if "content-length" not in request.headers and len(arriving) < most:
                early = short_audio.early(served, wished)
                arriving.add(early)
            await bodies.read_file(request, part, speech.MAX_BYTES, early.feed if early else None)
            if seats.statistics().tasks_waiting >= WAITING:
                raise TooMany(
                    "TooManyRequests", "More speech than this machine recognizes is waiting; try again later."
                )
            recognize = partial(short_audio.recognize, part, served, wished, began, early)
            answer = await to_thread.run_sync(recognize, limiter=seats)
        except SpeechError as error:
            return refusal(error)
        except EngineError as error:
            log.warning("recognition failed code=%s", error.code)
            return flat(500, "PipelineError", f"The recognizer failed: {error} Send the audio again.", inner=error.code)
        finally:
            part.unlink(missing_ok=True)
            if early is not None:
                arriving.discard(early)
                early.close()
        return json_response(200, answer)

    return endpoint


def _issue_token(service: Service) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        wished = request.query_params.get("scope", "")
        if wished not in ("", MANAGEMENT):
            return at_the_door(400, f"scope is {MANAGEMENT} or left out.")
        now = service.ctx.now().timestamp()
        token = issue(service.token_secret, str(request.scope["resource"].id), wished or RECOGNITION, now)
        return Response(token, media_type="application/jwt")

    return endpoint


async def _to_studio(_request: Request) -> Response:
    return RedirectResponse(f"{STUDIO}/", status_code=308)


async def _unknown_address(request: Request, error: Exception) -> Response:
    """404, 405 and OPTIONS, in the shape of whoever would have answered."""
    if not isinstance(error, HTTPException) or error.status_code != 405:
        return at_the_door(404, "Resource not found")
    possible = (error.headers or {}).get("Allow", "").split(", ")
    allowed = ", ".join(sorted([*possible, "OPTIONS"]))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    message = f"{request.method} is not possible on this address, which has {allowed}"
    if _is_collection_of(request.method, request.scope["path"]):
        message += f"; the id is missing: {request.method} {request.scope['path']}/<id>"
    response = flat(405, "NotAllowed", f"{message}.")
    response.headers["Allow"] = allowed
    return response


def _is_collection_of(method: str, path: str) -> bool:
    """Whether the method is one of the entities below an address."""
    return any(
        path == f"/speechtotext/{version.name}{operation.path.removesuffix('/{id:uuid}')}"
        for operation in OPERATIONS
        for version in operation.versions
        if operation.method == method and operation.path.endswith("/{id:uuid}")
    )
