"""Finds blobs that no row names.

A database that is empty or restored may meet blobs that another one names. So those of a Speech resource, or of an
added base model, that this database does not have are left alone.
"""

from collections.abc import Container, Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from speechsmith.store import tables
from speechsmith.store.blobs import BASE_MODELS, group_of

_TABLES = {table.name: table for table in tables.ENTITY_TABLES.values()}


def unnamed(connection: Connection, groups: Iterable[str]) -> list[str]:
    """Those groups of blobs of which no row names any; what is not the blob of an entity of ours is left alone."""
    named = {
        group_of(key)
        for column in (tables.files.c.blob, tables.logs.c.blob, tables.blocks.c.blob)
        for key in connection.execution_options(yield_per=10_000).execute(select(column)).scalars()
    }
    ours = {tables.uuid_of(id) for id in connection.execute(select(tables.speech_resources.c.id)).scalars()}
    return [group for group in groups if group not in named and _is_left(connection, group, ours)]


def _is_left(connection: Connection, group: str, resources: Container[UUID]) -> bool:
    """Whether it is a group of one of the resources, or of a base model that is there, and no entity has it."""
    owner, *parts = group.split("/")
    try:
        collection, entity, _ = (owner, *parts) if owner == BASE_MODELS else parts
        if owner != BASE_MODELS and UUID(owner) not in resources:
            return False
        table, id = _TABLES[collection], UUID(entity)
    except (ValueError, KeyError):
        return False
    body = connection.execute(select(table.c.body).where(table.c.id == id)).scalar()
    if body is None:
        return owner != BASE_MODELS
    return f'"{group}"' not in body and f'"{group}/' not in body
