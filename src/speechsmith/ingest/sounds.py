"""The audio files of an uploaded archive, unpacked and converted in the box, many at a time.

Starting a call costs reading the archive's directory anew, so files go in batches. A file that kills the box takes its
batch with it: the batch is then halved until only the guilty file is lost.
"""

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from speechsmith.asr.audio import AudioError, Conversion, convert
from speechsmith.asr.types import Progress
from speechsmith.ingest.archive import Member, raise_if_closing, unpack
from speechsmith.ingest.base import AUDIO_FOLDER, MIB, Box, IngestLimits, Problem
from speechsmith.ingest.lines import recognized
from speechsmith.sandbox import SandboxError

BATCH_FILES, BATCH_BYTES = 256, 64 * MIB


@dataclass(frozen=True, slots=True)
class Sound:
    """A file of the archive and what became of it: `name` is its own in the dataset, safe as a file name."""

    member: Member
    name: str
    path: Path
    result: Conversion | Problem


def sounds(
    box: Box, archive: Path, members: Sequence[Member], out: Path, limits: IngestLimits, *, progress: Progress
) -> Iterator[Sound]:
    """Convert each member to `out`/audio, in order."""
    folder, names = out / AUDIO_FOLDER, safe_names([member.name for member in members])
    folder.mkdir(exist_ok=True)
    jobs = [(member.index, folder / name) for member, name in zip(members, names, strict=True)]
    done = 0
    for batch in _batches(members):
        some = jobs[done : done + batch]
        results = _converted(box, archive, some, limits.audio_seconds)
        for member, name, (_, path), result in zip(members[done:], names[done:], some, results, strict=False):
            yield Sound(member, name, path, result)
        done += batch
        progress("Converting audio", done / len(members))


def _batches(members: Sequence[Member]) -> Iterator[int]:
    """How many members go together, again and again, until none is left."""
    count = size = 0
    for member in members:
        if count and (count == BATCH_FILES or size + member.size_bytes > BATCH_BYTES):
            yield count
            count = size = 0
        count, size = count + 1, size + member.size_bytes
    if count:
        yield count


def _converted(
    box: Box, archive: Path, jobs: Sequence[tuple[int, Path]], max_seconds: float
) -> list[Conversion | Problem]:
    try:
        return box.call(convert_members, archive, jobs, max_seconds)
    except SandboxError as error:
        raise_if_closing(error)
        for _, path in jobs:
            path.unlink(missing_ok=True)
            _packed(path).unlink(missing_ok=True)
        if len(jobs) == 1:
            return [Problem("AudioUnreadable", str(error))]
    halves = jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]
    return [result for half in halves for result in _converted(box, archive, half, max_seconds)]


def convert_members(archive: Path, jobs: Sequence[tuple[int, Path]], max_seconds: float) -> list[Conversion | Problem]:
    """Unpack and convert some files of the archive, each to its path; runs in the box."""
    with zipfile.ZipFile(archive) as zip:
        return [_convert_member(zip, index, path, max_seconds) for index, path in jobs]


def _convert_member(zip: zipfile.ZipFile, index: int, path: Path, max_seconds: float) -> Conversion | Problem:
    packed = _packed(path)
    try:
        return unpack(zip, index, packed) or _check_bytes(packed) or convert(packed, path, max_seconds=max_seconds)
    except AudioError as error:
        return Problem(error.code, str(error))
    finally:
        packed.unlink(missing_ok=True)


def _packed(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _check_bytes(path: Path) -> Problem | None:
    """What need not be shown to a codec. Any format that a codec knows is taken, whatever the file is called."""
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        return Problem("EmptyAudio", "The file has 0 bytes.")
    what = recognized(head)
    return (
        Problem("NestedArchive", f"The file is {what} inside the archive.")
        if what and what.endswith("archive")
        else None
    )


def safe_names(names: Sequence[str]) -> list[str]:
    """A file name for each: the user's own as far as any disk allows it, ending with .wav, each different.

    Folders are in it only where names would be the same without them, as transcripts mostly have none.
    """
    short = [PurePosixPath(name).name or name for name in names]
    times = Counter(PurePosixPath(name).stem.casefold() for name in short)
    taken: set[str] = set()
    result = []
    for number, (path, last) in enumerate(zip(names, short, strict=True), start=1):
        name = last if times[PurePosixPath(last).stem.casefold()] == 1 else path
        stem, dot, _ = name.rpartition(".")
        stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in (stem if dot else name))
        stem = stem.encode()[:120].decode(errors="ignore").strip(".") or "audio"
        if f"{stem}.wav".casefold() in taken:
            stem = f"{stem}-{number}"
        taken.add(f"{stem}.wav".casefold())
        result.append(f"{stem}.wav")
    return result
