"""The library's model files: what is read and written is what the decoder has."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from speechsmith.asr.hmm import TiedMixtures
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import check_acoustic
from speechsmith.engines.pocketsphinx.hmm_files import (
    AcousticModel,
    read_language_scale,
    read_model,
    write_language_scale,
    write_model,
)

BASE = PocketSphinxEngine().packaged_models()[0].folder / "en-us"
STEP = 1024 * np.log(1.0001)  # of the weights in a byte


@pytest.fixture(scope="module")
def model() -> AcousticModel:
    return read_model(BASE)


def number(model: AcousticModel, *phones: str) -> list[int]:
    return [model.definition.phones.index(phone) for phone in phones]


def test_the_packaged_model_has_a_codebook_for_each_phone(model):
    assert model.mixtures.means.shape == (42, 3, 128, 13)
    assert model.mixtures.weights.shape == (5126, 3, 128)
    assert sorted(set(model.mixtures.codebook_of.tolist())) == list(range(42))
    assert model.fillers == ("SIL", "+NSN+", "+SPN+")
    np.testing.assert_allclose(model.mixtures.weights.sum(axis=2), 1.0)
    np.testing.assert_allclose(np.exp(model.log_transitions).sum(axis=2), 1.0)


def test_how_much_words_count_stays_with_densities_that_are_made_of_others(model, tmp_path):
    write_model(model.mixtures, BASE, tmp_path / "one")
    assert read_language_scale(tmp_path / "one") == 1.0
    write_language_scale(tmp_path / "one", 1.25)
    write_model(model.mixtures, tmp_path / "one", tmp_path / "two")
    assert read_language_scale(tmp_path / "two") == 1.25


def test_what_is_written_is_what_was_read(model, tmp_path):
    write_model(model.mixtures, BASE, tmp_path)
    check_acoustic(tmp_path)
    again = read_model(tmp_path)

    assert (tmp_path / "means").read_bytes() == (BASE / "means").read_bytes()
    assert (tmp_path / "feat.params").read_bytes() == (BASE / "feat.params").read_bytes()
    np.testing.assert_allclose(again.mixtures.variances, model.mixtures.variances, rtol=1e-6)
    np.testing.assert_allclose(np.log(again.mixtures.weights), np.log(model.mixtures.weights), atol=1.1 * STEP)


def test_the_decoder_loads_it_and_starts_with_the_mean(model, tmp_path):
    from pocketsphinx import Decoder  # noqa: PLC0415  the heavy library

    write_model(model.mixtures, BASE, tmp_path / "once", start_mean=(1.0,) * 13)
    write_model(model.mixtures, tmp_path / "once", tmp_path / "twice", start_mean=(41.5, -2.25, *[0.0] * 11))

    decoder = Decoder(hmm=str(tmp_path / "twice"), lm=None, dict=None, loglevel="FATAL")

    assert (tmp_path / "twice" / "feat.params").read_text().count("-cmninit") == 1
    assert [float(value) for value in decoder.get_cmn(False).split(",")][:3] == [41.5, -2.25, 0.0]


def test_weights_as_floats_are_read_too(model, tmp_path):
    shutil.copytree(BASE, tmp_path / "floats")
    (tmp_path / "floats" / "sendump").unlink()
    head = b"s3\nversion 1.0\nendhdr\n" + struct.pack("<I", 0x11223344)
    floats = model.mixtures.weights.astype("<f4")
    shape = struct.pack("<4i", *floats.shape, floats.size)
    (tmp_path / "floats" / "mixture_weights").write_bytes(head + shape + floats.tobytes())

    np.testing.assert_allclose(read_model(tmp_path / "floats").mixtures.weights, model.mixtures.weights, atol=1e-6)


@pytest.mark.parametrize("name", ["means", "variances", "transition_matrices"])
def test_a_changed_byte_is_refused_by_its_checksum(name, tmp_path):
    shutil.copytree(BASE, tmp_path / "changed")
    path = tmp_path / "changed" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with pytest.raises(EngineError, match=rf"changed is damaged \(the checksum of {name} is wrong\)") as refusal:
        read_model(tmp_path / "changed")
    assert refusal.value.code == "ModelFilesDamaged"


def test_a_phone_has_other_states_in_other_neighborhoods(model):
    ah, b, s, silence = number(model, "AH", "B", "S", "SIL")

    inside, elsewhere = (model.definition.states(ah, left, b, "internal") for left in (b, s))

    assert len(inside) == 3
    assert inside.tolist() != elsewhere.tolist()
    assert set(model.mixtures.codebook_of[inside]) == {ah}
    # Nobody has heard a pause between ZH and ZH: the base phone's own states.
    (zh,) = number(model, "ZH")
    base = model.definition.sequences[model.definition.base_sequence[silence]]
    assert model.definition.states(silence, zh, zh, "single").tolist() == base.tolist()


def test_a_weight_of_nothing_becomes_the_decoders_smallest(model, tmp_path):
    weights = np.zeros_like(model.mixtures.weights)
    weights[:, :, 0] = 1.0
    mixtures = TiedMixtures(model.mixtures.means, model.mixtures.variances, weights, model.mixtures.codebook_of)

    write_model(mixtures, BASE, tmp_path)

    assert read_model(tmp_path).mixtures.weights.min() == pytest.approx(np.exp(-159 * STEP), rel=1e-3)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(EngineError, match="mdef is missing") as refusal:
        read_model(Path(tmp_path))
    assert refusal.value.code == "ModelFilesMissing"
