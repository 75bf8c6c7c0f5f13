"""The Speech resources, as a table."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.jobs import JobState
from speechsmith.domain.resources import SpeechResource
from speechsmith.store import tables
from speechsmith.store.tables import micros, moment


class ResourceTable:
    """The Speech resources themselves; they have no scope."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, resource: SpeechResource) -> None:
        """Raises: sqlalchemy.exc.IntegrityError when the name is taken."""
        self._connection.execute(
            insert(tables.speech_resources).values(
                id=resource.id,
                name=resource.name,
                region=resource.region,
                key1_digest=resource.key1_digest,
                key2_digest=resource.key2_digest,
                created_at=micros(resource.created_at),
            )
        )

    def put(self, resource: SpeechResource) -> None:
        """The resource with other keys."""
        self._connection.execute(
            update(tables.speech_resources)
            .where(tables.speech_resources.c.id == resource.id)
            .values(key1_digest=resource.key1_digest, key2_digest=resource.key2_digest)
        )

    def all(self) -> list[SpeechResource]:
        """Every resource, in the order of their names."""
        rows = self._connection.execute(select(tables.speech_resources).order_by(tables.speech_resources.c.name))
        return [_resource(row) for row in rows]

    def by_key(self, digest: str) -> SpeechResource | None:
        """The resource that a key opens."""
        c = tables.speech_resources.c
        return self._one((c.key1_digest == digest) | (c.key2_digest == digest))

    def by_id(self, id: UUID) -> SpeechResource | None:
        """The resource, or None."""
        return self._one(tables.speech_resources.c.id == id)

    def by_name(self, name: str) -> SpeechResource | None:
        """The resource, or None."""
        return self._one(tables.speech_resources.c.name == name)

    def is_empty(self) -> bool:
        """True in a new installation."""
        return self._connection.execute(select(tables.speech_resources.c.id).limit(1)).first() is None

    def lock(self, id: UUID) -> None:
        """Until the end of this write nobody adds anything to the resource; its jobs are locked too, and before it."""
        c, mine = tables.speech_resources.c, tables.jobs.c
        self._connection.execute(
            select(mine.id).where(mine.resource_id == id).order_by(mine.created_at, mine.id).with_for_update()
        )
        self._connection.execute(select(c.id).where(c.id == id).with_for_update())

    def counts(self, id: UUID) -> dict[str, int]:
        """How many rows a resource has: by the nouns of entities, `file`, `log` and `unfinished job`; none is 0."""
        of = {noun: tables.ENTITY_TABLES[kind] for kind, noun in tables.NOUNS.items()}
        conditions = {noun: table.c.resource_id == id for noun, table in of.items()}
        conditions |= {"file": tables.files.c.resource_id == id, "log": tables.logs.c.resource_id == id}
        ended = [state for state in JobState if state.is_final]
        conditions["unfinished job"] = (tables.jobs.c.resource_id == id) & tables.jobs.c.state.not_in(ended)
        found = {
            noun: int(self._connection.execute(select(func.count()).where(condition)).scalar_one())
            for noun, condition in conditions.items()
        }
        return {noun: count for noun, count in found.items() if count}

    def delete(self, id: UUID) -> None:
        """Forget a resource and every row of it, in whatever table; the blobs are the caller's to remove.

        The tables come in the order in which they are declared: web hooks before their deliveries, as all lock them.
        """
        datasets = tables.ENTITY_TABLES[Dataset]
        mine = select(datasets.c.id).where(datasets.c.resource_id == id)
        self._connection.execute(delete(tables.blocks).where(tables.blocks.c.dataset_id.in_(mine)))
        for table in tables.metadata.tables.values():
            if "resource_id" in table.c:
                self._connection.execute(delete(table).where(table.c.resource_id == id))
        self._connection.execute(delete(tables.speech_resources).where(tables.speech_resources.c.id == id))

    def _one(self, condition: ColumnElement[bool]) -> SpeechResource | None:
        row = self._connection.execute(select(tables.speech_resources).where(condition).limit(1)).first()
        return None if row is None else _resource(row)


def _resource(row: Row[Any]) -> SpeechResource:
    return SpeechResource(
        id=tables.uuid_of(row.id),
        name=row.name,
        region=row.region,
        key1_digest=row.key1_digest,
        key2_digest=row.key2_digest,
        created_at=moment(row.created_at),
    )
