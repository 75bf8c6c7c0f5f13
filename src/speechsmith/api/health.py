"""How the service is: for load balancers and for Prometheus."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from speechsmith.api.errors import json_response
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE


def healthz(ctx: Context) -> Callable[[Request], Awaitable[Response]]:
    """200 when the database answers, else 503."""

    def check() -> bool:
        try:
            with ctx.store.read(EVERY_RESOURCE) as tx:
                tx.resources.is_empty()
        except SQLAlchemyError:
            return False
        return True

    async def endpoint(_request: Request) -> Response:
        healthy = await run_in_threadpool(check)
        return json_response(200 if healthy else 503, {"status": "Healthy" if healthy else "Error"})

    return endpoint


def metrics(ctx: Context) -> Callable[[Request], Awaitable[Response]]:
    """The queue, by kind and state, as the database has it."""

    def collect() -> bytes:
        registry = CollectorRegistry()
        jobs = Gauge("speechsmith_jobs", "Jobs by kind and state.", ["kind", "state"], registry=registry)
        with ctx.store.read(EVERY_RESOURCE) as tx:
            for (kind, state), count in tx.jobs.counts().items():
                jobs.labels(kind, state).set(count)
        return generate_latest(registry)

    async def endpoint(_request: Request) -> Response:
        return Response(await run_in_threadpool(collect), media_type="text/plain; version=0.0.4; charset=utf-8")

    return endpoint
