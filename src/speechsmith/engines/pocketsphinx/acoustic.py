"""From transcribed speech to the densities of a custom model.

    align, count -> estimate, write -> align with what was written, count -> estimate, write

Every pass estimates from the base model as the prior; an earlier pass only says which frame belongs to what. Statistics
are kept for each group of utterances. A model that has not heard a group comes from the statistics of the others, and
the likelihood of the group under it tells, without decoding, how strongly to adapt: of a sample of its frames, as the
bound that statistics give, with the posteriors of one model, favors models that are near to that one.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from speechsmith.asr.hmm import (
    Statistics,
    TiedMixtures,
    adapted_means,
    map_means,
    map_variances,
    map_weights,
    shared_weights,
)
from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.asr.lexicon import Lexicon
from speechsmith.engines.pocketsphinx.aligner import FRAMES_PER_SECOND
from speechsmith.engines.pocketsphinx.counting import Counted, Job, Sample, TrainingUtterance, count, statistics_file
from speechsmith.engines.pocketsphinx.files import check_acoustic
from speechsmith.engines.pocketsphinx.hmm_files import AcousticModel, read_model, write_model
from speechsmith.engines.pocketsphinx.sounds import Problem


@dataclass(frozen=True, slots=True)
class AcousticOptions:
    """How strongly to adapt: each tau is how many frames of speech the base model is worth; infinite keeps it.

    `class_frames` is what a class of phones needs for a linear map of its means. `tau_shared` is for the weights of all
    senones of a phone together, per Gaussian; the others are for each Gaussian and each senone.
    """

    tau_means: float = float("inf")
    tau_variances: float = float("inf")
    tau_weights: float = float("inf")
    tau_shared: float = float("inf")
    class_frames: float = 1000.0

    def __post_init__(self) -> None:
        """Raises: ValueError."""
        if min(self.tau_means, self.tau_variances, self.tau_weights, self.tau_shared, self.class_frames) <= 0:
            raise ValueError("Every tau and class_frames must be above zero.")


STRENGTHS: Mapping[str, AcousticOptions] = {
    "mllr": AcousticOptions(tau_shared=100.0),
    "cautious": AcousticOptions(40.0, 400.0, 100.0, 30.0),
    "standard": AcousticOptions(10.0, 60.0, 20.0, 10.0),
    "strong": AcousticOptions(4.0, 15.0, 5.0, 3.0),
}
"""Named settings, the gentlest first."""

_PARTS = 4  # that the groups are put into when each part is held out in turn

CAUTIOUS = "cautious"
"""The strength to use where nothing can be measured."""

_BETWEEN_PASSES = AcousticOptions(tau_shared=10.0)
"""What the next pass is aligned and counted with: few parameters, all of them from much speech. A Gaussian that has
moved to a handful of frames claims them again, and statistics under it overrate them: on accented speech of twelve
speakers and on audiobooks of five, speech held out became less likely by 0.1 a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Acoustics:
    """What transcribed speech says of the sound, ready to become models of any strength, from any part of it.

    base: the folder that was learned from. fits: how well each utterance that was used fits its words, by its number
    among all. problems: what was not used. seconds_of: of audio used, by group, and samples_of its frames. start_mean:
    (D,) the mean cepstrum.
    """

    base: AcousticModel
    folder: Path
    fits: Mapping[int, float] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    seconds_of: Mapping[int, float] = field(default_factory=dict)
    samples_of: Mapping[int, Sequence[Sample]] = field(default_factory=dict)
    start_mean: tuple[float, ...] = ()

    @property
    def has_speech(self) -> bool:
        """Whether there is anything to learn from."""
        return bool(self.seconds_of)

    def seconds(self, groups: Iterable[int] | None = None) -> float:
        """How much speech some groups have, or all."""
        return sum(self.seconds_of.get(group, 0.0) for group in (self.seconds_of if groups is None else groups))

    def statistics(self, groups: Iterable[int] | None = None) -> Statistics:
        """The sum over some groups, or all. What nobody spoke in adds nothing."""
        total = Statistics.zero(self.base.mixtures)
        for group in sorted(set(self.seconds_of) if groups is None else set(groups) & set(self.seconds_of)):
            total = total + Statistics.load(statistics_file(self.folder, group))
        return total

    def write(self, strength: str, out: Path, *, groups: Iterable[int] | None = None) -> None:
        """Write the folder that the decoder loads, adapted with a named strength to some groups, or all.

        Raises: EngineError when the decoder would refuse it.
        """
        self._write(STRENGTHS[strength], out, groups)

    def write_for_next_pass(self, out: Path) -> None:
        """Write the folder that the same utterances are better aligned with. Raises: EngineError."""
        self._write(_BETWEEN_PASSES, out, None)

    def _write(self, options: AcousticOptions, out: Path, groups: Iterable[int] | None) -> None:
        adapted = estimate(self.base, self.statistics(groups), options)
        write_model(adapted, self.base.folder, out, start_mean=self.start_mean)
        check_acoustic(out)

    def likeliest(self) -> str:
        """The gentlest strength under which speech is as likely as under any, when others than it are adapted to.

        Each part of the groups is held out in turn. Nothing is decoded: the likelihood is that of the aligned words. As
        likely is what lies within one standard error over utterances of the best. `CAUTIOUS` where there is one group.
        """
        groups = sorted(self.seconds_of)
        if len(groups) < 2:
            return CAUTIOUS
        found: dict[str, list[Floats]] = {strength: [] for strength in STRENGTHS}
        for part in range(min(_PARTS, len(groups))):
            held_out = groups[part::_PARTS]
            others = self.statistics(set(groups) - set(held_out))
            samples = [sample for group in held_out for sample in self.samples_of[group]]
            for strength, options in STRENGTHS.items():
                found[strength].append(_log_likelihoods(estimate(self.base, others, options), samples))
        of = {strength: np.concatenate(parts) for strength, parts in found.items()}  # (U,) each
        best = max(of, key=lambda strength: float(of[strength].sum()))
        return next(strength for strength in STRENGTHS if _is_as_likely(of[strength], of[best]))


def _log_likelihoods(mixtures: TiedMixtures, samples: Sequence[Sample]) -> Floats:
    """(U,) of the frames of each utterance."""
    features = np.concatenate([sample.features for sample in samples])
    senones = np.concatenate([sample.senones for sample in samples])
    starts = np.cumsum([0, *(len(sample.senones) for sample in samples[:-1])])
    return np.add.reduceat(mixtures.score_path(features, senones), starts, dtype=np.float64)


def _is_as_likely(these: Floats, best: Floats) -> bool:
    """Whether the sum of the differences is within its standard error, sqrt(U) times their standard deviation."""
    behind = best - these
    return bool(behind.sum() <= np.sqrt(len(behind)) * behind.std())


def learn(
    base: Path,
    utterances: Sequence[TrainingUtterance],
    lexicon: Path,
    folder: Path,
    *,
    prior: Path | None = None,
    passes: int = 2,
    workers: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> Acoustics:
    """Align all utterances and count, and once more with what the first time gave.

    What cannot be aligned, or fits its words far worse than the rest of the data, is left out and listed.

    Args: base: the folder of the acoustic model; prior: that of the densities to start from, if they are not those that
        align first; lexicon: a file in the decoder's format, a word that it lacks makes
        its utterance a problem; folder: an empty one, which keeps the statistics as long as the result is used.
    Raises: EngineError: the model cannot be read.
    """
    model = read_model(base)
    if prior is not None:
        model = replace(model, mixtures=read_model(prior).mixtures)
    acoustics, aligner = Acoustics(model, folder), base
    if not utterances:
        return acoustics
    vocabulary = {word for utterance in utterances for word in utterance.words}
    ways = {word: found for word, found in Lexicon.read(lexicon).items() if word in vocabulary}
    for number in range(passes):
        kept = folder / f"statistics{number + 1}"

        def part(fraction: float, before: int = number) -> None:
            progress((before + fraction) / passes)

        counted = count(Job(aligner, kept, ways), utterances, workers=workers, progress=part)
        acoustics = Acoustics(
            acoustics.base,
            kept,
            dict(sorted(counted.fits.items())),
            tuple(problem for _, problem in sorted(counted.problems.items())),
            {group: frames / FRAMES_PER_SECOND for group, frames in sorted(counted.frames.items())},
            {group: _samples(counted, utterances, group) for group in counted.frames},
            tuple(float(value) for value in counted.cepstral_sum / max(counted.cepstral_frames, 1)),
        )
        if not acoustics.has_speech:
            break
        if number + 1 < passes:
            aligner = folder / "aligner"
            acoustics.write_for_next_pass(aligner)
            shutil.rmtree(kept)
    return acoustics


def _samples(counted: Counted, utterances: Sequence[TrainingUtterance], group: int) -> list[Sample]:
    return [sample for number, sample in sorted(counted.samples.items()) if utterances[number].group == group]


def estimate(base: AcousticModel, statistics: Statistics, options: AcousticOptions) -> TiedMixtures:
    """The densities of `base`, adapted.

    What much speech says of many parameters at once comes first: MLLR of the means by classes of phones, and weights
    that the senones of a phone share. That is the prior of MAP, for each Gaussian and each senone.
    """
    prior = base.mixtures
    classes = phone_classes(base.definition.phones)
    moved = adapted_means(prior, statistics, classes, least_frames=options.class_frames)
    means = map_means(moved, statistics, options.tau_means)
    variances = map_variances(prior.variances, moved, means, statistics, options.tau_variances)
    alike = shared_weights(prior.weights, statistics.weights, prior.codebook_of, options.tau_shared)
    weights = map_weights(alike, statistics.weights, options.tau_weights)
    return TiedMixtures(means, variances, weights, prior.codebook_of)


_KINDS = {
    "vowels": {
        "front": ("IY", "IH", "EH", "AE", "EY"),
        "central": ("AH", "ER", "AA", "AY"),
        "back": ("UW", "UH", "AO", "OW", "OY", "AW"),
    },
    "sonorants": {"nasals": ("M", "N", "NG"), "glides": ("L", "R", "W", "Y")},
    "obstruents": {
        "stops": ("P", "B", "T", "D", "K", "G"),
        "fricatives": ("F", "V", "TH", "DH", "S", "Z", "SH", "ZH", "HH", "CH", "JH"),
    },
}


def phone_classes(phones: Sequence[str]) -> Integers:
    """A tree of classes for MLLR: all; pauses or speech; vowels, sonorants, obstruents; kinds of these; each.

    Phones that are not of ARPAbet are pauses if their names say so, or else speech and nothing closer.
    Returns: (5, C).
    """
    place = {phone: (group, kind) for group, kinds in _KINDS.items() for kind, some in kinds.items() for phone in some}
    paths = []
    for phone in phones:
        speech = "pauses" if phone == "SIL" or phone.startswith("+") else "speech"
        group, kind = place.get(phone, (speech, speech))
        paths.append(("all", speech, group, kind, phone))
    return np.array([np.unique(level, return_inverse=True)[1] for level in zip(*paths, strict=True)])
