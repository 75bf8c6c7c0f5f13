"""What happens inside a decode process: keep the models that the pool asks for, and decode stretches of sound.

The pool decides which models a process holds, and says so with each stretch; the process obeys. So there is one place
that knows where a model is warm, and it is not the one that may die.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from speechsmith.asr import audio
from speechsmith.asr.types import Hypothesis, PhraseList, Samples
from speechsmith.engines import registry
from speechsmith.engines.base import Guesser, ModelFiles, Recognizer

Loader: TypeAlias = Callable[[ModelFiles], Recognizer]  # found in the child by its name: a function of a module

_WARM: dict[ModelFiles, Recognizer] = {}  # of this process, which decodes one stretch at a time


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds `start` to `stop` of a recording, to be decoded with a model.

    `source` is the canonical WAV file of the recording, or the sound of the stretch itself, 16-bit at SAMPLE_RATE_HZ.
    """

    model: ModelFiles
    source: Path | bytes = field(repr=False)
    start: float
    stop: float
    alternatives: int = 1
    phrases: PhraseList | None = None


def load(model: ModelFiles) -> Recognizer:
    """The model, loaded by its engine. Raises: EngineError."""
    return registry.engine(model.engine).load(model)


def guesser(model: ModelFiles) -> Guesser:
    """What guesses with the model, loaded by its engine. Raises: EngineError."""
    return registry.engine(model.engine).guesser(model)


def decode(stretch: Stretch, keep: frozenset[ModelFiles], loader: Loader) -> list[Hypothesis]:
    """The hypotheses of the stretch, best first; word times are seconds from the start of the file.

    Models that are not in `keep` are let go before another is loaded. Raises: EngineError, OSError.
    """
    for model in _WARM.keys() - keep:
        del _WARM[model]
    if stretch.model not in _WARM:
        _WARM[stretch.model] = loader(stretch.model)
    samples = _samples(stretch)  # (T,)
    recognizer = _WARM[stretch.model]
    found = recognizer.recognize(samples, alternatives=stretch.alternatives, phrases=stretch.phrases)
    return [
        Hypothesis(tuple(word.shifted(stretch.start) for word in hypothesis.words), hypothesis.confidence)
        for hypothesis in found
    ]


def _samples(stretch: Stretch) -> Samples:
    if isinstance(stretch.source, bytes):
        return audio.from_pcm(stretch.source)
    return audio.read(stretch.source, stretch.start, stretch.stop)
