"""What a setting does on speech that it has not learned from.

Short data are held out a third at a time, so that each utterance is learned from and, elsewhere, tested on; of long
data one tenth is held out once. Which part an utterance belongs to is drawn from its words: a sentence that was spoken
twice is never both learned from and tested on. At most TESTED seconds are decoded for a setting.

The pieces of a long recording have one draw, that of its whole transcript: other pieces of the same hour are too much
alike to be a test. But where one recording is half of the speech or more, holding it out leaves too little to learn
from, and its pieces are drawn one by one.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from speechsmith.asr.scoring import ErrorCounts, align
from speechsmith.asr.types import Hypothesis
from speechsmith.engines.pocketsphinx.decode import Task, recognized
from speechsmith.engines.pocketsphinx.domain_text import draw_of
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.recognizer import DecoderProfile

THIRDS, TENTHS = 3, 10
SHORT = 1200.0  # seconds of speech; less is held out in thirds
TESTED = 240.0  # seconds
QUARTERS = 4  # of what is learned from, for the learning curve


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcribed utterance as training knows it: canonical speech, its seconds, its words, and their draw."""

    name: str
    wav: Path
    duration: float
    words: tuple[str, ...]
    draw: int


@dataclass(frozen=True, slots=True)
class Fold:
    """A part that is held out: its number, and the utterances of it that are decoded."""

    number: int
    tested: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """How speech is held out. Every utterance has a fold; only those in `folds` are ever tested on."""

    parts: int
    folds: tuple[Fold, ...]
    draws: tuple[frozenset[int], ...] = ()

    def fold_of(self, heard: Heard) -> int:
        """The part that an utterance belongs to."""
        return heard.draw // 7 % self.parts  # by 7: other uses of the draw look at its remainders

    def quarter_of(self, heard: Heard) -> int:
        """Which quarter of its part an utterance belongs to."""
        return heard.draw // 7 // self.parts % QUARTERS

    def draws_of(self, fold: int) -> frozenset[int]:
        """The draws of the sentences that a model without the fold must not know."""
        return self.draws[fold] if self.draws else frozenset()

    def without(self, names: Collection[str]) -> "Split":
        """The same split, but nothing of these names is tested on."""
        folds = (Fold(fold.number, tuple(one for one in fold.tested if one.name not in names)) for fold in self.folds)
        return replace(self, folds=tuple(fold for fold in folds if fold.tested))

    @property
    def tested(self) -> tuple[Heard, ...]:
        """All utterances that are decoded, fold by fold."""
        return tuple(heard for fold in self.folds for heard in fold.tested)


def prevailing(heard: Sequence[Heard]) -> int | None:
    """The draw of the recording, or sentence, that is half of the speech or more."""
    seconds: dict[int, float] = {}
    for one in heard:
        seconds[one.draw] = seconds.get(one.draw, 0.0) + one.duration
    longest = max(seconds, key=lambda draw: seconds[draw], default=None)
    return None if longest is None or 2 * seconds[longest] < sum(seconds.values()) else longest


def split(heard: Sequence[Heard]) -> Split:
    """Hold out utterances that have words; without others to learn from, a part is not tested on."""
    parts = THIRDS if sum(one.duration for one in heard) < SHORT else TENTHS
    whole = Split(parts, ())
    spoken = [one for one in heard if one.words]
    members = [[one for one in spoken if whole.fold_of(one) == number] for number in range(parts)]
    numbers = [number for number in range(parts) if 0 < len(members[number]) < len(spoken)]
    held_out = numbers if parts == THIRDS else numbers[:1]
    folds = [Fold(number, _at_most(TESTED / len(held_out), members[number])) for number in held_out]
    return Split(parts, tuple(folds), tuple(frozenset(one.draw for one in some) for some in members))


def _at_most(seconds: float, heard: Sequence[Heard]) -> tuple[Heard, ...]:
    """Some of the utterances, at least one, drawn one by one: a sentence that is spoken often comes as often."""
    chosen: list[Heard] = []
    for one in sorted(heard, key=lambda one: (draw_of([one.name], one.draw), one.name)):
        if chosen and seconds < one.duration:
            break
        chosen.append(one)
        seconds -= one.duration
    return tuple(chosen)


FilesOf = Callable[[int], tuple[DecoderFiles, DecoderProfile]]
"""What a setting decodes with when it has not learned from the fold of this number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a setting made of the tested utterances, in their order."""

    counts: tuple[ErrorCounts, ...]
    hypotheses: tuple[Hypothesis, ...]


def tried(files_of: FilesOf, split: Split, *, workers: int, progress: Callable[[float], None]) -> Outcome:
    """Decode what is held out, each fold by files that have not learned from it. Raises: EngineError."""

    def tasks() -> Iterator[Task]:
        for fold in split.folds:
            files, profile = files_of(fold.number)
            yield from (Task(files, profile, heard.wav) for heard in fold.tested)

    hypotheses = recognized(tasks(), len(split.tested), workers=workers, progress=progress)
    counts = tuple(
        align(heard.words, [word.text for word in hypothesis.words]).counts
        for heard, hypothesis in zip(split.tested, hypotheses, strict=True)
    )
    return Outcome(counts, tuple(hypotheses))
