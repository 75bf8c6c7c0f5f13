"""Lists in language models: a token is written out as its members, and the laws of probability hold."""

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from speechsmith.asr.ngram import END, START, NGram, encode, estimate, expand, find, per_member
from speechsmith.asr.ngram.model import listed_words

CLASSES = {"{name}": ["ann", "bob", "new_york"], "{n}": ["one", "two"], "{single}": ["only"]}
SENTENCES = [
    "call {name} now", "call {name}", "{name} calls {name}", "press {n}", "press {n} for {name}", "press one or {n}",
    "dial {n} {n}", "the only one", "say {single}", "call me", "{name} please",
] * 3  # fmt: skip


def model_of(sentences: list[str], *, order: int = 3, extra: tuple[str, ...] = (), weights=None) -> NGram:
    words = (START, END, *sorted({word for s in sentences for word in s.split()} | set(extra)))
    return estimate(encode(sentences, {w: i for i, w in enumerate(words)}), words, order=order, weights=weights)


def histories(model: NGram) -> Iterator[tuple[str, ...]]:
    """Every listed history, and some that are not."""
    yield from ((), ("ann", "ann"), ("two", "only"), ("now", "now"))
    for n in range(1, model.order):
        for gram in zip(*listed_words(model.levels, n), strict=True):
            if model.words[gram[-1]] != END and START not in [model.words[i] for i in gram[1:]]:
                yield tuple(model.words[i] for i in gram)


def assert_every_history_sums_to_one(model: NGram) -> None:
    for history in histories(model):
        total = sum(math.exp(model.log_prob(word, history)) for word in model.words if word != START)
        assert total == pytest.approx(1, abs=5e-6), history


def assert_closed(model: NGram) -> None:
    for n, level in enumerate(model.levels[1:], start=1):
        below = model.levels[n - 1]
        assert np.all(np.diff(level.keys) > 0)
        assert level.history.max(initial=0) < len(below)
        columns = listed_words(model.levels, n + 1)
        suffix = columns[1].copy()
        for order, column in enumerate(columns[2:], start=1):
            suffix = find(model.levels[order].keys, suffix << 21 | column)
        np.testing.assert_array_equal(suffix, level.suffix)


def log_prob_of(model: NGram, sentence: str) -> float:
    return float(np.nansum(model.token_log_probs(encode([sentence], model.index))))


def written_out(sentence: str) -> list[str]:
    choices = [CLASSES.get(word, [word]) for word in sentence.split()]
    return [" ".join(words) for words in product(*choices)]


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("most_ngrams", [0, 7, 40, 10_000])
def test_every_history_sums_to_one_however_much_is_written_out(order, most_ngrams):
    expanded = expand(model_of(SENTENCES, order=order), CLASSES, most_ngrams=most_ngrams)

    assert_closed(expanded)
    assert_every_history_sums_to_one(expanded)


def test_members_share_what_their_list_has_and_have_its_future():
    sentences = [s for s in SENTENCES if not {"one", "only"} & set(s.split())]  # no word has a second reading
    tokens = model_of(sentences)

    words = expand(tokens, CLASSES)

    reads = {member: token for token, members in CLASSES.items() for member in members}
    for history in histories(words):
        read = tuple(reads.get(word, word) for word in history)
        for word in set(words.words) - {START}:
            token = reads.get(word, word)
            share = 1 / len(CLASSES[token]) if token in CLASSES else 1
            expected = share * math.exp(tokens.log_prob(token, read))
            assert math.exp(words.log_prob(word, history)) == pytest.approx(expected, rel=1e-5), (history, word)


def test_a_case_worked_by_hand():
    # Bigrams <s>{n} 1, {n}{n} 1, {n}</s> 1: all counts are one, so each discount is 0.5. Contexts: {n} 2 (<s>, {n}),
    # </s> 1; p({n}) = (2 - 1) / 3 + (1.5 / 3) / 2 = 7/12 where discounts are 1 and 0.5.
    tokens = model_of(["{n} {n}"], order=2)
    p_n = 7 / 12
    assert math.exp(tokens.log_prob("{n}")) == pytest.approx(p_n)

    words = expand(tokens, {"{n}": ["one", "two"]})

    assert words.words == (START, END, "one", "two")
    assert words.sizes == (4, 2 + 4 + 2)
    assert math.exp(words.log_prob("two")) == pytest.approx(p_n / 2)
    assert math.exp(words.log_prob("two", ("one",))) == pytest.approx((0.5 / 2 + 1 / 2 * p_n) / 2)
    assert math.exp(words.log_prob("two", (START,))) == pytest.approx((0.5 + 0.5 * p_n) / 2)


def test_a_list_twice_in_a_sentence_is_two_independent_members():
    words = expand(model_of(["from {name} to {name}"] * 4), CLASSES)

    p = {
        (a, b): math.exp(log_prob_of(words, f"from {a} to {b}"))
        for a, b in product(CLASSES["{name}"], repeat=2)
    }  # fmt: skip

    assert len({round(value, 9) for value in p.values()}) == 1
    assert sum(p.values()) == pytest.approx(
        math.exp(log_prob_of(model_of(["from {name} to {name}"] * 4), "from {name} to {name}")), rel=1e-5
    )


@pytest.mark.parametrize(
    "sentence", ["call ann now", "press two for new_york", "dial one two", "bob calls ann", "call me"]
)
def test_with_much_text_it_agrees_with_the_model_of_all_sentences_written_out(sentence):
    # With every sentence said a thousand times the discounts vanish, and both models are relative frequencies. The
    # sentences are such that two words tell where one is, so that a trigram has the whole history.
    grammar = ["call {name} now", "press {n} for {name}", "dial {n} {n}", "{name} calls {name}", "call me"]
    out = [(s, 1000 / len(written_out(g))) for g in grammar for s in written_out(g)]
    full = model_of([s for s, times in out for _ in range(round(times))], order=4)

    words = expand(model_of(grammar * 1000, order=4), CLASSES)

    assert log_prob_of(words, sentence) == pytest.approx(log_prob_of(full, sentence), abs=0.02)


def test_a_word_with_two_readings_has_the_probability_of_both():
    # Worked from the model of tokens: "one" is read as itself and as half of {n}, in proportion to the two.
    tokens = model_of(SENTENCES, order=2)

    words = expand(tokens, CLASSES)

    p = {word: math.exp(tokens.log_prob(word)) for word in tokens.words}
    plain, listed = p["one"], p["{n}"] / 2
    assert math.exp(words.log_prob("one")) == pytest.approx(plain + listed, rel=1e-5)
    after = plain / (plain + listed) * math.exp(tokens.log_prob("or", ("one",)))
    assert math.exp(words.log_prob("or", ("one",))) == pytest.approx(after, rel=1e-5)
    both = math.exp(tokens.log_prob("one", ("press",))) + math.exp(tokens.log_prob("{n}", ("press",))) / 2
    assert math.exp(words.log_prob("one", ("press",))) == pytest.approx(both, rel=1e-5)


def test_the_words_before_tell_which_reading_is_meant():
    sentences = ["press one quickly", "take {n} slowly"] * 50

    words = expand(model_of(sentences), CLASSES)

    assert words.log_prob("quickly", ("press", "one")) > math.log(0.9)
    assert words.log_prob("slowly", ("take", "one")) > math.log(0.9)


def test_a_member_that_is_named_twice_is_twice_as_likely():
    words = expand(model_of(["call {name}"]), {"{name}": ["ann", "bob", "ann"]})

    for history in ((), ("call",), (START, "call")):
        ratio = words.log_prob("ann", history) - words.log_prob("bob", history)
        assert ratio == pytest.approx(math.log(2), abs=1e-5)


def test_one_member_can_be_scored_without_writing_the_lists_out():
    tokens = model_of([s for s in SENTENCES if not {"one", "only"} & set(s.split())])

    member = per_member(tokens, CLASSES)

    said = [("call {name} now", "call new_york now"), ("dial {n} {n}", "dial two one"), ("say {single}", "say only")]
    for sentence, words in said:
        written = expand(tokens, CLASSES)
        expected = written.token_log_probs(encode([words], written.index))
        np.testing.assert_allclose(member.token_log_probs(encode([sentence], member.index)), expected, rtol=1e-4)


def test_a_model_without_lists_is_left_alone():
    tokens = model_of(["call me"])

    assert expand(tokens, CLASSES) is tokens


def test_no_more_is_written_out_than_there_is_room_for_and_what_matters_most_comes_first():
    classes = {"{many}": [f"m{i}" for i in range(50)], "{few}": ["f0", "f1"], "{rare}": [f"r{i}" for i in range(60)]}
    tokens = model_of([*["play {many}"] * 200, *["one {few} two"] * 3, "what {many} {many}", "say {rare}", "a b c"])
    plain = sum(expand(tokens, classes, most_ngrams=0).sizes[1:])

    for room in (2, 60, 120, 300, 2600):
        words = expand(tokens, classes, most_ngrams=room)
        assert plain < sum(words.sizes[1:]) <= plain + room
    words = expand(tokens, classes, most_ngrams=120)
    said = math.exp(tokens.log_prob("{many}", ("play",))) / 50
    assert math.exp(words.log_prob("m7", ("play",))) == pytest.approx(said, rel=1e-4)
    assert math.exp(expand(tokens, classes, most_ngrams=0).log_prob("m7", ("play",))) < said / 1.2


@pytest.mark.slow
def test_twenty_lists_of_35000_items_with_several_references_in_a_sentence_fit():
    rng = np.random.default_rng(1)
    classes = {f"{{l{i}}}": [f"l{i}w{j}" for j in range(35_000)] for i in range(20)}
    plain = [f"p{i}" for i in range(300)]
    sentences = [
        " ".join(rng.choice(plain if k % 3 else list(classes)) for k in range(rng.integers(2, 10))) for _ in range(1000)
    ]
    tokens = model_of(sentences, extra=tuple(classes))

    words = expand(tokens, classes)

    assert words.sizes[0] == 2 + 300 + 700_000
    assert sum(words.sizes[1:]) <= 1_500_000 + sum(tokens.sizes[1:])
    log_p = words.levels[0].log_prob.astype(np.float64)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-4)
    level = words.levels[1]
    of_history = np.bincount(level.history, np.exp(level.log_prob), minlength=words.sizes[0])
    shorter = np.bincount(level.history, np.exp(log_p[level.word]), minlength=words.sizes[0])
    total = of_history + np.exp(words.levels[0].log_backoff) * (1 - shorter)
    np.testing.assert_allclose(total, 1, atol=1e-4)
