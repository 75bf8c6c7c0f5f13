"""One model for full-band and telephone speech: each is heard, and learned from, with the acoustics of its band."""

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr

from speechsmith.asr.hmm import FilterBank, through_telephone
from speechsmith.asr.scoring import align, total
from speechsmith.asr.types import SAMPLE_RATE_HZ, Corpus, Samples, Utterance
from speechsmith.engines.base import AdaptOptions, ModelFiles
from speechsmith.engines.pocketsphinx.bands import BandRecognizer
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import base_files, check_acoustic
from speechsmith.engines.pocketsphinx.hmm_files import read_model
from speechsmith.engines.pocketsphinx.recognizer import (
    STANDARD,
    WIDE,
    PocketSphinxRecognizer,
    profile_for,
    with_more_densities,
)
from speechsmith.engines.pocketsphinx.telephone import heard_with, is_for_telephone, is_mostly_narrow, write_variant

BASE = PocketSphinxEngine().packaged_models()[0].folder
FILES = base_files(BASE)


def _narrow(samples: Samples) -> Samples:
    """As a file of 8 kHz gives it."""
    narrow = np.rint(soxr.resample(samples, SAMPLE_RATE_HZ, 8000) * 32767) / 32767
    return np.asarray(soxr.resample(narrow, 8000, SAMPLE_RATE_HZ), np.float32)


def test_the_variant_of_the_packaged_model_loses_the_six_bands_above_the_edge(tmp_path: Path) -> None:
    write_variant(FILES.acoustic, tmp_path / "variant")
    check_acoustic(tmp_path / "variant")
    written, model = read_model(tmp_path / "variant"), read_model(FILES.acoustic)
    expected = through_telephone(model.mixtures, FilterBank(25, 130.0, 6800.0, 22))
    assert written.mixtures.means == pytest.approx(expected.means, abs=1e-3)
    assert written.mixtures.variances == pytest.approx(np.maximum(expected.variances, 1e-4), rel=1e-4)
    assert np.count_nonzero(FilterBank(25, 130.0, 6800.0, 22).ends() > 4000) == 6
    assert is_for_telephone(tmp_path / "variant")
    assert not is_for_telephone(FILES.acoustic)


def test_a_folder_is_taken_as_it_is_for_full_band_speech_and_when_it_is_for_the_telephone(tmp_path: Path) -> None:
    with heard_with(FILES.acoustic, is_narrow=False) as folder:
        assert folder == FILES.acoustic
    with heard_with(FILES.acoustic, is_narrow=True) as folder:
        assert is_for_telephone(folder)
        kept = folder
    assert not kept.exists()
    write_variant(FILES.acoustic, tmp_path / "variant")
    for narrow in (True, False):
        with heard_with(tmp_path / "variant", is_narrow=narrow) as folder:
            assert folder == tmp_path / "variant"


def test_more_densities_count_in_custom_models_and_where_they_were_computed_for_the_telephone(tmp_path: Path) -> None:
    variant = replace(FILES, acoustic=tmp_path / "variant")
    write_variant(FILES.acoustic, variant.acoustic)
    assert profile_for(FILES) == STANDARD
    assert profile_for(replace(FILES, text_prevails=True)) == with_more_densities(STANDARD)
    assert profile_for(variant) == with_more_densities(STANDARD) == replace(STANDARD, densities=16)
    assert profile_for(replace(variant, is_adapted=True)) == WIDE
    assert with_more_densities(replace(WIDE, densities=32)) == replace(WIDE, densities=32)


def test_what_most_seconds_are_decides_the_band() -> None:
    assert is_mostly_narrow([(1.0, False), (1.0, False), (2.1, True)])
    assert not is_mostly_narrow([(1.0, True), (1.0, True), (2.1, False)])
    assert not is_mostly_narrow([])


@pytest.mark.slow
def test_each_utterance_is_heard_by_the_decoder_of_its_band_whatever_came_before(spoken) -> None:
    (full, _), (other, _) = spoken("so762_dev", "test")[:2]
    narrow = _narrow(other)
    both = BandRecognizer(FILES)
    alone = PocketSphinxRecognizer(FILES).recognize(full)
    telephone = PocketSphinxRecognizer(FILES, with_more_densities(STANDARD), is_narrow=True).recognize(narrow)
    assert [both.recognize(one) for one in (full, narrow, full, narrow)] == [alone, telephone, alone, telephone]


@pytest.mark.slow
def test_telephone_prompts_are_recognized_better_with_the_variant(spoken) -> None:
    prompts = spoken("asterisk_ivr_dev", "train")[::21]
    assert len(prompts) >= 9

    def errors(recognizer: PocketSphinxRecognizer | BandRecognizer) -> float:
        found = (recognizer.recognize(samples)[0].lexical.split() for samples, _ in prompts)
        return total([align(words, heard).counts for (_, words), heard in zip(prompts, found, strict=True)]).wer or 0.0

    assert errors(BandRecognizer(FILES)) < 0.93 * errors(PocketSphinxRecognizer(FILES))


@pytest.mark.slow
def test_a_model_learned_over_the_telephone_is_marked_and_hears_full_band_speech_narrowed(
    real_speech: Path, spoken, tmp_path: Path
) -> None:
    (full, words), *others = spoken("so762_dev", "train")[:12]
    part = real_speech / "so762_dev" / "train"
    lines = [line.split("\t") for line in (part / "trans.txt").read_text("utf-8").splitlines()[1:12]]
    utterances = []
    for (name, transcript), (samples, _) in zip(lines, others, strict=True):
        utterances.append(Utterance(name, _written(tmp_path / f"{len(utterances)}.wav", _narrow(samples)), transcript))
    wide = Utterance(lines[0][0], part / "audio" / lines[0][0], lines[0][1])
    out = tmp_path / "model"
    out.mkdir()
    corpus = Corpus("en-US", utterances=(*utterances, replace(wide, name="wide")))
    engine = PocketSphinxEngine()
    report = engine.adapt(BASE, corpus, out, AdaptOptions(learning_curve=False), lambda *_: None).report
    assert report["speech"]["band"] == "telephone"
    assert report["speech"]["notUsed"]["count"] == 0
    assert (out / "acoustic").exists()
    assert is_for_telephone(out / "acoustic")
    recognizer = engine.load(ModelFiles("pocketsphinx", BASE, out))
    assert recognizer.recognize(full)[0].lexical == recognizer.recognize(_narrow(full))[0].lexical
    assert words


def _written(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
