"""Guesses of PocketSphinx while somebody speaks."""

from importlib.resources import as_file, files

import numpy as np
import pytest

from speechsmith.asr import audio
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.recognizer import built

BLOCK = 1600


@pytest.fixture(scope="module")
def base() -> ModelFiles:
    return ModelFiles("pocketsphinx", PocketSphinxEngine().packaged_models()[0].folder)


@pytest.fixture(scope="module")
def guesser(base):
    return PocketSphinxEngine().guesser(base)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory) -> list[np.ndarray]:
    folder = tmp_path_factory.mktemp("speech")
    with as_file(files("speechsmith") / "sample") as sample:
        for path in sorted((sample / "test" / "audio").glob("*.wav"))[:2]:
            audio.convert(path, folder / path.name, rate_hz=16_000, max_seconds=60)
    return [audio.read(path) for path in sorted(folder.iterdir())]


def guesses(guesser, samples: np.ndarray) -> list[str]:
    guesser.start()
    found = []
    for at in range(0, len(samples), BLOCK):
        guesser.accept(samples[at : at + BLOCK])
        found.append(guesser.guess())
    return found


def test_guesses_grow_while_somebody_speaks(guesser, sentences):
    found = guesses(guesser, sentences[0])

    assert found[0] == ""
    assert len(set(found)) > 3
    assert len(found[-1].split()) > 2
    assert not any(mark in " ".join(found) for mark in "<>()[]+_")


def test_what_was_heard_before_never_changes_a_guess(guesser, sentences):
    first = guesses(guesser, sentences[1])
    guesses(guesser, sentences[0][: len(sentences[0]) // 2])

    assert guesses(guesser, sentences[1]) == first


def test_decoders_that_share_a_language_model_guess_as_if_each_were_alone(base, guesser, sentences):
    alone = [guesses(guesser, samples) for samples in sentences]
    other = PocketSphinxEngine().guesser(base)
    both, heard = (guesser, other), ([], [])
    for one in both:
        one.start()
    for at in range(0, min(map(len, sentences)), BLOCK):
        for one, samples, found in zip(both, sentences, heard, strict=True):
            one.accept(samples[at : at + BLOCK])
            found.append(one.guess())

    assert [found == sure[: len(found)] for found, sure in zip(heard, alone, strict=True)] == [True, True]


def test_who_comes_when_the_others_have_gone_has_a_language_model_of_his_own(base, sentences):
    first = PocketSphinxEngine().guesser(base)
    sure = guesses(first, sentences[0])
    second = PocketSphinxEngine().guesser(base)
    del first
    third = PocketSphinxEngine().guesser(base)
    del second

    assert guesses(third, sentences[0]) == sure


def test_who_comes_shares_with_anybody_who_is_still_there(base, monkeypatch):
    shares = []

    def noted(*given, beside, **more):
        shares.append(beside is not None)
        return built(*given, beside=beside, **more)

    monkeypatch.setattr("speechsmith.engines.pocketsphinx.guesser.built", noted)
    first = PocketSphinxEngine().guesser(base)
    second = PocketSphinxEngine().guesser(base)
    del second  # the newest; the first is still used
    third = PocketSphinxEngine().guesser(base)

    assert shares[1:] == [True, True]
    assert first is not third


def test_silence_and_nothing_are_no_words(guesser):
    assert guesses(guesser, np.zeros(16_000, np.float32))[-1] == ""
    assert guesses(guesser, np.zeros(0, np.float32)) == []


def test_files_that_are_missing_are_told(tmp_path):
    with pytest.raises(EngineError) as refused:
        PocketSphinxEngine().guesser(ModelFiles("pocketsphinx", tmp_path))

    assert refused.value.code == "ModelFilesMissing"
