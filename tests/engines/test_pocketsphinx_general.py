"""What a model loses on general speech, against figures worked by hand."""

import math

import numpy as np
import pytest

from speechsmith.asr.ngram import END, START, UNKNOWN, NGram, encode, estimate
from speechsmith.engines.pocketsphinx.general import GeneralText

BASE_INDEX = {START: 0, END: 1, "a": 2, "b": 3}


class Unigrams:
    """Stands for a language model whose words do not depend on each other: word -> probability."""

    def __init__(self, **probability: float) -> None:
        self._p = {END: probability.pop("end"), **probability}
        self.index = {START: 0} | {word: n for n, word in enumerate(self._p, start=1)}

    def token_log_probs(self, tokens):
        log_p = np.full(len(self.index) + 1, np.nan)  # the last one is for UNKNOWN
        for word, p in self._p.items():
            log_p[self.index[word]] = math.log(p)
        assert UNKNOWN == -1
        return log_p[tokens]


def general(model: Unigrams, *sentences: str) -> GeneralText:
    tokens = encode(sentences, model.index)
    sentence = np.cumsum(tokens == 0) - 1
    return GeneralText(tuple(sentences), model.token_log_probs(tokens), sentence)


def test_perplexity_before_and_after_is_that_of_the_words_that_both_know():
    base = Unigrams(end=0.25, a=0.5, b=0.25)
    text = general(base, "a b", "a")

    loss = text.loss(Unigrams(end=0.25, a=0.125, b=0.25))

    # five tokens: a b </s> a </s>; a is four times less likely, twice
    assert (loss["sentences"], loss["tokens"]) == (2, 5)
    assert loss["perplexityBefore"] == round((0.5 * 0.25 * 0.25 * 0.5 * 0.25) ** (-1 / 5), 1)
    assert loss["perplexityAfter"] == round((0.125 * 0.25 * 0.25 * 0.125 * 0.25) ** (-1 / 5), 1)
    assert loss["change"]["value"] == pytest.approx(16 ** (1 / 5) - 1, abs=1e-4)
    assert loss["lostWordRate"] == 0
    assert loss["words"].startswith("Everyday sentences are predicted much worse: their perplexity grows by 74 %.")


def test_a_model_that_is_as_good_on_everyday_sentences_says_so():
    base = Unigrams(end=0.25, a=0.5, b=0.25)
    assert general(base, "a b").loss(base)["words"].startswith("Everyday sentences are predicted about as well")


def test_the_range_is_between_the_sentence_that_loses_least_and_the_one_that_loses_most():
    base = Unigrams(end=0.25, a=0.5, b=0.25)
    text = general(base, "a b", "a")

    change = text.loss(Unigrams(end=0.25, a=0.125, b=0.25))["change"]

    # log 4 once over three tokens or over two: that is all that two sentences can be drawn to
    assert change["low"] == pytest.approx(4 ** (1 / 3) - 1, abs=1e-4)
    assert change["high"] == pytest.approx(4 ** (1 / 2) - 1, abs=1e-4)


def test_words_that_only_the_base_knows_are_lost_and_not_counted_in_the_perplexity():
    base = Unigrams(end=0.25, a=0.5, b=0.25)
    text = general(base, "a b", "a")

    loss = text.loss(Unigrams(end=0.5, b=0.5))  # as the domain's model alone, with weight 1

    assert loss["tokens"] == 3
    assert loss["lostWordRate"] == round(2 / 5, 4)
    assert loss["words"].startswith("40 % of the words of everyday sentences can no longer be recognized")
    assert loss["change"]["value"] == pytest.approx(-0.5, abs=1e-4)  # each is twice as likely


def test_a_model_without_any_general_word_has_lost_all_of_them_and_no_perplexity():
    class Silent(Unigrams):
        def token_log_probs(self, tokens):
            return np.full(len(tokens), np.nan)

    loss = general(Unigrams(end=0.5, a=0.5), "a a a").loss(Silent(end=1.0))

    assert loss["tokens"] == 0
    assert loss["lostWordRate"] == 1
    assert loss["change"] == {"value": 0, "low": 0, "high": 0}


def test_the_same_model_loses_nothing():
    index = {START: 0, END: 1, "a": 2, "b": 3}
    model = estimate(encode(["a b a", "b b"], index), tuple(index), order=2)
    tokens = encode(["a b", "b"], index)
    text = GeneralText(("a b", "b"), model.token_log_probs(tokens), np.cumsum(tokens == 0) - 1)

    assert text.loss(model)["change"] == {"value": 0, "low": 0, "high": 0}


def english() -> NGram:
    words = (START, END, "the", "train", "is", "late")
    return estimate(encode(["the train is late", "the train"], {w: n for n, w in enumerate(words)}), words, order=2)


def test_the_house_has_general_sentences_in_english_and_none_elsewhere():
    text = GeneralText.read("en-US", english(), str.lower)

    assert len(text.sentences) == text.sentence[-1] + 1 > 100
    assert all(sentence == sentence.lower() for sentence in text.sentences)
    assert GeneralText.read("cy-GB", english(), str.lower) is None
