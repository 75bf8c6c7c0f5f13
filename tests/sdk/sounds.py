"""What is said to the SDKs: the packaged speech, alone, in a row, and in other formats.

`dictated.flac` is flite's voice rms saying "where is the damn water question mark" (CC0-1.0, as the packaged speech).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import soundfile
import soxr

from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples

AUDIO = Path(str(files("speechsmith") / "sample")) / "test" / "audio"
DICTATED = Path(__file__).parent / "dictated.flac"
GAP_S = 2.0


def sample(number: int) -> Samples:
    """An utterance of the packaged test."""
    samples: Samples = soundfile.read(AUDIO / f"test_{number:02}.wav", dtype="float32")[0]
    return samples


def silence(seconds: float) -> Samples:
    """Nothing at all."""
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def in_a_row(numbers: Sequence[int], gap: float = GAP_S) -> Samples:
    """Utterances of the packaged test, each with silence behind it."""
    return np.concatenate([part for number in numbers for part in (sample(number), silence(gap))])


def starts_of(numbers: Sequence[int], gap: float = GAP_S) -> list[float]:
    """Where each of them begins, in seconds."""
    lengths = [len(sample(number)) / SAMPLE_RATE_HZ + gap for number in numbers]
    return [sum(lengths[:place]) for place in range(len(lengths))]


@dataclass(frozen=True)
class Sounds:
    """Writes sounds into a folder, as WAV of 16 bit, since JavaScript and the web server read files too."""

    folder: Path

    def __call__(self, name: str, samples: Samples, rate: int = SAMPLE_RATE_HZ, channels: int = 1) -> Path:
        """The file: the samples, which are at 16 kHz, at this rate, and the same in all channels."""
        path = self.folder / f"{name}.wav"
        shaped = np.stack([soxr.resample(samples, SAMPLE_RATE_HZ, rate)] * channels, axis=1)
        soundfile.write(path, np.clip(shaped, -1.0, 1.0), rate, subtype="PCM_16")
        return path

    def utterance(self, number: int = 23) -> Path:
        """One utterance."""
        return AUDIO / f"test_{number:02}.wav"

    def dictated(self) -> Path:
        """A mark that is said by its name, and a profane word."""
        return self("dictated", soundfile.read(DICTATED, dtype="float32")[0])
