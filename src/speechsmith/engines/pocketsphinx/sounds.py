"""The sound of utterances as training hears it: canonical files, cut to the speech, as recognition cuts it.

Recognition finds the speech in a recording before it decodes, and the decoder takes its cepstral mean over what it
gets. So what is learned from, and what is held out, is cut the same way: half a second of hiss before a word would
shift the mean, and with it every frame.
"""

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechsmith.asr import audio
from speechsmith.asr.audio import AudioError
from speechsmith.asr.segments import Segment, segments
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples, Utterance
from speechsmith.engines.pocketsphinx.parallel import each

_BLOCK = 10.0  # seconds held while speech is looked for


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of speech: a canonical WAV file of 16 kHz, its seconds, and its number among the utterances."""

    number: int
    wav: Path
    duration: float


@dataclass(frozen=True, slots=True)
class Problem:
    """An utterance that was not learned from, and why. `code` is stable."""

    name: str
    code: str
    reason: str

    def shown(self) -> dict[str, str]:
        """The report's form."""
        return {"name": self.name, "code": self.code, "reason": self.reason}


def cut_to_speech(
    utterances: Sequence[Utterance], folder: Path, *, workers: int, progress: Callable[[float], None]
) -> tuple[list[Sound], list[Problem]]:
    """Each utterance from its first word to its last, below `folder`; what has no speech is a problem."""
    return _made(_trimmed, utterances, folder, workers, progress)


def cut_into_phrases(
    recordings: Sequence[Utterance], folder: Path, *, workers: int, progress: Callable[[float], None]
) -> tuple[list[Sound], list[Problem]]:
    """Each phrase of long recordings, below `folder`; `number` is that of the recording."""
    return _made(_phrases, recordings, folder, workers, progress)


_Made = tuple[list[tuple[Path, float]], Problem | None]


def _made(
    cut: Callable[[tuple[Utterance, Path]], _Made],
    utterances: Sequence[Utterance],
    folder: Path,
    workers: int,
    progress: Callable[[float], None],
) -> tuple[list[Sound], list[Problem]]:
    tasks = [(utterance, folder / f"{number:06}.wav") for number, utterance in enumerate(utterances)]
    sounds: list[Sound] = []
    problems: list[Problem] = []
    for number, (made, problem) in enumerate(each(cut, tasks, workers=workers, progress=progress)):
        sounds += [Sound(number, wav, duration) for wav, duration in made]
        problems += [problem] if problem else []
    return sounds, problems


def _trimmed(task: tuple[Utterance, Path]) -> _Made:
    return _cut(*task, whole=True)


def _phrases(task: tuple[Utterance, Path]) -> _Made:
    return _cut(*task, whole=False)


def _cut(utterance: Utterance, target: Path, *, whole: bool) -> _Made:
    canonical = target.with_suffix(".whole.wav")
    try:
        audio.convert(utterance.audio, canonical, rate_hz=SAMPLE_RATE_HZ, max_seconds=float("inf"))
    except (AudioError, OSError) as error:
        reason = str(error) if isinstance(error, AudioError) else "The file cannot be read."
        return [], Problem(utterance.name, "NotAudio", reason)
    try:
        found = list(segments(audio.blocks(canonical, _BLOCK)))
        if not found:
            return [], Problem(utterance.name, "NoSpeech", "No speech was found in the audio; listen to it.")
        wanted = [Segment(found[0].start, found[-1].end)] if whole else found
        made = []
        for number, segment in enumerate(wanted):
            wav = target if whole else target.with_suffix(f".{number:05}.wav")
            _write(audio.read(canonical, segment.start, segment.end), wav)
            made.append((wav, segment.duration))
        return made, None
    finally:
        canonical.unlink(missing_ok=True)


def _write(samples: Samples, wav: Path) -> None:
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
