"""The task that makes a custom model: hand the corpus to the engine, and remember what it learned from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import orjson

from speechsmith.asr.audio import pcm_digest
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import Corpus, Progress, Utterance
from speechsmith.engines.base import AdaptOptions, EngineError
from speechsmith.engines.registry import engine
from speechsmith.tasks.base import TaskError


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainModel:
    """A base, what to learn, and the user's wishes."""

    engine: str
    base: Path
    corpus: Corpus
    options: AdaptOptions


@dataclass(frozen=True, slots=True)
class Trained:
    """The weight that was used. `model`, `report.json` and `digests.txt` lie in the folder of the attempt."""

    weight: float | None


def run(task: TrainModel, out: Path, progress: Progress) -> Trained:
    """Raises: TaskError when nothing can be learned, EngineError when the engine may do better later."""
    model = out / "model"
    model.mkdir()
    try:
        result = engine(task.engine).adapt(task.base, task.corpus, model, task.options, progress)
    except EngineError as error:
        if error.retriable:
            raise
        raise TaskError(error.code, str(error)) from error
    (out / "report.json").write_bytes(
        orjson.dumps(dict(result.report), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    )
    digests = utterance_digests(task.corpus.locale, task.corpus.utterances)
    (out / "digests.txt").write_text("\n".join(digests), encoding="utf-8")
    return Trained(result.weight)


def utterance_digests(locale: str, utterances: tuple[Utterance, ...]) -> tuple[str, ...]:
    """What tells whether an utterance was learned from: a digest of its sound, and one of its words."""
    lexical = normalizer(locale).lexical
    sounds = {f"audio:{pcm_digest(utterance.audio)}" for utterance in utterances}
    words = {transcript_digest(lexical(utterance.transcript)) for utterance in utterances}
    return tuple(sorted(sounds | words))


def transcript_digest(lexical: str) -> str:
    """The digest of a transcript in lexical form."""
    return f"text:{hashlib.sha256(lexical.encode()).hexdigest()}"
