"""The sound of utterances as training hears it: canonical files, cut to the speech, as recognition cuts it.

Recognition finds the speech in a recording before it decodes, and the decoder takes its cepstral mean over what it
gets. So what is learned from, and what is held out, is cut the same way: half a second of hiss before a word would
shift the mean, and with it every frame.
"""

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr import audio
from speechsmith.asr.audio import AudioError
from speechsmith.asr.bandwidth import is_narrow
from speechsmith.asr.segments import Segment, segments
from speechsmith.asr.types import SAMPLE_RATE_HZ, Utterance
from speechsmith.engines.pocketsphinx.parallel import each

_BLOCK = 10.0  # seconds held while speech is looked for
_HEARD = 60.0  # seconds that tell which band a stretch has
_BLOCK_FRAMES = int(_BLOCK * SAMPLE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of speech: a canonical WAV file of 16 kHz, its seconds, where it starts in the audio it was cut from,
    the number of that among the utterances, and whether it is telephone speech."""

    number: int
    wav: Path
    duration: float
    start: float
    is_narrow: bool = False


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


_Made = tuple[list[tuple[Path, Segment, bool]], Problem | None]


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
    for number, (made, problem) in enumerate(each(cut, tasks, len(tasks), workers=workers, progress=progress)):
        sounds += [Sound(number, wav, segment.duration, segment.start, narrow) for wav, segment, narrow in made]
        problems += [problem] if problem else []
    return sounds, problems


def _trimmed(task: tuple[Utterance, Path]) -> _Made:
    return _cut(*task, whole=True)


def _phrases(task: tuple[Utterance, Path]) -> _Made:
    return _cut(*task, whole=False)


def _cut(utterance: Utterance, target: Path, *, whole: bool) -> _Made:
    canonical = target.with_suffix(".whole.wav")
    try:
        utterance.audio.open("rb").close()
    except OSError:
        return [], Problem(utterance.name, "NotAudio", "The file cannot be read; add it again.")
    try:
        audio.convert(utterance.audio, canonical, rate_hz=SAMPLE_RATE_HZ, max_seconds=float("inf"))
    except AudioError as error:
        return [], Problem(utterance.name, error.code, str(error))
    try:
        found = list(segments(audio.blocks(canonical, _BLOCK)))
        if not found:
            return [], Problem(utterance.name, "NoSpeech", "No speech was found in the audio; listen to it.")
        wanted = [Segment(found[0].start, found[-1].end)] if whole else found
        made = []
        for number, segment in enumerate(wanted):
            wav = target if whole else target.with_suffix(f".{number:05}.wav")
            _copy(canonical, segment, wav)
            made.append((wav, segment, is_narrow(audio.read(wav, stop=_HEARD))))
        return made, None
    finally:
        canonical.unlink(missing_ok=True)


def _copy(source: Path, segment: Segment, target: Path) -> None:
    """Sample for sample, and never more than a block in memory."""
    with wave.open(str(source), "rb") as file, wave.open(str(target), "wb") as out:
        out.setparams(file.getparams())
        at, end = (round(edge * SAMPLE_RATE_HZ) for edge in (segment.start, segment.end))
        file.setpos(at)
        for start in range(at, end, _BLOCK_FRAMES):
            out.writeframes(file.readframes(min(_BLOCK_FRAMES, end - start)))
