"""Uploads that are recognized while they arrive: only what is of exactly the same sound is taken."""

import io
from importlib.resources import as_file, files

import numpy as np
import pytest
import soundfile

from speechsmith.asr import audio
from speechsmith.decoding import process
from speechsmith.decoding.events import Hearer
from speechsmith.decoding.live import LivePool
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import transcribe
from speechsmith.engines.base import ModelFiles
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.realtime.early import Early

RATE = 16_000
BASE = ModelFiles("pocketsphinx", PocketSphinxEngine().packaged_models()[0].folder)


@pytest.fixture(scope="module")
def pool():
    with DecodePool(1, loader=process.load) as made:
        yield made


@pytest.fixture(scope="module")
def live(pool):
    made = LivePool(1, pool)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sentence() -> np.ndarray:
    with as_file(files("speechsmith") / "sample" / "test" / "audio" / "test_01.wav") as path:
        samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return samples


def written(samples: np.ndarray, format: str = "WAV") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, RATE, format=format, subtype="PCM_16")
    return out.getvalue()


def arrived(live: LivePool, data: bytes, *, max_seconds: float = 60.0) -> Early:
    early = Early(live.open, Hearer("en-US", BASE), alternatives=1, max_seconds=max_seconds)
    for at in range(0, len(data), 1_777):
        early.feed(data[at : at + 1_777])
    return early


def test_what_was_heard_while_it_came_is_what_the_file_gives(live, pool, sentence, tmp_path):
    (tmp_path / "upload.wav").write_bytes(written(sentence))
    audio.convert(tmp_path / "upload.wav", tmp_path / "recording.wav", rate_hz=RATE, max_seconds=60)

    early = arrived(live, written(sentence))
    found = early(len(sentence) / RATE)
    early.close()

    assert found
    assert found == list(transcribe(tmp_path / "recording.wav", BASE, pool))


def test_a_file_with_something_behind_its_samples_is_not_taken(live, sentence):
    early = arrived(live, written(sentence) + b"LIST\x04\0\0\0INFO")

    assert early(len(sentence) / RATE) is None
    early.close()


def test_what_cannot_be_listened_to_as_it_comes_is_not_taken(live, sentence):
    for data in (b"", b"RI", b"RIFF" + bytes(10_000), written(sentence, "FLAC"), b"no audio at all"):
        early = arrived(live, data)
        assert early(len(sentence) / RATE) is None, data[:20]
        early.close()


def test_more_than_is_answered_is_not_listened_to(live, sentence):
    early = arrived(live, written(np.tile(sentence, 3)), max_seconds=1.0)

    assert early(3 * len(sentence) / RATE) is None
    early.close()
