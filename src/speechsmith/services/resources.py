"""Use cases of Speech resources: the operator makes tenants and their keys, and deletes them.

A deletion is one write. A worker that is at work for the resource finds its job gone, and stops; a request that is
under way is refused when it writes. Blobs go after that write, and again a minute and a day later, by the sweeper: for
a deletion that was killed in between, and for what others wrote before they noticed.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.models import CustomModel
from speechsmith.domain.resources import SpeechResource, key_digest
from speechsmith.domain.sign_ins import SignIn, session_digest
from speechsmith.services import copying
from speechsmith.services.context import Context
from speechsmith.services.entities import LAST_WRITES
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

LATE_WRITES = timedelta(days=1)
"""No upload and no publishing takes as long."""


@dataclass(frozen=True, slots=True)
class WithKeys:
    """A new resource with its keys, which nobody can read again."""

    resource: SpeechResource
    key1: str
    key2: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A resource, and how many of what it has: the nouns of entities, `file`, `log` and `unfinished job`; none is 0."""

    resource: SpeechResource
    counts: Mapping[str, int]


def create(ctx: Context, *, name: str, region: str) -> WithKeys:
    """Make a Speech resource. Raises: Invalid for a name or region out of bounds, Conflict when the name is taken."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        return _add(ctx, tx, name, region)


def maker(ctx: Context, session: str, *, name: str, region: str) -> Callable[[Transaction], SpeechResource]:
    """What makes a Speech resource within a write that needs one, and signs a session of Studio in to it.

    Raises: as `create`, and Invalid where the operator lets nobody else make one.
    """
    if not ctx.settings.new_resources:
        raise Invalid("InvalidParameterValue", "New Speech resources are made by whoever runs the service.")
    with ctx.store.read(EVERY_RESOURCE) as tx:
        _check_new(tx, name, region)

    def made(tx: Transaction) -> SpeechResource:
        resource, now = _add(ctx, tx, name, region).resource, ctx.now()
        digest = session_digest(session)
        tx.sign_ins.add(
            SignIn(session=digest, resource_id=resource.id, key_digest=resource.key1_digest, began_at=now, seen_at=now)
        )
        return resource

    return made


def _check_new(tx: Transaction, name: str, region: str) -> None:
    for text, longest in ((name, 200), (region, 60)):
        if not 0 < len(text) <= longest or text != text.strip() or not text.isprintable():
            raise Invalid(
                "InvalidParameterValue",
                "A resource has a name of 1 to 200 and a region of 1 to 60 characters, without tabs, ends of lines and "
                "the like, and without blanks at its ends.",
            )
    if tx.resources.by_name(name):
        raise Conflict("Conflict", f"There is a resource '{name}' already; choose another name.")


def _add(ctx: Context, tx: Transaction, name: str, region: str) -> WithKeys:
    _check_new(tx, name, region)
    key1, key2 = secrets.token_hex(16), secrets.token_hex(16)
    resource = SpeechResource(
        id=ctx.new_id(),
        name=name,
        region=region,
        key1_digest=key_digest(key1),
        key2_digest=key_digest(key2),
        created_at=ctx.now(),
    )
    tx.resources.add(resource)
    return WithKeys(resource, key1, key2)


def rotate_key(ctx: Context, *, name: str, which: Literal[1, 2]) -> str:
    """A new first or second key of a resource; the former one opens nothing any more. Raises: Invalid."""
    key = secrets.token_hex(16)
    digest = key_digest(key)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        found = _named(tx, name)
        tx.resources.put(replace(found, key1_digest=digest) if which == 1 else replace(found, key2_digest=digest))
    return key


def contents(ctx: Context, *, name: str) -> Contents:
    """What a resource has, to be looked at before it is deleted. Raises: Invalid."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        found = _named(tx, name)
        return Contents(found, tx.resources.counts(found.id))


def delete(ctx: Context, resource_id: UUID) -> Contents:
    """Delete a resource and all that belongs to it, and nothing of any other; returns what that was.

    Raises: Invalid when it is not there.
    """
    with ctx.store.write(EVERY_RESOURCE) as tx:
        tx.resources.lock(resource_id)
        found = tx.resources.by_id(resource_id)
        if found is None:
            raise Invalid("InvalidParameterValue", f"There is no resource {resource_id} any more.")
        deleted = Contents(found, tx.resources.counts(resource_id))
        for model in tx.of(resource_id).table(CustomModel).page().values:
            copying.tell_ended(tx, model, ctx.now(), copying.DELETED)
        tx.resources.delete(resource_id)
        tx.purges.add(str(resource_id), ctx.now() + LAST_WRITES)
        for collection in COLLECTIONS.values():
            tx.purges.add(f"{resource_id}/{collection}", ctx.now() + LATE_WRITES)
    ctx.blobs.purge(str(resource_id))
    return deleted


def listing(ctx: Context) -> list[SpeechResource]:
    """Every resource, in the order of their names."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return tx.resources.all()


def find(ctx: Context, wanted: str) -> SpeechResource:
    """The resource of this id or this name. Raises: Invalid."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return next((one for one in tx.resources.all() if str(one.id) == wanted), None) or _named(tx, wanted)


def create_first(ctx: Context, *, region: str) -> WithKeys | None:
    """The resource of a new installation; None when there is one already."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        if not tx.resources.is_empty():
            return None
    return create(ctx, name="default", region=region)


def _named(tx: Transaction, name: str) -> SpeechResource:
    """Raises: Invalid."""
    if (found := tx.resources.by_name(name)) is not None:
        return found
    known = ", ".join(f"'{one.name}'" for one in tx.resources.all())
    raise Invalid("InvalidParameterValue", f"There is no resource '{name}'; there are: {known or 'none'}.")
