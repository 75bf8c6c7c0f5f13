"""The recordings to measure with: sets of utterances with transcripts, and the long recording that is joined of them.

A set is a folder with `train/` and `test/`, each with `audio/` and `trans.txt` (file name, tab, transcript).
`longform.tsv` beside the sets tells how much silence follows an utterance when it is joined to others.
"""

import csv
import itertools
import wave
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.report import Run, Skipped
from speechsmith.asr.audio import convert
from speechsmith.asr.types import SAMPLE_RATE_HZ

PARTS = ("train", "test")
GAPS = (0.4, 0.8, 1.2, 0.6)  # seconds of silence after utterances that longform.tsv does not name, in turn
LONGEST = 60.0  # seconds of an utterance, at most
OTHER_LANGUAGES = "azure_"  # sets that begin so are of many languages; their name tells which


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance as a file, what is said in it, and the name of its set."""

    audio: Path
    transcript: str
    set: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A long recording: its file, its seconds, and the utterances in it, each a canonical WAV file of its own."""

    audio: Path
    duration: float
    utterances: tuple[Spoken, ...]


def sets(run: Run) -> list[Path]:
    """The sets of US English, by name. Raises: Skipped when there are none."""
    found = [
        path.parents[1]
        for path in sorted(run.data.glob("*/test/trans.txt"))
        if not path.parents[1].name.startswith(OTHER_LANGUAGES) or "en-US" in path.parents[1].name
    ]
    if not found:
        raise Skipped(f"{run.data} has no sets of recordings; name the folder with --data")
    return found


def utterances(part: Path) -> list[Spoken]:
    """What `train/` or `test/` of a set holds, in the order of its transcripts."""
    lines = (part / "trans.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t", 1) for line in lines if "\t" in line]
    return [Spoken(part / "audio" / name, transcript, part.parent.name) for name, transcript in pairs]


def zipped(spoken: Sequence[Spoken], target: Path) -> Path:
    """Audio and transcripts as one archive, as a dataset is uploaded."""
    with zipfile.ZipFile(target, "w") as archive:
        for one in spoken:
            archive.write(one.audio, one.audio.name)
        archive.writestr("trans.txt", "".join(f"{one.audio.name}\t{one.transcript}\n" for one in spoken))
    return target


def joined(run: Run, length: float, folder: Path) -> Joined:
    """One recording of `length` seconds, to within one utterance.

    All sets in the order of their names, train before test, utterances in the order of their transcripts; when all
    were used they come again.
    """
    gaps = _gaps(run.required("longform.tsv"))
    everything = [
        (one, gaps.get(str(one.audio.relative_to(run.data)), GAPS[number % len(GAPS)]))
        for set in sets(run)
        for part in PARTS
        for number, one in enumerate(utterances(set / part))
    ]
    target = folder / "joined.wav"
    chosen: list[Spoken] = []
    (folder / "utterances").mkdir()
    with wave.open(str(target), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        for number, (one, gap) in enumerate(itertools.cycle(everything)):
            if file.tell() >= length * SAMPLE_RATE_HZ:
                break
            canonical = folder / "utterances" / f"{number:04}.wav"
            convert(one.audio, canonical, rate_hz=SAMPLE_RATE_HZ, max_seconds=LONGEST)
            chosen.append(replace(one, audio=canonical))
            file.writeframes(samples(canonical) + bytes(2 * round(gap * SAMPLE_RATE_HZ)))
        return Joined(target, file.tell() / SAMPLE_RATE_HZ, tuple(chosen))


def samples(wav: Path) -> bytes:
    """The 16-bit samples of a canonical file."""
    with wave.open(str(wav)) as file:
        return bytes(file.readframes(file.getnframes()))


def _gaps(table: Path) -> dict[str, float]:
    """Seconds of silence after each file that the table names."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows: Iterator[dict[str, str]] = csv.DictReader(lines, delimiter="\t")
        return {row["file"]: float(row["gap_after_s"]) for row in rows}
