"""Which band speech has: all of it, or what a telephone lets through.

A telephone cuts speech off at 4 kHz. Resampled to 16 kHz it has nothing above, and says so by itself, whatever rate the
file claims. What a model makes of such speech: `hmm.telephone`.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples

TELEPHONE_RATE_HZ = 8000
NOTHING = 1e-5  # -50 dB; of the sets tried, full-band recordings have -35 dB at least, telephone ones -75 dB at most
_SPEECH, _ABOVE = (300, 3400), (4300, 7000)  # Hz
_FRAME, _FRAMES_AT_ONCE = 512, 1000


def is_narrow(samples: Samples) -> bool:
    """Whether nothing is above 4 kHz in (T,) samples at 16 kHz: less than NOTHING of the speech band's power density.

    Silence, and less than 32 ms, is not narrow. Values outside [-1, 1] are clipped, and NaN is silence.
    """
    whole = len(samples) // _FRAME
    clean = np.clip(np.nan_to_num(samples[: whole * _FRAME], posinf=1.0, neginf=-1.0), -1.0, 1.0)
    frames = clean.reshape(whole, _FRAME)
    window = np.hanning(_FRAME).astype(np.float32)
    power = np.zeros(_FRAME // 2 + 1)
    for at in range(0, whole, _FRAMES_AT_ONCE):
        spectra = np.fft.rfft(frames[at : at + _FRAMES_AT_ONCE] * window, axis=1)
        power += np.square(np.abs(spectra)).sum(axis=0)
    return _density(power, _ABOVE) < NOTHING * _density(power, _SPEECH)


def _density(power: NDArray[np.float64], band: tuple[int, int]) -> float:
    """The mean of the bins of a band."""
    low, high = (round(edge * _FRAME / SAMPLE_RATE_HZ) for edge in band)
    return float(power[low:high].mean())


def narrowed(samples: Samples) -> Samples:
    """(T,) samples at 16 kHz as a telephone would give them; those that are narrow as they are."""
    if not len(samples) or is_narrow(samples):
        return samples
    telephone = soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ)
    return np.asarray(soxr.resample(telephone, TELEPHONE_RATE_HZ, SAMPLE_RATE_HZ), np.float32)[: len(samples)]
