"""Use cases of sign-ins: a browser shows a key once, and is known by its session from then on (docs/decisions/0015)."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from speechsmith.domain.deployments import Credential, key_of
from speechsmith.domain.resources import SpeechResource, key_digest
from speechsmith.domain.sign_ins import SignIn, session_digest
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction

NOTED_EVERY = timedelta(minutes=1)
"""That somebody is there is written down no more often: a look at a page is no write."""


def begin(ctx: Context, key: str, *, session: str = "") -> tuple[str, SpeechResource] | None:
    """Sign in to the resource of a key; returns the session's id, which is a new one, and the resource.

    What the former session was signed in to stays. None: the key opens nothing.
    """
    digest, new, now = key_digest(key), secrets.token_urlsafe(32), ctx.now()
    with ctx.store.read(EVERY_RESOURCE) as tx:
        resource = tx.resources.by_key(digest)
    if resource is None:
        return None
    with ctx.store.write(EVERY_RESOURCE) as tx:
        for former, _ in _valid(tx, session_digest(session), now):
            tx.sign_ins.add(replace(former, session=session_digest(new), seen_at=now))
        tx.sign_ins.end(session_digest(session))
        tx.sign_ins.add(
            SignIn(session=session_digest(new), resource_id=resource.id, key_digest=digest, began_at=now, seen_at=now)
        )
    return new, resource


def resources_of(ctx: Context, session: str, *, is_somebody: bool) -> list[SpeechResource]:
    """The resources that a session is signed in to, by region and name.

    Args: is_somebody: a person asks, so the session is not idle; not, when a page does by itself.
    """
    digest, now = session_digest(session), ctx.now()
    with ctx.store.read(EVERY_RESOURCE) as tx:
        valid = _valid(tx, digest, now)
    if is_somebody and valid and any(now >= sign_in.seen_at + NOTED_EVERY for sign_in, _ in valid):
        with ctx.store.write(EVERY_RESOURCE) as tx:
            tx.sign_ins.seen(digest, now)
    return sorted((resource for _, resource in valid), key=lambda resource: (resource.region, resource.name))


def shown(ctx: Context, session: str, resource: SpeechResource) -> Credential | None:
    """Which key a session has shown to a resource; None: it is not signed in to that any more."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        found = next((one for one in tx.sign_ins.of(session_digest(session)) if one.resource_id == resource.id), None)
    return None if found is None else key_of(resource, found.key_digest)


def end(ctx: Context, session: str) -> None:
    """Sign out of everything; nothing happens to a session that there is not."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        tx.sign_ins.end(session_digest(session))


def _valid(tx: Transaction, digest: str, now: datetime) -> list[tuple[SignIn, SpeechResource]]:
    found = ((sign_in, tx.resources.by_id(sign_in.resource_id)) for sign_in in tx.sign_ins.of(digest))
    return [(sign_in, known) for sign_in, known in found if known is not None and sign_in.opens(known, now)]
