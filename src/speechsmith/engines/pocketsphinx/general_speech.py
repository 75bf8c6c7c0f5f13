"""What a custom model loses on general speech that the operator has: the word error rate before and after."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from speechsmith.asr.scoring import ErrorCounts, align
from speechsmith.asr.types import Utterance
from speechsmith.engines.pocketsphinx.decode import Task, recognized
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.guards import Setting, Trial, measured
from speechsmith.engines.pocketsphinx.recognizer import profile_for
from speechsmith.engines.pocketsphinx.sounds import cut_to_speech

MOST = 300.0  # seconds that are decoded


def loss(
    utterances: Sequence[Utterance],
    models: Sequence[DecoderFiles],
    folder: Path,
    *,
    words_of: Callable[[str], list[str]],
    workers: int,
    progress: Callable[[float], None],
) -> dict[str, Any] | None:
    """Both rates and their difference, with 95 % ranges; None where no utterance has speech and words.

    Args: models: the base and the custom one; folder: an empty one.
    Raises: EngineError.
    """
    sounds, _ = cut_to_speech(utterances, folder, workers=workers, progress=lambda part: progress(0.1 * part))
    tested, seconds = [], 0.0
    for sound in sounds:
        words = words_of(utterances[sound.number].transcript)
        if words and seconds < MOST:
            tested.append((sound.wav, words))
            seconds += sound.duration
    if not tested:
        return None
    trials = []
    for number, files in enumerate(models):
        profile = profile_for(files)
        hypotheses = recognized(
            [Task(files, profile, wav) for wav, _ in tested],
            len(tested),
            workers=workers,
            progress=lambda part, number=number: progress(0.1 + 0.45 * (number + part)),  # type: ignore[misc]
        )
        counts: list[ErrorCounts] = [
            align(words, [word.text for word in hypothesis.words]).counts
            for (_, words), hypothesis in zip(tested, hypotheses, strict=True)
        ]
        trials.append(Trial(Setting(), tuple(counts)))
    return {"utterances": len(tested), "seconds": round(seconds, 1)} | measured(*trials)
