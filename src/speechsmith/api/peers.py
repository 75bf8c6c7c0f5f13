"""What other Speechsmith servers ask of this one: below /peers/v1, which needs no key and gives nothing without proof.

A server that names no peers has nothing there.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from speechsmith.api import bodies
from speechsmith.api.copies import authorization_of
from speechsmith.api.errors import at_the_door, json_response, refusal
from speechsmith.domain.errors import SpeechError
from speechsmith.net.peers import PATH
from speechsmith.services import arrivals, copying, entities
from speechsmith.services.context import Context
from speechsmith.store.bundle_file import Base
from speechsmith.wire import peers as wire

Root = Callable[[Request], str]
Reply = Callable[[Context, Any, str], Mapping[str, Any]]


def routes(ctx: Context, root: Root) -> list[Route]:
    """The addresses. `root` tells how a request has reached this server."""
    return [
        Route(f"{PATH}/challenges", _handler(ctx, root, wire.Challenge, _challenge), methods=["POST"]),
        Route(f"{PATH}/authorizations", _handler(ctx, root, wire.Proof, _authorize), methods=["POST"]),
        Route(f"{PATH}/copies", _handler(ctx, root, wire.NewArrival, _receive), methods=["POST"]),
    ]


def _handler(ctx: Context, root: Root, shape: Any, reply: Reply) -> Callable[[Request], Awaitable[Response]]:
    adapter: TypeAdapter[Any] = TypeAdapter(shape)

    async def endpoint(request: Request) -> Response:
        if not ctx.settings.peers:
            return at_the_door(404, "Resource not found")
        try:
            bodies.check_json_type(request, patch=False)
            body = await bodies.read_json(request, adapter)
            return json_response(200, await run_in_threadpool(reply, ctx, body, root(request)))
        except SpeechError as error:
            return refusal(error)

    return endpoint


def _challenge(ctx: Context, _body: wire.Challenge, _root: str) -> Mapping[str, Any]:
    return {"nonce": arrivals.challenge(ctx)}


def _authorize(ctx: Context, body: wire.Proof, root: str) -> Mapping[str, Any]:
    return copying.members(
        arrivals.authorize_by_proof(
            ctx, nonce=body.nonce, shown=body.proof, source_resource_id=body.source_resource_id, endpoint=root
        )
    )


def _receive(ctx: Context, body: wire.NewArrival, _root: str) -> Mapping[str, Any]:
    model = body.model
    arrival = arrivals.Arrival(
        authorization=authorization_of(body.authorization),
        operation_id=UUID(body.operation_id),
        source_endpoint=body.source_endpoint,
        labels=entities.Labels(
            display_name=model.display_name,
            locale=model.locale,
            description=model.description,
            custom_properties=model.custom_properties,
        ),
        weight_percent=model.custom_model_weight_percent,
        base=Base(engine=model.base.engine, released=model.base.released, sha256=model.base.sha256),
        path=body.bundle.path,
        sha256=body.bundle.sha256,
        size_bytes=body.bundle.size_bytes,
    )
    made = arrivals.receive(ctx, arrival)
    failure = made.failure
    return {
        "modelId": str(made.id),
        "baseModelId": str(made.base_model_id),
        "status": made.status,
        "createdDateTime": made.created_at.isoformat(),
        "error": None if failure is None else {"code": failure.code, "message": failure.message},
    }
