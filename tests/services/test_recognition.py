"""Short audio on a machine that is too busy; and what a caller expects to hear: in lexical form, within bounds, and
refused with the field."""

import math

import pytest

from speechsmith.asr.types import MAX_PHRASES, PhraseList
from speechsmith.domain.errors import Invalid
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.sandbox import Limits
from speechsmith.services.recognition import Recognition, expected


def test_audio_that_a_busy_machine_does_not_read_in_time_is_not_blamed_on_the_caller(tmp_path):
    audio = tmp_path / "audio"
    audio.write_bytes(bytes(1000))
    recognition = Recognition(1, Limits(wall_s=0.0))
    try:
        with pytest.raises(EngineError, match="too busy") as refusal:
            recognition.recognize(audio, ModelFiles("pocketsphinx", tmp_path), max_seconds=60.0)
    finally:
        recognition.close()
    assert (refusal.value.code, refusal.value.retriable) == ("DecodingTooSlow", True)
    assert [file.name for file in tmp_path.iterdir()] == ["audio"]


def test_phrases_are_expected_as_they_are_spoken():
    assert expected(["Route 66", "Dr. Brandvolt,", "route sixty six"], 1.5, "en-US") == PhraseList(
        ("route sixty six", "doctor brandvolt"), 1.5
    )


@pytest.mark.parametrize(("phrases", "weight"), [([], 1.0), (["", "  ", "--"], 1.0), (["Ada"], 0.0)])
def test_nothing_is_expected_without_words_or_weight(phrases, weight):
    assert expected(phrases, weight, "en-US") is None


@pytest.mark.parametrize("weight", [-0.1, 2.1, math.nan, math.inf])
def test_a_weight_out_of_bounds_is_refused(weight):
    with pytest.raises(Invalid, match=r"from 0 .* to 2") as refusal:
        expected(["Ada"], weight, "en-US")
    assert (refusal.value.code, refusal.value.target) == ("InvalidParameterValue", "phrasesWeight")


@pytest.mark.parametrize(
    ("phrases", "why"),
    [
        ([f"name {number}" for number in range(MAX_PHRASES + 1)], "at most 5,000 phrases, not 5,001"),
        (["a" * 201], "at most 200 characters in words, not 201"),
        (["9" * 60], "at most 200 characters in words"),
        (["-" * 1001], "written with at most 1,000 characters, not 1,001"),
        (["9" * 1000] * 1_000_000, "at most 200 characters in words"),
    ],
)
def test_too_many_or_too_long_phrases_are_refused(phrases, why):
    with pytest.raises(Invalid, match=why) as refusal:
        expected(phrases, 1.0, "en-US")
    assert (refusal.value.code, refusal.value.target) == ("InvalidParameterValue", "phrases")
