"""Language models of one corpus: with any weight, and without the sentences that are held out."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from speechsmith.asr.ngram import END, START, UNKNOWN, NGram, encode, estimate
from speechsmith.asr.types import Corpus
from speechsmith.engines.pocketsphinx.domain_lm import FLOOR
from speechsmith.engines.pocketsphinx.domain_text import DomainText, Rejections, draw_of, read_text
from speechsmith.engines.pocketsphinx.languages import Languages
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm

BASE = ["the train leaves at nine", "please hold the line", "the doctor said the call was for you"]
DOMAIN = ["press one for the pharmacy", "press two for the surgery", "hold the line"]


def text_of(sentences: list[str], folder: Path) -> DomainText:
    file = folder / "text.txt"
    file.write_text("\n".join(sentences), encoding="utf-8")
    corpus = Corpus("en-US", text=(file,))
    return read_text(corpus, lexical=str.lower, own_words={}, seed=0, rejections=Rejections(), progress=lambda _: None)


@pytest.fixture
def base(tmp_path) -> Path:
    words = (START, END, *sorted({word for sentence in BASE for word in sentence.split()}))
    write_lm(estimate(encode(BASE, {w: n for n, w in enumerate(words)}), words), tmp_path / "base.lm.bin")
    return tmp_path / "base.lm.bin"


@pytest.fixture
def languages(base, tmp_path) -> Languages:
    return Languages(base, text_of(DOMAIN, tmp_path), frozenset())


def model_of(languages: Languages, weight: float, **options) -> NGram:
    return languages.model(weight, read_lm(languages.base), **options)


def probability(model: NGram, word: str, *history: str) -> float:
    return math.exp(model.log_prob(word, history))


def test_no_weight_is_the_base_model(languages, base):
    model, as_read = model_of(languages, 0.0), read_lm(base)

    assert model.words == as_read.words
    assert probability(model, "train", "the") == probability(as_read, "train", "the")


def test_more_weight_makes_what_the_domain_says_likelier(languages):
    models = [model_of(languages, weight) for weight in (0.0, 0.2, 0.5, 0.9)]

    line = [probability(model, "line", "hold", "the") for model in models]
    train = [probability(model, "train", "the") for model in models]
    assert train == sorted(train, reverse=True)
    assert line[-1] != line[0]
    press = [probability(model, "press", START) for model in models[1:]]
    assert press == sorted(press)


def test_full_weight_is_the_domain_alone(languages):
    assert set(model_of(languages, 1.0).words) == {START, END, *" ".join(DOMAIN).split()}


def test_a_sentence_that_is_held_out_is_not_known(languages):
    held_out = {draw_of(["press", "two", "for", "the", "surgery"], 0)}

    whole, without = model_of(languages, 0.5), model_of(languages, 0.5, without=held_out)

    assert probability(without, "two", "press") < 0.1 * probability(whole, "two", "press")
    assert probability(without, "one", "press") > probability(whole, "one", "press")


def test_a_sentence_that_is_held_out_goes_as_often_as_it_occurs(base, tmp_path):
    often = Languages(base, text_of([*DOMAIN, DOMAIN[1], DOMAIN[1]], tmp_path), frozenset())
    once = Languages(base, text_of(DOMAIN, tmp_path), frozenset())
    held_out = {draw_of(DOMAIN[1].split(), 0)}

    models = [model_of(languages, 0.5, without=held_out) for languages in (often, once)]

    for word, history in (("one", "press"), ("the", "for"), ("line", "the")):
        assert probability(models[0], word, history) == pytest.approx(probability(models[1], word, history))


def test_a_transcript_that_is_cut_into_pieces_is_held_out_piece_by_piece(base, tmp_path):
    said = [sentence.split() for sentence in DOMAIN[:2]]
    whole = Languages(base, text_of([" ".join(DOMAIN[:2]), DOMAIN[2]], tmp_path), frozenset())
    apart = Languages(base, text_of(DOMAIN, tmp_path), frozenset())
    draws = [draw_of(words, 0) for words in said]
    pieces = whole.in_pieces({draw_of([*said[0], *said[1]], 0): list(zip(draws, said, strict=True))})

    for without in ([], [draws[1]], draws):
        models = [model_of(languages, 0.5, without=without) for languages in (pieces, apart)]
        for word, history in (("two", "press"), ("line", "the"), ("press", START)):
            assert probability(models[0], word, history) == pytest.approx(probability(models[1], word, history))


def test_a_piece_counts_as_much_as_its_transcript_and_unknown_words_stay_unknown(base, tmp_path):
    text = text_of(DOMAIN, tmp_path)
    weighted = replace(text, weight=text.weight * 3)

    pieces = weighted.in_pieces({int(text.draw[1]): [(11, ["press", "two"]), (12, ["zorblex", "surgery"])]})

    assert list(pieces.weight) == [3.0] * 4
    assert list(pieces.draw) == [text.draw[0], text.draw[2], 11, 12]
    assert list(pieces.tokens[-4:]) == [0, UNKNOWN, text.words.index("surgery"), 1]
    assert weighted.in_pieces({}).tokens.tolist() == text.tokens.tolist()


def test_nothing_is_left_when_all_is_held_out_but_the_base(languages, base):
    all_draws = {draw_of(sentence.split(), 0) for sentence in DOMAIN}

    assert model_of(languages, 0.5, without=all_draws).words == read_lm(base).words


def test_words_that_the_user_pronounces_are_expected_whatever_the_weight(base, tmp_path):
    languages = Languages(base, text_of(DOMAIN, tmp_path), frozenset({"zorblex"}))

    for weight in (0.0, 0.3, 1.0):
        assert probability(model_of(languages, weight), "zorblex") >= 0.99 * FLOOR


def test_a_weight_is_chosen_only_where_there_is_text(languages, base, tmp_path):
    without_text = Languages(base, text_of([], tmp_path), frozenset({"zorblex"}))

    assert without_text.choice(read_lm(base), None, general=(), progress=lambda _: None) is None
    assert languages.choice(read_lm(base), 0.4, general=(), progress=lambda _: None).weight == 0.4
