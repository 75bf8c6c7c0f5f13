"""The task that deploys a model: make sure that it loads and decodes here, adapted to inline text if there is any."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from speechsmith.asr.types import SAMPLE_RATE_HZ, Corpus, Progress
from speechsmith.engines.base import AdaptOptions, EngineError, ModelFiles
from speechsmith.engines.registry import engine
from speechsmith.tasks.base import TaskError
from speechsmith.tasks.train_model import write_style


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """A model, and for an endpoint with text of its own the corpus to adapt it to."""

    model: ModelFiles
    corpus: Corpus | None
    options: AdaptOptions


@dataclass(frozen=True, slots=True)
class Deployed:
    """Whether a model was made for this endpoint alone."""

    has_own_model: bool


def run(task: Deploy, out: Path, progress: Progress) -> Deployed:
    """Raises: TaskError when the model cannot be loaded here."""
    model = task.model
    try:
        if task.corpus is not None:
            own = out / "model"
            own.mkdir()
            engine(model.engine).adapt(
                model.base, task.corpus, own, task.options, lambda stage, share: progress(stage, 0.9 * share)
            )
            write_style(own, task.corpus)
            model = replace(model, custom=own)
        progress("Loading the model", 0.9)
        recognizer = engine(model.engine).load(model)
        recognizer.recognize(np.zeros(SAMPLE_RATE_HZ // 2, dtype=np.float32))
    except EngineError as error:
        raise TaskError(error.code, str(error)) from error
    return Deployed(has_own_model=task.corpus is not None)
