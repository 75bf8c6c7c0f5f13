"""Use cases of who sends to web hooks: deliveries out of events, one attempt of each, and what came of it.

Each use case is one short write, and whatever happens between two of them, what is not yet sent is sent again. The
order of locks is that of `store.webhooks`: the hook, then the delivery.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.deliveries import Delivery, DeliveryState, Outcome, Request, addressed, judged, requested
from speechsmith.domain.errors import LostLease
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import CHALLENGE, WebHook
from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.net.post import post
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction

CONNECT_S = 5.0
ANSWER_S = 15.0
"""How long a receiver may take to be reached, and to answer."""
MOST_ANSWER_BYTES = 256

KEPT = timedelta(days=7)
MOST_KEPT = 1_000
"""How long the log of a hook is kept, and how many deliveries of it that have ended."""

_EVENTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is held, and the request that it is sent as."""

    delivery: Delivery
    request: Request


def make(ctx: Context) -> int:
    """Turn some events into deliveries to whoever wants them; returns how many events that were."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        resources = tx.outbox.resources()
    made = 0
    for resource_id in resources:
        with ctx.store.write(resource_id) as tx:
            hooks = tx.table(WebHook).page().values
            events = tx.outbox.take(_EVENTS_AT_ONCE)
            tx.deliveries.add(
                addressed(
                    hook,
                    happened.event,
                    id=ctx.new_id(),
                    now=ctx.now(),
                    entity=hook.uri_of(happened.collection, happened.entity_id),
                )
                for happened in events
                for hook in hooks
                if hook.wants(happened.event)
            )
        made += len(events)
    return made


def due(ctx: Context) -> list[tuple[UUID, UUID]]:
    """The hooks that something can be sent to now, as (resource, hook)."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return tx.deliveries.due(ctx.now())


def claim(ctx: Context, owner: str, resource_id: UUID, hook_id: UUID) -> Claimed | None:
    """Take what is sent next to a hook; None when there is nothing any more. A hook that is challenged is Running."""
    with ctx.store.write(resource_id) as tx:
        now = ctx.now()
        hook = tx.table(WebHook).find(hook_id)
        if hook is None or (waiting := tx.deliveries.next_of(hook, now)) is None:
            return None
        claimed = waiting.claim(owner, now)
        tx.deliveries.put(claimed)
        if claimed.event == CHALLENGE:
            tx.table(WebHook).put(hook.started(now))
        return Claimed(claimed, requested(claimed, hook.web_url, tx.hook_secrets.of(hook_id), now))


def send(ctx: Context, claimed: Claimed) -> Outcome:
    """One attempt, within bounds of time and size; what it came to."""
    policy = FetchPolicy(allow_private=ctx.settings.allow_private_urls, timeout_s=CONNECT_S, total_s=ANSWER_S)
    request = claimed.request
    try:
        answer = post(request.url, request.body, request.headers, policy, most_bytes=MOST_ANSWER_BYTES)
    except FetchError as error:
        return Outcome(failure=Failure(error.code, str(error)))
    return judged(claimed.delivery, answer.status, answer.body)


def record(ctx: Context, held: Delivery, outcome: Outcome) -> Delivery:
    """Keep what an attempt came to. Raises: LostLease when it does not count any more."""
    with ctx.store.write(held.resource_id) as tx:
        hook, current = _found(tx, held)
        now = ctx.now()
        ended = current.ended(held, now, outcome)
        _keep(tx, hook, ended, now)
    return ended


def beat(ctx: Context, held: Delivery) -> None:
    """Hold on to a delivery that is being sent. Raises: LostLease."""
    with ctx.store.write(held.resource_id) as tx:
        _, current = _found(tx, held)
        tx.deliveries.put(current.beat(held, ctx.now()))


def release(ctx: Context, held: Delivery) -> None:
    """Give a delivery back, its outcome unknown. Raises: LostLease."""
    with ctx.store.write(held.resource_id) as tx:
        _, current = _found(tx, held)
        tx.deliveries.put(current.release(held, ctx.now()))


def expire(ctx: Context) -> int:
    """Take back what is held by someone who was not heard of; returns how many that were."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        expired = tx.deliveries.expired(ctx.now())
    for held in expired:
        _take_back(ctx, held, owner_is_gone=False)
    return len(expired)


def recover(ctx: Context, owner: str) -> None:
    """Take back, at once, what was held by someone who is known to be gone."""
    while True:
        with ctx.store.read(EVERY_RESOURCE) as tx:
            held_by_owner = tx.deliveries.held_by(owner)
        if not held_by_owner:
            return
        for held in held_by_owner:
            _take_back(ctx, held, owner_is_gone=True)


def _take_back(ctx: Context, held: Delivery, *, owner_is_gone: bool) -> None:
    with ctx.store.write(held.resource_id) as tx:
        try:
            hook, current = _found(tx, held)
            now = ctx.now()
            _keep(tx, hook, current.expire(now, owner_is_gone=owner_is_gone), now)
        except LostLease:  # another one has been faster
            return


def prune(ctx: Context) -> int:
    """Forget what is too old or too much; returns how many deliveries that were."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        return tx.deliveries.prune(ctx.now() - KEPT, most=MOST_KEPT)


def _found(tx: Transaction, held: Delivery) -> tuple[WebHook | None, Delivery]:
    """The hook and the delivery as they are now, locked. Raises: LostLease when the delivery is gone."""
    hook = tx.table(WebHook).find(held.hook_id)
    if (current := tx.deliveries.find(held.id)) is None:
        raise LostLease(held.id)
    return hook, current


def _keep(tx: Transaction, hook: WebHook | None, delivery: Delivery, now: datetime) -> None:
    """Keep a delivery that has moved, and let its hook follow if that was its challenge."""
    tx.deliveries.put(delivery)
    if hook is None or delivery.event != CHALLENGE:
        return
    if delivery.state is DeliveryState.DELIVERED:
        tx.table(WebHook).put(hook.started(now).succeeded(now))
    elif delivery.state is DeliveryState.FAILED and delivery.failure is not None:
        reason = f"The challenge was not answered. {delivery.failure.message} PATCH webUrl to be asked again."
        tx.table(WebHook).put(hook.started(now).failed(now, Failure(delivery.failure.code, reason)))
