"""The backup: the database and the blobs of a home in one file.

Theory. A backup is a zip archive, of any size (zip64). What it holds is stored as it is, but for the database:

    blobs/<key>        every blob
    tls/<name>         the certificate of `serve --tls self-signed`, and its key
    speechsmith.db     the database as it was at one moment, packed
    manifest.json      which Speechsmith made it and when, and name, size and SHA-256 of every file above

Reading believes the manifest and nothing else: a member that it does not name, names twice, or tells another size or
digest of, a name that leads elsewhere, and whatever the archive says beside it, are refused. Digests tell damage; they
do not tell who made a backup.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import orjson
import pydantic
from pydantic import AwareDatetime, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel

from speechsmith.config import BLOBS, DATABASE, TLS
from speechsmith.domain.errors import Invalid
from speechsmith.store.blobs import CHUNK_BYTES

MOST_MANIFEST_BYTES = 512 * 1024**2
_MANIFEST = "manifest.json"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises where an archive is damaged, packed in an unknown way, or locked by a password."""


class _Shape(pydantic.BaseModel):
    """JSON with camelCase names and no member that nobody knows."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Member(_Shape):
    """A file of a backup; its name is its path in the home."""

    name: StrictStr
    size: Annotated[StrictInt, Field(ge=0)]
    sha256: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(_Shape):
    """What a backup says of itself. `schema_number` is the version of the database, `rows` how many each table has."""

    format: Literal["speechsmith backup"] = "speechsmith backup"
    version: Literal[1] = 1
    speechsmith: StrictStr
    made: AwareDatetime
    schema_number: StrictStr
    rows: dict[StrictStr, Annotated[StrictInt, Field(ge=0)]]
    files: tuple[Member, ...]

    @property
    def size(self) -> int:
        """How many bytes its files have when they are unpacked."""
        return sum(file.size for file in self.files)


class Writer:
    """A backup that is being made. Use `writing`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: Path, *, packed: bool = False) -> None:
        """Add a file. Raises: OSError, such as FileNotFoundError, and then nothing is added."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as stream, self._archive.open(info, "w", force_zip64=True) as out:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                out.write(chunk)
                size += len(chunk)
        self.members[name] = Member(name=name, size=size, sha256=digest.hexdigest())

    def end(self, manifest: Manifest) -> None:
        """Add the manifest, which is the last thing in a backup."""
        info = zipfile.ZipInfo(_MANIFEST)
        info.external_attr = 0o600 << 16
        shown = manifest.model_dump(mode="json", by_alias=True)
        self._archive.writestr(info, orjson.dumps(shown, option=orjson.OPT_INDENT_2), zipfile.ZIP_DEFLATED)


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """Make a backup, readable by its owner alone. `target` is there as a whole, or stays what it was.

    Until the block ends the file has no name, where the system can do that, so a process that is killed leaves nothing.
    Raises: OSError.
    """
    part = target.with_name(f".{target.name[:60]}.{os.getpid()}.part")
    try:
        descriptor = _opened_for(part)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(descriptor)
            if not part.exists():
                _name(descriptor, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _opened_for(part: Path) -> int:
    """A new file in the folder of `part`, without a name, or else with that one."""
    try:
        return os.open(part.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
    except (AttributeError, OSError):  # not Linux, or a file system without such files
        return os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)


def _name(descriptor: int, part: Path) -> None:
    """Give an open file that has no name one."""
    folder = os.open(part.parent, os.O_RDONLY)
    try:  # only with the folder's descriptor does Python call what can do this, linkat
        os.link(f"/proc/self/fd/{descriptor}", part.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def inspect(path: Path) -> Manifest:
    """What a backup holds, once every byte of it has been looked at.

    Raises: Invalid: InvalidBackup (it is none, or makes no sense), UnknownBackupVersion, BackupDamaged; OSError.
    """
    with _reading(path) as (archive, manifest):
        for file in manifest.files:
            _take(archive, file)
    return manifest


def unpack(path: Path, manifest: Manifest, folder: Path) -> None:
    """Put the files of a backup that was inspected into an empty folder, looked at again, for the owner alone.

    Raises: Invalid (BackupDamaged) when the backup is another by now, OSError.
    """
    with _reading(path) as (archive, found):
        if found != manifest:
            raise _damaged("another was put in its place while it was read")
        for file in manifest.files:
            target = folder / file.name
            _make_folders(folder, target.parent)
            _take(archive, file, os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _make_folders(top: Path, folder: Path) -> None:
    if folder != top and not folder.is_dir():
        _make_folders(top, folder.parent)
        folder.mkdir(mode=0o700)


@contextmanager
def _reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Raises: Invalid, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if _MANIFEST not in names:
                raise Invalid("InvalidBackup", f"{path} is no backup; `speechsmith backup` makes one.")
            manifest = _parsed(path, _read(archive, _MANIFEST))
            if sorted(names) != sorted([_MANIFEST, *(file.name for file in manifest.files)]):
                raise _damaged("its files are not those that its manifest names")
            yield archive, manifest
    except zipfile.BadZipFile:
        raise Invalid(
            "InvalidBackup", f"{path} is no backup, or was cut short; take a whole one, made by `speechsmith backup`."
        ) from None


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Raises: Invalid (BackupDamaged)."""
    try:
        with archive.open(name) as stream:
            found = stream.read(MOST_MANIFEST_BYTES + 1)
    except _BROKEN:
        raise _damaged(f"{name} cannot be read") from None
    if len(found) > MOST_MANIFEST_BYTES:
        raise _damaged(f"{name} is too long")
    return found


def _parsed(path: Path, text: bytes) -> Manifest:
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _damaged("its manifest is not JSON") from None
    if not isinstance(said, dict) or said.get("format") != Manifest.model_fields["format"].default:
        raise Invalid("InvalidBackup", f"{path} is something else than a backup; `speechsmith backup` makes one.")
    if said.get("version") != Manifest.model_fields["version"].default:
        raise Invalid(
            "UnknownBackupVersion",
            f"The backup is of version {str(said.get('version'))[:20]}, made by Speechsmith "
            f"{str(said.get('speechsmith'))[:20]}; restore it with that one, or a newer one.",
        )
    try:
        manifest = Manifest.model_validate(said, strict=False)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise Invalid("InvalidBackup", f"The manifest of the backup makes no sense: {where}: {first['msg']}.") from None
    names = [file.name for file in manifest.files]
    strange = next((name for name in names if not _is_ours(name)), None)
    if strange is not None or len(set(names)) < len(names) or DATABASE not in names:
        what = f"the name {strange[:100]!a} leads elsewhere" if strange is not None else "files are missing, or twice"
        raise Invalid("InvalidBackup", f"The manifest of the backup makes no sense: {what}.")
    return manifest


def _is_ours(name: str) -> bool:
    """Whether it names the database, or a file below one of the two folders and nowhere else."""
    top, *below = name.split("/")
    if not below:
        return name == DATABASE
    return top in (BLOBS, TLS) and all(part not in ("", ".", "..") and "\0" not in part for part in below)


def _take(archive: zipfile.ZipFile, file: Member, out: int | None = None) -> None:
    """Read a member, and write it to a descriptor, which is closed then. Raises: Invalid (BackupDamaged), OSError."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(os.devnull, os.O_WRONLY) if out is None else out, "wb") as target:
        try:
            with archive.open(file.name) as stream:
                while size <= file.size and (chunk := stream.read(CHUNK_BYTES)):
                    digest.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
        except _BROKEN:
            raise _damaged(f"{file.name} cannot be read") from None
    if (size, digest.hexdigest()) != (file.size, file.sha256):
        raise _damaged(f"{file.name} is not what was written")


def _damaged(how: str) -> Invalid:
    return Invalid("BackupDamaged", f"The backup is damaged: {how}. Copy it again, or take another.")
