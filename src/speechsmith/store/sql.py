"""Where everything but the blobs is kept: SQLite, or PostgreSQL by URL.

    with store.write(resource_id) as tx:
        dataset = tx.table(Dataset).get(id)

Each transaction has a scope, and its tables apply it (`store.scope`): within the scope of a Speech resource the rows of
all others do not exist. EVERY_RESOURCE sees all and is for the worker and the operator. A write is serialized
from its first statement on (BEGIN IMMEDIATE; row locks on PostgreSQL), so what was read in it stays true until it
commits. A commit that has returned survives a power cut (synchronous=FULL).
"""

import copy
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select

from speechsmith.domain.entities import Entity
from speechsmith.store import tables
from speechsmith.store.deployments import DeploymentTable
from speechsmith.store.editions import EditedFileTable
from speechsmith.store.entities import EntityTable
from speechsmith.store.files import BlockTable, FileTable, PurgeTable
from speechsmith.store.jobs import JobTable
from speechsmith.store.logs import LogTable
from speechsmith.store.outbox import OutboxTable
from speechsmith.store.repeats import RepeatTable
from speechsmith.store.resources import ResourceTable
from speechsmith.store.scope import Scope, within
from speechsmith.store.sign_ins import SignInTable
from speechsmith.store.spent import SpentTable
from speechsmith.store.unnamed import unnamed
from speechsmith.store.webhooks import DeliveryTable, SecretTable

E = TypeVar("E", bound=Entity)

BUSY_S = 30
"""For how long a process waits for another that writes to the same SQLite database."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Who needs an entity."""

    owner_id: UUID
    owner_kind: str
    owner_name: str


class Transaction:
    """All the tables, within one scope. `jobs`, `resources`, `sign_ins`, `blocks`, `purges` have none: see their use.

    `added` are the entities that it has made so far, `others` it in the other scopes that it was used in.
    """

    def __init__(self, connection: Connection, scope: Scope, *, locked: bool) -> None:
        self._connection = connection
        self.scope = scope
        self._locked = locked
        self.added: list[Entity] = []
        self.others: list[Transaction] = []
        self.jobs = JobTable(connection, locked=locked)
        self.resources = ResourceTable(connection)
        self.sign_ins = SignInTable(connection)
        self.spent = SpentTable(connection)
        self.blocks = BlockTable(connection)
        self.purges = PurgeTable(connection)

    # Those with a scope are made when they are used: conditions take time, and most transactions need one table.

    @cached_property
    def files(self) -> FileTable:
        """The files of entities."""
        return FileTable(self._connection, self.scope)

    @cached_property
    def logs(self) -> LogTable:
        """The entries of logs."""
        return LogTable(self._connection, self.scope)

    @cached_property
    def deployments(self) -> DeploymentTable:
        """The histories of endpoints."""
        return DeploymentTable(self._connection, self.scope)

    @cached_property
    def edited(self) -> EditedFileTable:
        """The recordings of editions, and their texts."""
        return EditedFileTable(self._connection, self.scope, locked=self._locked)

    @cached_property
    def repeats(self) -> RepeatTable:
        """Creates that may be sent again."""
        return RepeatTable(self._connection, self.scope)

    @cached_property
    def outbox(self) -> OutboxTable:
        """What has happened."""
        return OutboxTable(self._connection, self.scope, locked=self._locked)

    @cached_property
    def deliveries(self) -> DeliveryTable:
        """What web hooks are sent."""
        return DeliveryTable(self._connection, self.scope, locked=self._locked)

    @cached_property
    def hook_secrets(self) -> SecretTable:
        """What signs deliveries."""
        return SecretTable(self._connection, self.scope)

    def of(self, scope: Scope, *, locked: bool = True) -> "Transaction":
        """The same transaction in another scope: for what concerns two Speech resources, or is not of the caller's.

        Not `locked`, it reads without holding what it reads: for rows that others lock before those that are held.
        """
        other = Transaction(self._connection, scope, locked=self._locked and locked)
        other.others = self.others
        self.others.append(other)
        return other

    def table(self, kind: type[E]) -> EntityTable[E]:
        """The entities of one kind."""
        return EntityTable(self._connection, self.scope, kind, self.added, locked=self._locked)

    def lock_resource(self) -> None:
        """Until the end of this write no other of the same resource gets beyond this call: what is counted stays so."""
        c = tables.speech_resources.c
        # not the key: rows that refer to the resource hold it, and two such writes would wait for each other
        self._connection.execute(select(c.id).where(c.id == self.scope).with_for_update(key_share=True))

    def users_of(self, target_id: UUID) -> list[Reference]:
        """The entities that need this one, within the scope."""
        c = tables.entity_references.c
        rows = self._connection.execute(
            select(c.owner_id, c.owner_kind, c.owner_name).where(
                c.target_id == target_id, within(self.scope, tables.entity_references)
            )
        )
        return [Reference(tables.uuid_of(row.owner_id), row.owner_kind, row.owner_name) for row in rows]

    def unnamed(self, groups: Iterable[str]) -> list[str]:
        """Those groups of blobs (see `Blobs.groups`) of which no row, of any resource, names a blob."""
        return unnamed(self._connection, groups)

    def secret(self, name: str) -> bytes:
        """A random secret of the installation, made once. Needs a write."""
        c = tables.secrets.c
        value = self._connection.execute(select(c.value).where(c.name == name)).scalar()
        if value is None:
            value = os.urandom(32)
            self._connection.execute(insert(tables.secrets).values(name=name, value=value))
        return bytes(value)


class Store:
    """The database. One for a process; safe for all its threads."""

    def __init__(self, url: str, *, untouched: bool = False) -> None:
        """Args: untouched: only for reading; of a SQLite file not even those beside it change."""
        self.engine = _engine(url, untouched=untouched)
        is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite sees one state of all rows from the first read on; PostgreSQL must be asked to.
        self._reading: dict[str, Any] = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._checks: tuple[Callable[[Transaction], None], ...] = ()

    def checked(self, check: Callable[[Transaction], None]) -> "Store":
        """The same database, where `check` is called at the end of each write and within it.

        It may write too; what it raises rolls all back.
        """
        other = copy.copy(self)
        other._checks = (*self._checks, check)
        return other

    @contextmanager
    def read(self, scope: Scope) -> Iterator[Transaction]:
        """A consistent view; nothing may be written."""
        with self.engine.connect().execution_options(**self._reading) as connection, connection.begin():
            yield Transaction(connection, scope, locked=False)

    @contextmanager
    def write(self, scope: Scope) -> Iterator[Transaction]:
        """All or nothing: committed at the end of the block, rolled back when it raises."""
        with self.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
            tx = Transaction(connection, scope, locked=True)
            yield tx
            for part in sorted((tx, *tx.others), key=lambda part: str(part.scope)):  # locked in one order by all
                for check in self._checks:
                    check(part)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def read_only(path: Path, *, untouched: bool = False) -> sqlite3.Connection:
    """A SQLite file, for reading. Raises: sqlite3.Error.

    Args: untouched: files beside it are not made either; so it must not be in use, unless they are there.
    """
    is_closed = untouched and not path.with_name(f"{path.name}-wal").exists()
    how = "immutable=1" if is_closed else "mode=ro"
    return sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, check_same_thread=False)


def _engine(url: str, *, untouched: bool) -> Engine:
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.partition("://")[2]
    engine = create_engine(
        url,
        pool_pre_ping=not url.startswith("sqlite"),
        pool_size=10,
        max_overflow=30,
        hide_parameters=True,  # what users wrote must not get into the log with an error
        **_opened_untouched(url) if untouched else {},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_reading if untouched else _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _opened_untouched(url: str) -> dict[str, Any]:
    if (parsed := make_url(url)).get_backend_name() != "sqlite":
        return {}
    return {"creator": lambda: read_only(Path(parsed.database or ""), untouched=True)}


def _prepare_reading(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_S * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Turn a new database to WAL. When two do at once, SQLite refuses one of them without the wait of busy_timeout."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("speechsmith_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
