"""Telephone speech is told from full-band speech by its sound, and full-band speech can be made such."""

from pathlib import Path

import numpy as np
import pytest
import soxr

from speechsmith.asr import audio
from speechsmith.asr.bandwidth import is_narrow, narrowed
from speechsmith.asr.types import Samples

RATE = 16_000


def _noise(seed: int, seconds: float = 2.0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(RATE * seconds))).astype(np.float32)


def _from_a_file_of_8_khz(samples: Samples) -> Samples:
    """Quantized to 16 bits at both rates."""
    narrow = np.rint(soxr.resample(samples, RATE, 8000) * 32767) / 32767
    return (np.rint(soxr.resample(narrow, 8000, RATE) * 32767) / 32767).astype(np.float32)


def test_noise_of_a_full_band_is_not_narrow_and_through_a_telephone_it_is() -> None:
    assert not is_narrow(_noise(1))
    assert is_narrow(_from_a_file_of_8_khz(_noise(1)))
    assert is_narrow(narrowed(_noise(1)))


def test_what_is_narrow_already_stays_as_it_is() -> None:
    narrow = _from_a_file_of_8_khz(_noise(2))
    assert narrowed(narrow) is narrow


def test_a_telephone_keeps_what_is_below_its_edge_and_the_length() -> None:
    full = _noise(3, 1.00006)
    narrow = narrowed(full)
    assert len(narrow) == len(full)
    before, after = (np.abs(np.fft.rfft(samples)) for samples in (full, narrow))
    edge = 3400 * len(full) // RATE
    assert np.abs(after[:edge] - before[:edge]).max() < 0.02 * before.max()


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(511), np.zeros(RATE), np.full(RATE, 0.5)])
def test_silence_and_snippets_are_not_narrow(samples: Samples) -> None:
    assert not is_narrow(samples.astype(np.float32))


def test_a_faint_hiss_above_the_edge_makes_speech_full_band() -> None:
    assert not is_narrow(_from_a_file_of_8_khz(_noise(4)) + 0.01 * _noise(5))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("asterisk_ivr_dev", True), ("fsdd_dev", True), ("so762_dev", False), ("libri_other_dev", False)],
)
def test_real_telephone_speech_is_told_from_full_band_speech(
    real_speech: Path, tmp_path: Path, name: str, expected: bool
) -> None:
    for number, source in enumerate(sorted((real_speech / name / "train" / "audio").iterdir())[:20]):
        wav = tmp_path / f"{number}.wav"
        audio.convert(source, wav, rate_hz=RATE, max_seconds=60)
        assert is_narrow(audio.read(wav)) is expected, source.name
