"""The PocketSphinx recognizer and its files: what the library gets wrong and this engine must not."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.engines.pocketsphinx import recognizer as module
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import DecoderFiles, base_files, cache_folder, check_acoustic, decoder_files
from speechsmith.engines.pocketsphinx.hmm_files import write_language_scale
from speechsmith.engines.pocketsphinx.recognizer import (
    STANDARD,
    WIDE,
    DecoderProfile,
    PocketSphinxRecognizer,
    profile_for,
    with_more_densities,
)

BASE = PocketSphinxEngine().packaged_models()[0].folder


@pytest.fixture
def custom(tmp_path: Path) -> Path:
    """A custom model with the files of the base."""
    folder = tmp_path / "custom"
    shutil.copytree(BASE / "en-us", folder / "acoustic")
    (folder / "language.lm.bin").symlink_to(BASE / "en-us.lm.bin")
    (folder / "lexicon.dict").symlink_to(BASE / "cmudict-en-us.dict")
    return folder


def test_a_custom_model_uses_its_own_files_and_the_acoustic_model_of_the_base_if_it_has_none(custom):
    model = ModelFiles("pocketsphinx", BASE, custom)
    assert decoder_files(model) == DecoderFiles(
        custom / "acoustic",
        custom / "language.lm.bin",
        custom / "lexicon.dict",
        spelling=base_files(BASE).lexicon,
        is_adapted=True,
    )
    assert profile_for(decoder_files(model)) == WIDE
    shutil.rmtree(custom / "acoustic")
    assert decoder_files(model).acoustic == base_files(BASE).acoustic
    assert profile_for(decoder_files(model)) == STANDARD
    (custom / "text").touch()
    assert profile_for(decoder_files(model)) == with_more_densities(STANDARD)


@pytest.mark.parametrize("name", ["language.lm.bin", "lexicon.dict", "acoustic/mdef", "acoustic/means"])
def test_a_missing_file_is_named(custom, name):
    (custom / name).unlink()
    with pytest.raises(EngineError, match=f"{name} is missing") as refusal:
        decoder_files(ModelFiles("pocketsphinx", BASE, custom))
    assert refusal.value.code == "ModelFilesMissing"


MEASURED = ("mdef", "means", "variances", "transition_matrices", "sendump")


@pytest.mark.parametrize(
    ("name", "keep"), [("feat.params", 0), *((name, part) for name in MEASURED for part in (0, 0.5, 0.999))]
)
def test_a_file_that_is_cut_short_is_refused_before_the_library_ends_the_process(custom, name, keep):
    path = custom / "acoustic" / name
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(EngineError, match=rf"{name} \(.*is damaged") as refusal:
        decoder_files(ModelFiles("pocketsphinx", BASE, custom))
    assert refusal.value.code == "ModelFilesDamaged"


@pytest.mark.parametrize("name", MEASURED)
def test_junk_of_any_kind_is_refused(custom, name):
    draw = np.random.default_rng(0)
    path = custom / "acoustic" / name
    head = path.read_bytes()[:300]
    for junk in (draw.bytes(5000), head, head[:40] + draw.bytes(3000), b"BMDF", b"s3\nendhdr\n", b"\xff" * 64):
        path.write_bytes(junk)
        with pytest.raises(EngineError, match="is damaged"):
            check_acoustic(custom / "acoustic")


def test_weights_as_floats_take_the_place_of_the_packed_ones(custom):
    acoustic = custom / "acoustic"
    (acoustic / "sendump").unlink()
    with pytest.raises(EngineError, match="sendump is missing"):
        check_acoustic(acoustic)
    shape = np.array([0x11223344, 4, 3, 128, 4 * 3 * 128], np.uint32)
    weights = np.zeros(4 * 3 * 128, np.float32)
    (acoustic / "mixture_weights").write_bytes(b"s3\nversion 1.0\nendhdr\n" + shape.tobytes() + weights.tobytes())
    check_acoustic(acoustic)


@pytest.mark.parametrize("junk", [b"", b"Trie Language Model", b"\x00" * 5000])
def test_a_language_model_that_the_library_refuses_is_an_engine_error(custom, junk, capfd):
    (custom / "language.lm.bin").unlink()
    (custom / "language.lm.bin").write_bytes(junk)
    with pytest.raises(EngineError, match="cannot load") as refusal:
        PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE, custom))
    assert refusal.value.code == "ModelFilesDamaged"
    assert capfd.readouterr() == ("", "")


def test_the_cache_folder_is_the_setting_or_the_users_own():
    assert cache_folder({"SPEECHSMITH_CACHE": "/a/b", "XDG_CACHE_HOME": "/c"}) == Path("/a/b")
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/speechsmith")
    home = Path.home() / ".cache" / "speechsmith"
    assert cache_folder({}) == cache_folder({"XDG_CACHE_HOME": "relative", "SPEECHSMITH_CACHE": ""}) == home


@pytest.fixture(scope="module")
def loaded() -> PocketSphinxRecognizer:
    return PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE))


@pytest.mark.slow
def test_the_librarys_log_is_silent(loaded, spoken, capfd):
    loaded.recognize(spoken("pocketsphinx_tests_dev", "test")[0][0], alternatives=5)
    loaded.recognize(np.zeros(300, np.float32))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_word_times_lie_where_the_words_are_and_the_utterances_confidence_is_their_weighted_mean(loaded, spoken):
    audio, words = spoken("pocketsphinx_tests_dev", "test")[0]

    plain = loaded.recognize(audio)[0]
    later = loaded.recognize(np.concatenate([np.zeros(SAMPLE_RATE_HZ, np.float32), audio]))[0]

    assert plain.lexical.split() == words
    assert later.lexical.split() == words
    for before, after in zip(plain.words, later.words, strict=True):
        assert after.start == pytest.approx(before.start + 1.0, abs=0.1)
    seconds = [word.end - word.start for word in plain.words]
    expected = sum(s * word.confidence for s, word in zip(seconds, plain.words, strict=True)) / sum(seconds)
    assert plain.confidence == pytest.approx(expected)
    assert 0.1 < plain.confidence < 1.0


@pytest.mark.slow
def test_alternatives_are_other_readings_in_the_same_stretch_of_time(loaded, spoken):
    audio, _ = spoken("pocketsphinx_tests_dev", "test")[0]
    best, *others = loaded.recognize(audio, alternatives=5)
    assert len(others) == 4
    assert loaded.recognize(audio) == [best]
    for other in others:
        assert other.lexical != best.lexical
        assert other.words[0].start >= best.words[0].start - 1e-9
        assert other.words[-1].end <= best.words[-1].end + 1e-9
        common = set(best.words) & set(other.words)
        assert common, "readings of one utterance share words"


@pytest.mark.slow
def test_each_alternative_has_a_confidence_of_its_own_and_none_is_above_the_best(loaded, spoken):
    audio, _ = spoken("libri_other_dev", "test")[0]
    confidences = [found.confidence for found in loaded.recognize(audio, alternatives=5)]

    assert len(confidences) == len(set(confidences)) == 5
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[-1] > 0.0


def small_model(folder: Path, pronunciations: dict[str, str]) -> DecoderFiles:
    """A model of a few words, each as likely as the others wherever it stands."""
    folder.mkdir(exist_ok=True)
    words = ["<s>", "</s>", *pronunciations]
    grams = [f"-1.0 {word} 0.0" for word in words]
    pairs = [f"-0.3 <s> {word}" for word in pronunciations]
    lines = ["\\data\\", f"ngram 1={len(grams)}", f"ngram 2={len(pairs)}", "", "\\1-grams:", *grams]
    lines += ["", "\\2-grams:", *pairs, "", "\\end\\", ""]
    (folder / "language.arpa").write_text("\n".join(lines), encoding="utf-8")
    lexicon = [f"{word} {phones}" for word, phones in pronunciations.items()]
    (folder / "lexicon.dict").write_text("\n".join(lexicon) + "\n", encoding="utf-8")
    return DecoderFiles(base_files(BASE).acoustic, folder / "language.arpa", folder / "lexicon.dict")


def test_a_compound_is_heard_as_its_words_with_times_by_their_letters(tmp_path, spoken):
    audio, words = spoken("pocketsphinx_tests_dev", "test")[0]
    assert words == ["ten", "of", "clubs"]
    others = {"hearts": "HH AA R T S", "nine": "N AY N"}
    files = small_model(tmp_path / "joined", {"ten": "T EH N", "of_clubs": "AH V K L AH B Z", **others})
    (found,) = PocketSphinxRecognizer(files).recognize(audio)
    files = small_model(tmp_path / "apart", {"ten": "T EH N", "of": "AH V", "clubs": "K L AH B Z", **others})
    (apart,) = PocketSphinxRecognizer(files).recognize(audio)

    assert found.lexical.split() == apart.lexical.split() == words
    of, clubs = found.words[1:]
    assert of.start == pytest.approx(apart.words[1].start, abs=0.1)
    assert clubs.end == pytest.approx(apart.words[2].end, abs=0.1)
    assert of.end == clubs.start
    assert (of.end - of.start) * 5 == pytest.approx((clubs.end - clubs.start) * 2)
    assert of.confidence == clubs.confidence


def test_confidences_are_calibrated_if_the_model_says_how(custom, spoken):
    audio, _ = spoken("pocketsphinx_tests_dev", "test")[0]
    (custom / "confidence.json").write_text('{"slope": 0.0, "intercept": 0.0}', encoding="utf-8")

    found = PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE, custom)).recognize(audio)[0]

    assert {word.confidence for word in found.words} == {0.5}
    assert found.confidence == pytest.approx(0.5)


def test_a_calibration_that_cannot_be_read_is_a_damaged_model(custom):
    (custom / "confidence.json").write_text("{}", encoding="utf-8")

    with pytest.raises(EngineError, match=r"confidence.json") as refusal:
        PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE, custom))
    assert refusal.value.code == "ModelFilesDamaged"


@pytest.mark.slow
def test_long_audio_is_decoded_in_pieces_that_are_cut_in_pauses(loaded, spoken, monkeypatch):
    utterances = spoken("pocketsphinx_tests_dev", "test")[:3]
    pause = np.random.default_rng(0).normal(0, 1e-4, SAMPLE_RATE_HZ // 2).astype(np.float32)
    audio = np.concatenate([part for samples, _ in utterances for part in (samples, pause)])
    monkeypatch.setattr(module, "LONGEST", 3.0)
    monkeypatch.setattr(module, "_CUT_SEARCH", 2.0)

    (found,) = loaded.recognize(audio, alternatives=3)

    assert found.lexical.split()[:3] == utterances[0][1]
    assert found.words[-1].end <= len(audio) / SAMPLE_RATE_HZ
    assert found.words[-1].start > 3.0
    starts = [word.start for word in found.words]
    assert starts == sorted(starts)


def test_audio_of_two_dimensions_is_refused(loaded):
    with pytest.raises(EngineError, match="one dimension"):
        loaded.recognize(np.zeros((2, 100), np.float32))


def test_a_profile_says_what_the_library_is_told():
    assert DecoderProfile(second_pass=False, active_states=5000).settings() == {
        "fwdflat": False,
        "fwdflatsfwin": 8,
        "maxhmmpf": 5000,
        "bestpath": True,
        "topn": 4,
        "maxwpf": 20,
        "lpbeam": 1e-36,
        "lponlybeam": 1e-22,
        "lw": 6.5,
        "fwdflatlw": 8.5,
        "bestpathlw": 9.5,
    }


def test_a_beam_that_is_not_given_is_left_to_the_library():
    beams = {"beam": 1e-64, "pbeam": 1e-64, "wbeam": 1e-40, "fwdflatbeam": 1e-80, "fwdflatwbeam": 1e-40}
    own = {name: value for name, value in STANDARD.settings().items() if name not in ("lpbeam", "lponlybeam")}
    assert WIDE.settings() == own | beams
    assert DecoderProfile(wbeam=1e-30).settings() == STANDARD.settings() | {"wbeam": 1e-30}


def test_the_language_model_counts_as_much_more_as_the_acoustics_say(tmp_path):
    files = DecoderFiles(tmp_path, tmp_path / "language.lm.bin", tmp_path / "lexicon.dict", is_adapted=True)
    assert profile_for(files) == WIDE
    write_language_scale(tmp_path, 1.6)
    assert profile_for(files) == replace(WIDE, language_scale=1.6)
    assert profile_for(files).settings()["lw"] == pytest.approx(1.6 * STANDARD.settings()["lw"])


@pytest.mark.parametrize("written", ["much", "", "nan", "-1", "50"])
def test_a_language_scale_that_is_damaged_is_refused(tmp_path, written):
    (tmp_path / "language_scale").write_text(written)
    with pytest.raises(EngineError, match="language_scale is damaged") as refusal:
        profile_for(DecoderFiles(tmp_path, tmp_path, tmp_path, is_adapted=True))
    assert refusal.value.code == "ModelFilesDamaged"


def test_the_library_takes_wide_beams():
    decoder = PocketSphinxEngine(WIDE).load(ModelFiles("pocketsphinx", BASE))
    assert decoder.recognize(np.zeros(1600, np.float32))[0].words == ()
