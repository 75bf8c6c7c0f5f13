"""Use cases of web hooks: register an address, change it, try it, and look at what it was sent.

Nothing is sent here: all that goes to a receiver is written into the queue of deliveries, in the transaction of the
change, and `services.deliveries` sends it elsewhere.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore
from uuid import UUID

from speechsmith.domain.deliveries import Delivery, addressed
from speechsmith.domain.errors import Invalid, TooMany
from speechsmith.domain.status import Status
from speechsmith.domain.values import check_custom_properties, check_description, check_display_name
from speechsmith.domain.webhooks import (
    CHALLENGE,
    COMPLETION,
    CREATION,
    DELETION,
    NOUNS,
    PING,
    PROCESSING,
    WebHook,
    check_events,
    check_secret,
)
from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.net.post import check_receiver
from speechsmith.services import entities
from speechsmith.services.context import Context
from speechsmith.store.entities import Page
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

MOST_WAITING = 100
"""No ping, test or replay is added to a hook that so many deliveries wait for."""

MOST_URL_CHARACTERS = 8_000

_RESOLVING = BoundedSemaphore(4)  # names can be slow to resolve, and must not hold all threads of the API
_RESOLVE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebHook:
    """What a user says about a new web hook, and how the one who says it reaches the service, in which version."""

    display_name: str
    web_url: str
    events: Mapping[str, bool | None]
    secret: str = field(default="", repr=False)
    description: str = ""
    custom_properties: Mapping[str, str] | None = None
    api_version: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookChange:
    """What a PATCH asks for beside labels; None stays. In `events` false takes away; an empty `secret` ends signing."""

    web_url: str | None = None
    events: Mapping[str, bool | None] | None = None
    secret: str | None = field(default=None, repr=False)


def create(ctx: Context, resource_id: UUID, new: NewWebHook) -> WebHook:
    """Register a web hook, and queue its challenge.

    Raises: Invalid (InvalidCallbackUri, InvalidWebHookEventKind), TooMany.
    """
    check_web_url(ctx, new.web_url)
    now = ctx.now()
    hook = WebHook(
        id=ctx.new_id(),
        resource_id=resource_id,
        display_name=check_display_name(new.display_name),
        description=check_description(new.description),
        custom_properties=check_custom_properties(new.custom_properties or {}),
        created_at=now,
        last_action_at=now,
        web_url=new.web_url,
        events=check_events(new.events),
        api_version=new.api_version,
        root=new.root,
    )
    secret = check_secret(new.secret)
    with ctx.store.write(resource_id) as tx:
        tx.table(WebHook).add(hook)
        tx.hook_secrets.put(hook.id, secret or None)
        _challenge(ctx, tx, hook)
    return hook


def update(ctx: Context, resource_id: UUID, hook_id: UUID, labels: entities.Change, change: HookChange) -> WebHook:
    """Change a web hook. Another address is asked for a challenge, and so is the same one after a failure.

    Raises: NotFound, Invalid (InvalidCallbackUri, InvalidWebHookEventKind), TooMany.
    """
    if change.web_url is not None:
        check_web_url(ctx, change.web_url)
    if change.secret is not None:
        check_secret(change.secret)
    with ctx.store.write(resource_id) as tx:
        hook = entities.changed(tx, tx.table(WebHook).get(hook_id), labels)
        if change.events is not None:
            hook = replace(hook, events=check_events({**dict.fromkeys(hook.events, True), **change.events}))
        if change.secret is not None:
            tx.hook_secrets.put(hook_id, change.secret or None)
        if change.web_url is not None and (change.web_url != hook.web_url or hook.status is Status.FAILED):
            hook = hook.challenged(ctx.now(), change.web_url)
            tx.deliveries.withdraw_challenges(hook_id)
            _challenge(ctx, tx, hook)
        tx.table(WebHook).put(hook)
    return hook


def delete(ctx: Context, resource_id: UUID, hook_id: UUID) -> None:
    """Remove a web hook and what waits for it; nothing happens when it is not there."""
    with ctx.store.write(resource_id) as tx:
        if tx.table(WebHook).find(hook_id) is not None:
            tx.deliveries.forget(hook_id)
            tx.table(WebHook).delete(hook_id)


def check_web_url(ctx: Context, web_url: str) -> None:
    """Raises: Invalid (InvalidCallbackUri) for what can never be posted to; TooMany while others are checked."""
    if len(web_url) > MOST_URL_CHARACTERS:
        message = f"webUrl cannot be called. It has {len(web_url)} characters; at most {MOST_URL_CHARACTERS} are kept."
        raise Invalid("InvalidCallbackUri", message, target="webUrl")
    if not _RESOLVING.acquire(timeout=_RESOLVE_S):
        raise TooMany("TooManyRequests", "Too many addresses of web hooks are being checked; try again in a moment.")
    try:
        check_receiver(web_url, FetchPolicy(allow_private=ctx.settings.allow_private_urls))
    except FetchError as error:
        form = "It is no whole http or https address, or has a user name in it."
        reason = str(error) if error.code == "PrivateAddress" else form
        raise Invalid("InvalidCallbackUri", f"webUrl cannot be called. {reason}", target="webUrl") from None
    finally:
        _RESOLVING.release()


def ping(ctx: Context, resource_id: UUID, hook_id: UUID, body: str) -> None:
    """Send a hook itself, as `body`, to its address. Raises: NotFound, Conflict when it is Failed, TooMany."""
    with ctx.store.write(resource_id) as tx:
        hook = _listening(tx, hook_id)
        entity = hook.uri_of(COLLECTIONS[WebHook], hook.id)
        tx.deliveries.add([addressed(hook, PING, id=ctx.new_id(), now=ctx.now(), entity=entity, body=body)])


def test(ctx: Context, resource_id: UUID, hook_id: UUID) -> int:
    """Send each event that a hook asks for, about the last entity that would have raised it; returns how many.

    Raises: NotFound, Conflict when it is Failed, TooMany.
    """
    with ctx.store.write(resource_id) as tx:
        hook = _listening(tx, hook_id)
        found = {event: _last_of(tx, hook, event) for event in hook.events}
        tx.deliveries.add(
            addressed(hook, event, id=ctx.new_id(), now=ctx.now(), entity=entity)
            for event, entity in found.items()
            if entity
        )
    return sum(map(bool, found.values()))


def _listening(tx: Transaction, hook_id: UUID) -> WebHook:
    """A hook that one more delivery can be queued for. Raises: NotFound, Conflict, TooMany."""
    hook = tx.table(WebHook).get(hook_id)
    hook.check_listens()
    waiting = tx.deliveries.waiting(hook_id)
    if waiting >= MOST_WAITING:
        raise TooMany("TooManyRequests", f"{waiting} deliveries wait for '{hook.display_name}'; try again later.")
    return hook


def _last_of(tx: Transaction, hook: WebHook, event: str) -> str:
    """The address of the last entity that has raised an event, or the empty string.

    What was deleted is known from what the hook was sent, and from nothing else.
    """
    for kind, noun in NOUNS.items():
        moment = event.removeprefix(noun)
        if moment in _AFTER:
            found = tx.table(kind).newest(_AFTER[moment])
            return hook.uri_of(COLLECTIONS[kind], found.id) if found else ""
    sent = tx.deliveries.last(hook.id, event) if event.endswith(DELETION) else None
    return sent.entity if sent else ""


_AFTER = {
    CREATION: tuple(Status),
    PROCESSING: (Status.RUNNING, Status.SUCCEEDED, Status.FAILED),
    COMPLETION: (Status.SUCCEEDED, Status.FAILED),
}
"""The statuses of an entity that has raised an event."""


def deliveries(ctx: Context, resource_id: UUID, hook_id: UUID, *, skip: int, top: int) -> Page[Delivery]:
    """What was and will be sent to a hook, newest first. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(WebHook).get(hook_id)
        found = tx.deliveries.page(hook_id, skip=skip, top=top + 1)
    return Page(found[:top], has_more=len(found) > top)


def newest_deliveries(ctx: Context, resource_id: UUID, hook_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """What was or will be sent last to each of some hooks, by its id."""
    with ctx.store.read(resource_id) as tx:
        return tx.deliveries.newest(hook_ids)


def waiting(ctx: Context, resource_id: UUID, hook_id: UUID) -> int:
    """How many deliveries wait to be sent to a hook."""
    with ctx.store.read(resource_id) as tx:
        return tx.deliveries.waiting(hook_id)


def delivery(ctx: Context, resource_id: UUID, hook_id: UUID, delivery_id: UUID) -> Delivery:
    """One delivery. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(WebHook).get(hook_id)
        return tx.deliveries.get(delivery_id, hook_id=hook_id)


def replay(ctx: Context, resource_id: UUID, hook_id: UUID, delivery_id: UUID) -> Delivery:
    """Send a delivery again, with its id. Raises: NotFound, Conflict, TooMany."""
    with ctx.store.write(resource_id) as tx:
        _listening(tx, hook_id)
        again = tx.deliveries.get(delivery_id, hook_id=hook_id).replay(ctx.now())
        tx.deliveries.put(again)
    return again


def _challenge(ctx: Context, tx: Transaction, hook: WebHook) -> None:
    token = ctx.new_id().hex
    tx.deliveries.add([addressed(hook, CHALLENGE, id=ctx.new_id(), now=ctx.now(), body=token)])
