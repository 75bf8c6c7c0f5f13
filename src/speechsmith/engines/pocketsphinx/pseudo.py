"""Speech that nobody has transcribed: what the recognizer is sure of stands in for a transcript.

Each recording is cut into phrases, and each phrase is recognized with the base acoustic model and the custom language
model. A phrase of which the recognizer is sure goes on to acoustic adaptation, and only there: its words are never
text to learn from, since a language model that hears its own errors grows sure of them.

Zavaliagkos & Colthurst, "Utilizing untranscribed training data to improve performance", DARPA Broadcast News
Transcription and Understanding Workshop, 1998.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechsmith.asr.types import Hypothesis, Utterance
from speechsmith.engines.pocketsphinx.decode import Task, recognized
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.recognizer import profile_for
from speechsmith.engines.pocketsphinx.sounds import Problem, Sound, cut_into_phrases

SURE = 0.8  # least confidence of a phrase, the mean of its words' by their duration
LEAST_WORDS = 2  # one word alone is recognized with too much confidence
LISTED = 1_000  # phrases that the report shows


@dataclass(frozen=True, slots=True)
class PseudoTranscript:
    """A phrase of a recording and what was recognized in it."""

    recording: str
    sound: Sound
    hypothesis: Hypothesis

    @property
    def is_kept(self) -> bool:
        """Whether it is learned from."""
        return len(self.hypothesis.words) >= LEAST_WORDS and self.hypothesis.confidence >= SURE

    def shown(self) -> dict[str, Any]:
        """The report's form."""
        return {
            "recording": self.recording,
            "transcript": self.hypothesis.lexical,
            "confidence": round(self.hypothesis.confidence, 3),
            "start": round(self.sound.start, 2),
            "seconds": round(self.sound.duration, 2),
            "used": self.is_kept,
        }


def pseudo_transcribed(
    recordings: Sequence[Utterance],
    files: DecoderFiles,
    folder: Path,
    *,
    workers: int,
    progress: Callable[[float], None],
) -> tuple[list[PseudoTranscript], list[Problem]]:
    """Every phrase of the recordings with what the files make of it; its sound lies below `folder`.

    Raises: EngineError.
    """
    sounds, problems = cut_into_phrases(recordings, folder, workers=workers, progress=lambda part: progress(0.2 * part))
    profile = profile_for(files)
    hypotheses = recognized(
        [Task(files, profile, sound.wav) for sound in sounds],
        len(sounds),
        workers=workers,
        progress=lambda part: progress(0.2 + 0.8 * part),
    )
    found = [
        PseudoTranscript(recordings[sound.number].name, sound, hypothesis)
        for sound, hypothesis in zip(sounds, hypotheses, strict=True)
    ]
    return found, problems


def report(found: Sequence[PseudoTranscript]) -> dict[str, Any]:
    """What the model's report tells of them."""
    kept = [one for one in found if one.is_kept]
    return {
        "phrases": len(found),
        "used": len(kept),
        "seconds": round(sum(one.sound.duration for one in found), 1),
        "secondsUsed": round(sum(one.sound.duration for one in kept), 1),
        "leastConfidence": SURE,
        "transcripts": [one.shown() for one in found[:LISTED]],
    }
