"""An hour of audio through batch transcription, and through one PocketSphinx process, by turns.

The other side of the comparison is what a user would take instead: a loop of ten lines around `pocketsphinx.Decoder`
with the library's settings, over the utterances as separate files, so that it need not find speech and decodes none
of the silence between. It is niced as jobs are, so that other programs of the machine hold both up alike.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import service, speech
from benchmarks.report import Run, Table, megabytes, seconds
from benchmarks.watch import Watch, tree
from speechsmith.asr.scoring import score
from speechsmith.asr.text import normalizer
from speechsmith.client.entity import Entity, text, values
from speechsmith.executors.local import NICENESS

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Pass:
    """The recording once: wall and CPU seconds, peak memory in bytes, and the words recognized."""

    wall: float
    cpu: float
    peak_bytes: int
    words: str


def measure(run: Run) -> Iterator[Table]:
    """Speed, memory and word error rate of both, and how much faster the service is."""
    with tempfile.TemporaryDirectory() as scratch, service.running(Path(scratch) / "home") as started:
        folder = Path(scratch)
        recording = speech.joined(run, 60.0 if run.is_quick else HOUR, folder)
        dataset = started.upload(_zipped(recording, folder / "recording.zip"), "AudioFiles")
        batches, plains = [], []
        for _ in range(run.repetitions):
            plains.append(_plain(recording, folder))
            batches.append(_batch(started, dataset))
    speed = _median(plains, lambda one: one.wall) / _median(batches, lambda one: one.wall)
    yield Table(
        f"Batch transcription of one recording of {recording.duration / 60:.1f} minutes",
        ("", "wall", "CPU", "audio seconds per second", "peak memory (PSS)", "WER"),
        [
            ["one PocketSphinx process", *_shown(plains, recording)],
            ["Speechsmith, batch", *_shown(batches, recording)],
        ],
        (
            f"**{speed:.2f} times the speed** (by turns, of each pair: {_ratios(plains, batches)}).",
            "Wall: from POST to Succeeded, and from the start to the end of the process. Memory: the job's processes.",
            f"The recording is joined of utterances of {_names(recording)}.",
            "Target: at least 1.9 times the speed on two cores, under 700 MB.",
        ),
    )


def _zipped(recording: speech.Joined, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(recording.audio, recording.audio.name)
    return target


def _plain(recording: speech.Joined, folder: Path) -> Pass:
    """The utterances, one by one, in a process of its own."""
    files, results = folder / "files.json", folder / "results.json"
    files.write_text(json.dumps([str(one.audio) for one in recording.utterances]), encoding="utf-8")
    niced = ["nice", "-n", str(NICENESS)] if os.name == "posix" else []
    command = [*niced, sys.executable, "-m", "benchmarks.plain", str(files), str(results)]
    with subprocess.Popen(command) as process, Watch(lambda: tree(process.pid)) as watch:
        if process.wait():
            raise RuntimeError("The PocketSphinx process failed; its messages are above.")
    words = " ".join(json.loads(results.read_text(encoding="utf-8")))
    return Pass(watch.wall, watch.cpu, watch.peak_bytes, words)


def _batch(started: service.Service, dataset: str) -> Pass:
    """The recording, as a transcription of a dataset with the base model."""
    transcriptions = started.client.transcriptions
    with Watch(started.job_processes) as watch:
        made = transcriptions.create(display_name="An hour", locale=service.LOCALE, dataset=dataset)
        started.finished(transcriptions, made)
    (file,) = (
        file for file in values(transcriptions.files(text(made, "self"))) if text(file, "kind") == "Transcription"
    )
    words = _words(started, file)
    transcriptions.delete(text(made, "self"))
    return Pass(watch.wall, watch.cpu, watch.peak_bytes, words)


def _words(started: service.Service, file: Entity) -> str:
    """What was recognized, in lexical form."""
    target = started.home / "result.json"
    started.client.download(file, target, seen=lambda _done, _total: None)
    result = json.loads(target.read_text(encoding="utf-8"))
    return " ".join(phrase["nBest"][0]["lexical"] for phrase in result["recognizedPhrases"])


def _shown(passes: Sequence[Pass], recording: speech.Joined) -> list[str]:
    wall = _median(passes, lambda one: one.wall)
    return [
        seconds(wall),
        seconds(_median(passes, lambda one: one.cpu)),
        f"{recording.duration / wall:.2f}",
        megabytes(max(one.peak_bytes for one in passes)),
        f"{100 * _wer(passes[0], recording):.1f} %",
    ]


def _wer(one: Pass, recording: speech.Joined) -> float:
    """Errors over the recording; its reference is what its utterances say."""
    lexical = normalizer(service.LOCALE).lexical
    reference = " ".join(lexical(spoken.transcript) for spoken in recording.utterances)
    return score([(recording.audio.name, reference, lexical(one.words))]).counts.wer or 0.0


def _median(passes: Sequence[Pass], of: Callable[[Pass], float]) -> float:
    return statistics.median(map(of, passes))


def _ratios(plains: Sequence[Pass], batches: Sequence[Pass]) -> str:
    return ", ".join(f"{plain.wall / batch.wall:.2f}" for plain, batch in zip(plains, batches, strict=True))


def _names(recording: speech.Joined) -> str:
    """The sets that the audio comes from, with the number of utterances."""
    counts = Counter(spoken.set for spoken in recording.utterances)
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
