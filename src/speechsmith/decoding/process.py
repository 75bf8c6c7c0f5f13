"""What happens inside a decode process: keep the models that the pool asks for, and decode stretches of files.

The pool decides which models a process holds, and says so with each stretch; the process obeys. So there is one place
that knows where a model is warm, and it is not the one that may die.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from speechsmith.asr import audio
from speechsmith.asr.types import Hypothesis, PhraseList
from speechsmith.engines import registry
from speechsmith.engines.base import ModelFiles, Recognizer

Loader: TypeAlias = Callable[[ModelFiles], Recognizer]  # found in the child by its name: a function of a module

_WARM: dict[ModelFiles, Recognizer] = {}  # of this process, which decodes one stretch at a time


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds `start` to `stop` of a canonical WAV file, to be decoded with a model."""

    model: ModelFiles
    wav: Path
    start: float
    stop: float
    alternatives: int = 1
    phrases: PhraseList | None = None


def load(model: ModelFiles) -> Recognizer:
    """The model, loaded by its engine. Raises: EngineError."""
    return registry.engine(model.engine).load(model)


def decode(stretch: Stretch, keep: frozenset[ModelFiles], loader: Loader) -> list[Hypothesis]:
    """The hypotheses of the stretch, best first; word times are seconds from the start of the file.

    Models that are not in `keep` are let go before another is loaded. Raises: EngineError, OSError.
    """
    for model in _WARM.keys() - keep:
        del _WARM[model]
    if stretch.model not in _WARM:
        _WARM[stretch.model] = loader(stretch.model)
    samples = audio.read(stretch.wav, stretch.start, stretch.stop)  # (T,)
    recognizer = _WARM[stretch.model]
    found = recognizer.recognize(samples, alternatives=stretch.alternatives, phrases=stretch.phrases)
    return [
        Hypothesis(tuple(word.shifted(stretch.start) for word in hypothesis.words), hypothesis.confidence)
        for hypothesis in found
    ]
