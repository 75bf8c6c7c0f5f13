"""The bundle: a trained model as one file.

Theory. A bundle is a tar archive, not compressed: its largest files are packed bits already, and nothing in it can
swell when it is unpacked.

    manifest.json      what the model is; name, size and SHA-256 of every file below
    manifest.sha256    the SHA-256 of the manifest, as sha256sum writes and checks it
    digests.txt        which utterances were learned from, as digests
    model/...          what training has written
    report.json        the report of the training

The files come in the order of their names and have one owner, mode and time. So the manifest determines every other
byte: equal models have equal bundles, and reading never follows an archive. Behind its manifest a bundle must be, byte
for byte, the tar that the manifest calls for; what is cut short, altered, linked, named twice or outside of the folder
differs somewhere, and is refused. Digests tell damage; they do not tell who made a bundle.
"""

import hashlib
import io
import os
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, BinaryIO, Literal
from uuid import uuid4

import orjson
import pydantic
from pydantic import AwareDatetime, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel

from speechsmith.domain.errors import Invalid
from speechsmith.store.blobs import CHUNK_BYTES

DIGESTS, REPORT, MODEL = "digests.txt", "report.json", "model"
MAX_MANIFEST_BYTES = 4 * 1024**2
MAX_FILES = 1_000
MAX_BYTES = 32 * 1024**3
MAX_FILE_BYTES = 8**11 - 1  # a tar header has room for no larger number, and for no longer name
MAX_NAME_CHARS = 100

_MANIFEST, _CHECKSUM = "manifest.json", "manifest.sha256"
_NAME = re.compile(rf"{re.escape(DIGESTS)}|{re.escape(REPORT)}|{MODEL}(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+", re.ASCII)
_BLOCK_BYTES = 512
_SIZE = slice(124, 135)  # where a header tells the size of its file
_END = bytes(2 * _BLOCK_BYTES)

Text = Annotated[StrictStr, Field(pattern=r"^[^\x00]*$")]
Sha256 = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


class _Shape(pydantic.BaseModel):
    """JSON with camelCase names and no member that nobody knows."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class BundledFile(_Shape):
    """A file of a bundle; its name is its path in the bundle."""

    name: Text
    sha256: Sha256
    size: Annotated[StrictInt, Field(ge=0)]


class Base(_Shape):
    """The base of a model. `sha256` is `folder_digest` of its files."""

    engine: Text
    released: Text
    sha256: Sha256


class Manifest(_Shape):
    """What a bundle says of itself. `made` is when the training ended.

    `training` has the short members of the report: engine and version, seed, digests of the data, weight, metrics.
    """

    format: Literal["speechsmith model"] = "speechsmith model"
    version: Literal[1] = 1
    display_name: Text
    description: Text
    custom_properties: dict[Text, Text]
    locale: Text
    made: AwareDatetime
    custom_model_weight_percent: Annotated[StrictInt, Field(ge=1, le=100)] | None
    base: Base
    training: dict[str, Any]
    files: tuple[BundledFile, ...]

    def encoded(self) -> bytes:
        """The same bytes for the same manifest."""
        shown = self.model_dump(mode="json", by_alias=True)
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def described(sources: Mapping[str, Path]) -> tuple[BundledFile, ...]:
    """The files of a bundle to be, given where each of them is now. Raises: Invalid (InvalidModel), OSError."""
    files = tuple(
        BundledFile(name=name, sha256=_file_digest(sources[name]), size=sources[name].stat().st_size)
        for name in sorted(sources)
    )
    if reason := _unfit(files):
        raise Invalid("InvalidModel", f"The model does not fit into a bundle: {reason}.")
    return files


def folder_digest(folder: Path) -> str:
    """SHA-256 over the lines that sha256sum prints for all files of a folder, in the order of their names."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = (f"{_file_digest(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write(target: Path, manifest: Manifest, sources: Mapping[str, Path]) -> None:
    """Make a bundle of the files of a manifest. `target` is there as a whole, or stays what it was. Raises: OSError."""
    part = target.with_name(f".{target.name[:60]}.{uuid4()}.part")
    head = manifest.encoded()
    try:
        with part.open("xb") as bundle:
            _append(bundle, _MANIFEST, io.BytesIO(head), len(head))
            _append(bundle, _CHECKSUM, io.BytesIO(_checksum(head)), len(_checksum(head)))
            for file in manifest.files:
                with sources[file.name].open("rb") as source:
                    _append(bundle, file.name, source, file.size)
            bundle.write(_END)
            bundle.flush()
            os.fsync(bundle.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def inspect(path: Path) -> Manifest:
    """What a bundle holds, once every byte of it has been looked at.

    Raises: Invalid: InvalidBundle (it is none, or makes no sense), UnknownBundleVersion, BundleTooLarge, BundleDamaged;
    OSError.
    """
    with _opened(path) as (bundle, manifest):
        for file in manifest.files:
            _take(bundle, file)
        if bundle.read(len(_END) + 1) != _END:
            raise _damaged("its end is missing, or something follows")
    return manifest


def unpack(path: Path, manifest: Manifest, part: Path) -> Iterator[BundledFile]:
    """Each file of a bundle that was inspected; while it is yielded its content, looked at again, lies in `part`.

    Raises: Invalid (BundleDamaged) when the bundle is another by now, OSError.
    """
    with _opened(path) as (bundle, found):
        if found != manifest:
            raise _damaged("another was put in its place while it was read")
        for file in manifest.files:
            with part.open("wb") as out:
                _take(bundle, file, out)
            yield file


def _file_digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _header(name: str, size: int) -> bytes:
    """The header of a plain file, POSIX 1003.1-1988 (ustar). Not by `tarfile`, whose bytes differ between releases."""
    fields = struct.pack(
        "100s8s8s8s12s12s8sc100s8s247x",
        name.encode("ascii"),
        b"0000644",
        b"0000000",  # owner
        b"0000000",  # group
        b"%011o" % size,
        b"%011o" % 0,  # 1970
        b" " * 8,  # the sum of all bytes, in which it counts as blanks
        b"0",  # a plain file
        b"",
        b"ustar\0" + b"00",
    )
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK_BYTES)


def _checksum(head: bytes) -> bytes:
    return f"{hashlib.sha256(head).hexdigest()}  {_MANIFEST}\n".encode()


def _append(bundle: BinaryIO, name: str, source: BinaryIO, size: int) -> None:
    bundle.write(_header(name, size))
    while chunk := source.read(CHUNK_BYTES):
        bundle.write(chunk)
    bundle.write(_padding(size))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Manifest]]:
    """A bundle, read up to its first file, and its manifest. Raises: Invalid, OSError."""
    with path.open("rb") as bundle:
        start = bundle.read(_BLOCK_BYTES)
        size = int(start[_SIZE], 8) if re.fullmatch(rb"[0-7]{11}", start[_SIZE]) else 0
        if start != _header(_MANIFEST, size):
            raise Invalid("InvalidBundle", "The file is no bundle; `speechsmith model export` makes one.")
        if size > MAX_MANIFEST_BYTES:
            raise Invalid(
                "BundleTooLarge", f"The manifest of the bundle has {size} bytes; {MAX_MANIFEST_BYTES} are allowed."
            )
        head = bundle.read(size)
        checksum = _checksum(head)
        rest = _padding(size) + _header(_CHECKSUM, len(checksum)) + checksum + _padding(len(checksum))
        if bundle.read(len(rest)) != rest:
            raise _damaged("its manifest is not the one that was written")
        yield bundle, _parsed(head)


def _parsed(head: bytes) -> Manifest:
    try:
        said = orjson.loads(head)
    except orjson.JSONDecodeError as error:
        raise Invalid("InvalidBundle", "The manifest of the bundle is not JSON.") from error
    if not isinstance(said, dict) or said.get("format") != Manifest.model_fields["format"].default:
        raise Invalid("InvalidBundle", "The file is a bundle of something else than a model.")
    if (version := said.get("version")) != Manifest.model_fields["version"].default:
        raise Invalid(
            "UnknownBundleVersion",
            f"The bundle is of version {str(version)[:20]}, which this Speechsmith does not know: update it, or export "
            "the model with this one.",
        )
    try:
        manifest = Manifest.model_validate_json(head)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:MAX_NAME_CHARS]
        raise Invalid(
            "InvalidBundle", f"The manifest of the bundle makes no sense: {where}: {first['msg']}."
        ) from error
    if len(manifest.files) > MAX_FILES or sum(file.size for file in manifest.files) > MAX_BYTES:
        raise Invalid(
            "BundleTooLarge",
            f"The bundle has {len(manifest.files)} files, too many or too large; {MAX_FILES} files with {MAX_BYTES} "
            "bytes are allowed.",
        )
    if reason := _unfit(manifest.files):
        raise Invalid("InvalidBundle", f"The manifest of the bundle makes no sense: {reason}.")
    return manifest


def _unfit(files: Sequence[BundledFile]) -> str | None:
    """Why these cannot be the files of a bundle."""
    for file in files:
        if not _NAME.fullmatch(file.name) or len(file.name) > MAX_NAME_CHARS:
            return f"the name {file.name[:MAX_NAME_CHARS]!a} is none for a file of a bundle"
        if file.size > MAX_FILE_BYTES:
            return f"{file.name} has {file.size} bytes, more than {MAX_FILE_BYTES}"
    names = [file.name for file in files]
    if names != sorted(names):
        return "the files are not in the order of their names"
    taken = {str(folder) for name in names for folder in PurePosixPath(name.casefold()).parents}
    for name in names:
        if name.casefold() in taken:
            return f"the name {name} is there twice"
        taken.add(name.casefold())
    return None if {DIGESTS, REPORT} < set(names) else f"{DIGESTS}, {REPORT} or {MODEL}/ is missing"


def _take(bundle: BinaryIO, file: BundledFile, out: BinaryIO | None = None) -> None:
    """Read the next file of a bundle, and write it to `out`. Raises: Invalid (BundleDamaged)."""
    if bundle.read(_BLOCK_BYTES) != _header(file.name, file.size):
        raise _damaged(f"{file.name} does not come where it should")
    digest, left = hashlib.sha256(), file.size
    while left and (chunk := bundle.read(min(left, CHUNK_BYTES))):
        digest.update(chunk)
        left -= len(chunk)
        if out is not None:
            out.write(chunk)
    if left or digest.hexdigest() != file.sha256 or bundle.read(len(_padding(file.size))) != _padding(file.size):
        raise _damaged(f"{file.name} is cut short, or not what was written")


def _damaged(how: str) -> Invalid:
    return Invalid("BundleDamaged", f"The bundle is damaged: {how}. Copy it again, or export the model again.")
