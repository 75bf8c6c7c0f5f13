"""Use cases of backups: all data of a home go into one file, and a home is made of it again.

Blobs never change, and are written before the rows that name them. So the database is copied first and the blobs after
it, while the service runs. If a blob goes meanwhile, the rows that named it may be in that copy; then a newer one is
taken, until one was taken that lacks nothing.

A restored home is there when its database is, which comes last. Where a restore was killed before that, no service
starts, and the next restore takes away what is left.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import speechsmith
from speechsmith.config import BLOBS, DATABASE, LOCK, TLS, Settings
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.store import backup_file, migrate
from speechsmith.store.backup_file import Writer
from speechsmith.store.sql import read_only

Manifest = backup_file.Manifest
"""What a backup says of itself."""

MOST_ROUNDS = 20
_STAGE = ".restoring"


def write(settings: Settings, target: Path) -> Manifest:
    """Put the data of a home into a file. `target` is there as a whole, or stays what it was.

    Raises: Invalid (BackupElsewhere) when they are not all in the home, or the file would be, or is no file; Conflict
    (BackupUnsettled) when blobs go faster than they can be copied, (DatabaseUnreadable); OSError.
    """
    home = settings.home
    blobs = _local_blobs(settings)
    if target.absolute().resolve().is_relative_to(home.resolve()):
        raise Invalid(
            "BackupElsewhere", f"{target} is inside the home, and would be lost with it; choose another place."
        )
    if target.exists() and not target.is_file():
        raise Invalid("BackupElsewhere", f"{target} is a device or the like and would be replaced; name a new file.")
    with backup_file.writing(target) as archive, _snapshot_path(home) as snapshot:
        _add_blobs(archive, blobs, lambda: _copy_database(home / DATABASE, snapshot))
        archive.add(DATABASE, snapshot, packed=True)
        for path in sorted((home / TLS).glob("*")):
            archive.add(f"{TLS}/{path.name}", path)
        number, rows = _counted(snapshot)
        manifest = Manifest(
            speechsmith=speechsmith.__version__,
            made=datetime.now(UTC).replace(microsecond=0),
            schema_number=number,
            rows=rows,
            files=tuple(archive.members.values()),
        )
        archive.end(manifest)
    return manifest


def verified(source: Path) -> Manifest:
    """What a backup holds, once every byte of it was found to be what was written. Raises: Invalid, OSError."""
    return backup_file.inspect(source)


def ready(settings: Settings, source: Path) -> Manifest:
    """What will be restored: the backup is whole, and there is a place for it. Nothing is written.

    Raises: as `verified`; Invalid (BackupElsewhere) when data are not kept in the home, (BackupTooNew); Conflict
    (HomeNotEmpty).
    """
    if settings.database_url or settings.blob_url:
        raise Invalid(
            "BackupElsewhere",
            "A backup becomes a home that has its database and its blobs in it: unset SPEECHSMITH_DATABASE_URL and "
            "SPEECHSMITH_BLOB_URL.",
        )
    _check_empty(settings.home)
    manifest = verified(source)
    if manifest.schema_number > migrate.NEWEST:
        raise Invalid(
            "BackupTooNew",
            f"The backup has a database of version {manifest.schema_number}, made by Speechsmith "
            f"{manifest.speechsmith}; this one knows versions up to {migrate.NEWEST}. Update it first.",
        )
    return manifest


def restore(settings: Settings, source: Path, manifest: Manifest) -> None:
    """Make a home of a backup that is `ready`. The caller keeps services out of the home.

    Raises: Invalid (BackupDamaged) when the backup is another by now, Conflict (HomeNotEmpty), OSError; then the home
    is as empty as before.
    """
    home = settings.home
    _check_empty(home)
    if (free := shutil.disk_usage(home).free) < manifest.size:
        raise OSError(f"The backup needs {manifest.size} bytes in {home}, where {free} are free; make room first.")
    stage = home / _STAGE
    parts = [stage, home / BLOBS, home / TLS]
    for left in parts:  # by a restore that was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        (stage / BLOBS).mkdir(parents=True)
        for folder in (stage, stage / BLOBS):
            folder.chmod(0o700)
        backup_file.unpack(source, manifest, stage)
        for name in (BLOBS, TLS, DATABASE):
            if (stage / name).exists():
                os.replace(stage / name, home / name)
    except BaseException:
        for made in parts:
            shutil.rmtree(made, ignore_errors=True)
        raise
    stage.rmdir()


def is_cut_off(home: Path) -> bool:
    """Whether a restore into a home was killed before it was done, or is not done yet."""
    return (home / _STAGE).exists() and not (home / DATABASE).exists()


def _check_empty(home: Path) -> None:
    """Raises: Conflict (HomeNotEmpty) when there is anything in a home but what a restore has left that was killed."""
    there = {path.name for path in home.iterdir()} - {LOCK} if home.exists() else set()
    left = {_STAGE, BLOBS, TLS} if _STAGE in there else set()
    if there - left:
        raise Conflict("HomeNotEmpty", f"There are data in {home} already; restore into a new or an empty folder.")


def _local_blobs(settings: Settings) -> Path:
    """The folder of the blobs. Raises: Invalid (BackupElsewhere)."""
    if settings.database_url:
        raise Invalid(
            "BackupElsewhere",
            "The database is not in the home but at SPEECHSMITH_DATABASE_URL: back it up with pg_dump, and copy the "
            "blobs after it.",
        )
    if settings.blob_folder is None:
        raise Invalid(
            "BackupElsewhere",
            "The blobs are not in the home but at SPEECHSMITH_BLOB_URL: copy the database with `sqlite3 DIR/"
            'speechsmith.db ".backup FILE"`, and after it the bucket with the tools of its store.',
        )
    return settings.blob_folder


def _add_blobs(archive: Writer, root: Path, take_database: Callable[[], None]) -> None:
    """Raises: Conflict (BackupUnsettled), OSError."""
    for _ in range(MOST_ROUNDS):
        before = _keys(root)
        take_database()
        after = _keys(root)
        gone = before - after
        for key in sorted(after):
            if f"{BLOBS}/{key}" in archive.members:
                continue
            try:
                archive.add(f"{BLOBS}/{key}", root / key)
            except FileNotFoundError:
                gone.add(key)
        if all(key.endswith(".part") for key in gone):  # those are blobs that are being written
            return
    raise Conflict(
        "BackupUnsettled", "So much is being deleted that no copy comes out whole; try again, or stop the service."
    )


def _keys(root: Path) -> set[str]:
    found = set()
    for folder, _, names in os.walk(root):
        found |= {(Path(folder) / name).relative_to(root).as_posix() for name in names}
    return found


@contextmanager
def _snapshot_path(home: Path) -> Iterator[Path]:
    """A new name where the sweeper looks after a day, should this process be killed."""
    incoming = home / "scratch" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = incoming / f"{uuid4()}.part"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _copy_database(database: Path, target: Path) -> None:
    """A copy of a database as it is at one moment, whoever writes to it. Raises: Conflict (DatabaseUnreadable)."""
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    try:
        with closing(read_only(database)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise Conflict(
            "DatabaseUnreadable", f"The database {database} cannot be copied: {error}. See `speechsmith doctor`."
        ) from error


def _counted(database: Path) -> tuple[str, dict[str, int]]:
    """The version of a database, and how many rows its tables have."""
    with closing(read_only(database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        rows = {
            name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
            for (name,) in sorted(names.fetchall())
        }
        number = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    rows.pop("alembic_version")
    return str(number[0]), rows
