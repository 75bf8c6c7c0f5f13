"""Phrase lists at run time: names inside sentences with and without them, what irrelevant lists do, and what they cost.

A *rare* word of a set has four letters or more, and the base model has no pronunciation of it or gives it less than one
in 100,000. Lists hold a hundred phrases: a set's rare words filled up with invented names, or invented names only.
"""

import math
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pocketsphinx

from benchmarks import speech
from benchmarks.report import Run, Skipped, Table, seconds
from speechsmith.asr import audio
from speechsmith.asr.scoring import bootstrap_interval, score
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import SAMPLE_RATE_HZ, PhraseList, Samples
from speechsmith.engines.base import ModelFiles, Recognizer
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine

LOCALE = "en-US"
MOST = 40  # utterances of a set
LISTED = 100
SIZES = (100, 1_000, 5_000)
RARE = math.log(1e-5) / math.log(1.0001)  # in the library's units
SYLLABLES = ("ba", "ko", "ven", "tor", "mi", "shal", "zu", "rex", "lan", "di", "pra", "sol", "fen", "ga", "lor", "wick")
VOICES = ("slt", "rms", "awb")
SENTENCES = (
    ("please call doctor {} about the results tomorrow", "brandvolt"),
    ("the patient was given {} twice a day", "zelorixan"),
    ("send the report to {} before noon", "anoushka perivale"),
    ("we will fly to {} on friday morning", "tarnovo bay"),
    ("ask {} whether the meeting is on", "malvika desh"),
    ("i would like to speak with {} in the sales department", "kovalentia"),
    ("the new {} printer does not work", "hexabrand"),
    ("did you see what {} wrote about the game", "torvald strom"),
    ("she moved from boston to {} last year", "glimmerton"),
    ("open the {} folder and delete the old files", "quillfeather"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A set recognized in one way: reference and hypothesis of each utterance, and seconds of computing in all."""

    pairs: list[tuple[str, str]]
    computing: float

    def wer(self) -> str:
        """The word error rate as the table shows it, with its 95 % range."""
        found = score((str(number), *pair) for number, pair in enumerate(self.pairs))
        low, high = bootstrap_interval([one.counts for one in found.utterances])
        return f"{_percent(found.counts.wer or 0.0)} ({100 * low:.1f} to {100 * high:.1f})"

    def hits(self, wanted: Sequence[str]) -> int:
        """How many occurrences of these phrases were heard, where they were said."""
        return sum(min(_times(phrase, heard), _times(phrase, said)) for said, heard in self.pairs for phrase in wanted)

    def false_alarms(self, listed: Sequence[str]) -> int:
        """How many occurrences of these phrases were heard where they were not said."""
        heard = sum(_times(phrase, heard) for _, heard in self.pairs for phrase in listed)
        return heard - self.hits(listed)


def measure(run: Run) -> Iterator[Table]:
    """Real speech, spoken names, and the time that lists take."""
    engine = PocketSphinxEngine()
    recognizer = engine.load(ModelFiles(engine.name, engine.packaged_models()[0].folder))
    yield _ready(recognizer, run)
    yield _synthesized(recognizer, run)
    yield _real(recognizer, run)


def _ready(recognizer: Recognizer, run: Run) -> Table:
    """How long it takes until the first utterance can be recognized with a list."""
    recognizer.recognize(np.zeros(0, np.float32), phrases=PhraseList(invented(1, seed=99)))
    rows = []
    for size in SIZES:
        taken = []
        for seed in range(run.repetitions):
            began = time.perf_counter(), time.process_time()
            recognizer.recognize(np.zeros(0, np.float32), phrases=PhraseList(invented(size, seed=seed)))
            taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        wall, computing = (statistics.median(column) for column in zip(*taken, strict=True))
        rows.append([f"{size:,}", f"{1000 * wall:,.0f} ms", f"{1000 * computing:,.0f} ms"])
    return Table(
        "A list of new names, ready",
        ("names", "wall", "CPU"),
        rows,
        (
            f"Every name is new to the lexicon. Median of {run.repetitions} lists.",
            "The model of pronunciations is there: on its first use on a machine it is learned, which takes about 8 s.",
            "Target: 100 in 250 ms, 5,000 in 2 s.",
        ),
    )


def _synthesized(recognizer: Recognizer, run: Run) -> Table:
    if shutil.which("flite") is None:
        raise Skipped("there is no flite to speak sentences with new names")
    names = [name for _, name in SENTENCES]
    listed = _filled(names)
    rows = []
    for voice in VOICES[: 1 if run.is_quick else None]:
        said = [(_synthesis(text.format(name), voice), text.format(name)) for text, name in SENTENCES]
        for what, phrases in (("none", None), *((f"100, weight {w:g}", PhraseList(listed, w)) for w in (0.5, 1, 2))):
            heard = _recognized(recognizer, said, phrases)
            counts = f"{heard.hits(names)} of {len(names)}", str(heard.false_alarms(listed))
            rows.append([f"{voice}, {what}", *counts, heard.wer(), seconds(heard.computing)])
    return Table(
        "Invented names inside sentences, synthesized",
        ("voice, list", "names heard", "false alarms", "WER (95 %)", "CPU"),
        rows,
        ("flite's voices; the list has the ten names and ninety others.",),
    )


def _real(recognizer: Recognizer, run: Run) -> Table:
    rows = []
    for name in ("libri_other_dev", "so762_dev", "asterisk_ivr_dev")[: 1 if run.is_quick else None]:
        said = [
            (_canonical(one.audio), normalizer(LOCALE).lexical(one.transcript))
            for one in speech.utterances(run.required(name) / "test")[: 3 if run.is_quick else MOST]
        ]
        rare = _rare([text for _, text in said])
        lists = {"none": (), "irrelevant": _filled(()), "its rare words": _filled(rare)}
        for what, listed in lists.items():
            heard = _recognized(recognizer, said, PhraseList(listed) if listed else None)
            counts = f"{heard.hits(rare)} of {sum(_times(w, text) for w in rare for _, text in said)}"
            cells = [counts, str(heard.false_alarms(listed)), heard.wer(), seconds(heard.computing)]
            rows.append([f"{name}, {what}", *cells])
    return Table(
        "Real speech, without a list, with irrelevant names, and with its own rare words",
        ("set (test), list", "rare words heard", "false alarms", "WER (95 %)", "CPU"),
        rows,
        (f"At most {MOST} utterances of a set. Lists have {LISTED} phrases, of weight 1.",),
    )


def _recognized(recognizer: Recognizer, said: Sequence[tuple[Samples, str]], phrases: PhraseList | None) -> Heard:
    began = time.process_time()
    pairs = [(text, recognizer.recognize(samples, phrases=phrases)[0].lexical) for samples, text in said]
    return Heard(pairs, time.process_time() - began)


def invented(count: int, *, seed: int) -> tuple[str, ...]:
    """That many names that nobody has."""
    draw = np.random.default_rng(seed)
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(draw.choice(SYLLABLES, int(draw.integers(3, 6))))] = None
    return tuple(names)


def _filled(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*phrases, *invented(LISTED, seed=1))))[: max(LISTED, len(phrases))]


def _rare(texts: Sequence[str]) -> list[str]:
    library = pocketsphinx.Decoder(loglevel="FATAL")
    prob = library.get_lm().prob
    words = sorted({word for text in texts for word in text.split() if len(word) > 3})
    return [word for word in words if library.lookup_word(word) is None or prob([word]) < RARE]


def _times(phrase: str, text: str) -> int:
    """How often a phrase occurs in a text, as whole words."""
    words, wanted = text.split(), phrase.split()
    return Counter(tuple(words[at : at + len(wanted)]) for at in range(len(words)))[tuple(wanted)]


def _synthesis(text: str, voice: str) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        return _canonical(path)


def _canonical(path: Path) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "canonical.wav"
        audio.convert(path, wav, rate_hz=SAMPLE_RATE_HZ, max_seconds=speech.LONGEST)
        return audio.read(wav)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
