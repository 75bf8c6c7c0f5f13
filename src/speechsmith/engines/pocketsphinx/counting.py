"""One pass over transcribed speech: align every utterance, and sum what adaptation has to know.

Statistics are float64 and kept on disk for each group of utterances. A group is summed over shards, which are fixed by
the order of the utterances, in the order of shards: any number of workers gives the same bytes. At most the statistics
of a group and a few shards are in memory. Of the frames a sample is kept, 12 MB an hour, to measure likelihood on.
"""

import os
import shutil
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from speechsmith.asr import audio
from speechsmith.asr.bandwidth import is_narrow
from speechsmith.asr.hmm import AlignmentError, Statistics, accumulate, cepstral_sum
from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.asr.lexicon import Pronunciation
from speechsmith.asr.types import Samples
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.aligner import PAUSE, FrontEnd, align
from speechsmith.engines.pocketsphinx.hmm_files import AcousticModel, read_model
from speechsmith.engines.pocketsphinx.parallel import each
from speechsmith.engines.pocketsphinx.sounds import Problem
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone

_IN_SHARD = 24  # utterances
_SAMPLED = 5  # of so many frames of words one is kept
_LEAST_TO_JUDGE = 10  # aligned utterances, before one of them can be an outlier
_OUTLIER = 4.0  # robust standard deviations below the median; of right transcripts the furthest was at 3.3
_LEAST_SPREAD = 0.1  # nats per frame: data that fit alike are no reason to be strict


@dataclass(frozen=True, slots=True)
class TrainingUtterance:
    """A stretch of a canonical WAV file with its words in lexical form, and the group that it is counted in."""

    name: str
    wav: Path
    words: tuple[str, ...]
    group: int = 0
    start: float = 0.0
    stop: float | None = None


@dataclass(frozen=True, slots=True)
class _Shard:
    """Utterances of one group with their numbers, and all that a process needs to count them."""

    acoustic: Path
    scratch: Path
    group: int
    utterances: tuple[tuple[int, TrainingUtterance], ...]
    lexicon: Mapping[str, tuple[Pronunciation, ...]]


@dataclass(frozen=True, slots=True)
class Job:
    """One pass: the folder of the model that aligns, a folder to be made for the statistics, and how words sound."""

    acoustic: Path
    kept: Path
    lexicon: Mapping[str, tuple[Pronunciation, ...]]

    @property
    def scratch(self) -> Path:
        """Where the decoder writes cepstra, while the pass runs."""
        return self.kept / "scratch"

    def shards(self, numbered: Iterable[tuple[int, TrainingUtterance]]) -> list[_Shard]:
        """The utterances in shards of one group each, group by group, as their order gives them."""
        groups: dict[int, list[tuple[int, TrainingUtterance]]] = {}
        for number, utterance in numbered:
            groups.setdefault(utterance.group, []).append((number, utterance))
        shards = []
        for group, members in sorted(groups.items()):
            for at in range(0, len(members), _IN_SHARD):
                some = tuple(members[at : at + _IN_SHARD])
                words = sorted({word for _, one in some for word in one.words if word in self.lexicon})
                ways = {word: self.lexicon[word] for word in words}
                shards.append(_Shard(self.acoustic, self.scratch, group, some, ways))
        return shards


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Some frames of an utterance: features (n, F, D), and the senone of each, (n,)."""

    features: Floats
    senones: Integers


@dataclass(slots=True, eq=False)
class Counted:
    """What a pass has found so far. Numbers are those of the utterances; frames are of each group."""

    samples: dict[int, Sample] = field(default_factory=dict)
    fits: dict[int, float] = field(default_factory=dict)
    problems: dict[int, Problem] = field(default_factory=dict)
    frames: dict[int, int] = field(default_factory=dict)
    cepstral_sum: Floats = field(default_factory=lambda: np.zeros(1))
    cepstral_frames: int = 0

    def add(self, shard: "_ShardCount") -> None:
        """Add what a shard has found."""
        self.fits |= shard.fits
        self.samples |= shard.samples
        self.problems |= shard.problems
        self.frames[shard.group] = self.frames.get(shard.group, 0) + shard.frames
        self.cepstral_sum = self.cepstral_sum + shard.cepstral_sum
        self.cepstral_frames += shard.cepstral_frames

    def take_away(self, shard: "_ShardCount") -> None:
        """Take away what was added before."""
        for number in shard.fits:
            del self.fits[number], self.samples[number]
        self.frames[shard.group] -= shard.frames
        self.cepstral_sum = self.cepstral_sum - shard.cepstral_sum
        self.cepstral_frames -= shard.cepstral_frames


@dataclass(slots=True, eq=False)
class _ShardCount:
    """What a shard gives."""

    group: int
    statistics: Statistics
    samples: dict[int, Sample] = field(default_factory=dict)
    fits: dict[int, float] = field(default_factory=dict)
    problems: dict[int, Problem] = field(default_factory=dict)
    frames: int = 0
    cepstral_sum: Floats = field(default_factory=lambda: np.zeros(1))
    cepstral_frames: int = 0


def count(
    job: Job, utterances: Sequence[TrainingUtterance], *, workers: int, progress: Callable[[float], None]
) -> Counted:
    """Align and count all utterances; what fits its words far worse than the rest is taken away again, as a problem.

    Raises: EngineError: the model cannot be read.
    """
    job.scratch.mkdir(parents=True)
    counted = Counted()
    try:
        tasks = job.shards(enumerate(utterances))
        shards = each(_count_shard, tasks, len(tasks), workers=workers, progress=progress)
        for group, some in groupby(shards, key=lambda shard: shard.group):
            statistics: Statistics | None = None
            for shard in some:
                counted.add(shard)
                statistics = shard.statistics if statistics is None else statistics + shard.statistics
            if statistics is not None:
                statistics.save(statistics_file(job.kept, group))
        outliers = _outliers(counted.fits)
        for shard in map(_count_shard, job.shards((number, utterances[number]) for number in outliers)):
            counted.take_away(shard)
            file = statistics_file(job.kept, shard.group)
            (Statistics.load(file) - shard.statistics).save(file)
    finally:
        _LOADED.clear()
        shutil.rmtree(job.scratch, ignore_errors=True)
    counted.problems |= {number: _mismatch(utterances[number], far) for number, far in outliers.items()}
    counted.frames = {group: frames for group, frames in counted.frames.items() if frames}
    return counted


def statistics_file(kept: Path, group: int) -> Path:
    """Where the statistics of a group are."""
    return kept / f"{group}.npz"


_LOADED: dict[tuple[Path, Path], tuple[AcousticModel, FrontEnd]] = {}  # of this process: one at most


def _loaded(shard: _Shard) -> tuple[AcousticModel, FrontEnd]:
    key = (shard.acoustic, shard.scratch)
    if key not in _LOADED:
        _LOADED.clear()
        model = read_model(shard.acoustic)
        _LOADED[key] = model, FrontEnd(shard.acoustic, model, shard.scratch / str(os.getpid()))
    return _LOADED[key]


def _count_shard(shard: _Shard) -> _ShardCount:
    model, front_end = _loaded(shard)
    counted = _ShardCount(shard.group, Statistics.zero(model.mixtures))
    for number, utterance in shard.utterances:
        try:
            check(utterance, shard.lexicon)
            samples = audio.read(utterance.wav, utterance.start, utterance.stop)
            _check_band(samples, shard.acoustic)
            cepstra = front_end.cepstra(samples)
            found = align(model, model.mixtures, cepstra, utterance.words, shard.lexicon)
        except (UnusableError, AlignmentError, EngineError, OSError, wave.Error) as error:
            counted.problems[number] = problem_of(utterance, error)
            continue
        accumulate(counted.statistics, model.mixtures, found.features, found.senones)
        some = np.flatnonzero(found.words != PAUSE)[::_SAMPLED]
        counted.samples[number] = Sample(found.features[some], found.senones[some])
        counted.fits[number] = found.fit
        counted.frames += len(cepstra)
        total, frames = cepstral_sum(cepstra)
        counted.cepstral_sum = counted.cepstral_sum + total
        counted.cepstral_frames += frames
    return counted


class UnusableError(Exception):
    """An utterance that cannot be aligned, whatever its sound: a code, and what to do."""


def check(utterance: TrainingUtterance, lexicon: Mapping[str, object]) -> None:
    """Raises: UnusableError: there are no words, or one that nobody knows how to say."""
    if not utterance.words:
        raise UnusableError("NoWords", "The transcript has no words.")
    if unknown := [word for word in dict.fromkeys(utterance.words) if word not in lexicon]:
        raise UnusableError(
            "NoPronunciation", f"How {', '.join(unknown[:5])} sounds is not known; add it to a pronunciation dataset."
        )


def _check_band(samples: Samples, acoustic: Path) -> None:
    """Raises: UnusableError: telephone speech among full-band speech, which could be narrowed, but not widened."""
    if is_narrow(samples) and not is_for_telephone(acoustic):
        raise UnusableError(
            "TelephoneAudio",
            "The audio has nothing above 4 kHz, and most of the other has; train a model of its own for the telephone.",
        )


def problem_of(utterance: TrainingUtterance, error: Exception) -> Problem:
    """What users are told of an utterance that cannot be aligned."""
    if isinstance(error, UnusableError):
        return Problem(utterance.name, *error.args)
    if isinstance(error, AlignmentError):
        reason = f"There is less sound than the {len(utterance.words)} words of the transcript need; listen to it."
        return Problem(utterance.name, "TooShort", reason)
    return Problem(utterance.name, "NotAudio", "The sound cannot be read; convert it to WAV and add it again.")


def _outliers(fits: Mapping[int, float]) -> dict[int, float]:
    """The utterances that fit far worse than the others, with how many robust standard deviations.

    The median of absolute deviations, times 1.4826, is the standard deviation of a normal distribution; unlike it, it
    does not care what the outliers are.
    """
    if len(fits) < _LEAST_TO_JUDGE:
        return {}
    values = np.array(list(fits.values()))
    middle = np.median(values)
    spread = max(1.4826 * float(np.median(np.abs(values - middle))), _LEAST_SPREAD)
    z = (values - middle) / spread
    return {number: float(far) for number, far in zip(fits, z, strict=True) if far < -_OUTLIER}


def _mismatch(utterance: TrainingUtterance, far: float) -> Problem:
    reason = (
        f"The sound does not fit the transcript: {-far:.1f} standard deviations worse than the rest of the data. "
        "Listen to it, and correct the transcript."
    )
    return Problem(utterance.name, "TranscriptMismatch", reason)
