"""A create that is sent twice makes one entity: its client names it, and the name is kept for a day.

The name is written with the entity, in one write (see `store.repeats`). Nothing else is kept: who asks again is shown
the entity as it is now. A request that was refused has made nothing, so it may be sent again under the same name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from speechsmith.domain.entities import Entity
from speechsmith.domain.errors import Conflict, SpeechError
from speechsmith.services.context import Context
from speechsmith.store.repeats import Repeat, Taken
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import NOUNS

KEPT = timedelta(hours=24)

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Named:
    """A request with a name. `digest` tells what it asks for, `header` where its client wrote the name."""

    key: str
    digest: str
    header: str


def once(
    ctx: Context,
    resource_id: UUID,
    kind: type[Entity],
    request: Named,
    *,
    make: Callable[[Context], A],
    show: Callable[[UUID], A],
) -> A:
    """What `make` makes of a request that is new; else `show` of the entity that it made before.

    Raises: Conflict when the name belongs to a request for something else, or the entity is deleted.
    """
    if (made := _made(ctx, resource_id, kind, request)) is not None:
        return show(made)
    try:
        return make(replace(ctx, store=ctx.store.checked(_noting(request, kind, ctx.now()))))
    except (Taken, SpeechError):  # perhaps because the same request was carried out at the same time
        if (made := _made(ctx, resource_id, kind, request)) is None:
            raise
        return show(made)


def _made(ctx: Context, resource_id: UUID, kind: type[Entity], request: Named) -> UUID | None:
    with ctx.store.read(resource_id) as tx:
        found = tx.repeats.find(request.key, since=ctx.now() - KEPT)
        if found is None:
            return None
        if found.digest != request.digest:
            message = f"{request.header} names a request of {found.at:%Y-%m-%dT%H:%M:%SZ} that asked for something else"
            raise Conflict("Conflict", f"{message}; give each request a name of its own.", target=request.header)
        if tx.table(kind).find(found.entity_id) is None:
            message = f"This request has made the {NOUNS[kind]} {found.entity_id}, which is deleted"
            raise Conflict("Conflict", f"{message}; a request of another name makes another.", target=request.header)
        return found.entity_id


def _noting(request: Named, kind: type[Entity], now: datetime) -> Callable[[Transaction], None]:
    def note(tx: Transaction) -> None:
        for entity in tx.added:
            if isinstance(entity, kind):
                tx.repeats.add(Repeat(request.key, request.digest, entity.id, now), since=now - KEPT)

    return note
