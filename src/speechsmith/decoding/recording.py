"""From a recording of any length to phrases: the one path for short audio, batch and evaluation.

Theory. What is recognized depends on the samples alone. They come from a canonical WAV file, whatever the bytes were
and however they arrived; speech is found in frames counted from the first sample; each stretch is read from the file
and decoded from a stated start; and phrases leave in the order of time. So neither the blocks of the upload, nor the
number of processes, nor which of them was faster, nor what was decoded before can change a word.

A long phrase is recognized in pieces, which `asr.segments` cuts at its pauses, and is one phrase all the same.

Memory is constant: a block of samples while speech is looked for, a stretch in each process, and a window of phrases
that wait for an earlier one.

Where speech is does not depend on the model. So what several models make of one recording pairs up phrase by phrase,
if each is given the stretches that `speech_in` has found once.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr import audio
from speechsmith.asr.segments import Segment, SegmentOptions, segments
from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList, Progress
from speechsmith.decoding.pool import DecodePool
from speechsmith.engines.base import ModelFiles

BLOCK = 10.0  # seconds of samples held while speech is looked for
AHEAD = 6  # stretches for each process: while one of 20 s is decoded, the others of 3 s must not run out


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was recognized between `start` and `end`; all times are seconds from the start of the recording.

    `locale` is that of the model that it is from, where several were asked.
    """

    start: float
    end: float
    hypotheses: tuple[Hypothesis, ...]
    locale: str | None = None


def speech_in(wav: Path, options: SegmentOptions | None = None) -> Iterator[Segment]:
    """Where people speak in a canonical WAV file, in order. Args: options: how speech is cut."""
    return segments(audio.blocks(wav, BLOCK), options)


def transcribe(
    wav: Path,
    model: ModelFiles,
    pool: DecodePool,
    *,
    alternatives: int = 1,
    phrases: PhraseList | None = None,
    options: SegmentOptions | None = None,
    stretches: Iterable[Segment] | None = None,
    progress: Progress | None = None,
) -> Iterator[Phrase]:
    """Yield the phrases of a 16 kHz WAV file that `asr.audio.convert` wrote, in order; silence gives none.

    Args: alternatives: hypotheses for each phrase at most; phrases: what is likely to be said; options: how speech is
        cut; stretches: where speech is, which is then not looked for: each gives one phrase.
    Raises: EngineError, also when a decode process died; ValueError when the file has another sample rate, as
        resampling it in stretches would not give the samples that resampling it whole does.
    """
    found = audio.probe(wav)
    if found.rate_hz != SAMPLE_RATE_HZ or found.duration is None:
        raise ValueError(f"A canonical WAV file of {SAMPLE_RATE_HZ} Hz is needed, not {found.rate_hz} Hz.")
    waiting: deque[tuple[Segment, list[Future[list[Hypothesis]]]]] = deque()
    most = AHEAD * pool.processes

    def oldest() -> Phrase:
        segment, results = waiting.popleft()
        phrase = Phrase(segment.start, segment.end, joined([result.result() for result in results], alternatives))
        if progress and found.duration:
            progress("Recognizing", min(1.0, segment.end / found.duration))
        return phrase

    try:
        for segment in speech_in(wav, options) if stretches is None else stretches:
            results = [
                pool.submit(model, wav, piece.start, piece.end, alternatives=alternatives, phrases=phrases)
                for piece in segment.pieces
            ]
            waiting.append((segment, results))
            while len(waiting) >= most or (waiting and all(result.done() for result in waiting[0][1])):
                yield oldest()
        while waiting:
            yield oldest()
    finally:
        for _, results in waiting:
            for result in results:
                result.cancel()
    if progress:
        progress("Recognizing", 1.0)


def joined(pieces: Sequence[Sequence[Hypothesis]], alternatives: int) -> tuple[Hypothesis, ...]:
    """The readings of a phrase, best first, from those of its pieces: of each the best, in a row; then those that have
    another reading of one piece, the surest first.

    Args: pieces: at least one, the readings of each best first, at least one; alternatives: how many at most.
    """
    if len(pieces) == 1:
        return tuple(pieces[0])
    bests = [piece[0] for piece in pieces]
    others = [
        _in_a_row([*bests[:at], other, *bests[at + 1 :]]) for at, piece in enumerate(pieces) for other in piece[1:]
    ]
    best = _in_a_row(bests)
    surest = sorted(others, key=lambda other: -other.confidence)
    texts = {best.lexical: best} | {other.lexical: other for other in reversed(surest) if other.lexical != best.lexical}
    return (best, *[other for other in surest if texts[other.lexical] is other][: alternatives - 1])


def _in_a_row(pieces: Iterable[Hypothesis]) -> Hypothesis:
    """One after another, as sure as they are in the mean over the time of their words."""
    pieces = list(pieces)
    spoken = [sum(word.end - word.start for word in piece.words) for piece in pieces]
    sure = sum(piece.confidence * time for piece, time in zip(pieces, spoken, strict=True))
    words = tuple(word for piece in pieces for word in piece.words)
    return Hypothesis(words, sure / sum(spoken) if sum(spoken) > 0 else 0.0)
