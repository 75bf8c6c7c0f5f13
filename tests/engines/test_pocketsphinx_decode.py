"""Recognizing many utterances: each as if it were the only one, in order, and nothing kept afterwards."""

from pathlib import Path

import pytest

import speechsmith
from speechsmith.asr import audio
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.decode import Task, recognized
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import DecoderFiles, base_files
from speechsmith.engines.pocketsphinx.recognizer import STANDARD, PocketSphinxRecognizer

FILES = base_files(PocketSphinxEngine().packaged_models()[0].folder)
WAVS = sorted((Path(speechsmith.__file__).parent / "sample" / "train" / "audio").iterdir())[:5]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_hypotheses_are_those_of_one_recognizer_in_the_order_of_the_files(workers):
    told = []

    found = recognized((Task(FILES, STANDARD, wav) for wav in WAVS), 5, workers=workers, progress=told.append)

    recognizer = PocketSphinxRecognizer(FILES, STANDARD)
    assert found == [recognizer.recognize(audio.read(wav))[0] for wav in WAVS]
    assert len({hypothesis.lexical for hypothesis in found}) == 5
    assert told == sorted(told)
    assert told[-1] == 1


def test_nothing_to_recognize_needs_no_model():
    assert recognized([], 0, workers=4, progress=lambda _: None) == []


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_the_engines_error(tmp_path):
    empty = tmp_path / "empty.lm.bin"
    empty.write_bytes(b"")
    damaged = DecoderFiles(FILES.acoustic, empty, FILES.lexicon)

    with pytest.raises(EngineError) as refused:
        recognized([Task(damaged, STANDARD, WAVS[0])], 1, workers=1, progress=lambda _: None)

    assert refused.value.code == "ModelFilesDamaged"
