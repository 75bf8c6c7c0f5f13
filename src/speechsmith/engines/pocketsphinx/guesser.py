"""Guesses while somebody speaks: the first pass alone, over the audio as it comes.

A guess is shown for a moment and then replaced by what the recognizer makes of the whole utterance, so it may be rough.
Two things make it so. There is no second pass. And an utterance's cepstral mean, which the features are normalized
with, is not known before its end: it is that of many speakers at first, and of what was heard as soon as there is some.
Word errors on 30 sentences of learners, base model:

    whole utterance, all passes                     59 %
    first pass, the utterance's own mean            76 %
    first pass, the mean of what was heard          79 %    this
    first pass, the mean as the library moves it    85 %

Each who speaks needs a decoder of his own, of 89 MB as the library makes it. Those of a process share the language
model (33 MB), and know only the words that it has, as no other is ever recognized. So all but the first take 42 MB.
"""

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import soxr
from numpy.typing import NDArray

from speechsmith.asr.bandwidth import TELEPHONE_RATE_HZ
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.compounds import parts
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.listening import PCM, pcm_of
from speechsmith.engines.pocketsphinx.lm_file import read_words
from speechsmith.engines.pocketsphinx.phrases import is_filler, plain
from speechsmith.engines.pocketsphinx.recognizer import built, profile_for
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone

_FIRST_PASS: Mapping[str, Any] = {"fwdflat": False, "bestpath": False, "maxhmmpf": 2_000, "maxwpf": 10}
"""Twice as many states cost half as much again, and find no more on these sentences; half as many miss a tenth more.
With five words that may end in a frame instead of ten two more of a hundred are missed, and nothing is saved."""
_BEAMS: Mapping[str, Any] = {"lpbeam": 1e-30, "lponlybeam": 1e-20}
"""Narrower ones through the last phones of words than the recognizer's save a tenth of the computing, and guesses of
the base model are no worse: 82.6, 80.8, 59.2 instead of 84.4, 81.3, 59.7 % word errors (learners, prompts, audiobooks).
With 1e-20 and 1e-14 they are: 88.3, 84.8, 65.0 %. Models that are adapted are searched more widely."""

_BLOCK = SAMPLE_RATE_HZ // 10  # samples
_MEMORY = 500
"""Frames that the library counts a mean for which it was given (CMN_WIN in its sources)."""
_PRIOR = 30
"""Frames that the mean of many speakers counts for here."""
_WINDOW, _SHIFT = 410, 160  # samples: a frame of the library's, and from one to the next


class PocketSphinxGuesser:
    """One decoder, for one utterance at a time."""

    def __init__(self, files: DecoderFiles) -> None:
        """Raises: EngineError: the library is missing (`EngineMissing`) or refuses the files (`ModelFilesDamaged`)."""
        others = _OPEN.setdefault(files, WeakSet())
        other = next(iter(others), None)
        self._decoder: Any = _decoder(files, None if other is None else other._decoder)
        others.add(self)
        self._start_mean = _vector(self._decoder.get_cmn(False))
        self._is_for_telephone = is_for_telephone(files.acoustic)
        self._narrowing: list[Any] = []  # resamplers, one behind the other
        self._is_open = False
        self._mean, self._sum = self._start_mean, self._start_mean
        self._samples = self._frames = 0

    def start(self) -> None:
        """As `Guesser` says."""
        if self._is_for_telephone:
            rates = (SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ)
            self._narrowing = [soxr.ResampleStream(*way, 1, dtype="float32") for way in (rates, rates[::-1])]
        self._mean, self._sum = self._start_mean, self._start_mean * _PRIOR
        self._samples = self._frames = 0
        try:
            if self._is_open:
                self._decoder.end_utt()
            self._is_open = False
            with warnings.catch_warnings():
                # The library calls start_stream unnecessary; without it the noise tracker remembers the last utterance.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._decoder.start_stream()
            self._decoder.set_cmn(_text(self._mean))
            self._decoder.start_utt()
            self._is_open = True
        except RuntimeError as error:
            raise _failed(error) from error

    def accept(self, audio: Samples) -> None:
        """As `Guesser` says."""
        for resampler in self._narrowing:
            audio = np.asarray(resampler.resample_chunk(audio), np.float32)
        try:
            for at in range(0, len(audio), _BLOCK):
                self._hear(pcm_of(audio[at : at + _BLOCK]))
        except RuntimeError as error:
            raise _failed(error) from error

    def _hear(self, pcm: PCM) -> None:
        """Decode a block with the mean of all before it, and take its frames into the mean."""
        self._decoder.process_raw(pcm.tobytes())
        self._samples += len(pcm)
        frames = max(0, (self._samples - _WINDOW) // _SHIFT + 1)
        new, self._frames = frames - self._frames, frames
        # The library tells the mean of the frames and its memory: what the frames alone sum up to follows.
        told = _vector(self._decoder.get_cmn(True))
        self._sum = self._sum + told * (_MEMORY + new) - self._mean * _MEMORY
        self._mean = self._sum / (_PRIOR + frames)
        self._decoder.set_cmn(_text(self._mean))

    def guess(self) -> str:
        """As `Guesser` says."""
        found = self._decoder.hyp()
        tokens = (found.hypstr or "").split() if found else ()
        return " ".join(word for token in tokens if not is_filler(token) for word in parts(plain(token)))


_OPEN: dict[DecoderFiles, WeakSet[PocketSphinxGuesser]] = {}
"""The decoders of this process by their files; all are used by one thread."""


def _decoder(files: DecoderFiles, beside: Any | None) -> Any:
    """A decoder of the first pass that knows the words which both the language model and the lexicon have."""
    with tempfile.TemporaryDirectory(prefix="speechsmith-") as folder:  # only its owner may look into it
        known = Path(folder) / "lexicon.dict"
        known.write_text(_lexicon(files), encoding="utf-8")
        settings = {**profile_for(files).settings(), **_FIRST_PASS, **({} if files.is_adapted else _BEAMS)}
        return built(replace(files, lexicon=known), settings, beside=beside)


@lru_cache(maxsize=2)  # it takes a quarter of the time in which a decoder is made
def _lexicon(files: DecoderFiles) -> str:
    words = set(read_words(files.language))
    try:
        entries = files.lexicon.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, ValueError) as error:
        raise EngineError(f"The lexicon cannot be read ({error}).", code="ModelFilesDamaged") from error
    return "".join(entry for entry in entries if _word(entry) in words)


def _word(entry: str) -> str:
    """The word of a line of a lexicon."""
    return plain(entry.split(maxsplit=1)[0]) if entry.strip() else ""


def _vector(text: str) -> NDArray[np.float64]:
    return np.array([float(value) for value in text.split(",")])


def _text(mean: NDArray[np.float64]) -> str:
    return ",".join(f"{value:.8g}" for value in mean)


def _failed(error: RuntimeError) -> EngineError:
    return EngineError(f"PocketSphinx could not decode: {error}.", code="DecodingFailed")
