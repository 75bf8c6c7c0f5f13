"""What a model hears in each of many utterances: shared by tests, and by the drafts of the Editor."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from speechsmith.asr.audio import convert, probe
from speechsmith.asr.types import SAMPLE_RATE_HZ, Progress, Utterance
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase, transcribe
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.tasks.base import TaskError


def canonical(utterances: Sequence[Utterance], folder: Path, *, progress: Progress) -> list[Path]:
    """The sound of each at the rate that everything is decoded at. Those of another rate are written into a folder."""
    folder.mkdir()
    sounds = []
    for number, utterance in enumerate(utterances):
        progress("Reading audio", number / len(utterances))
        wav = utterance.audio
        if probe(wav).rate_hz != SAMPLE_RATE_HZ:
            wav = folder / f"{number}.wav"
            convert(utterance.audio, wav, rate_hz=SAMPLE_RATE_HZ, max_seconds=float("inf"))
        sounds.append(wav)
    return sounds


def recognized(
    sounds: Sequence[Path], model: ModelFiles, pool: DecodePool, *, progress: Progress
) -> list[list[Phrase]]:
    """The phrases of each. Short ones leave a process idle, so several are under way at once.

    Raises: TaskError when the model cannot be used.
    """
    found: list[list[Phrase]] = []
    with ThreadPoolExecutor(2 * pool.processes) as threads:
        try:
            for phrases in threads.map(lambda wav: list(transcribe(wav, model, pool)), sounds):
                found.append(phrases)
                progress("Recognizing", len(found) / len(sounds))
        except EngineError as error:
            threads.shutdown(wait=False, cancel_futures=True)
            if error.retriable:
                raise
            raise TaskError(error.code, str(error)) from error
    return found
