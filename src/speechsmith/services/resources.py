"""Use cases of Speech resources: the operator makes tenants and their keys."""

import secrets
from dataclasses import dataclass, replace
from typing import Literal

from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.resources import SpeechResource, key_digest
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE


@dataclass(frozen=True, slots=True)
class WithKeys:
    """A new resource with its keys, which nobody can read again."""

    resource: SpeechResource
    key1: str
    key2: str


def create(ctx: Context, *, name: str, region: str) -> WithKeys:
    """Make a Speech resource. Raises: Invalid for a name or region out of bounds, Conflict when the name is taken."""
    if not 0 < len(name) <= 200 or not 0 < len(region) <= 60:
        raise Invalid("InvalidParameterValue", "A resource has a name of 1 to 200 and a region of 1 to 60 characters.")
    key1, key2 = secrets.token_hex(16), secrets.token_hex(16)
    resource = SpeechResource(
        id=ctx.new_id(),
        name=name,
        region=region,
        key1_digest=key_digest(key1),
        key2_digest=key_digest(key2),
        created_at=ctx.now(),
    )
    with ctx.store.write(EVERY_RESOURCE) as tx:
        if tx.resources.by_name(name):
            raise Conflict("Conflict", f"There is a resource '{name}' already; choose another name.")
        tx.resources.add(resource)
    return WithKeys(resource, key1, key2)


def renew(ctx: Context, *, name: str, which: Literal[1, 2]) -> str:
    """A new first or second key of a resource; the former one opens nothing any more. Raises: Invalid."""
    key = secrets.token_hex(16)
    digest = key_digest(key)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        resource = tx.resources.by_name(name)
        if resource is None:
            known = ", ".join(f"'{one.name}'" for one in tx.resources.all())
            raise Invalid("InvalidParameterValue", f"There is no resource '{name}'; there are: {known or 'none'}.")
        tx.resources.put(replace(resource, key1_digest=digest) if which == 1 else replace(resource, key2_digest=digest))
    return key


def listing(ctx: Context) -> list[SpeechResource]:
    """Every resource, in the order of their names."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return tx.resources.all()


def create_first(ctx: Context, *, region: str) -> WithKeys | None:
    """The resource of a new installation; None when there is one already."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        if not tx.resources.is_empty():
            return None
    return create(ctx, name="default", region=region)
