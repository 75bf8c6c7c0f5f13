"""What a custom model learns from speech: acoustics, which setting held-out speech allows, and how sure it may be.

    utterances -> cut to speech -> split -> aligned and summed -> settings tried on what is held out -> files
    recordings -> phrases -> pseudo-transcripts ---^

Every part of the split is summed on its own, so that a model without a part is made by adding the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from speechsmith.asr import audio
from speechsmith.asr.confidence import fit
from speechsmith.asr.types import Corpus, Utterance
from speechsmith.engines.base import AdaptOptions
from speechsmith.engines.pocketsphinx import acoustic, pseudo
from speechsmith.engines.pocketsphinx.acoustic import STRENGTHS, Acoustics
from speechsmith.engines.pocketsphinx.choice import Decision, Weights, decide, learning_curve, undecided
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance
from speechsmith.engines.pocketsphinx.domain_text import draw_of
from speechsmith.engines.pocketsphinx.files import DecoderFiles, prevails
from speechsmith.engines.pocketsphinx.guards import Setting
from speechsmith.engines.pocketsphinx.hmm_files import write_language_scale
from speechsmith.engines.pocketsphinx.languages import Languages
from speechsmith.engines.pocketsphinx.long_speech import cut_by_transcript
from speechsmith.engines.pocketsphinx.pseudo import PseudoTranscript, pseudo_transcribed
from speechsmith.engines.pocketsphinx.sounds import Problem, Sound, cut_to_speech
from speechsmith.engines.pocketsphinx.sources import UNTESTED, Sources, group_of
from speechsmith.engines.pocketsphinx.stages import Stages
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone, is_mostly_narrow, write_variant
from speechsmith.engines.pocketsphinx.trials import QUARTERS, Heard, Split, prevailing, split

_CURVE = "Drawing the learning curve"
_SHARES = {  # users see these names
    "Cutting audio to speech": 0.3,
    "Transcribing recordings": 5.0,
    "Aligning speech": 1.5,
    "Trying settings on held-out speech": 40.0,
    _CURVE: 16.0,
    "Writing the acoustic model": 0.1,
}
CURVE_FROM = 60.0  # seconds of speech; a part of less says nothing of more
REPORTED = ("speech", "acoustic", "guard", "learningCurve", "confidence")
"""The parts of the report that come from here; without speech all but `guard` are None."""

CALIBRATED_FROM = 100  # recognized words
_CUT = 0.7  # the share of finding speech in the stage that cuts
_LISTED = 1_000  # utterances that were not learned from


@dataclass(frozen=True, slots=True)
class Own:
    """The custom lexicon; and `plain`, without the user's pronunciations of the `contested` words, for which the base
    lexicon has others; None where there are none."""

    lexicon: Path
    plain: Path | None = None
    contested: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Custom:
    """The parts of the custom model that text and pronunciations have made: what speech is recognized with.

    `words_of` gives the lexical words of a transcript.
    """

    base: DecoderFiles
    language: Path
    own: Own
    languages: Languages
    weights: Weights
    words_of: Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Learned:
    """The setting that the model is to have, and what the report tells of speech."""

    setting: Setting
    report: dict[str, Any]


def shares(corpus: Corpus, options: AdaptOptions) -> dict[str, float]:
    """What each stage that may come costs beside the others."""
    left_out = {
        "Transcribing recordings": not corpus.recordings,
        "Trying settings on held-out speech": not corpus.utterances,
        _CURVE: not corpus.utterances or options.learning_curve is False,
    }
    return {stage: share for stage, share in _SHARES.items() if not left_out.get(stage)}


def learn(
    corpus: Corpus, custom: Custom, out: Path, scratch: Path, *, options: AdaptOptions, stages: Stages
) -> Learned:
    """Write `acoustic/` and `confidence.json` into `out`, as far as speech allows it.

    Raises: EngineError: a file of the base is damaged.
    """
    training = _Training(corpus, custom, scratch, options, stages)
    heard, guessed = training.hear(), training.guess()
    whole = split(_once(heard))
    acoustics = training.align(heard, guessed, whole)
    tested = whole.without({problem.name for problem in training.problems})
    own = custom.own
    wanted = acoustics.seconds() >= CURVE_FROM if options.learning_curve is None else options.learning_curve
    if not wanted:
        stages.leave_out(_CURVE)
    languages = custom.languages.in_pieces(training.pieces)
    sources = Sources(training.custom.base, own.lexicon, languages, acoustics, tested, scratch, own.plain)
    decision = training.decide(sources)
    curve = training.curve(sources, decision) if wanted and corpus.utterances else []
    strength = decision.setting.strength
    with stages("Writing the acoustic model"):
        if strength:
            acoustics.write(strength, out / "acoustic")
            if (scale := decision.setting.language_scale) != 1.0:
                write_language_scale(out / "acoustic", scale)
        confidence = calibrated(decision, out / "confidence.json")
    report = {
        "speech": training.report(heard, guessed, acoustics),
        "acoustic": _shown(strength),
        "guard": decision.report(own.contested) | {"heldOut": _held_out(tested, in_pieces=bool(training.pieces))},
        "learningCurve": curve,
        "confidence": confidence,
    }
    return Learned(decision.setting, report)


def unheard(weight: float, contested: Sequence[str]) -> Learned:
    """What there is to tell of a model without speech: everything stays, untested."""
    decision = undecided(Setting(weight, "", bool(contested)))
    guard = decision.report(contested) | {"heldOut": None}
    return Learned(decision.setting, dict.fromkeys(REPORTED) | {"guard": guard})


@dataclass(slots=True)
class _Training:
    """The steps, and what was lost on the way. On it, utterances and then recordings have numbers as names, since
    users' may occur twice; and a piece of one has a second number, so that it is lost alone."""

    corpus: Corpus
    custom: Custom
    scratch: Path
    options: AdaptOptions
    stages: Stages
    problems: list[Problem] = field(default_factory=list)
    prior: Path | None = None
    pieces: dict[int, list[tuple[int, tuple[str, ...]]]] = field(default_factory=dict)

    def hear(self) -> list[Heard]:
        """The transcribed utterances, cut to their speech, and long ones into pieces.

        A piece has the draw of its whole transcript: the text knows that as one sentence, and holds it out as one. But
        those of a recording that prevails have their own; `pieces` has them, by the draw of the whole.
        """
        folder, pieces = self.scratch / "speech", self.scratch / "pieces"
        folder.mkdir()
        pieces.mkdir()
        numbered = _numbered(self.corpus.utterances)
        workers = self.options.workers
        with self.stages("Cutting audio to speech") as part:
            sounds, problems = cut_to_speech(numbered, folder, workers=workers, progress=lambda done: part(_CUT * done))
            self._tune_in(sounds)
            words = [tuple(self.custom.words_of(numbered[sound.number].transcript)) for sound in sounds]
            found, more = cut_by_transcript(
                self.custom.base.acoustic,
                [TrainingUtterance(str(one.number), one.wav, said) for one, said in zip(sounds, words, strict=True)],
                self.custom.own.lexicon,
                pieces,
                workers=workers,
                progress=lambda done: part(_CUT + (1 - _CUT) * done),
            )
        self.problems += [*problems, *more]
        draws = [draw_of(said, self.options.seed) for said in words]
        heard = [
            Heard(f"{sounds[one.number].number}.{n}", one.wav, one.duration, one.words, draws[one.number])
            for n, one in enumerate(found)
        ]
        return self._in_pieces(heard, prevailing(heard))

    def _in_pieces(self, heard: Sequence[Heard], whole: int | None) -> list[Heard]:
        """The same, but each piece of the recording of this draw has one of its own."""
        seed = self.options.seed
        drawn = [replace(one, draw=draw_of(one.words, seed)) if one.draw == whole else one for one in heard]
        pieces = [(new.draw, new.words) for old, new in zip(heard, drawn, strict=True) if old.draw != new.draw]
        if whole is not None and pieces:
            self.pieces[whole] = pieces
        return drawn

    def guess(self) -> list[PseudoTranscript]:
        """Pseudo-transcripts of what nobody has transcribed."""
        if not self.corpus.recordings:
            return []
        folder = self.scratch / "recordings"
        folder.mkdir()
        custom = self.custom
        files = DecoderFiles(
            custom.base.acoustic, custom.language, custom.own.lexicon, text_prevails=prevails(custom.weights.gentle)
        )
        with self.stages("Transcribing recordings") as part:
            guessed, problems = pseudo_transcribed(
                _numbered(self.corpus.recordings, start=len(self.corpus.utterances)),
                files,
                folder,
                workers=self.options.workers,
                progress=part,
            )
        self.problems += problems
        if not self.corpus.utterances:
            self._tune_in([one.sound for one in guessed])
        return guessed

    def _tune_in(self, sounds: Sequence[Sound]) -> None:
        """Learn for the telephone if most of the speech came through one."""
        if is_mostly_narrow((sound.duration, sound.is_narrow) for sound in sounds):
            variant = self.scratch / "telephone"
            write_variant(self.custom.base.acoustic, variant)
            self.prior = self.custom.base.acoustic
            self.custom = replace(self.custom, base=replace(self.custom.base, acoustic=variant))

    def align(self, heard: Sequence[Heard], guessed: Sequence[PseudoTranscript], whole: Split) -> Acoustics:
        """What the speech says of the sound."""
        utterances = [TrainingUtterance(one.name, one.wav, one.words, group_of(whole, one)) for one in heard]
        for number, one in enumerate(guessed):
            if one.is_kept:
                words = tuple(word.text for word in one.hypothesis.words)
                group = UNTESTED + number % QUARTERS
                utterances.append(TrainingUtterance(one.recording, one.sound.wav, words, group))
        folder = self.scratch / "statistics"
        folder.mkdir()
        with self.stages("Aligning speech") as part:
            acoustics = acoustic.learn(
                self.custom.base.acoustic,
                utterances,
                self.custom.own.lexicon,
                folder,
                prior=self.prior,
                workers=self.options.workers,
                progress=part,
            )
        self.problems += acoustics.problems
        return acoustics

    def decide(self, sources: Sources) -> Decision:
        """The setting that held-out speech allows."""
        run = partial(decide, sources, self.custom.weights, workers=self.options.workers)
        if not self.corpus.utterances:  # nothing will be tried
            return run(progress=lambda _: None)
        with self.stages("Trying settings on held-out speech") as part:
            return run(progress=part)

    def curve(self, sources: Sources, decision: Decision) -> list[dict[str, Any]]:
        """What less speech would have done."""
        with self.stages(_CURVE) as part:
            return learning_curve(sources, decision, workers=self.options.workers, progress=part)

    def report(
        self, heard: Sequence[Heard], guessed: Sequence[PseudoTranscript], acoustics: Acoustics
    ) -> dict[str, Any]:
        """What there was to hear, and what of it was not used."""
        names = [one.name for one in (*self.corpus.utterances, *self.corpus.recordings)]
        listed = [replace(one, name=names[int(one.name.partition(".")[0])]) for one in self.problems[:_LISTED]]
        phrases = [replace(one, recording=names[int(one.recording)]) for one in guessed]
        return {
            "utterances": len(self.corpus.utterances),
            "seconds": round(sum(one.duration for one in heard), 1),
            "secondsUsed": round(acoustics.seconds(), 1),
            "band": "telephone" if is_for_telephone(self.custom.base.acoustic) else "full",
            "notUsed": {"count": len(self.problems), "utterances": [one.shown() for one in listed]},
            "pseudoTranscripts": pseudo.report(phrases) if self.corpus.recordings else None,
        }


def _once(heard: Sequence[Heard]) -> list[Heard]:
    """The same without copies: who names a recording ten times wants it learned ten times, but it is no ten tests."""
    first: dict[tuple[str, tuple[str, ...]], Heard] = {}
    for one in heard:
        first.setdefault((audio.pcm_digest(one.wav), one.words), one)
    return list(first.values())


def _numbered(utterances: Sequence[Utterance], start: int = 0) -> list[Utterance]:
    return [replace(one, name=str(number)) for number, one in enumerate(utterances, start)]


def calibrated(decision: Decision, target: Path) -> dict[str, Any] | None:
    """How sure the model may be of a word, from the words that it got right and wrong on held-out speech."""
    if len(decision.words) < CALIBRATED_FROM:
        return None
    posteriors, right = zip(*decision.words, strict=True)
    calibration = fit(posteriors, right)
    if not calibration.slope:  # wrong transcripts, perhaps: it would make all words alike
        return None
    calibration.write(target)
    return {"slope": round(calibration.slope, 4), "intercept": round(calibration.intercept, 4), "words": len(right)}


def _shown(strength: str) -> dict[str, Any] | None:
    if not strength:
        return None
    options = STRENGTHS[strength]
    taus = {
        "means": options.tau_means,
        "variances": options.tau_variances,
        "weights": options.tau_weights,
        "sharedWeights": options.tau_shared,
    }
    kept = {name: None if tau == float("inf") else tau for name, tau in taus.items()}
    return {"strength": strength, "tau": kept, "classFrames": options.class_frames}


def _held_out(split: Split, *, in_pieces: bool) -> dict[str, Any]:
    return {
        "folds": len(split.folds),
        "inPieces": in_pieces,
        "utterances": len(split.tested),
        "words": sum(len(one.words) for one in split.tested),
        "seconds": round(sum(one.duration for one in split.tested), 1),
    }
