"""Recognizing many utterances, as guards and pseudo-transcripts need it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr import audio
from speechsmith.asr.types import Hypothesis
from speechsmith.engines.pocketsphinx.bands import BandRecognizer
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.parallel import each
from speechsmith.engines.pocketsphinx.recognizer import DecoderProfile

_LOADED: dict[tuple[DecoderFiles, DecoderProfile], BandRecognizer] = {}  # of this process: one at most


@dataclass(frozen=True, slots=True)
class Task:
    """A canonical file, and what it is recognized with."""

    files: DecoderFiles
    profile: DecoderProfile
    wav: Path


def recognized(
    tasks: Iterable[Task], count: int, *, workers: int, progress: Callable[[float], None]
) -> list[Hypothesis]:
    """The best hypothesis of each of `count` tasks, in order. They may be made as they are asked for: the first are
    recognized while the next are being made. Raises: EngineError.
    """
    try:
        return list(each(_recognize, tasks, count, workers=workers, progress=progress))
    finally:
        _LOADED.clear()


def _recognize(task: Task) -> Hypothesis:
    key = (task.files, task.profile)
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = BandRecognizer(task.files, task.profile)
    return _LOADED[key].recognize(audio.read(task.wav))[0]
