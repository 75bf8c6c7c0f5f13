"""An hour of audio through batch transcription, and through one PocketSphinx process, by turns.

The other side of the comparison is what a user would take instead: a loop of ten lines around `pocketsphinx.Decoder`
with the library's settings, over the utterances as separate files, so that it need not find speech and decodes none
of the silence between. It is niced as jobs are, so that other programs of the machine hold both up alike.
"""

import itertools
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
    """All recordings once: wall and CPU seconds, peak memory in bytes, words recognized in each recording."""

    wall: float
    cpu: float
    peak_bytes: int
    words: list[str]


def measure(run: Run) -> Iterator[Table]:
    """Speed, memory and word error rate of both, and how much faster the service is."""
    with tempfile.TemporaryDirectory() as scratch, service.running(Path(scratch) / "home") as started:
        folder = Path(scratch)
        recordings = speech.joined(run, 60.0 if run.is_quick else HOUR, folder)
        dataset = started.upload(_zipped(recordings, folder / "recordings.zip"), "AudioFiles")
        batches, plains = [], []
        for _ in range(run.repetitions):
            plains.append(_plain(recordings, folder))
            batches.append(_batch(started, dataset, recordings))
    duration = sum(one.duration for one in recordings)
    speed = _median(plains, lambda one: one.wall) / _median(batches, lambda one: one.wall)
    yield Table(
        f"Batch transcription of {duration / 60:.1f} minutes of audio",
        ("", "wall", "CPU", "audio seconds per second", "peak memory (PSS)", "WER"),
        [
            ["one PocketSphinx process", *_shown(plains, recordings)],
            ["Speechsmith, batch", *_shown(batches, recordings)],
        ],
        (
            f"**{speed:.2f} times the speed** (by turns, of each pair: {_ratios(plains, batches)}).",
            "Wall: from POST to Succeeded, and from the start to the end of the process. Memory: the job's processes.",
            f"{len(recordings)} recordings of at most {speech.LONGEST / 60:.0f} minutes, joined of utterances of "
            + _names(recordings),
            "Target: at least 1.9 times the speed on two cores, under 700 MB.",
        ),
    )


def _zipped(recordings: Sequence[speech.Joined], target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for one in recordings:
            archive.write(one.audio, one.audio.name)
    return target


def _plain(recordings: Sequence[speech.Joined], folder: Path) -> Pass:
    """The utterances, one by one, in a process of its own."""
    files, results = folder / "files.json", folder / "results.json"
    each = [[str(one.audio) for one in recording.utterances] for recording in recordings]
    files.write_text(json.dumps(list(itertools.chain(*each))), encoding="utf-8")
    niced = ["nice", "-n", str(NICENESS)] if os.name == "posix" else []
    command = [*niced, sys.executable, "-m", "benchmarks.plain", str(files), str(results)]
    with subprocess.Popen(command) as process, Watch(lambda: tree(process.pid)) as watch:
        if process.wait():
            raise RuntimeError("The PocketSphinx process failed; its messages are above.")
    found = iter(json.loads(results.read_text(encoding="utf-8")))
    return Pass(watch.wall, watch.cpu, watch.peak_bytes, [" ".join(itertools.islice(found, len(one))) for one in each])


def _batch(started: service.Service, dataset: str, recordings: Sequence[speech.Joined]) -> Pass:
    """The recordings, as one transcription of a dataset with the base model."""
    transcriptions = started.client.transcriptions
    with Watch(started.job_processes) as watch:
        made = transcriptions.create(display_name="An hour", locale=service.LOCALE, dataset=dataset)
        started.finished(transcriptions, made)
    files = values(transcriptions.files(text(made, "self")))
    words = {text(file, "name"): _words(started, file) for file in files if text(file, "kind") == "Transcription"}
    transcriptions.delete(text(made, "self"))
    return Pass(watch.wall, watch.cpu, watch.peak_bytes, [words[f"{one.audio.name}.json"] for one in recordings])


def _words(started: service.Service, file: Entity) -> str:
    """What was recognized in one recording, in lexical form."""
    target = started.home / "result.json"
    started.client.download(file, target, seen=lambda _done, _total: None)
    result = json.loads(target.read_text(encoding="utf-8"))
    return " ".join(phrase["nBest"][0]["lexical"] for phrase in result["recognizedPhrases"])


def _shown(passes: Sequence[Pass], recordings: Sequence[speech.Joined]) -> list[str]:
    wall = _median(passes, lambda one: one.wall)
    return [
        seconds(wall),
        seconds(_median(passes, lambda one: one.cpu)),
        f"{sum(one.duration for one in recordings) / wall:.2f}",
        megabytes(max(one.peak_bytes for one in passes)),
        f"{100 * _wer(passes[0], recordings):.1f} %",
    ]


def _wer(one: Pass, recordings: Sequence[speech.Joined]) -> float:
    """Errors over all recordings; the reference of each is what its utterances say."""
    lexical = normalizer(service.LOCALE).lexical
    scored = score(
        (recording.audio.name, " ".join(lexical(spoken.transcript) for spoken in recording.utterances), lexical(words))
        for recording, words in zip(recordings, one.words, strict=True)
    )
    return scored.counts.wer or 0.0


def _median(passes: Sequence[Pass], of: Callable[[Pass], float]) -> float:
    return statistics.median(map(of, passes))


def _ratios(plains: Sequence[Pass], batches: Sequence[Pass]) -> str:
    return ", ".join(f"{plain.wall / batch.wall:.2f}" for plain, batch in zip(plains, batches, strict=True))


def _names(recordings: Sequence[speech.Joined]) -> str:
    """The sets that the audio comes from, with the number of utterances."""
    counts = Counter(spoken.set for recording in recordings for spoken in recording.utterances)
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
