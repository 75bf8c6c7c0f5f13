"""The contract of engines: every installed engine keeps it, whoever wrote it. And how engines are found."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from speechsmith.asr.scoring.alignment import align, total
from speechsmith.asr.types import SAMPLE_RATE_HZ, Corpus
from speechsmith.engines import registry
from speechsmith.engines.base import AdaptOptions, EngineError, ModelFiles


def noise(seconds: float, level: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, int(seconds * SAMPLE_RATE_HZ)).astype(np.float32)


def test_an_engine_names_its_version_its_kinds_and_base_models_that_are_there(engine):
    assert engine.version
    assert engine.learns
    for model in engine.packaged_models():
        assert model.folder.is_dir()
        assert len(model.released) == 8
        assert int(model.released) > 20_000_000
        assert model.locale
        assert model.description


@pytest.mark.parametrize("seconds", [0, 0.001, 0.05, 1.0])
def test_silence_is_recognized_as_nothing(recognizer, seconds):
    (hypothesis,) = recognizer.recognize(np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32))

    assert hypothesis.words == ()
    assert hypothesis.confidence == 0.0


def test_faint_noise_is_recognized_as_nothing(recognizer):
    assert recognizer.recognize(noise(1.0, 1e-4))[0].words == ()


@pytest.mark.parametrize(
    "audio",
    [
        pytest.param(noise(0.09, 0.1), id="very short"),
        pytest.param(np.full(16_000, np.nan, np.float32), id="not a number"),
        pytest.param(np.full(16_000, np.inf, np.float32), id="infinite"),
        pytest.param(np.full(16_000, 0.5, np.float32), id="constant"),
        pytest.param(noise(1.0, 20.0), id="far too loud"),
        pytest.param(noise(1.0, 0.1).astype(np.float64), id="double precision"),
    ],
)
def test_odd_audio_is_decoded_without_harm(recognizer, audio):
    for hypothesis in recognizer.recognize(audio, alternatives=3):
        assert 0.0 <= hypothesis.confidence <= 1.0
        assert all(0.0 <= word.start <= word.end <= len(audio) / SAMPLE_RATE_HZ for word in hypothesis.words)


@pytest.mark.slow
def test_real_speech_is_recognized_well(recognizer, spoken):
    utterances = spoken("pocketsphinx_tests_dev", "test")

    heard = [recognizer.recognize(audio)[0].lexical.split() for audio, _ in utterances]

    counts = total(align(words, found).counts for (_, words), found in zip(utterances, heard, strict=True))
    assert counts.wer < 0.35


@pytest.mark.slow
def test_a_hypothesis_has_words_in_order_with_times_and_confidences(recognizer, spoken):
    for audio, _ in spoken("pocketsphinx_tests_dev", "test")[:3]:
        found = recognizer.recognize(audio, alternatives=4)

        assert 1 <= len(found) <= 4
        assert len({hypothesis.lexical for hypothesis in found}) == len(found)
        for hypothesis in found:
            assert 0.0 <= hypothesis.confidence <= found[0].confidence
            ends = [0.0, *(word.end for word in hypothesis.words)]
            for word, earlier in zip(hypothesis.words, ends, strict=False):
                assert earlier <= word.start + 1e-6
                assert word.start <= word.end <= len(audio) / SAMPLE_RATE_HZ
                assert 0.0 <= word.confidence <= 1.0
                assert word.text == word.text.strip("<>[]()0123456789")


@pytest.mark.slow
def test_what_was_heard_before_never_changes_a_result(engine, base, recognizer, spoken):
    utterances = [audio for audio, _ in spoken("pocketsphinx_tests_dev", "test")[:3]]
    utterances += [audio for audio, _ in spoken("asterisk_ivr_dev", "test")[:3]]
    utterances += [np.zeros(16_000, np.float32), np.full(8000, np.nan, np.float32), noise(0.5, 0.3)]

    forth = [recognizer.recognize(audio, alternatives=2) for audio in utterances]
    back = [recognizer.recognize(audio, alternatives=2) for audio in reversed(utterances)]
    alone = engine.load(base).recognize(utterances[4], alternatives=2)

    assert forth == back[::-1]
    assert alone == forth[4]


def test_a_missing_folder_is_refused(engine, base, tmp_path):
    with pytest.raises(EngineError, match="missing"):
        engine.load(ModelFiles(engine.name, tmp_path / "nowhere"))
    with pytest.raises(EngineError, match="missing"):
        engine.load(ModelFiles(engine.name, base.base, custom=tmp_path / "nowhere"))


SENTENCES = [
    f"{verb} the zorblax {when}" for verb in ("start", "stop", "fill", "empty", "move") for when in ("now", "later")
]


@pytest.mark.slow
def test_ten_sentences_make_a_model_that_loads_and_has_learned_a_new_word(engine, base, tmp_path):
    text = tmp_path / "sentences.txt"
    text.write_text("\n".join(SENTENCES), encoding="utf-8")
    (tmp_path / "model").mkdir()
    said = []

    result = engine.adapt(
        base.base,
        Corpus("en-US", text=(text,)),
        tmp_path / "model",
        AdaptOptions(),
        lambda stage, fraction: said.append((stage, fraction)),
    )
    custom = engine.load(ModelFiles(engine.name, base.base, tmp_path / "model"))

    assert custom.recognize(np.zeros(SAMPLE_RATE_HZ, np.float32))[0].words == ()
    assert "zorblax" in json.dumps(dict(result.report))
    assert result.weight is None or 0.0 < result.weight <= 1.0
    fractions = [fraction for _, fraction in said]
    assert fractions == sorted(fractions)
    assert all(stage for stage, _ in said)
    assert 0.0 <= fractions[0] <= fractions[-1] <= 1.0


@pytest.mark.slow
def test_a_corpus_of_nothing_is_refused(engine, base, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    for corpus in (Corpus("en-US"), Corpus("en-US", text=(tmp_path / "empty.txt",))):
        with pytest.raises(EngineError) as refusal:
            engine.adapt(base.base, corpus, tmp_path / "model", AdaptOptions(), lambda stage, fraction: None)
        assert refusal.value.code == "NothingToLearn"


def test_finding_and_constructing_engines_loads_nothing_heavy():
    code = (
        "import sys; from speechsmith.engines import registry; "
        "models = [m for e in registry.engines().values() for m in e.packaged_models()]; "
        "print(sorted({'pocketsphinx', 'torch', 'transformers', 'soundfile'} & set(sys.modules)), len(models) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_the_embedded_engine_is_found_by_its_entry_point():
    assert registry.engine("pocketsphinx").name == "pocketsphinx"
    assert not registry.registry().broken


def test_an_engine_that_is_not_installed_is_refused_with_those_that_are():
    with pytest.raises(EngineError, match=r"no engine 'parrot'; installed: .*pocketsphinx") as refusal:
        registry.engine("parrot")
    assert refusal.value.code == "UnknownEngine"


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("lost", "no_such_module_at_all:Engine", "ModuleNotFoundError"),
        ("odd", "fractions:Fraction", "has no attribute 'name'"),
        ("other", "speechsmith.engines.pocketsphinx.engine:PocketSphinxEngine", "calls itself 'pocketsphinx'"),
    ],
)
def test_a_broken_plug_in_is_reported_and_the_others_work(name, target, reason):
    good = "speechsmith.engines.pocketsphinx.engine:PocketSphinxEngine"
    points = [EntryPoint(name, target, registry.GROUP), EntryPoint("pocketsphinx", good, registry.GROUP)]

    some = registry.found(points)

    assert some.engine("pocketsphinx").name == "pocketsphinx"
    assert reason in some.broken[name]
    with pytest.raises(EngineError, match="cannot be used") as refusal:
        some.engine(name)
    assert refusal.value.code == "BrokenEngine"


def test_of_two_engines_with_one_name_the_first_wins_and_the_second_is_reported():
    good = "speechsmith.engines.pocketsphinx.engine:PocketSphinxEngine"
    some = registry.found(
        [EntryPoint("pocketsphinx", good, registry.GROUP), EntryPoint("pocketsphinx", "a:B", registry.GROUP)]
    )
    assert list(some.engines) == ["pocketsphinx"]
    assert "taken by another" in some.broken["pocketsphinx (a:B)"]
