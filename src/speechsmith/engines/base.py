"""What an engine promises: (base model, corpus) -> model and (model, audio) -> hypotheses, all as files.

An engine has never heard of projects, users, HTTP or a database. It is found by its entry point in the group
`speechsmith.engines`, constructed without arguments, and must be cheap to construct: heavy libraries are imported by
`load` and `adapt`, not by the module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from speechsmith.asr.types import Corpus, CorpusKind, Hypothesis, PhraseList, Progress, Samples, Utterance


class EngineError(Exception):
    """An engine could not do its work. `code` is stable; `retriable` says whether trying again may help."""

    def __init__(self, message: str, *, code: str = "EngineError", retriable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retriable = retriable


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A base model that comes with an engine: its release date `YYYYMMDD`, its locale and its folder."""

    released: str
    locale: str
    folder: Path
    description: str


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk: the folder of the base and, for a custom model, the folder that `adapt` wrote."""

    engine: str
    base: Path
    custom: Path | None = None


@dataclass(frozen=True, slots=True)
class AdaptOptions:
    """What a user may decide about training.

    `weight` is the interpolation weight of the domain language model, in (0, 1]; None lets the engine choose it on
    held-out lines. `seed` makes every choice repeatable. `workers` is how many processes may work at once; it never
    changes the result. `learning_curve` asks what less speech would have done, for the report, which costs time; None
    asks it where the engine finds enough speech to tell.
    `general_speech` is transcribed speech of no trade: what the model loses there is measured, and nothing learned.
    """

    weight: float | None = None
    seed: int = 0
    workers: int = 1
    learning_curve: bool | None = None
    general_speech: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class AdaptResult:
    """What `adapt` has made: the weight that was used, and the report that the user downloads."""

    weight: float | None
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recognized:
    """Seconds `start` to `stop` of a canonical WAV file of 16 kHz, and what was recognized in them."""

    wav: Path
    start: float
    stop: float
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class Attuned:
    """What `attuned` has made of `seconds` of speech: a model, or None and, for the user, why not."""

    model: ModelFiles | None
    seconds: float
    why_not: str = ""


class Recognizer(Protocol):
    """A loaded model. Not safe for two callers at once; one process holds it."""

    def recognize(
        self, audio: Samples, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> list[Hypothesis]:
        """Decode one utterance, from a stated start: what was heard before never changes the result.

        Nor do phrases that other utterances came with. Without phrases, or with a weight of 0, nothing is expected.

        Args: audio (T,) mono at SAMPLE_RATE_HZ; alternatives: how many hypotheses at most; phrases: what is likely to
            be said, wherever in the utterance.
        Returns: best first, at least one; the best may have no words. Word times are seconds from the first sample.
        Raises: EngineError.
        """
        ...


class Guesser(Protocol):
    """Guesses what is said while it is said: at once, and rougher than a Recognizer. One utterance at a time."""

    def start(self) -> None:
        """An utterance begins; what was heard before never changes a guess. Raises: EngineError."""
        ...

    def accept(self, audio: Samples) -> None:
        """Hear (T,) more samples at SAMPLE_RATE_HZ; the work grows with T alone. Raises: EngineError."""
        ...

    def guess(self) -> str:
        """The words of the utterance so far, in lexical form; "" when there are none yet. Raises: EngineError."""
        ...


class Engine(Protocol):
    """How sound becomes words, and how a model learns from a user's data."""

    name: str
    version: str
    learns: frozenset[CorpusKind]

    def packaged_models(self) -> list[PackagedModel]:
        """The base models that this engine brings along."""
        ...

    def load(self, model: ModelFiles) -> Recognizer:
        """Raises: EngineError when the files are missing or damaged."""
        ...

    def guesser(self, model: ModelFiles) -> Guesser:
        """Load what guesses need. Raises: EngineError when the files are missing or damaged."""
        ...

    def adapt(self, base: Path, corpus: Corpus, out: Path, options: AdaptOptions, progress: Progress) -> AdaptResult:
        """Make a custom model in the empty folder `out`.

        Raises: EngineError when nothing can be learned from the corpus (code `NothingToLearn`).
        """
        ...

    def vocabulary(self, model: ModelFiles) -> frozenset[str]:
        """The words that a model can recognize, in lexical form.

        Raises: EngineError when the files are missing or damaged.
        """
        ...

    def attuned(
        self, model: ModelFiles, heard: Sequence[Recognized], out: Path, *, workers: int, progress: Progress
    ) -> Attuned:
        """Make a model for the recording that `heard` comes from, in the empty folder `out`, without transcripts.

        What is learned is how it sounds: words, pronunciations and how text is written stay those of `model`. No model
        is made when too little was recognized with confidence, or when the engine cannot learn so.

        Args: heard: phrases of one recording as `model` recognized them; workers: how many processes may work at once;
            it never changes the result.
        Raises: EngineError.
        """
        ...
