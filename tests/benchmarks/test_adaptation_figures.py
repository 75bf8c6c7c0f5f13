"""The figures of adaptation: floors that are met or missed, what training tells, and what sphinxtrain is given."""

import shutil
import struct
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
from benchmarks.report import Run, Skipped
from benchmarks.sphinxtrain import Recipe, Spoken
from benchmarks.training import Training

from benchmarks import acoustic, speech, sphinxtrain, wer
from speechsmith.asr.text import normalizer
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import base_files
from speechsmith.engines.pocketsphinx.hmm_files import read_model

GENERAL = {"change": {"value": 0.02, "low": -0.005, "high": 0.045}}


@pytest.mark.parametrize(
    ("floor", "rate", "shown"),
    [
        (0.13, 0.13, "13 %: met"),
        (0.13, 0.131, "13 %: missed"),
        (wer.NO_WORSE, 0.5, "no worse than base: met"),
        (wer.NO_WORSE, 0.501, "no worse than base: missed"),
        ("", 0.1, ""),
    ],
)
def test_a_floor_is_met_by_a_rate_that_does_not_exceed_it(floor: wer.Floor, rate: float, shown: str) -> None:
    assert wer.against(floor, rate, base=0.5) == shown


def test_a_model_of_text_has_a_weight_and_no_verdict() -> None:
    report = {"guard": None, "weight": {"value": 0.3}, "generalText": GENERAL}

    assert wer.trained(a_training(report)) == ["0.30", "", "", "+2.0 % (-0.5 to +4.5)", "12.0 s", "20.0 s"]


def test_a_model_that_has_listened_shows_what_its_guard_has_chosen() -> None:
    chosen = {"weight": None, "acoustic": "cautious"}
    report = {"guard": {"chosen": chosen, "verdict": {"outcome": "better"}}, "weight": None, "generalText": None}

    assert wer.trained(a_training(report))[:4] == ["none", "cautious", "better", "n/a"]


def test_the_train_parts_are_repeated_under_names_of_their_own(tmp_path: Path) -> None:
    for name, seconds in (("a_dev", 1.0), ("b_dev", 2.0)):
        for part in speech.PARTS:
            audio = tmp_path / name / part / "audio"
            audio.mkdir(parents=True)
            a_silence(audio / "one.wav", seconds)
            (tmp_path / name / part / "trans.txt").write_text(f"one.wav\tsays {name}\n", encoding="utf-8")

    made = acoustic.repeated(Run(tmp_path), 3.5, tmp_path / "made.zip")

    assert made == (3, 4.0)
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        assert archive.namelist() == ["00000.wav", "00001.wav", "00002.wav", "trans.txt"]
        assert archive.read("trans.txt").decode() == (
            "00000.wav\tsays a_dev\n00001.wav\tsays b_dev\n00002.wav\tsays a_dev\n"
        )


def test_without_sphinxtrain_its_figure_is_skipped_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sphinxtrain, "FOLDERS", ())
    monkeypatch.setenv(sphinxtrain.VARIABLE, str(tmp_path))

    with pytest.raises(Skipped, match=sphinxtrain.VARIABLE):
        sphinxtrain.programs()


@pytest.mark.slow
def test_sphinxtrain_is_given_the_model_that_the_decoder_has(tmp_path: Path, real_speech: Path) -> None:
    base = base_files(PocketSphinxEngine().packaged_models()[0].folder)
    model = read_model(base.acoustic)
    said = speech.utterances(real_speech / "libri_other_dev" / "train")[0]
    words = normalizer("en-US").lexical(said.transcript).split()

    sphinxtrain.prepare(base.acoustic, [Spoken(said.audio, tuple(words))], base.lexicon, made := tmp_path / "made")

    folder = tmp_path / "model"
    shutil.copytree(base.acoustic, folder, ignore=shutil.ignore_patterns("sendump"))
    shutil.copyfile(made / "mixture_weights", folder / "mixture_weights")
    np.testing.assert_allclose(read_model(folder).mixtures.weights, model.mixtures.weights, rtol=1e-5)
    lines = (made / "mdef.txt").read_text(encoding="utf-8").splitlines()
    counts = {name: int(count) for count, name in map(str.split, lines[1:7])}
    assert counts["n_base"] + counts["n_tri"] == len(lines) - 8
    assert counts["n_tied_state"] == len(model.mixtures.codebook_of)
    phones = model.definition.phones
    states = model.definition.states(*map(phones.index, ("AE", "K", "T")), "internal")
    assert f"AE K T i n/a {phones.index('AE')} {' '.join(map(str, states))} N" in lines
    transcript = (made / "transcripts").read_text(encoding="utf-8").split()
    assert [word for word in transcript if word != "<sil>"] == ["<s>", *words, "</s>", "(0)"]
    assert 0 < transcript.count("<sil>") < len(words)
    size, cepstra = struct.unpack(">i", (made / "0.mfc").read_bytes()[:4])[0], (made / "0.mfc").stat().st_size
    assert 4 + 4 * size == cepstra
    assert size % model.mixtures.means.shape[3] == 0


@pytest.mark.slow
def test_sphinxtrain_moves_the_densities_of_a_model_that_the_decoder_loads(tmp_path: Path, real_speech: Path) -> None:
    try:
        sphinxtrain.programs()
    except Skipped as reason:
        pytest.skip(str(reason))
    base = base_files(PocketSphinxEngine().packaged_models()[0].folder)
    said = speech.utterances(real_speech / "libri_other_dev" / "train")[:2]
    lexical = normalizer("en-US").lexical
    spoken = [Spoken(one.audio, tuple(lexical(one.transcript).split())) for one in said]
    sphinxtrain.prepare(base.acoustic, spoken, base.lexicon, tmp_path / "inputs")

    log = sphinxtrain.adapt(base.acoustic, tmp_path / "inputs", tmp_path / "adapted", Recipe(tau=10.0))

    assert "Failed to align" not in log
    before, after = read_model(base.acoustic).mixtures, read_model(tmp_path / "adapted").mixtures
    assert 0.8 < np.corrcoef(after.means.ravel(), before.means.ravel())[0, 1] < 0.999
    assert np.abs(after.weights - before.weights).max() > 0.01


def a_training(report: dict[str, object]) -> Training:
    return Training("model", "base", report, wall=12.0, cpu=20.0, peak_bytes=0)


def a_silence(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(seconds * 8_000)))
