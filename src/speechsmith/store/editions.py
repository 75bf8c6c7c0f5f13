"""The recordings of editions with their texts, as a table within a scope."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Integer, cast, delete, func, insert, select, update

from speechsmith.domain.editions import EditedFile, Tally
from speechsmith.domain.errors import NotFound
from speechsmith.store.scope import Scope, within
from speechsmith.store.tables import edited_files, uuid_of


class EditedFileTable:
    """The files of the editions within the scope."""

    def __init__(self, connection: Connection, scope: Scope, *, locked: bool) -> None:
        self._connection = connection
        self._scope = within(scope, edited_files)
        self._locked = locked

    def add(self, owner_id: UUID, resource_id: UUID, files: Sequence[EditedFile]) -> None:
        """Keep the files of a new edition."""
        rows = [_row(file) | {"owner_id": owner_id, "resource_id": resource_id} for file in files]
        if rows:
            self._connection.execute(insert(edited_files), rows)

    def get(self, owner_id: UUID, number: int) -> EditedFile:
        """The file as it is now, locked in a write. Raises: NotFound."""
        c = edited_files.c
        query = select(edited_files).where(self._scope, c.owner_id == owner_id, c.number == number)
        row = self._connection.execute(query.with_for_update() if self._locked else query).first()
        if row is None:
            raise NotFound("recording", number)
        return _file(row)

    def put(self, owner_id: UUID, file: EditedFile) -> None:
        """Keep a file in its new state. Call it in the write that has got it."""
        c = edited_files.c
        same = (self._scope, c.owner_id == owner_id, c.number == file.number)
        self._connection.execute(update(edited_files).where(*same).values(_row(file)))

    def page(
        self, owner_id: UUID, *, is_accepted: bool | None = None, skip: int = 0, top: int | None = None
    ) -> list[EditedFile]:
        """The files of an edition in their order; only those that are accepted, or are not, where that is asked."""
        c = edited_files.c
        query = select(edited_files).where(self._scope, c.owner_id == owner_id).order_by(c.number).offset(skip)
        if is_accepted is not None:
            query = query.where(c.is_accepted.is_(is_accepted))
        rows = self._connection.execute(query if top is None else query.limit(top))
        return [_file(row) for row in rows]

    def numbered(self, owner_id: UUID, numbers: Sequence[int]) -> list[EditedFile]:
        """Those of these numbers that there are, in their order."""
        c = edited_files.c
        query = select(edited_files).where(self._scope, c.owner_id == owner_id, c.number.in_(numbers))
        return [_file(row) for row in self._connection.execute(query.order_by(c.number))]

    def first_draft(self, owner_id: UUID, *, after: int = 0) -> int | None:
        """The number of the first file behind another that is not accepted."""
        c = edited_files.c
        query = select(func.min(c.number)).where(
            self._scope, c.owner_id == owner_id, c.number > after, c.is_accepted.is_(False)
        )
        found: int | None = self._connection.execute(query).scalar()
        return found

    def tallies(self, owner_ids: Sequence[UUID]) -> dict[UUID, Tally]:
        """How many files each of the editions has; one without any is left out."""
        c = edited_files.c
        accepted = func.sum(cast(c.is_accepted, Integer))
        query = select(c.owner_id, func.count(), accepted).where(self._scope, c.owner_id.in_(owner_ids))
        rows = self._connection.execute(query.group_by(c.owner_id))
        return {uuid_of(row[0]): Tally(int(row[1]), int(row[2])) for row in rows}

    def written(
        self, owner_id: UUID, *, numbers: Sequence[int] | None = None, is_accepted: bool | None = None
    ) -> tuple[int, int]:
        """How many files of an edition there are, of these numbers or all, and how many of them have a text."""
        c = edited_files.c
        query = select(func.count(), func.sum(cast(c.text != "", Integer))).where(self._scope, c.owner_id == owner_id)
        if numbers is not None:
            query = query.where(c.number.in_(numbers))
        if is_accepted is not None:
            query = query.where(c.is_accepted == is_accepted)
        files, texts = self._connection.execute(query).one()
        return int(files), int(texts or 0)

    def delete(self, owner_id: UUID) -> None:
        """Forget the files of an edition; their sounds go with its other files."""
        self._connection.execute(delete(edited_files).where(self._scope, edited_files.c.owner_id == owner_id))


def _row(file: EditedFile) -> dict[str, Any]:
    return {
        "number": file.number,
        "name": file.name,
        "audio_id": file.audio_id,
        "duration_micros": file.duration // timedelta(microseconds=1),
        "text": file.text,
        "heard": file.heard,
        "is_accepted": file.is_accepted,
        "version": file.version,
    }


def _file(row: Any) -> EditedFile:
    return EditedFile(
        number=row.number,
        name=row.name,
        audio_id=uuid_of(row.audio_id),
        duration=timedelta(microseconds=row.duration_micros),
        text=row.text,
        heard=row.heard,
        is_accepted=bool(row.is_accepted),
        version=row.version,
    )
