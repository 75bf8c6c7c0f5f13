"""What is spoken into a service: utterances with pauses between them over faint noise, always the same for a seed.

The utterances are real ones where the run has recordings, else the synthetic ones that come with the package.
"""

import random
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from benchmarks import speech
from benchmarks.report import Run, Skipped
from speechsmith.asr import audio
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples

MOST = 60  # utterances
SHORTEST, LONGEST = 1.0, 12.0  # seconds of an utterance: a longer one would be cut into phrases without a pause
PAUSES = (1.5, 3.0)  # seconds between utterances, at least and at most
NOISE = (
    0.001  # root mean square: 60 dB below full scale, as a quiet room; digital silence would cost the service nothing
)
BYTES_PER_SECOND = 2 * SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Voices:
    """Utterances to make conversations of, and where they come from."""

    utterances: tuple[Samples, ...]
    source: str

    def conversation(self, length: float, seed: int) -> bytes:
        """About `length` seconds as 16-bit samples at 16 kHz, no less, that begin and end with a pause."""
        chance = random.Random(seed)
        parts = [_pause(chance)]
        while sum(map(len, parts)) < length * SAMPLE_RATE_HZ:
            parts += [chance.choice(self.utterances), _pause(chance)]
        return _over_noise(np.concatenate(parts), seed)


def silence(length: float, seed: int) -> bytes:
    """Nobody speaks for so many seconds."""
    return _over_noise(np.zeros(round(length * SAMPLE_RATE_HZ), np.float32), seed)


def voices(run: Run, seed: int = 1) -> Voices:
    """The utterances of a run, drawn from all sets alike."""
    try:
        known = [
            one.audio for set in speech.sets(run) for part in speech.PARTS for one in speech.utterances(set / part)
        ]
        source = "recordings of real speakers"
    except Skipped:
        with as_file(files("speechsmith") / "sample") as sample:
            return Voices(_fit(sorted(sample.glob("*/audio/*.wav"))), "the synthetic sample of the package")
    random.Random(seed).shuffle(known)
    return Voices(_fit(known), source)


def written(samples: bytes, target: Path) -> Path:
    """A WAV file of 16-bit samples."""
    with wave.open(str(target), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples)
    return target


def _fit(paths: Sequence[Path]) -> tuple[Samples, ...]:
    """The first of these recordings that are neither too short nor too long, at 16 kHz."""
    found: list[Samples] = []
    with tempfile.TemporaryDirectory() as folder:
        canonical = Path(folder) / "canonical.wav"
        for path in paths:
            audio.convert(path, canonical, rate_hz=SAMPLE_RATE_HZ, max_seconds=speech.LONGEST)
            samples = audio.read(canonical)
            if SHORTEST <= len(samples) / SAMPLE_RATE_HZ <= LONGEST:
                found.append(samples)
            if len(found) == MOST:
                break
    return tuple(found)


def _pause(chance: random.Random) -> Samples:
    return np.zeros(round(chance.uniform(*PAUSES) * SAMPLE_RATE_HZ), np.float32)


def _over_noise(samples: Samples, seed: int) -> bytes:
    noise = np.random.default_rng(seed).normal(0.0, NOISE, len(samples)).astype(np.float32)
    return audio.pcm(samples + noise)
