"""How the service is: for load balancers and for Prometheus."""

from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from speechsmith.api.call import Answer, Call
from speechsmith.api.errors import json_response
from speechsmith.realtime.server import Lines
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

HEALTHY, ERROR = "Healthy", "Error"

disable_created_metrics()  # type: ignore[no-untyped-call]


def healthz(ctx: Context) -> Callable[[Request], Awaitable[Response]]:
    """200 when the database answers, else 503."""

    async def endpoint(_request: Request) -> Response:
        healthy = await run_in_threadpool(_has_database, ctx)
        return json_response(200 if healthy else 503, {"status": HEALTHY if healthy else ERROR})

    return endpoint


def status(call: Call) -> Answer:
    """HealthStatus_Get: the parts that every answer and every job needs."""
    has_database, has_storage = _has_database(call.ctx), call.ctx.blobs.is_there()
    parts = [
        _component("database", "Database", "The database", healthy=has_database),
        _component("storage", "BlobStore", "The blob store", healthy=has_storage),
    ]
    sick = [part["message"] for part in parts if part["status"] != HEALTHY]
    message = " ".join(sick) or "Everything that the service needs is there."
    return Answer(200, {"status": ERROR if sick else HEALTHY, "message": message, "components": parts})


def _component(name: str, kind: str, what: str, *, healthy: bool) -> dict[str, Any]:
    message = f"{what} answers." if healthy else f"{what} is away."
    return {"name": name, "type": kind, "status": HEALTHY if healthy else ERROR, "message": message}


def _has_database(ctx: Context) -> bool:
    try:
        with ctx.store.read(EVERY_RESOURCE) as tx:
            tx.resources.is_empty()
    except SQLAlchemyError:
        return False
    return True


def metrics(ctx: Context, lines: Lines) -> Callable[[Request], Awaitable[Response]]:
    """The queues, of jobs and of what web hooks are sent, as the database has them; and the live streams of here."""

    def collect(speaking: int, connected: int) -> bytes:
        registry = CollectorRegistry()
        jobs = Gauge("speechsmith_jobs", "Jobs by kind and state.", ["kind", "state"], registry=registry)
        deliveries = Gauge("speechsmith_webhook_deliveries", "Deliveries by state.", ["state"], registry=registry)
        events = Gauge("speechsmith_webhook_events", "Events that no delivery was made of yet.", registry=registry)
        live = Gauge(
            "speechsmith_live_streams", "Live streams by state, of this process.", ["state"], registry=registry
        )
        live.labels("speaking").set(speaking)
        live.labels("connected").set(connected)
        most = Gauge("speechsmith_live_streams_most", "Live streams that may speak at once.", registry=registry)
        most.set(lines.most)
        refused = Counter("speechsmith_live_streams_refused", "Those refused for want of room.", registry=registry)
        refused.inc(lines.refused)
        with ctx.store.read(EVERY_RESOURCE) as tx:
            for (kind, state), count in tx.jobs.counts().items():
                jobs.labels(kind, state).set(count)
            for state, count in tx.deliveries.counts().items():
                deliveries.labels(state).set(count)
            events.set(tx.outbox.count())
        return generate_latest(registry)

    async def endpoint(_request: Request) -> Response:
        streams = (lines.speaking, len(lines.lines))  # counted here, where they come and go
        return Response(
            await run_in_threadpool(collect, *streams), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    return endpoint
