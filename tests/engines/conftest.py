"""What the tests of engines share: every installed engine with its first base model, and real speech as samples."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
import soxr

from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.engines import registry
from speechsmith.engines.base import Engine, ModelFiles, Recognizer

Spoken = Callable[[str, str], list[tuple[Samples, list[str]]]]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the tests compute out of the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEECHSMITH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", params=sorted(registry.engines()))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each installed engine in turn."""
    return registry.engine(request.param)


@pytest.fixture(scope="session")
def base(engine: Engine) -> ModelFiles:
    """The first base model that comes with the engine."""
    return ModelFiles(engine.name, engine.packaged_models()[0].folder)


@pytest.fixture(scope="session")
def recognizer(engine: Engine, base: ModelFiles) -> Recognizer:
    return engine.load(base)


@pytest.fixture(scope="session")
def spoken(real_speech: Path) -> Spoken:
    """The utterances of one part of a set of real speech, such as ("so762_dev", "test"): samples and words."""

    def read(name: str, part: str) -> list[tuple[Samples, list[str]]]:
        folder = real_speech / name / part
        if not folder.is_dir():
            pytest.skip(f"no real speech in {folder}")
        lines = (folder / "trans.txt").read_text(encoding="utf-8-sig").splitlines()
        return [
            (_samples(folder / "audio" / file), re.sub(r"[^a-z' ]", "", text.lower().replace("-", " ")).split())
            for file, text in (line.split("\t") for line in lines)
        ]

    return read


def _samples(path: Path) -> Samples:
    audio, rate_hz = soundfile.read(path, dtype="float32")
    return audio if rate_hz == SAMPLE_RATE_HZ else soxr.resample(audio, rate_hz, SAMPLE_RATE_HZ)
