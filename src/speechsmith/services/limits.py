"""The operator's limits: from the settings, and held at each write of what users ask for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.config import Settings
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.entities import Entity
from speechsmith.domain.limits import FILE_BYTES, Limits, parse
from speechsmith.domain.models import BaseModel
from speechsmith.services.context import Context
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

COUNTED: Mapping[str, type[Entity]] = {
    str(collection): kind for kind, collection in COLLECTIONS.items() if kind not in (BaseModel, CopyOperation)
}
"""What a resource can have too much of, by collection."""


@lru_cache(8)
def limits_of(settings: Settings) -> Limits:
    """Raises: ValueError naming the variable that cannot be read."""
    if settings.request_window_s <= 0:
        raise ValueError("SPEECHSMITH_REQUEST_WINDOW_S is a number of seconds above 0.")
    return Limits(
        requests=settings.max_requests or None,
        window=timedelta(seconds=settings.request_window_s),
        entities=_parsed(settings.max_entities, "SPEECHSMITH_MAX_ENTITIES", COUNTED),
        file_bytes={
            **FILE_BYTES,
            **_parsed(settings.max_file_bytes, "SPEECHSMITH_MAX_FILE_BYTES", {str(kind): kind for kind in CorpusKind}),
        },
        training_audio=timedelta(hours=settings.max_training_hours) if settings.max_training_hours else None,
    )


def _parsed(text: str, variable: str, known: Mapping[str, Any]) -> dict[Any, int]:
    try:
        return parse(text, known)
    except ValueError as error:
        raise ValueError(f"{variable} cannot be read: {error}.") from None


def largest_upload(settings: Settings, kind: CorpusKind) -> int:
    """The most bytes of data that a dataset of a kind may have."""
    return min(settings.max_upload_bytes, limits_of(settings).file_bytes.get(kind, settings.max_upload_bytes))


def limited(ctx: Context) -> Context:
    """The context of what users ask for: what would give a resource too many entities is refused, and not written."""
    limits = limits_of(ctx.settings)

    def check(tx: Transaction) -> None:
        for kind in sorted({type(entity) for entity in tx.added} & limits.entities.keys(), key=COLLECTIONS.__getitem__):
            tx.lock_resource()
            limits.check_entities(kind, COLLECTIONS[kind], tx.table(kind).count())

    return replace(ctx, store=ctx.store.checked(check)) if limits.entities else ctx


def used(ctx: Context, resource_id: UUID) -> dict[str, int]:
    """How many entities a resource has, by collection."""
    with ctx.store.read(resource_id) as tx:
        return {collection: tx.table(kind).count() for collection, kind in COUNTED.items()}
