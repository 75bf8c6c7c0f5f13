"""The decoder's packed language model: what is written is what the decoder reads, and how far back it looks."""

import math
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

import speechsmith
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.ngram import END, START, NGram, encode, estimate, interpolate, prune
from speechsmith.asr.ngram.model import listed_words
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.lm_file import read_lm, read_words, write_lm

PACKAGED = Path(pocketsphinx.get_model_path()) / "en-us"
BASE = PACKAGED / "en-us.lm.bin"
VOICE = Path(speechsmith.__file__).parent / "sample" / "test" / "audio" / "test_01.wav"
SPOKEN = {"do": "D UW", "you": "Y UW", "still": "S T IH L", "stock": "S T AA K", "the": "DH AH", "pump": "P AH M P",
          "moltrino": "M OW L T R IY N OW", "in": "IH N", "two": "T UW", "inch": "IH N CH"}  # fmt: skip


def small_model(order: int, *, tokens: int = 2000, words: int = 60) -> NGram:
    rng = np.random.default_rng(order)
    p = 1 / np.arange(1, words + 1)
    stream = rng.choice(np.arange(2, words + 2, dtype=np.int32), size=tokens, p=p / p.sum())
    stream[::9], stream[8::9] = 0, 1
    stream[-1] = 1
    return estimate(stream, (START, END, *(f"w{i}" for i in range(words))), order=order)


def sampled_ngrams(model: NGram, count: int) -> list[list[str]]:
    rng = np.random.default_rng(0)
    predicted = [word for word in model.words if word != START]
    lengths = rng.integers(1, model.order + 1, size=count)
    return [[predicted[i] for i in rng.integers(0, len(predicted), size=n)] for n in lengths]


def longest_ngrams(model: NGram, count: int) -> list[list[str]]:
    columns = listed_words(model.levels, model.order)
    rows = np.random.default_rng(1).integers(0, model.sizes[-1], size=count)
    grams = [[model.words[column[row]] for column in columns] for row in rows]
    return [gram for gram in grams if gram[-1] != START]


def assert_decoder_agrees(path: Path, model: NGram, grams: list[list[str]]) -> None:
    decoder = pocketsphinx.NGramModel(pocketsphinx.Config(loglevel="FATAL"), pocketsphinx.LogMath(1.0001), str(path))
    for *history, word in grams:
        heard = decoder.prob([word, *reversed(history)]) * math.log(1.0001)
        assert heard == pytest.approx(model.log_prob(word, history), abs=1e-3), (history, word)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_decoder_reads_the_probabilities_that_were_written(tmp_path, order):
    model = small_model(order)

    write_lm(model, tmp_path / "small.lm.bin")

    grams = sampled_ngrams(model, 500) + longest_ngrams(model, 200)
    assert_decoder_agrees(tmp_path / "small.lm.bin", model, grams)


def test_the_decoder_reads_a_pruned_mixture_of_two_orders(tmp_path):
    mixture = interpolate(small_model(4), small_model(3, words=80), 0.4)
    model = prune(mixture, 1e-4)
    assert 0 < model.sizes[3] < mixture.sizes[3]

    write_lm(model, tmp_path / "mixed.lm.bin")

    grams = sampled_ngrams(model, 500) + longest_ngrams(model, 200)
    assert_decoder_agrees(tmp_path / "mixed.lm.bin", model, grams)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_model_survives_the_file(tmp_path, order):
    model = small_model(order)

    write_lm(model, tmp_path / "small.lm.bin")
    again = read_lm(tmp_path / "small.lm.bin")

    assert again.words == read_words(tmp_path / "small.lm.bin") == model.words
    for a, b in zip(model.levels, again.levels, strict=True):
        np.testing.assert_array_equal(a.keys, b.keys)
        np.testing.assert_array_equal(a.suffix, b.suffix)
        np.testing.assert_allclose(a.log_prob, b.log_prob, rtol=1e-6)
        np.testing.assert_allclose(a.log_backoff, b.log_backoff, rtol=1e-6, atol=1e-7)


def test_more_values_than_the_tables_hold_move_by_less_than_the_decoder_can_tell(tmp_path):
    model = small_model(3, tokens=400_000, words=3000)
    assert len(np.unique(model.levels[2].log_prob)) > 65_536

    write_lm(model, tmp_path / "large.lm.bin")
    again = read_lm(tmp_path / "large.lm.bin")

    for a, b in zip(model.levels, again.levels, strict=True):
        np.testing.assert_allclose(a.log_prob, b.log_prob, atol=3e-4)
        np.testing.assert_allclose(a.log_backoff, b.log_backoff, atol=3e-4)


@pytest.mark.slow
def test_the_base_model_is_read_as_the_decoder_reads_it():
    model = read_lm(BASE)

    assert model.sizes == (72_547, 2_051_541, 1_669_625)
    assert read_words(BASE) == model.words
    listed = [["the"], ["of", "the"], ["one", "of", "the"], ["thank", "you", "very"], ["xylophone", "the"]]
    assert_decoder_agrees(BASE, model, listed + sampled_ngrams(model, 300))


@pytest.mark.slow
def test_the_base_model_survives_being_written_again(tmp_path):
    model = read_lm(BASE)

    write_lm(model, tmp_path / "again.lm.bin")
    again = read_lm(tmp_path / "again.lm.bin")

    assert again.words == model.words
    for a, b in zip(model.levels, again.levels, strict=True):
        np.testing.assert_array_equal(a.keys, b.keys)
        np.testing.assert_array_equal(a.log_prob, b.log_prob)
        np.testing.assert_array_equal(a.log_backoff, b.log_backoff)


@pytest.mark.slow
@pytest.mark.parametrize("order", [3, 4])
def test_a_mixture_with_the_base_model_decodes_as_it_was_mixed(order, tmp_path):
    mixed = interpolate(small_model(order), read_lm(BASE), 0.4)

    write_lm(mixed, tmp_path / "mixed.lm.bin")

    grams = [["w1"], ["w1", "w2"], ["the", "w1"], ["of", "the"], ["one", "of", "the"], ["w1", "w1", "w1"]]
    grams += sampled_ngrams(mixed, 300) + longest_ngrams(mixed, 200)
    assert_decoder_agrees(tmp_path / "mixed.lm.bin", mixed, grams)


def lowered(model: NGram, order: int) -> NGram:
    """The model, in which what is said of one order's n-grams is some other numbers."""
    levels = list(model.levels)
    levels[order - 1] = replace(levels[order - 1], log_prob=levels[order - 1].log_prob - np.float32(2))
    return NGram(model.words, tuple(levels))


@pytest.mark.slow
def test_the_search_of_the_decoder_looks_back_at_two_words_and_no_further(tmp_path):
    # why a custom model is of order 3: what a fourth order says changes nothing of what is heard, to the last digit
    sentences = [
        "do you still stock the moltrino pump in two inch",
        "stock the pump",
        "do you still stock two in the inch",
    ]
    vocabulary = (START, END, *SPOKEN)
    model = estimate(encode(sentences, {w: i for i, w in enumerate(vocabulary)}), vocabulary, order=4)
    Lexicon({word: [tuple(phones.split())] for word, phones in SPOKEN.items()}).write(tmp_path / "words.dict")
    with wave.open(str(VOICE)) as file:
        audio = file.readframes(file.getnframes())

    heard = {}
    for name, asked in (("as it is", model), ("fourth", lowered(model, 4)), ("third", lowered(model, 3))):
        write_lm(asked, tmp_path / f"{name}.lm.bin")
        decoder = pocketsphinx.Decoder(
            hmm=str(PACKAGED / "en-us"),
            dict=str(tmp_path / "words.dict"),
            lm=str(tmp_path / f"{name}.lm.bin"),
            loglevel="FATAL",
        )
        decoder.start_utt()
        decoder.process_raw(audio, full_utt=True)
        decoder.end_utt()
        heard[name] = decoder.hyp().hypstr, decoder.hyp().best_score

    assert heard["as it is"][0] == sentences[0]
    assert heard["fourth"] == heard["as it is"]
    assert heard["third"] != heard["as it is"]


@pytest.mark.parametrize("damage", ["empty", "other", "cut short", "cut in the words"])
def test_a_damaged_file_is_refused_by_name(tmp_path, damage):
    path = tmp_path / "small.lm.bin"
    write_lm(small_model(3), path)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "other": b"\\data\\" + whole,
            "cut short": whole[: len(whole) // 2],
            "cut in the words": whole[:-40],
        }[damage]
    )

    for read in (read_lm, read_words):
        with pytest.raises(EngineError, match=r"small\.lm\.bin is not a readable") as refusal:
            read(path)
        assert refusal.value.code == "ModelFilesDamaged"
