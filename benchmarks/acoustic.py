"""Acoustic adaptation: what an hour of speech takes, and what it gains beside the programs of sphinxtrain.

The hour is made of the `train/` parts of all sets, joined and repeated: utterances with transcripts, in one dataset.
The service works with two processes, on a machine with more cores too.

Beside sphinxtrain both learn from the same utterances, cut to speech the same way, with the same lexicon, and the same
decoder recognizes the test part with what they made, and with the language model as it comes. Of telephone speech both
start from the densities that the base has for it; sphinxtrain also from the packaged ones, as who knows of no others.
"""

import itertools
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import service, speech, sphinxtrain
from benchmarks.report import Run, Table, megabytes, seconds
from benchmarks.sphinxtrain import Recipe, Spoken
from benchmarks.training import Training, train
from speechsmith.asr import audio
from speechsmith.asr.scoring import bootstrap_interval, score
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import Corpus, Utterance
from speechsmith.engines.base import AdaptOptions
from speechsmith.engines.pocketsphinx import acoustic
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance
from speechsmith.engines.pocketsphinx.decode import Task, recognized
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import DecoderFiles, base_files
from speechsmith.engines.pocketsphinx.hmm_files import TELEPHONE
from speechsmith.engines.pocketsphinx.recognizer import WIDE, DecoderProfile, profile_for
from speechsmith.engines.pocketsphinx.sounds import Sound, cut_to_speech
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone, is_mostly_narrow, write_variant

HOUR, QUICK = 3600.0, 20.0  # seconds of audio
PROCESSES = 2
FLOORS = {False: 15 * 60.0, True: 30 * 60.0}
"""Wall seconds at most, without and with the learning curve."""
MOST_BYTES = 1e9
SETS = ("fsdd_dev", "asterisk_ivr_dev")
TAU = 10.0
GROUPS = 4  # that our adaptation finds its strength with


def measure(run: Run) -> Iterator[Table]:
    """The hour without and with the learning curve; then a table of WER and time beside sphinxtrain."""
    yield from _hours(run)
    yield _beside(run)


def _hours(run: Run) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        count, duration = repeated(run, QUICK if run.is_quick else HOUR, scratch / "hour.zip")
        what = f"Acoustic adaptation, {count:,} utterances, {duration / 60:.1f} minutes of audio"
        for curve in (False, True):
            home = scratch / f"home-{curve}"
            with service.running(home, learning_curve=curve, decode_processes=PROCESSES) as started:
                dataset = started.upload(scratch / "hour.zip", "Acoustic")
                training = train(started, "Hour", [dataset], scratch)
            yield _hour(f"{what}, {'with' if curve else 'without'} the learning curve", training, FLOORS[curve])


def _hour(title: str, training: Training, floor: float) -> Table:
    guard = training.report["guard"]
    stages = ", ".join(f"{stage} {taken:.0f} s" for stage, taken in training.report["seconds"].items() if taken >= 1)
    return Table(
        title,
        ("", "wall", "CPU", "peak memory of the job (PSS)"),
        [
            ["from POST to Succeeded", seconds(training.wall), seconds(training.cpu), megabytes(training.peak_bytes)],
            ["floor", _met(training.wall, floor, seconds), "", _met(training.peak_bytes, MOST_BYTES, megabytes)],
        ],
        (
            f"{PROCESSES} processes, in a new installation: how words sound is learned on the way, in about 8 s.",
            f"Stages: {stages}.",
            f"Chosen: {_setting(guard['chosen'])}. {guard['verdict']['words']}",
        ),
    )


def _setting(chosen: Mapping[str, object]) -> str:
    return f"weight of the text {chosen['weight'] or 'none'}, acoustics {chosen['acoustic'] or 'as the base'}"


def _met(value: float, most: float, shown: Callable[[float], str]) -> str:
    return f"{shown(most)}: {'met' if value <= most else 'missed'}"


def repeated(run: Run, length: float, archive: Path) -> tuple[int, float]:
    """Write a dataset of the train parts of all sets, from the beginning again until it is `length` seconds long.

    Returns: how many utterances it has, and how long they are together.
    """
    spoken = [one for set in speech.sets(run) for one in speech.utterances(set / "train")]
    lines: list[str] = []
    written = 0.0
    with zipfile.ZipFile(archive, "w") as made:
        for number, one in enumerate(itertools.cycle(spoken)):
            if written >= length:
                break
            name = f"{number:05}{one.audio.suffix}"
            made.write(one.audio, name)
            lines.append(f"{name}\t{one.transcript}\n")
            written += audio.probe(one.audio).duration or 0.0
        made.writestr("trans.txt", "".join(lines))
    return len(lines), written


@dataclass(frozen=True, slots=True)
class _Set:
    """What both adapt with and are tested on: the base with the acoustics of the band, those that are packaged, a
    lexicon that has all words of `train`, and both parts."""

    base: DecoderFiles
    packaged: Path
    lexicon: Path
    train: Sequence[Spoken]
    test: Sequence[Spoken]


def _beside(run: Run) -> Table:
    sphinxtrain.programs()
    rows = []
    for name in SETS[:1] if run.is_quick else SETS:
        with tempfile.TemporaryDirectory() as folder:
            set = _read(run.required(name), Path(folder), most=12 if run.is_quick else None)
            rows.append([f"{name}, as it comes", *_errors(set, set.base.acoustic, profile_for(set.base)), "", ""])
            for who, adapt in ADAPTATIONS.items():
                scratch = Path(folder) / who
                scratch.mkdir()
                wall, cpu = time.monotonic(), _cpu()
                adapted = adapt(set, scratch)
                taken = [seconds(time.monotonic() - wall), seconds(_cpu() - cpu)]
                rows.append([f"{name}, {who}", *_errors(set, adapted, WIDE), *taken])
    return Table(
        "Acoustic adaptation, beside sphinxtrain",
        ("set (test), acoustics", "WER", "95 %", "adaptation, wall", "CPU"),
        rows,
        (
            "One process each, from cut utterances to the files of the model. Nothing is decoded on the way.",
            "Speechsmith: alignment and statistics, twice; the strength by the likelihood of parts that are held out.",
            "sphinxtrain: contexts, features, pauses; bw; mllr_solve, mllr_transform, bw; map_adapt, mk_s2sendump.",
            f"The tau of its MAP is {TAU:g}, its default, or what it estimates.",
            "The language model is the base's, so that only the acoustics differ.",
        ),
    )


def _read(set: Path, scratch: Path, *, most: int | None) -> _Set:
    """The first `most` utterances of both parts, or all, and a lexicon of what is said in the train part."""
    engine = PocketSphinxEngine()
    base = engine.packaged_models()[0].folder
    spoken = {part: speech.utterances(set / part)[:most] for part in speech.PARTS}
    said = scratch / "said.txt"
    said.write_text("".join(f"{one.transcript}\n" for one in spoken["train"]), encoding="utf-8")
    (scratch / "words").mkdir()
    engine.adapt(base, Corpus(service.LOCALE, text=(said,)), scratch / "words", AdaptOptions(), lambda *_: None)
    sounds = {part: _sounds(some, scratch / part) for part, some in spoken.items()}
    cut = {part: _spoken(some, sounds[part]) for part, some in spoken.items()}
    files = base_files(base)
    packaged = files.acoustic
    if is_mostly_narrow((sound.duration, sound.is_narrow) for sound in sounds["train"]):
        write_variant(packaged, scratch / "telephone")
        files = replace(files, acoustic=scratch / "telephone")
    return _Set(files, packaged, scratch / "words" / "lexicon.dict", cut["train"], cut["test"])


def _sounds(spoken: Sequence[speech.Spoken], folder: Path) -> list[Sound]:
    """Canonical files of the speech in utterances."""
    folder.mkdir()
    utterances = [Utterance(one.audio.name, one.audio, one.transcript) for one in spoken]
    return cut_to_speech(utterances, folder, workers=1, progress=lambda _: None)[0]


def _spoken(spoken: Sequence[speech.Spoken], sounds: Sequence[Sound]) -> list[Spoken]:
    """The same with their lexical words."""
    lexical = normalizer(service.LOCALE).lexical
    return [Spoken(sound.wav, tuple(lexical(spoken[sound.number].transcript).split())) for sound in sounds]


def _by_speechsmith(set: _Set, scratch: Path) -> Path:
    (scratch / "statistics").mkdir()
    utterances = [
        TrainingUtterance(str(number), one.wav, one.words, number % GROUPS) for number, one in enumerate(set.train)
    ]
    learned = acoustic.learn(set.base.acoustic, utterances, set.lexicon, scratch / "statistics", prior=set.packaged)
    learned.write(learned.likeliest(), scratch / "acoustic")
    return scratch / "acoustic"


def _by_sphinxtrain(recipe: Recipe, set: _Set, scratch: Path, *, from_packaged: bool = False) -> Path:
    start, out = set.packaged if from_packaged else set.base.acoustic, scratch / "acoustic"
    sphinxtrain.prepare(start, set.train, set.lexicon, scratch / "inputs")
    sphinxtrain.adapt(start, scratch / "inputs", out, recipe)
    if is_for_telephone(set.base.acoustic):  # what has learned from telephone speech is for it
        shutil.copyfile(set.base.acoustic / TELEPHONE, out / TELEPHONE)
    return out


ADAPTATIONS: Mapping[str, Callable[[_Set, Path], Path]] = {
    "Speechsmith": _by_speechsmith,
    "sphinxtrain, MAP": partial(_by_sphinxtrain, Recipe(maps_means=False, tau=TAU)),
    "sphinxtrain, MLLR and MAP": partial(_by_sphinxtrain, Recipe(tau=TAU)),
    "sphinxtrain, MLLR and MAP, its own tau": partial(_by_sphinxtrain, Recipe()),
    "sphinxtrain, MLLR and MAP, from the packaged densities": partial(
        _by_sphinxtrain, Recipe(tau=TAU), from_packaged=True
    ),
}


def _cpu() -> float:
    """CPU seconds of this process so far, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _errors(set: _Set, acoustics: Path, profile: DecoderProfile) -> list[str]:
    """The word error rate of the test part, and its 95 % range."""
    files = DecoderFiles(acoustics, set.base.language, set.lexicon)
    tasks = [Task(files, profile, one.wav) for one in set.test]
    heard = recognized(tasks, len(tasks), workers=PROCESSES, progress=lambda _: None)
    scored = score(
        (one.wav.name, " ".join(one.words), found.lexical) for one, found in zip(set.test, heard, strict=True)
    )
    low, high = bootstrap_interval([one.counts for one in scored.utterances])
    return [f"{100 * (scored.counts.wer or 0):.1f} %", f"{100 * low:.1f} to {100 * high:.1f} %"]
