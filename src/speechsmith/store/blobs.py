"""Where audio, corpora, models and results are kept: a local folder, or an object store by URL.

A blob is written whole under a new key and never changes; rows point to it only afterwards. Keys look like
`<resource>/<collection>/<entity>/<attempt>/<name>`, so everything of an entity, or of one attempt of a job, has one
prefix. Base models that the operator has added have `base_models/<id>/<installation>/<name>`. Names that users chose
never become part of a key: `safe_name` is for that.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

CHUNK_BYTES = 1024 * 1024
BASE_MODELS = "base_models"


def prefix(resource_id: UUID, collection: str, entity_id: UUID, *parts: str) -> str:
    """The prefix of what belongs to an entity, or to a part of it; it ends without a slash."""
    return "/".join((str(resource_id), collection, str(entity_id), *parts))


def base_prefix(model_id: UUID, installation: UUID) -> str:
    """The prefix of the files of a base model that the operator has added."""
    return f"{BASE_MODELS}/{model_id}/{installation}"


def safe_name(name: str) -> str:
    """A key part for a name from outside: what is unusual in it is replaced, and a digest keeps it distinct."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-60:].lstrip(".")
    return plain if plain == name else f"{hashlib.sha256(name.encode()).hexdigest()[:12]}-{plain}"


def group_of(key: str) -> str:
    """The part of a key that stands for one attempt, or one upload, of one entity; or for one installed base model."""
    parts = key.split("/", 4)
    return "/".join(parts[: 3 if parts[0] == BASE_MODELS else 4])


class Blobs:
    """The blob store. `cache` is a local folder for copies of remote blobs; a local store hands out its own files."""

    def __init__(self, url: str, cache: Path) -> None:
        """Args: url: an obstore URL, or the path of a local folder."""
        self._cache = cache
        self._root: Path | None = None
        if "://" in url and not url.startswith("file://"):
            self._store: Any = from_url(url)
        else:
            self._root = Path(url.removeprefix("file://"))
            self._root.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(self._root)

    def put(self, key: str, source: Path) -> int:
        """Keep a file as a new blob; returns its size in bytes.

        When this returns, the blob survives a power cut, and the file is gone from where it was.
        """
        size = source.stat().st_size
        if self._root is None:
            obstore.put(self._store, key, source)
            source.unlink()
            return size
        target = self._root / key
        _make_folder(target.parent)
        temporary = target.with_name(target.name + ".part")
        try:
            os.replace(source, temporary)
        except OSError:  # another file system
            shutil.move(source, temporary)
        os.utime(temporary)  # a blob is as old as its key, however long its bytes took to make
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
        return size

    def put_tree(self, prefix: str, folder: Path) -> dict[str, int]:
        """Keep all files below a folder; returns their sizes by relative name, in order."""
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return {name: self.put(f"{prefix}/{name}", folder / name) for name in names}

    def path(self, key: str) -> Path:
        """A local file with the blob's bytes, for reading only. Raises: FileNotFoundError."""
        if self._root is not None:
            found = self._root / key
            if not found.is_file():
                raise FileNotFoundError(key)
            return found
        copy = self._cache / key
        if not copy.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            temporary = copy.with_name(f"{copy.name}.{uuid4()}.part")  # several threads may want it at once
            try:
                with temporary.open("wb") as out:
                    for chunk in obstore.get(self._store, key).stream(min_chunk_size=CHUNK_BYTES):
                        out.write(chunk)
                os.replace(temporary, copy)
            finally:
                temporary.unlink(missing_ok=True)
        return copy

    def folder(self, prefix: str) -> Path:
        """A local folder with all blobs under a prefix, for reading only."""
        if self._root is not None:
            return self._root / prefix
        for key in self.keys(prefix):
            self.path(key)
        return self._cache / prefix

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """A range of a blob, in chunks."""
        while length > 0:
            step = min(length, CHUNK_BYTES)
            yield bytes(obstore.get_range(self._store, key, start=start, length=step))
            start, length = start + step, length - step

    def keys(self, prefix: str) -> list[str]:
        """All keys under a prefix."""
        return [str(entry["path"]) for batch in obstore.list(self._store, prefix=prefix) for entry in batch]

    def is_there(self) -> bool:
        """Whether the store answers."""
        if self._root is not None:
            return os.access(self._root, os.R_OK | os.W_OK | os.X_OK)
        try:
            return self.keys("nothing-of-this-name") == []
        except BaseError:
            return False

    def groups(self) -> dict[str, datetime]:
        """Each group of blobs that there is, see `group_of`, and when its newest was written."""
        newest: dict[str, datetime] = {}
        for batch in obstore.list(self._store):
            for entry in batch:
                group, written = group_of(str(entry["path"])), entry["last_modified"]
                newest[group] = max(newest.get(group, written), written)
        return newest

    def purge(self, prefix: str) -> None:
        """Remove the blob of this key, and all blobs under it as a prefix; nothing happens when there are none."""
        if self._root is not None:
            _remove(self._root / prefix)
            return
        if keys := self.keys(prefix):
            obstore.delete(self._store, keys)
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, prefix)
        _remove(self._cache / prefix)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make a folder, and make its name durable, and those of the folders above it that were missing."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable, where the platform can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
