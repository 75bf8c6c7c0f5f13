"""Opens a database, brought up to the tables of this version. Each start does; the only way back is a backup.

Migrations are numbered, `0001`, `0002`, …, and the number of the newest is that of the database. All that are missing
run in one write, which two processes cannot have at once, so the second finds nothing to do.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from speechsmith.store.sql import Store

NEWEST = "0010"
"""The newest of `migrations/versions`."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "ncpfs"}
    | {f"fuse.{name}" for name in ("sshfs", "glusterfs", "ceph", "s3fs", "gcsfuse", "rclone", "blobfuse", "davfs")}
)
"""Types of Linux mounts whose locks and shared memory SQLite cannot rely on."""

_LOCK = 0x5350_4545_4348  # any number that no other program locks in the same database


class StoreError(Exception):
    """The database cannot be used as it is; the message says what to do."""


def opened(url: str) -> Store:
    """The database at a URL, up to date. Raises: StoreError."""
    with in_words():
        store = Store(url)
        upgrade(store)
    return store


@contextmanager
def in_words() -> Iterator[None]:
    """What is wrong with a database is told in a sentence. Raises: StoreError."""
    try:
        yield
    except ImportError as error:
        raise StoreError(f"{error}: install it with pip install 'speechsmith[postgres]'.") from error
    except SQLAlchemyError as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        raise StoreError(f"The database cannot be used: {reason}. Check SPEECHSMITH_DATABASE_URL.") from error


def number(store: Store) -> str:
    """The version of a database; empty when it has no tables. Nothing changes.

    Raises: StoreError when it was made by a newer version, or is a SQLite file in a network folder.
    """
    _check_folder(store)
    with in_words(), store.engine.connect() as connection:
        found = _number(connection)
    _check_known(found)
    return found


def upgrade(store: Store) -> None:
    """Bring the database up to date; quick when it is. Raises: as `number`."""
    if number(store) == NEWEST:
        return
    with store.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        found = _number(connection)
        _check_known(found)
        if found < NEWEST:
            _run(connection)


def _check_known(found: str) -> None:
    if found > NEWEST:
        raise StoreError(
            f"The database is of version {found}, made by a newer Speechsmith; this one knows versions up to "
            f"{NEWEST}. Start the newer Speechsmith again, or restore a backup from before the update."
        )


def network_file_system(folder: Path, mounts: str) -> str | None:
    """The type of the file system of an absolute folder, by the text of /proc/mounts, if it is one of a network."""
    best, kind = PurePosixPath("/"), ""
    for line in mounts.splitlines():
        _, point, type_, *_ = line.split(" ")
        mount = PurePosixPath(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point))  # \040 is a blank
        if folder.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, type_
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _check_folder(store: Store) -> None:
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database or sys.platform != "linux":
        return
    folder = Path(database).absolute().parent.resolve()
    if kind := network_file_system(folder, Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")):
        raise StoreError(
            f"{folder} is a network folder ({kind}), where SQLite loses data. Choose a home on a local disk, or give a "
            "PostgreSQL URL in SPEECHSMITH_DATABASE_URL."
        )


def _number(connection: Connection) -> str:
    """The version of the database; empty when it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # slow to import, and most starts need it not
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
