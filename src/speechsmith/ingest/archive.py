"""Zip archives from strangers: which files are in one, and one file of it on disk, under limits.

Both functions that touch a zip run in the box. No name from an archive ever becomes a path: files are found by their
number and written under names that we chose, so a name cannot lead out of the folder. Names with `..`, roots, drives
or devices are refused all the same, for the user's next program might follow them. Sizes are what the archive claims;
unpacking stops at the claim, and a checksum tells whether it was true.
"""

import errno
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from speechsmith.ingest.base import MIB, Box, IngestError, IngestLimits, Issue, Problem
from speechsmith.ingest.lines import recognized
from speechsmith.sandbox import SandboxDied, SandboxError

TRANSCRIPT_SUFFIXES = (".txt", ".tsv")
UTF_8_NAMES = 0x800  # flag bits of a file in an archive
ENCRYPTED = 0x1
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_UNSAFE = re.compile(r"^$|^/|^[A-Za-z]:|(^|/)\.\.(/|$)|[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive that may be used: its place in the directory, its name from the root, its unpacked size."""

    index: int
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in an archive: files to use, files refused, and notes."""

    members: tuple[Member, ...]
    refused: tuple[Issue, ...]
    notes: tuple[Issue, ...]


def open_archive(box: Box, archive: Path, limits: IngestLimits) -> Listing:
    """The content of an uploaded archive, read in the box.

    Raises: IngestError (ArchiveTooLarge, EmptyFile, NotAZip, ArchiveUnreadable, ArchiveTooManyFiles, ArchiveBomb).
    """
    size = archive.stat().st_size
    if size > limits.upload_bytes:
        raise IngestError("ArchiveTooLarge", f"The archive has {size} bytes; {limits.upload_bytes} are allowed.")
    with archive.open("rb") as file:
        head = file.read(64)
    if not head:
        raise IngestError("EmptyFile", "The file has 0 bytes. Upload a zip archive.")
    if not head.startswith(b"PK"):
        what = recognized(head) or "not a zip archive"
        raise IngestError(
            "NotAZip", f"A zip archive is needed, and the file is {what}. Put the audio into a zip; text is Language."
        )
    try:
        return box.call(list_members, archive, limits)
    except SandboxError as error:
        raise_if_closing(error)
        raise IngestError("ArchiveUnreadable", f"The archive cannot be read. {error} Make it again.") from error


def list_members(archive: Path, limits: IngestLimits) -> Listing:
    """What is in the archive; runs in the box. Raises: IngestError."""
    try:
        with zipfile.ZipFile(archive) as zip:
            entries = list(enumerate(zip.infolist()))
    except _ZIP_ERRORS as error:
        raise IngestError("ArchiveUnreadable", "The zip archive is damaged. Make it again and upload it.") from error
    names = {index: _name(entry) for index, entry in entries}
    entries = [(index, entry) for index, entry in entries if not names[index].endswith("/")]  # folders
    _check_size(archive, [entry for _, entry in entries], limits)
    ignored = [names[index] for index, _ in entries if _IGNORED.search(names[index])]
    kept = [(index, entry) for index, entry in entries if not _IGNORED.search(names[index])]
    notes = [Issue("FilesIgnored", f"{len(ignored)} files were ignored.", file=ignored[0])] if ignored else []
    copies = Counter(folded(names[index]) for index, _ in kept)
    problems = {index: _problem(entry, names[index], copies[folded(names[index])]) for index, entry in kept}
    top = {names[index].partition("/")[0] if "/" in names[index] else "" for index, _ in kept}
    if len(top) == 1 and (folder := top.pop()):
        names = {index: name.removeprefix(f"{folder}/") for index, name in names.items()}
        notes.append(Issue("FolderRemoved", f"All files are in the folder {folder}, which was taken off.", file=folder))
    members = [Member(index, names[index], entry.file_size) for index, entry in kept if not problems[index]]
    refused = [Issue(*problem, file=names[index]) for index, problem in problems.items() if problem]
    return Listing(tuple(members), tuple(refused), tuple(notes))


def folded(name: str) -> str:
    """A name so that names equal to a user are equal: Unicode form C, no case, no `./` in front."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./")).casefold()


def _name(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename
    if not entry.flag_bits & UTF_8_NAMES and not name.isascii():
        try:  # some programs write UTF-8 and do not say so
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.orig_filename
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))


def _check_size(archive: Path, entries: Sequence[zipfile.ZipInfo], limits: IngestLimits) -> None:
    if len(entries) > limits.archive_files:
        raise IngestError(
            "ArchiveTooManyFiles",
            f"The archive has {len(entries)} files; {limits.archive_files} are allowed. Divide it.",
        )
    unpacked, packed = sum(entry.file_size for entry in entries), archive.stat().st_size
    if unpacked > limits.unpacked_bytes:
        raise IngestError(
            "ArchiveTooLarge",
            f"The archive unpacks to {unpacked} bytes; {limits.unpacked_bytes} are allowed. Divide it.",
        )
    if unpacked > limits.unpacked_free_bytes and unpacked > limits.unpacked_ratio * packed:
        raise IngestError(
            "ArchiveBomb",
            f"The archive unpacks to {unpacked // packed} times its size, which no speech does. "
            f"{limits.unpacked_ratio} times are allowed.",
        )


def _problem(entry: zipfile.ZipInfo, name: str, copies: int) -> Problem | None:
    mode = entry.external_attr >> 16
    if _UNSAFE.search(name) or any(_DEVICE.match(part) for part in PurePosixPath(name).parts):
        return Problem("UnsafeName", "The name is empty, leads out of the archive, or is that of a device.")
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return Problem("NotAFile", "It is a link or a device, not a file.")
    if entry.flag_bits & ENCRYPTED:
        return Problem("EncryptedFile", "The file is encrypted.")
    if copies > 1:
        return Problem("DuplicateName", f"{copies} files of the archive have this name.")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return Problem("UnsupportedCompression", f"The compression method {entry.compress_type} is not supported.")
    return None


def unpack(zip: zipfile.ZipFile, index: int, target: Path) -> Problem | None:
    """Write one file of an open archive to `target`; what is wrong with it, else None. Runs in the box."""
    entry = zip.infolist()[index]
    try:
        with zip.open(entry) as packed, target.open("wb") as file:
            while chunk := packed.read(MIB):
                file.write(chunk)
    except (*_ZIP_ERRORS, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a wrong offset in the directory
            raise
        return Problem("DamagedFile", "The file in the archive is damaged: it cannot be unpacked, or its sum is wrong.")
    return None


def unpack_from(archive: Path, index: int, target: Path) -> Problem | None:
    """As `unpack`, from an archive on disk. Runs in the box."""
    with zipfile.ZipFile(archive) as zip:
        return unpack(zip, index, target)


def raise_if_closing(error: SandboxError) -> None:
    """Raise the error again when the service is closing: no file is to blame for that."""
    if isinstance(error, SandboxDied) and error.reason == "closed":
        raise error


# What zipfile raises for damaged bytes. An OSError is the disk's fault, but for EINVAL.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
