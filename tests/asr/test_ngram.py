"""Back-off language models: estimation, mixing and pruning keep the laws of probability."""

import math

import numpy as np
import pytest

from speechsmith.asr.ngram import (
    END,
    START,
    UNKNOWN,
    NGram,
    encode,
    estimate,
    history_log_probs,
    interpolate,
    perplexity,
    prune,
    read_arpa,
    with_floor,
    write_arpa,
)
from speechsmith.asr.ngram.counts import count
from speechsmith.asr.ngram.mix import MOST_SHIFT
from speechsmith.asr.ngram.model import LOG_ZERO, listed_words


def model_of(sentences: list[str], *, extra: tuple[str, ...] = (), order: int = 3, weights=None) -> NGram:
    words = (START, END, *sorted({word for s in sentences for word in s.split()} | set(extra)))
    index = {word: i for i, word in enumerate(words)}
    return estimate(encode(sentences, index), words, order=order, weights=weights)


def random_text(seed: int, *, words: str = "abcdefgh", sentences: int = 200) -> list[str]:
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, len(words) + 1)
    return [" ".join(rng.choice(list(words), size=rng.integers(1, 7), p=p / p.sum())) for _ in range(sentences)]


def listed(model: NGram, order: int) -> set[tuple[str, ...]]:
    columns = listed_words(model.levels, order)
    return {tuple(model.words[i] for i in gram) for gram in zip(*columns, strict=True)}


def assert_every_history_sums_to_one(model: NGram) -> None:
    predicted = [word for word in model.words if word != START]
    histories = [(), ("a",), ("a", "b"), (START,), (START, "a"), ("h", "g"), ("b", "a", "a"), (END, END)]
    for history in histories:
        total = sum(math.exp(model.log_prob(word, history)) for word in predicted)
        assert total == pytest.approx(1, abs=2e-6), history


@pytest.fixture(scope="module")
def domain() -> NGram:
    return model_of(random_text(1), extra=("never",))


@pytest.fixture(scope="module")
def domain4() -> NGram:
    return model_of(random_text(1), extra=("never",), order=4)


@pytest.fixture(scope="module")
def base() -> NGram:
    return model_of(random_text(2, words="hgfedcbaxyz"))


def test_kneser_ney_agrees_with_a_case_worked_by_hand():
    # Bigram counts are <s>a 3, ab 2, ac 1, b</s> 2, c</s> 1: n_1..n_4 = 2, 2, 1, 0, so Y = 1/3 and the discounts are
    # 1/3, 3/2 and 3. Contexts are a 1, b 1, c 1, </s> 2: none has three, so here they are 0.5, 1 and 1.5. Uniform over
    # a, b, c, </s> is 0.25.
    model = model_of(["a b", "a b", "a c"], order=2)

    p = {(w, *h): math.exp(model.log_prob(w, h)) for w in ("a", "b", "c", END) for h in ((), ("a",), (START,))}

    gamma = (3 / 2 + 1 / 3) / 3
    assert p["a",] == pytest.approx((1 - 0.5) / 5 + 2.5 / 5 * 0.25)  # 0.225
    assert p[END,] == pytest.approx((2 - 1) / 5 + 2.5 / 5 * 0.25)  # 0.325
    assert p["b", "a"] == pytest.approx((2 - 3 / 2) / 3 + gamma * 0.225)
    assert p["c", "a"] == pytest.approx((1 - 1 / 3) / 3 + gamma * 0.225)
    assert p[END, "a"] == pytest.approx(gamma * 0.325)  # not listed: backs off
    assert p["a", START] == pytest.approx((3 - 3) / 3 + 3 / 3 * 0.225)


def test_perplexity_agrees_with_a_case_worked_by_hand():
    model = model_of(["a b", "a b", "a c"], order=2)

    log_p = model.token_log_probs(encode(["a b"], model.index))

    p_a, p_b, p_end = 0.225, 1 / 6 + 11 / 18 * 0.225, 1 / 4 + 3 / 4 * 0.325
    assert math.isnan(log_p[0])
    np.testing.assert_allclose(np.exp(log_p[1:]), [p_a, p_b, p_end], rtol=1e-6)
    assert perplexity(log_p) == pytest.approx((p_a * p_b * p_end) ** (-1 / 3), rel=1e-6)


def test_discounts_come_from_how_many_ngrams_were_seen_once_to_four_times():
    # Each word stands alone in its sentence. Trigrams <s> w </s> have n_1..n_4 = 8, 4, 2, 1: Y = 1/2, so
    # D_1 = 1 - 2 Y 4/8 = 0.5, D_2 = 2 - 3 Y 2/4 = 1.25, D_3 = 3 - 4 Y 1/2 = 2.
    times = [1] * 8 + [2] * 4 + [3] * 2 + [4]
    sentences = [f"w{i}" for i, n in enumerate(times) for _ in range(n)]

    model = model_of(sentences, order=2)

    total, held_back = sum(times), 8 * 0.5 + 4 * 1.25 + 3 * 2
    p_once = math.exp(model.log_prob("w0"))
    p_twice = math.exp(model.log_prob("w8"))
    assert math.exp(model.log_prob("w0", (START,))) == pytest.approx((1 - 0.5) / total + held_back / total * p_once)
    assert math.exp(model.log_prob("w8", (START,))) == pytest.approx((2 - 1.25) / total + held_back / total * p_twice)


CALLS = """the doctor will call you at nine / the doctor will call at ten / the nurse will call you at nine
    please call the doctor at nine / please call the nurse / please hold the line / hold the line please
    the doctor will see you now / the nurse will see you now / will the doctor call / you will hold the line
    please hold the line now / call the doctor now / the line will hold"""


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (3, [-0.7967, -0.66688, -0.46693, -0.6797, -0.78852, -0.14341]),
        (3, [-0.49406, -0.79539, -0.56591, -1.10609, -0.40467, -0.30118, -0.72308]),
        (4, [-0.7967, -0.56639, -0.32063, -0.40911, -0.53207, -0.12646]),
        (4, [-0.49406, -0.63839, -0.43999, -1.1527, -0.46714, -0.31157, -0.68737]),
    ],
)
def test_kneser_ney_agrees_with_another_program(order, expected):
    # KenLM's lmplz on the same sentences, with --discount_fallback. Single words are too few for discounts of their
    # own, 3-grams and 4-grams have none that was seen four times, and "call" and "hold" stand after words they do not
    # follow: discounts, their fallback and backing off are all met.
    heard = "please call the doctor now" if len(expected) == 6 else "the nurse will hold the line"

    model = model_of([line.strip() for line in CALLS.replace("/", "\n").splitlines()], extra=("<unk>",), order=order)

    log_p = model.token_log_probs(encode([heard], model.index))
    np.testing.assert_allclose(log_p[1:] / math.log(10), expected, atol=1e-5)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_every_history_sums_to_one_after_estimation(order):
    assert_every_history_sums_to_one(model_of(random_text(3), extra=("never",), order=order))


@pytest.mark.parametrize("order", [3, 4])
def test_every_history_sums_to_one_with_weighted_sentences(order):
    text = random_text(4)

    model = model_of(text, order=order, weights=np.random.default_rng(4).integers(1, 6, len(text)).astype(float))

    assert_every_history_sums_to_one(model)


def test_every_history_sums_to_one_after_mixing(domain, base):
    mixed = interpolate(domain, base, 0.3)

    assert_every_history_sums_to_one(mixed)
    assert len(mixed.words) > max(len(domain.words), len(base.words))


@pytest.mark.parametrize("theta", [1e-5, 1e-3, 1.0])
def test_every_history_sums_to_one_after_pruning(domain, base, theta):
    assert_every_history_sums_to_one(prune(interpolate(domain, base, 0.3), theta))


def test_every_history_sums_to_one_after_mixing_and_pruning_models_of_two_orders(domain4, base):
    mixed = interpolate(domain4, base, 0.3)

    assert mixed.order == 4
    assert_every_history_sums_to_one(mixed)
    assert_every_history_sums_to_one(prune(mixed, 1e-4))


def test_every_history_sums_to_one_after_raising_words_to_a_floor(base):
    raised = with_floor(base, ("new", "a"), 0.2)

    assert_every_history_sums_to_one(raised)
    assert math.exp(raised.log_prob("new")) == pytest.approx(0.2, rel=1e-5)
    assert math.exp(raised.log_prob("a")) == pytest.approx(0.2, rel=1e-5)


def test_a_word_above_the_floor_only_shares_the_loss(base):
    raised = with_floor(base, ("new", "h"), 0.001)

    assert raised.log_prob("h") == pytest.approx(base.log_prob("h") + math.log(0.999), abs=1e-5)


def test_a_weight_leaves_the_model_as_it_is_when_all_sentences_have_it():
    text = random_text(5)

    plain, tripled = model_of(text), model_of(text, weights=np.full(len(text), 3.0))

    for a, b in zip(plain.levels, tripled.levels, strict=True):
        np.testing.assert_allclose(a.log_prob, b.log_prob, atol=1e-6)


def test_a_heavier_sentence_is_expected_more():
    text = random_text(6)

    heavier = model_of(text, weights=np.where(np.arange(len(text)) == 0, 5.0, 1.0))

    tokens = encode(text[:1], heavier.index)
    assert perplexity(heavier.token_log_probs(tokens)) < perplexity(model_of(text).token_log_probs(tokens))


def test_a_word_of_the_vocabulary_that_the_text_lacks_has_a_probability(domain):
    assert -20 < domain.log_prob("never") < domain.log_prob("h")


def test_no_ngram_crosses_a_sentence_or_an_unknown_word():
    index = {START: 0, END: 1, "a": 2, "b": 3}

    tokens = encode(["a x b", "b"], index)
    levels = count(tokens, words=4, order=3, start=0)

    assert tokens.tolist() == [0, 2, UNKNOWN, 3, 1, 0, 3, 1]
    assert levels[1].seen.tolist() == [1, 1, 2]  # <s>a, <s>b, b</s>
    assert levels[2].seen.tolist() == [1]  # <s>b</s>


def test_counting_in_blocks_changes_nothing(domain):
    tokens = encode(random_text(7), domain.index)
    weights = np.random.default_rng(7).integers(1, 4, 200).astype(float)

    whole, in_blocks = (
        count(tokens, words=len(domain.words), order=4, start=0, weights=weights, block_tokens=n) for n in (10**6, 37)
    )

    for a, b in zip(whole, in_blocks, strict=True):
        np.testing.assert_array_equal(a.keys, b.keys)
        np.testing.assert_array_equal(a.suffix, b.suffix)
        np.testing.assert_array_equal(a.seen, b.seen)
        np.testing.assert_array_equal(a.weighted, b.weighted)


def test_a_stream_is_scored_as_word_after_word(domain):
    sentence = "a b never h a"

    stream = domain.token_log_probs(encode([sentence, sentence], domain.index))

    spoken = [START, *sentence.split(), END]
    one_by_one = [domain.log_prob(word, spoken[:i]) for i, word in enumerate(spoken) if i]
    np.testing.assert_allclose(stream[1 : len(spoken)], one_by_one, atol=1e-5)
    np.testing.assert_array_equal(stream[: len(spoken)], stream[len(spoken) :])


def test_an_unknown_word_has_no_probability_and_cuts_the_history(domain):
    log_p = domain.token_log_probs(encode(["a zebra b"], domain.index))

    assert math.isnan(log_p[2])
    assert log_p[3] == pytest.approx(domain.log_prob("b"), abs=1e-6)


def log_odds(a, b, weight, history):
    """The logit of a's weight after a history, from the formula."""

    def log_p(model):
        known = [word for word in history if word in model.index]
        if len(known) < len(history):
            return LOG_ZERO
        return sum(model.log_prob(word, history[:i]) for i, word in enumerate(history) if word != START)

    shift = log_p(a) - log_p(b)
    return math.log(weight / (1 - weight)) + max(-MOST_SHIFT, min(MOST_SHIFT, shift))


def mixed_p(a, b, weight, *ngram):
    *history, word = ngram
    share = 1 / (1 + math.exp(-log_odds(a, b, weight, history)))
    p_a, p_b = (math.exp(m.log_prob(word, history)) if {*ngram} <= set(m.words) else 0 for m in (a, b))
    return share * p_a + (1 - share) * p_b


def test_a_mixture_is_exact_where_either_model_lists_the_ngram(domain, base):
    mixed = interpolate(domain, base, 0.3)

    for ngram in sorted(listed(domain, 3))[::40] + sorted(listed(base, 2))[::10] + [("x",), ("never",), (START, "a")]:
        *history, word = ngram
        if {*ngram} <= set(base.words) & set(domain.words) or not history:
            assert math.exp(mixed.log_prob(word, history)) == pytest.approx(
                mixed_p(domain, base, 0.3, *ngram), rel=1e-4
            )


def test_a_mixture_of_two_orders_is_exact_where_the_longer_model_lists_the_ngram(domain4, base):
    known = set(base.words)
    longest = [ngram for ngram in sorted(listed(domain4, 4)) if {*ngram} <= known][::50]

    one, other = interpolate(domain4, base, 0.3), interpolate(base, domain4, 0.7)

    assert len(longest) > 3
    for *history, word in longest:
        p = mixed_p(domain4, base, 0.3, *history, word)
        assert math.exp(one.log_prob(word, history)) == pytest.approx(p, rel=1e-4)
        assert math.exp(other.log_prob(word, history)) == pytest.approx(p, rel=1e-4)


def test_what_was_said_before_says_which_model_speaks():
    home, abroad = (
        ["press one for sales", "press two for sales"] * 5,
        ["we won for once", "two of us went for help"] * 5,
    )
    vocabulary = tuple(word for sentence in home + abroad for word in sentence.split())
    a, b = model_of(home, extra=vocabulary), model_of(abroad, extra=vocabulary)

    mixed = interpolate(a, b, 0.2)

    assert mixed.log_prob("sales", ("one", "for")) > a.log_prob("sales", ("one", "for")) + math.log(0.7)
    assert mixed.log_prob("once", ("won", "for")) > b.log_prob("once", ("won", "for")) + math.log(0.95)


def test_the_history_of_a_token_is_as_likely_as_its_words_one_after_another(domain):
    sentence = "a b h a"
    tokens = encode([sentence, "b a"], domain.index)
    words = [START, *sentence.split(), END]

    found = history_log_probs(domain, tokens)

    expected = [0.0, 0.0, domain.log_prob("a", (START,))]
    expected += [
        domain.log_prob(words[i - 2]) + domain.log_prob(words[i - 1], (words[i - 2],)) for i in range(3, len(words))
    ]
    np.testing.assert_allclose(found[: len(words)], expected, atol=1e-5)
    np.testing.assert_allclose(found[len(words) : len(words) + 2], [0.0, 0.0], atol=1e-5)


def test_weight_one_is_the_domain_model_with_its_own_back_off(domain, base):
    assert interpolate(domain, base, 1.0) is domain


def test_mixing_a_model_with_itself_changes_no_probability(domain):
    mixed = interpolate(domain, domain, 0.4)

    tokens = encode(random_text(8), domain.index)
    np.testing.assert_allclose(mixed.token_log_probs(tokens), domain.token_log_probs(tokens), atol=1e-4)


def test_pruning_by_nothing_keeps_all_and_by_much_keeps_single_words(domain):
    assert prune(domain, -1.0).sizes == domain.sizes
    assert prune(domain, 10.0).sizes == (len(domain.words), 0, 0)


def test_pruning_away_little_costs_little(domain, base):
    mixed = interpolate(domain, base, 0.3)
    tokens = encode(random_text(10), mixed.index)

    pruned = prune(mixed, 1e-4)

    assert sum(pruned.sizes) < 0.8 * sum(mixed.sizes)
    assert perplexity(pruned.token_log_probs(tokens)) < 1.05 * perplexity(mixed.token_log_probs(tokens))


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_loss_of_one_ngram_is_the_divergence_of_the_models(order):
    # D(p || p') = p(h) sum_w p(w|h) [log p(w|h) - log p'(w|h)], summed out in full over the one history that changes
    model = model_of(random_text(11, sentences=60), order=order)
    predicted = [word for word in model.words if word != START]
    grams = listed(model, order)

    losses = {}
    for *h, w in grams:
        p = {v: math.exp(model.log_prob(v, h)) for v in predicted}
        shorter = {v: math.exp(model.log_prob(v, h[1:])) for v in predicted}
        rest = {v for v in predicted if v != w and (*h, v) in grams}
        alpha = (1 - sum(p[v] for v in rest)) / (1 - sum(shorter[v] for v in rest))
        q = {v: p[v] if v in rest else alpha * shorter[v] for v in predicted}
        p_history = math.exp(sum(model.log_prob(END if v == START else v, h[:i]) for i, v in enumerate(h)))
        losses[*h, w] = math.expm1(p_history * sum(p[v] * math.log(p[v] / q[v]) for v in predicted))

    ascending = sorted(losses.values())
    for i in (len(grams) * k // 10 for k in (4, 6, 8)):
        theta = (ascending[i - 1] + ascending[i]) / 2
        assert listed(prune(model, theta), order) == {gram for gram, loss in losses.items() if loss > theta}


@pytest.mark.parametrize("order", [3, 4])
def test_a_model_survives_the_arpa_format(order, tmp_path):
    model = model_of(random_text(1), order=order)
    write_arpa(model, tmp_path / "domain.arpa")

    again = read_arpa(tmp_path / "domain.arpa")

    assert again.words == model.words
    assert again.sizes == model.sizes
    tokens = encode(random_text(12), model.index)
    np.testing.assert_allclose(again.token_log_probs(tokens), model.token_log_probs(tokens), atol=1e-4)


def test_an_arpa_file_lists_words_with_decimal_logarithms(tmp_path):
    write_arpa(model_of(["a b", "a b", "a c"], order=2), tmp_path / "small.arpa")

    lines = (tmp_path / "small.arpa").read_text(encoding="utf-8").splitlines()

    assert lines[:3] == ["\\data\\", "ngram 1=5", "ngram 2=5"]
    assert f"{math.log10(0.225):.6f}\ta\t{math.log10(11 / 18):.6f}" in lines
    assert f"{math.log10(1 / 6 + 11 / 18 * 0.225):.6f}\ta b" in lines
    assert lines[-1] == "\\end\\"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing here\n", "no n-grams"),
        ("\\data\\\n\\1-grams:\n-1 a\nminus-one b\n\\end\\\n", "line 4"),
        ("\\data\\\n\\1-grams:\n-1 a\n\\2-grams:\n-1 b a\n\\end\\\n", "not listed"),
    ],
)
def test_a_broken_arpa_file_is_refused_with_its_reason(tmp_path, text, message):
    path = tmp_path / "broken.arpa"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_arpa(path)
