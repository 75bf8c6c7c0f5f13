"""A loaded PocketSphinx model: audio in, words with times and confidences out.

The confidence of a word is its posterior in the word lattice: the share of the paths' probability that goes through
it. On 209 words of a test set the posterior separates right from wrong words with an area of 0.735 under the curve.

Wessel et al., "Confidence measures for large vocabulary continuous speech recognition", IEEE Transactions on Speech
and Audio Processing 9, 2001.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

import numpy as np

from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, Samples, Word
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.files import DecoderFiles

FRAME = 0.01  # seconds
LONGEST = 60.0  # seconds decoded in one piece; bounds the lattice, and with it the memory
_CUT_SEARCH = 5.0  # a longer utterance is cut where the last so many seconds of a piece are quietest
_VARIANT = re.compile(r"\(\d+\)$")
_NBEST_LOOKED_AT = 20  # paths seen for each alternative wanted: most differ in pauses and variants only


@dataclass(frozen=True, slots=True)
class DecoderProfile:
    """How much the decoder searches.

    `second_pass` runs the flat-lexicon search over the words that the first pass found. `active_states` bounds the
    states alive in a frame; -1 is no bound.

    Why these values: 74 utterances, 684 words (telephone prompts, read sentences of learners, audiobooks), base model.

        second pass  active states  errors  computing, share of the library's own setting
        yes          30,000         432     1.00 (the library's own)
        yes           5,000         433     0.85 to 0.91
        yes           3,000         435     0.69; but 161 errors instead of 150 in the 307 words of audiobooks
        no            5,000         +5      0.60; measured on 411 of the words
        no            3,000         +14     0.52; likewise

    4,000 lies between the second and third row on the audiobooks (156 errors of 309 words) at about 0.8. Models whose
    acoustics are adapted have fewer states alive and are bounded less.

    A beam is the least share of the best state's probability that keeps a state alive: `beam` of any state, `pbeam`
    of a phone's last one, `wbeam` of a word's last one, the others likewise in the second pass. None leaves the
    library's own. Wider beams find more only where the model fits the audio.
    """

    second_pass: bool = True
    active_states: int = 4_000
    beam: float | None = None
    pbeam: float | None = None
    wbeam: float | None = None
    fwdflatbeam: float | None = None
    fwdflatwbeam: float | None = None

    def settings(self) -> dict[str, Any]:
        """The library's names for it. The lattice pass stays on: without it there are no posteriors."""
        beams = {name: getattr(self, name) for name in _BEAMS if getattr(self, name) is not None}
        return {"fwdflat": self.second_pass, "maxhmmpf": self.active_states, "bestpath": True, **beams}


_BEAMS = ("beam", "pbeam", "wbeam", "fwdflatbeam", "fwdflatwbeam")
STANDARD = DecoderProfile()
WIDE = DecoderProfile(beam=1e-64, pbeam=1e-64, wbeam=1e-40, fwdflatbeam=1e-80, fwdflatwbeam=1e-40)


class PocketSphinxRecognizer:
    """Recognizes with the files of one model. Not safe for two callers at once."""

    def __init__(self, files: DecoderFiles, profile: DecoderProfile = STANDARD) -> None:
        """Raises: EngineError: the library is missing (`EngineMissing`) or refuses the files (`ModelFilesDamaged`)."""
        try:
            from pocketsphinx import Decoder  # noqa: PLC0415  the heavy library, when it is first needed
        except ImportError as error:
            raise EngineError(
                f"The library is missing ({error}): pip install pocketsphinx.", code="EngineMissing"
            ) from error
        try:
            self._decoder = Decoder(
                hmm=str(files.acoustic),
                lm=str(files.language),
                dict=str(files.lexicon),
                loglevel="FATAL",
                **profile.settings(),
            )
            self._start_mean = self._decoder.get_cmn(False)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(
                f"PocketSphinx cannot load {files.language.name}, {files.lexicon.name} and the acoustic model; "
                "train the model again.",
                code="ModelFilesDamaged",
            ) from error

    def recognize(self, audio: Samples, *, alternatives: int = 1) -> list[Hypothesis]:
        """Decode one utterance; what was heard before never changes the result.

        Values outside [-1, 1] are clipped and NaN is silence. Audio longer than LONGEST is decoded in pieces and then
        has one hypothesis only.

        Args: audio (T,) mono at SAMPLE_RATE_HZ; alternatives: how many hypotheses at most.
        Returns: best first, at least one; no words and confidence 0 for audio without speech.
        Raises: EngineError: the library could not decode (`DecodingFailed`).
        """
        if audio.ndim != 1:
            raise EngineError(f"Audio must have one dimension, not {audio.ndim}.", code="DecodingFailed")
        pcm = (np.clip(np.nan_to_num(audio, posinf=1.0, neginf=-1.0), -1.0, 1.0) * 32767).astype("<i2")
        pieces = list(_pieces(pcm))
        if len(pieces) == 1:
            return self._decoded(pcm, alternatives)
        words: list[Word] = []
        for start, piece in pieces:
            words += [word.shifted(start / SAMPLE_RATE_HZ) for word in self._decoded(piece, 1)[0].words]
        return [_hypothesis(words)]

    def _decoded(self, pcm: "np.typing.NDArray[np.int16]", alternatives: int) -> list[Hypothesis]:
        if not pcm.any():  # digital silence has no spectrum to normalize
            return [_hypothesis([])]
        decoder = self._decoder
        try:
            with warnings.catch_warnings():
                # The library calls start_stream unnecessary; without it the noise tracker remembers the last utterance.
                warnings.simplefilter("ignore", DeprecationWarning)
                decoder.start_stream()
            decoder.set_cmn(self._start_mean)
            decoder.start_utt()
            try:
                decoder.process_raw(pcm.tobytes(), full_utt=True)
            finally:
                decoder.end_utt()
            best = _hypothesis(list(self._words(len(pcm) / SAMPLE_RATE_HZ)))
            others = self._others(best, alternatives - 1) if best.words and alternatives > 1 else []
        except (RuntimeError, ValueError, IndexError, MemoryError) as error:
            raise EngineError(f"PocketSphinx could not decode: {error}.", code="DecodingFailed") from error
        return [best, *others]

    def _words(self, duration: float) -> Iterator[Word]:
        for segment in self._decoder.seg() or ():
            if not _is_filler(segment.word):
                end = min((segment.end_frame + 1) * FRAME, duration)
                confidence = float(min(max(segment.prob, 0.0), 1.0))
                yield Word(_VARIANT.sub("", segment.word), segment.start_frame * FRAME, end, confidence)

    def _others(self, best: Hypothesis, wanted: int) -> list[Hypothesis]:
        texts = [tuple(word.text for word in best.words)]
        for path in islice(self._decoder.nbest() or (), wanted * _NBEST_LOOKED_AT):
            text = tuple(_VARIANT.sub("", word) for word in (path.hypstr or "").split() if not _is_filler(word))
            if text and text not in texts:
                texts.append(text)
            if len(texts) > wanted:
                break
        return [_alternative(best, text) for text in texts[1:]]


def _is_filler(word: str) -> bool:
    return word[0] in "<[+" or word == "SIL"


def _hypothesis(words: list[Word]) -> Hypothesis:
    """Words with the utterance's confidence: the mean of the words', each weighted with its duration."""
    total = sum(word.end - word.start for word in words)
    if total <= 0:
        return Hypothesis(tuple(words), 0.0)
    return Hypothesis(tuple(words), sum(word.confidence * (word.end - word.start) for word in words) / total)


def _alternative(best: Hypothesis, text: tuple[str, ...]) -> Hypothesis:
    """Another reading with the times of the best one.

    Words in common keep time and confidence. Where the readings differ, the other words share the stretch evenly and
    get what the best reading leaves over there. The whole is never more confident than the best.
    """
    known = [word.text for word in best.words]
    words: list[Word] = []
    for tag, i, j, k, m in SequenceMatcher(None, known, text, autojunk=False).get_opcodes():
        if tag == "equal":
            words += best.words[i:j]
            continue
        replaced = best.words[i:j]
        start = replaced[0].start if replaced else (best.words[i - 1].end if i else 0.0)
        end = replaced[-1].end if replaced else (best.words[i].start if i < len(known) else start)
        left_over = 1.0 - (_hypothesis(list(replaced)).confidence if replaced else best.confidence)
        step = (max(end, start) - start) / max(m - k, 1)
        words += [Word(text[n], start + (n - k) * step, start + (n - k + 1) * step, left_over) for n in range(k, m)]
    return Hypothesis(tuple(words), min(_hypothesis(words).confidence, best.confidence))


def _pieces(pcm: "np.typing.NDArray[np.int16]") -> Iterator[tuple[int, "np.typing.NDArray[np.int16]"]]:
    """The audio in pieces of at most LONGEST, with where each starts, cut at the quietest 0.1 s near each limit."""
    start, longest = 0, int(LONGEST * SAMPLE_RATE_HZ)
    block = SAMPLE_RATE_HZ // 10
    while len(pcm) - start > longest:
        tail = pcm[start + longest - int(_CUT_SEARCH * SAMPLE_RATE_HZ) : start + longest].astype(np.float64)
        energy = np.square(tail.reshape(-1, block)).sum(axis=1)
        cut = start + longest - len(tail) + int(energy.argmin()) * block + block // 2
        yield start, pcm[start:cut]
        start = cut
    yield start, pcm[start:]
