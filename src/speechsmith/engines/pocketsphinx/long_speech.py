"""Long recordings with long transcripts become utterances, cut where the speaker paused.

The whole transcript is aligned to the whole recording, in a window that slides over both, and the recording is cut in
the middle of pauses. A piece is better than the whole: the decoder takes its cepstral mean over what it gets, part of
the pieces can be held out, and one wrong sentence costs a piece and not the recording.

From each cut the next one is the longest pause that makes a piece of SHORTEST to LONGEST seconds; where the speaker
does not pause in that time, the next pause after it.
"""

import os
import shutil
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechsmith.asr import audio
from speechsmith.asr.hmm import AlignmentError
from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.asr.lexicon import Lexicon, Pronunciation
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.aligner import FRAMES_PER_SECOND, PAUSE, FrontEnd, align
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance, UnusableError, check, problem_of
from speechsmith.engines.pocketsphinx.hmm_files import read_model
from speechsmith.engines.pocketsphinx.parallel import each
from speechsmith.engines.pocketsphinx.sounds import Problem

SHORTEST, LONGEST = 5.0, 20.0  # seconds of a piece, unless the speaker does not pause
LONG = 30.0  # seconds above which a recording is cut
_PAUSE_FRAMES = 20  # that a cut needs
_SILENT = -1.0  # a cepstrum that no mean is taken over
_BLOCK = 60.0  # seconds whose cepstra are made at once: bounds the memory of the decoder


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a long recording: the number of that among all, a WAV file of its own, its seconds and its words."""

    number: int
    wav: Path
    duration: float
    words: tuple[str, ...]


def cut_by_transcript(
    acoustic: Path,
    utterances: Sequence[TrainingUtterance],
    lexicon: Path,
    folder: Path,
    *,
    workers: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[list[Piece], list[Problem]]:
    """Cut recordings that are longer than LONG; the others are a piece each, as they are. In order.

    Args: acoustic: the folder of the model that aligns; lexicon: a file in the decoder's format; folder: an empty one
        for the pieces' files.
    Raises: EngineError: the model cannot be read.
    """
    lengths = [_seconds(utterance.wav) for utterance in utterances]
    long = [number for number, length in enumerate(lengths) if length > LONG]
    vocabulary = {word for number in long for word in utterances[number].words}
    ways = {word: found for word, found in Lexicon.read(lexicon).items() if word in vocabulary} if long else {}
    tasks = [
        _Task(acoustic, folder, number, utterances[number], {w: ways[w] for w in utterances[number].words if w in ways})
        for number in long
    ]
    cut = dict(zip(long, each(_cut, tasks, len(tasks), workers=workers, progress=progress), strict=True))
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for number, (utterance, length) in enumerate(zip(utterances, lengths, strict=True)):
        found = cut.get(number, [Piece(number, utterance.wav, length, utterance.words)])
        if isinstance(found, Problem):
            problems.append(found)
        else:
            pieces += found
    return pieces, problems


@dataclass(frozen=True, slots=True)
class _Task:
    acoustic: Path
    folder: Path
    number: int
    utterance: TrainingUtterance
    lexicon: Mapping[str, tuple[Pronunciation, ...]]


def _cut(task: _Task) -> list[Piece] | Problem:
    utterance, model = task.utterance, read_model(task.acoustic)
    scratch = task.folder / f"scratch-{os.getpid()}-{task.number}"
    try:
        check(utterance, task.lexicon)
        cepstra = _cepstra(FrontEnd(task.acoustic, model, scratch), utterance.wav)
        words = align(model, model.mixtures, cepstra, utterance.words, task.lexicon).words
    except (UnusableError, AlignmentError, EngineError, OSError, wave.Error) as error:
        return problem_of(utterance, error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    pieces: list[Piece] = []
    for first, last in cuts(words):
        spoken = words[first:last]
        some = tuple(utterance.words[n] for n in np.unique(spoken[spoken != PAUSE]))
        if some:
            wav = task.folder / f"{task.number:06}.{len(pieces):05}.wav"
            _copy(utterance.wav, wav, first / FRAMES_PER_SECOND, last / FRAMES_PER_SECOND)
            pieces.append(Piece(task.number, wav, (last - first) / FRAMES_PER_SECOND, some))
    return pieces


def cuts(words: Integers) -> list[tuple[int, int]]:
    """Each piece's first frame and the one after its last. Args: words (T,) the word of each frame, or PAUSE."""
    padded = np.concatenate([[0], (words == PAUSE).astype(np.int8), [0]])
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    inner = (starts > 0) & (ends < len(words)) & (ends - starts >= _PAUSE_FRAMES)
    middles, lengths = (starts + ends)[inner] // 2, (ends - starts)[inner]
    shortest, longest = int(SHORTEST * FRAMES_PER_SECOND), int(LONGEST * FRAMES_PER_SECOND)
    pieces, at = [], 0
    while len(words) - at > longest:
        later = middles >= at + shortest
        near = np.flatnonzero(later & (middles <= at + longest))
        if not later.any():
            break
        best = near[lengths[near].argmax()] if len(near) else np.flatnonzero(later)[0]
        pieces.append((at, int(middles[best])))
        at = int(middles[best])
    return [*pieces, (at, len(words))]


def _cepstra(front_end: FrontEnd, wav: Path) -> Floats:
    """The cepstra of a recording, block by block. What a block lacks at its end is silence."""
    blocks, start, length = [], 0.0, _seconds(wav)
    while start < length:
        stop = min(start + _BLOCK, length)
        block = front_end.cepstra(audio.read(wav, start, stop))
        missing = max(round((stop - start) * FRAMES_PER_SECOND) - len(block), 0)
        blocks.append(np.pad(block, ((0, missing), (0, 0)), constant_values=_SILENT))
        start = stop
    return np.concatenate(blocks)


def _seconds(wav: Path) -> float:
    with wave.open(str(wav), "rb") as file:
        return file.getnframes() / file.getframerate()


def _copy(source: Path, target: Path, start: float, stop: float) -> None:
    with wave.open(str(source), "rb") as file, wave.open(str(target), "wb") as out:
        out.setparams(file.getparams())
        file.setpos(round(start * file.getframerate()))
        out.writeframes(file.readframes(round((stop - start) * file.getframerate())))
