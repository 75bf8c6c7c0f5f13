"""What is to be recognized: files, addresses, standard input and lists of them, brought to stretches of speech."""

import glob
import math
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from speechsmith.asr import audio
from speechsmith.asr.segments import SegmentOptions, segments
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.cli import hives
from speechsmith.cli.values import Value, several
from speechsmith.client.downloads import fetch
from speechsmith.client.errors import BadReference
from speechsmith.client.recognition import Stretch
from speechsmith.client.transport import Transport

STDIN = "-"
_INPUTS = ("file", "files", "url", "microphone", "foreach")
_BLOCK = 1.0  # seconds


class Unreadable(BadReference):
    """A source without sound in it, or with sound that cannot be decoded; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Source:
    """One recording: a file, the URL of one, or `-`; and what was said in it, if that is known."""

    name: str
    transcript: str | None = None

    @property
    def id(self) -> str:
        """How the published tool calls it: the name of the file, without folder and ending."""
        if self.name == STDIN:
            return "stdin"
        path = Path(self.name.partition("?")[0] if _is_url(self.name) else self.name)
        return path.stem if path.stem.strip(".") else f"_{path.name}"  # one of dots alone would name another folder


def named(given: Mapping[str, Value]) -> list[Source]:
    """The sources that the options name. Raises: UsageError: none, two kinds, or a file that is not there."""
    chosen = [f"--{name}" for name in _INPUTS if name in given]
    if len(chosen) != 1:
        those = f"; there are {' and '.join(chosen)}" if chosen else ""
        raise click.UsageError(
            f"What is to be recognized? Give one of {', '.join(f'--{name}' for name in _INPUTS)}{those}."
        )
    said = str(given["transcript"]) if "transcript" in given else None
    folder = Path(str(given.get("run.input", "")))
    if "files" in given:
        sources = _matching([str(folder / pattern) for pattern in several(given, "files")])
    elif "foreach" in given:
        sources = _listed(several(given, "foreach")[-1])
    elif "microphone" in given:
        sources = [Source("microphone")]
    elif "url" in given:
        sources = [Source(str(given["url"]))]
    elif given["file"] == STDIN:
        sources = [Source(STDIN)]
    else:
        sources = [Source(str(folder / str(given["file"])))]
        if not Path(sources[0].name).is_file():
            raise click.UsageError(f"--file names '{sources[0].name}', but there is no such file.")
    if said is not None:
        if len(sources) > 1:
            raise click.UsageError("--transcript is of one recording; for several: --foreach file;transcript in @LIST.")
        sources = [Source(sources[0].name, said)]
    return sources


def _matching(patterns: Sequence[str]) -> list[Source]:
    """The files that patterns name, `**` through all folders, in their order. Raises: UsageError: one names none."""
    found: list[str] = []
    for pattern in patterns:
        names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
        files = [name for name in names if Path(name).is_file()]
        if not files and Path(pattern).is_dir():
            inside = str(Path(pattern) / "*.wav")
            raise click.UsageError(f"--files names the folder '{pattern}'; say what of it: --files \"{inside}\"")
        if not files:
            raise click.UsageError(f"--files names '{pattern}', but there is no such file here.")
        found += files
    if not found:
        raise click.UsageError("--files is empty; give the names of recordings, or a pattern such as '*.wav'.")
    return [Source(name) for name in dict.fromkeys(found)]


def _listed(words: str) -> list[Source]:
    """The sources of `file;transcript in @list`: a line each, with tabs between, else semicolons.

    A file that is not in the working folder is looked for beside the list. Without columns they are `file` and, where a
    line has a second part, `transcript`; that is how `trans.txt` of a dataset is written.

    Raises: UsageError.
    """
    head, found, name = words.rpartition("in ")
    if not found or not name.strip():
        raise click.UsageError(
            f"--foreach takes COLUMNS in @LIST, such as file;transcript in @list.tsv, not '{words}'."
        )
    name = name.strip()
    columns = [column.strip().casefold() for column in head.split(";") if column.strip()] or ["file", "transcript"]
    if unknown := [column for column in columns if column not in {"file", "url", "transcript"}]:
        raise click.UsageError(f"--foreach knows the columns file, url and transcript, not '{unknown[0]}'.")
    if not {"file", "url"} & set(columns):
        raise click.UsageError("--foreach needs a column file or url.")
    lines = hives.read(name).splitlines() if name.startswith("@") else name.split(";")
    folder = Path(name.lstrip("@")).parent
    sources = [_line(line, columns, folder) for line in lines if line.strip()]
    if not sources:
        raise click.UsageError(f"--foreach finds no line in '{name}'.")
    return sources


def _line(line: str, columns: Sequence[str], folder: Path) -> Source:
    parts = line.split("\t") if "\t" in line else line.split(";", len(columns) - 1)
    cells = [part.strip() for part in parts]
    row = dict(zip(columns, cells, strict=False))
    name = row.get("file") or row.get("url") or ""
    beside = folder / name
    if "file" in row and not _is_url(name) and not Path(name).is_file() and beside.is_file():
        name = str(beside)
    return Source(name, row.get("transcript"))


def _is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


@contextmanager
def opened(source: Source, server: Transport) -> Iterator[Iterator[Samples]]:
    """The sound of a source, block by block. The key goes along to an address on the server itself, and to no other.

    Raises: Unreadable; ClientError, where an address cannot be read.
    """
    with TemporaryDirectory(prefix="spx-") as name:
        folder = Path(name)
        path = folder / "source"
        if source.name == STDIN:
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        elif _is_url(source.name):
            fetch(server, source.name, path, entity="", size=None, seen=lambda *_: None)
        else:
            path = Path(source.name)
            if path.exists() and not path.is_file():  # a pipe might be waited for without end
                raise Unreadable(f"{source.name} cannot be read: it is no file.")
        wav = folder / "sound.wav"
        try:
            audio.convert(path, wav, rate_hz=SAMPLE_RATE_HZ, max_seconds=math.inf)
        except audio.AudioError as error:
            raise Unreadable(f"{source.name} cannot be recognized: {error}") from error
        except OSError as error:
            raise Unreadable(f"{source.name} cannot be read: {error.strerror or error}.") from error
        yield audio.blocks(wav, _BLOCK)


def stretches(blocks: Iterable[Samples], *, longest: float) -> Iterator[Stretch]:
    """Each stretch of speech as soon as it is over; what was silent is not kept.

    Args: blocks: (T,) each, at 16 kHz. longest: seconds that a stretch may last.
    """
    options = SegmentOptions()
    options = replace(options, longest=min(longest, options.longest))
    memory = round((options.longest + 2 * options.join) * SAMPLE_RATE_HZ)  # samples that a phrase may yet begin in
    first, kept = 0, np.zeros(0, np.float32)

    def heard() -> Iterator[Samples]:
        nonlocal first, kept
        for block in blocks:
            kept = np.concatenate([kept, block])
            yield block
            if (old := len(kept) - memory - len(block)) > 0:
                first, kept = first + old, kept[old:]

    for segment in segments(heard(), options):
        start, stop = (round(time * SAMPLE_RATE_HZ) - first for time in (segment.start, segment.end))
        yield Stretch(segment.start, audio.pcm(kept[start:stop]))
