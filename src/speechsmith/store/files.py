"""What the database knows of the blob store: files, blocks of unfinished uploads, and what is to be removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from speechsmith.domain.errors import NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.filters import Filter
from speechsmith.store import tables
from speechsmith.store.filters import condition
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import micros, moment


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a dataset that was uploaded and not yet committed."""

    name: str
    blob: str
    size_bytes: int


class FileTable:
    """The files of entities, within a scope."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = within(scope, tables.files)

    def add(self, files: Sequence[File]) -> None:
        """Keep the files of an entity, in their order."""
        rows = [row_of(file) | {"position": position} for position, file in enumerate(files)]
        if rows:
            self._connection.execute(insert(tables.files), rows)

    def of(self, owner_id: UUID, *, skip: int = 0, top: int | None = None, wanted: Filter | None = None) -> list[File]:
        """The files of an entity, in their order."""
        c = tables.files.c
        query = select(tables.files).where(c.owner_id == owner_id, self._scope).order_by(c.position, c.id).offset(skip)
        if wanted is not None:
            query = query.where(condition(wanted, tables.files))
        rows = self._connection.execute(query if top is None else query.limit(top))
        return [file_of(row) for row in rows]

    def get(self, id: UUID, *, owner_id: UUID | None = None) -> File:
        """Raises: NotFound."""
        c = tables.files.c
        query = select(tables.files).where(c.id == id, self._scope)
        if owner_id is not None:
            query = query.where(c.owner_id == owner_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("file", id)
        return file_of(row)

    def delete(self, owner_id: UUID) -> None:
        """Forget the files of an entity; their blobs go with a purge."""
        self._connection.execute(delete(tables.files).where(tables.files.c.owner_id == owner_id, self._scope))


class BlockTable:
    """The blocks of datasets that are being uploaded. The caller has found the dataset within its scope."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, dataset_id: UUID, block: Block) -> str | None:
        """Keep a block; returns the blob that it replaces."""
        c = tables.blocks.c
        same = (c.dataset_id == dataset_id, c.name == block.name)
        former = self._connection.execute(select(c.blob).where(*same)).scalar()
        self._connection.execute(delete(tables.blocks).where(*same))
        self._connection.execute(
            insert(tables.blocks).values(
                dataset_id=dataset_id, name=block.name, blob=block.blob, size_bytes=block.size_bytes
            )
        )
        return former

    def of(self, dataset_id: UUID) -> list[Block]:
        """The blocks that are there, by name."""
        c = tables.blocks.c
        query = select(c.name, c.blob, c.size_bytes).where(c.dataset_id == dataset_id).order_by(c.name)
        return [Block(row.name, row.blob, row.size_bytes) for row in self._connection.execute(query)]

    def delete(self, dataset_id: UUID) -> None:
        """Forget the blocks of a dataset."""
        self._connection.execute(delete(tables.blocks).where(tables.blocks.c.dataset_id == dataset_id))


class PurgeTable:
    """Prefixes of blobs that no row names any more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, prefix: str, not_before: datetime) -> None:
        """Remember to remove all blobs under a prefix, once that is safe."""
        self._connection.execute(delete(tables.purges).where(tables.purges.c.prefix == prefix))
        self._connection.execute(insert(tables.purges).values(prefix=prefix, not_before=micros(not_before)))

    def due(self, now: datetime) -> list[str]:
        """The prefixes that can go now."""
        c = tables.purges.c
        return list(self._connection.execute(select(c.prefix).where(c.not_before <= micros(now)).limit(100)).scalars())

    def done(self, prefix: str) -> None:
        """They are gone."""
        self._connection.execute(delete(tables.purges).where(tables.purges.c.prefix == prefix))


def row_of(file: File) -> dict[str, Any]:
    """The row of a file."""
    return {
        "id": file.id,
        "resource_id": file.resource_id,
        "owner_id": file.owner_id,
        "name": file.name,
        "kind": file.kind,
        "blob": file.blob,
        "size_bytes": file.size_bytes,
        "duration_micros": None if file.duration is None else file.duration // timedelta(microseconds=1),
        "created_at": micros(file.created_at),
    }


def file_of(row: Any) -> File:
    """The inverse of `row_of`."""
    return File(
        id=tables.uuid_of(row.id),
        resource_id=tables.uuid_of(row.resource_id),
        owner_id=tables.uuid_of(row.owner_id),
        name=row.name,
        kind=FileKind(row.kind),
        blob=row.blob,
        size_bytes=row.size_bytes,
        duration=None if row.duration_micros is None else timedelta(microseconds=row.duration_micros),
        created_at=moment(row.created_at),
    )
