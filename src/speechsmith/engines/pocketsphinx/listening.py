"""How samples reach the library: as 16-bit numbers, an utterance at a time."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.types import Samples

PCM = NDArray[np.int16]


def pcm_of(samples: Samples) -> PCM:
    """(T,) samples at 16 kHz as the library takes them; values outside [-1, 1] are clipped and NaN is silence."""
    pcm: PCM = (np.clip(np.nan_to_num(samples, posinf=1.0, neginf=-1.0), -1.0, 1.0) * 32767).astype("<i2")
    return pcm


def listen(decoder: Any, pcm: PCM) -> None:
    """Let a decoder hear one whole utterance, without a memory of the last one but its cepstral mean.

    Raises: RuntimeError, as the library does.
    """
    with warnings.catch_warnings():
        # The library calls start_stream unnecessary; without it the noise tracker remembers the last utterance.
        warnings.simplefilter("ignore", DeprecationWarning)
        decoder.start_stream()
    decoder.start_utt()
    try:
        decoder.process_raw(pcm.tobytes(), full_utt=True)
    finally:
        decoder.end_utt()
