"""Finds blobs that no row names."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from speechsmith.store import tables
from speechsmith.store.blobs import BASE_MODELS, group_of

_TABLES = {table.name: table for table in tables.ENTITY_TABLES.values()}


def unnamed(connection: Connection, groups: Iterable[str]) -> list[str]:
    """Those groups of blobs of which no row names any; what is not the blob of an entity is left alone."""
    named = {
        group_of(key)
        for column in (tables.files.c.blob, tables.logs.c.blob, tables.blocks.c.blob)
        for key in connection.execution_options(yield_per=10_000).execute(select(column)).scalars()
    }
    return [group for group in groups if group not in named and not _is_in_body(connection, group)]


def _is_in_body(connection: Connection, group: str) -> bool:
    owner, *parts = group.split("/")
    try:
        collection, entity, _ = (owner, *parts) if owner == BASE_MODELS else parts
        if owner != BASE_MODELS:
            UUID(owner)
        table, id = _TABLES[collection], UUID(entity)
    except (ValueError, KeyError):
        return True
    body = connection.execute(select(table.c.body).where(table.c.id == id)).scalar()
    return body is not None and (f'"{group}"' in body or f'"{group}/' in body)
