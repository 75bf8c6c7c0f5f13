"""Grapheme to phoneme: hand-worked alignments, the laws of EM and Kneser-Ney, odd words, the cache, and accuracy."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr import g2p
from speechsmith.asr.g2p import G2P
from speechsmith.asr.g2p.alignment import Aligner, buckets
from speechsmith.asr.g2p.search import BeamOptions, Search
from speechsmith.asr.g2p.trie import BEGIN, END, Trie, estimate
from speechsmith.asr.lexicon import Lexicon

SOUNDS = {"b": "B", "a": "AH", "d": "D", "i": "IH", "n": "N", "o": "OW", "x": "K S", "e": "", "ph": "F"}
NAMES = {"a.": "EY", "b": "B IY", "d": "D IY", "i": "AY", "n": "EH N", "o": "OW", "x": "EH K S", "e": "IY",
         "p": "P IY", "h": "EY CH", "two": "T UW", "nineteen": "N AY N T IY N", "plus": "P L AH S"}  # fmt: skip


def toy_entries(count: int = 400) -> dict[str, tuple[tuple[str, ...], ...]]:
    """A language in which each letter gram has one sound, and the names of letters and numbers."""
    draw = random.Random(0)
    entries = {}
    for _ in range(count):
        grams = draw.choices(sorted(SOUNDS), k=draw.randint(2, 6))
        if phones := " ".join(SOUNDS[gram] for gram in grams).split():
            entries["".join(grams)] = (tuple(phones),)
    return entries | {name: (tuple(phones.split()),) for name, phones in NAMES.items()}


@pytest.fixture(scope="module")
def toy() -> G2P:
    return G2P.fit(toy_entries())


def only(model: G2P, word: str) -> str:
    return " ".join(model.pronounce([word], 1)[word][0])


def test_a_language_of_one_sound_a_letter_gram_is_learned(toy: G2P) -> None:
    assert only(toy, "phinaxbo") == "F IH N AH K S B OW"
    assert only(toy, "banedi") == "B AH N D IH"


def test_em_never_lowers_the_likelihood() -> None:
    words, phones = [[1, 2, 3], [1, 2], [3, 1, 2, 2]], [[1, 2], [1, 3], [2, 1, 2]]
    aligner = Aligner(letters=3, phones=3)
    aligner.fit(list(buckets(words, phones)), rounds=12)
    after_first = aligner.log_likelihoods[1:]  # before the first round the weights are a guess that need not sum to one
    assert np.all(np.diff(after_first) >= -1e-9)
    assert after_first[-1] > after_first[0]


def test_posterior_counts_are_the_enumerated_ones() -> None:
    # "ab" with one phone X can be cut as a|X b|, a| b|X or ab|X; the first guess weighs these .6*.15, .15*.6 and .1.
    aligner = Aligner(letters=2, phones=1)
    (data,) = buckets([[1, 2]], [[1]])
    aligner.fit([data], rounds=1)
    assert aligner.log_likelihoods == [pytest.approx(np.log(0.09 + 0.09 + 0.1))]
    aligner.fit([data], rounds=1)
    # expected units in one word: .09/.28 each of the four single-letter units, .1/.28 of ab|X; normalized by their sum
    total = (4 * 0.09 + 0.1) / 0.28
    single, double = 0.09 / 0.28 / total, 0.1 / 0.28 / total
    assert aligner.log_likelihoods[-1] == pytest.approx(np.log(2 * single**2 + double))
    assert [aligner.split(np.array(cut)).tolist() for cut in aligner.best(data)] == [[[1, 2, 1, 0]]]


def test_what_cannot_be_cut_is_left_out() -> None:
    aligner = Aligner(letters=1, phones=1)
    data = list(buckets([[1], [1]], [[1, 1, 1, 1], [1]]))
    aligner.fit(data, rounds=2)
    assert [len(cut) for bucket in data for cut in aligner.best(bucket)] == [0, 1]


def history(trie: Trie, units: list[int]) -> int:
    state = trie.start
    for unit in units:
        state = int(trie.extend(np.array([state]), np.array([unit]), np.array([unit + 1]))[3][0])
    return state


def test_every_history_gives_probabilities_that_sum_to_one() -> None:
    draw = random.Random(1)
    text = [draw.choices(range(2, 9), k=draw.randint(1, 7)) for _ in range(200)]
    trie = estimate(text, units=10, order=4)
    for units in ([], [2], [2, 3], [5, 5, 5], [8, 2, 7, 3, 4]):
        states = np.array([history(trie, units)])
        _, unit, p, _ = trie.extend(states, np.array([0]), np.array([10]))
        assert unit.tolist() == list(range(10))
        assert float(p.sum()) == pytest.approx(1.0, abs=1e-5)


def test_a_bigram_is_the_hand_worked_kneser_ney() -> None:
    # Text A A, A B (A = 2, B = 3). Too little for discounts from counts of counts, so they are 0.5, 1 and 1.5. Distinct
    # left neighbors: A 2, B 1, $ 2; below lies the uniform distribution over A, B and $.
    trie = estimate([[2, 2], [2, 3]], units=4, order=2)
    spare = (1 + 0.5 + 1) / 5 / 3
    unigram = {2: 1 / 5 + spare, 3: 0.5 / 5 + spare, END: 1 / 5 + spare}
    after_a = np.array([history(trie, [2])])
    after_b = np.array([history(trie, [3])])

    _, _, p, _ = trie.extend(after_a, np.array([0]), np.array([4]))
    _, _, q, _ = trie.extend(after_b, np.array([0]), np.array([4]))

    assert p[BEGIN] == q[BEGIN] == 0  # never predicted
    for unit in (2, 3, END):  # each was seen once after A
        assert p[unit] == pytest.approx((1 - 0.5) / 3 + 1.5 / 3 * unigram[unit])
    assert q[END] == pytest.approx(0.5 + 0.5 * unigram[END])
    assert q[2] == pytest.approx(0.5 * unigram[2])  # AB A was never seen: backs off


def enumerated(trie: Trie, units: dict[int, tuple[tuple[int, ...], tuple[int, ...]]], word: tuple[int, ...]) -> dict:
    """Every pronunciation of the word with its probability, by trying all chains of units."""
    totals: dict[tuple[int, ...], float] = {}

    def go(at: int, state: int, phones: tuple[int, ...], so_far: float) -> None:
        for unit in units if at < len(word) else [END]:
            gram, sounds = units.get(unit, ((), ()))
            if word[at : at + len(gram)] == gram:
                _, _, p, after = trie.extend(np.array([state]), np.array([unit]), np.array([unit + 1]))
                if at == len(word):
                    totals[phones] = totals.get(phones, 0.0) + so_far * float(p[0])
                else:
                    go(at + len(gram), int(after[0]), phones + sounds, so_far * float(p[0]))

    go(0, trie.start, (), 1.0)
    return totals


def test_a_beam_as_wide_as_the_search_space_equals_enumeration() -> None:
    grams = [((1,), ()), ((1,), (1,)), ((1,), (2, 1)), ((1, 2), (1,)), ((2,), (1,)), ((2,), (2,))]
    units = dict(enumerate(grams, start=2))
    spans = {(1,): (2, 5), (1, 2): (5, 6), (2,): (6, 8)}
    draw = random.Random(2)
    trie = estimate([draw.choices(sorted(units), k=draw.randint(1, 5)) for _ in range(60)], units=8, order=3)
    search = Search(trie, spans, [(), (), *(sounds for _, sounds in grams)])

    words = [(1, 2, 1, 2), (2, 1), (1,), ()]
    found = search.best(words, variants=10_000, options=BeamOptions(width=10_000, margin=np.inf))

    for word, ways in zip(words, found, strict=True):
        expected = enumerated(trie, units, word)
        assert {phones: np.exp(score) for phones, score in ways} == pytest.approx(expected, rel=1e-4)
        assert [score for _, score in ways] == sorted((score for _, score in ways), reverse=True)


def test_a_word_is_pronounced_alike_alone_and_among_others(toy: G2P) -> None:
    words = ["phinaxbo", "banedi", "doxie", "ab", "bananadixophano"]
    together = toy.pronounce(words)
    assert all(toy.pronounce([word]) == {word: together[word]} for word in words)


def test_letters_numbers_and_signs_are_said_by_name(toy: G2P) -> None:
    assert only(toy, "bn2") == "B IY EH N T UW"
    assert only(toy, "a") == "EY"
    assert only(toy, "b++") == "B IY P L AH S P L AH S"
    assert only(toy, "BAD") == "B IY EY D IY"
    assert only(toy, "bad") == "B AH D"
    assert only(toy, "bino19") == "B IH N OW N AY N T IY N"


def test_accents_are_folded_and_marks_around_letters_are_not_said(toy: G2P) -> None:
    assert only(toy, "bänëdí") == only(toy, "banedi")
    assert only(toy, "“bane-di!”") == only(toy, "bane") + " " + only(toy, "di")
    assert only(toy, "ban’edi") == only(toy, "banedi")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("бад", "the letter 'б' (CYRILLIC SMALL LETTER BE) in 'бад' is not in this lexicon's alphabet"),
        ("---", "has no letter or digit"),
        ("", "has no letter or digit"),
        ("2" * 65, "has a run of 65 characters"),
        ("b" * 65, "has a run of 65 characters"),
        ("٣", "is not one of 0 to 9"),
    ],
)
def test_a_word_that_cannot_be_spoken_is_refused_with_its_reason(toy: G2P, word: str, reason: str) -> None:
    assert toy.pronounce([word, "bad"])[word] == ()
    assert reason in (toy.refusal(word) or "")
    assert toy.refusal("bad") is None


@given(st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it_and_each_word_is_pronounced_or_refused(toy: G2P, word: str) -> None:
    ways = toy.pronounce([word])[word]
    assert bool(ways) == (toy.refusal(word) is None)
    assert all(ways)
    assert len(ways) <= 2


def test_a_saved_model_says_the_same(toy: G2P, tmp_path: Path) -> None:
    toy.save(tmp_path / "model.npz")
    words = ["phinaxbo", "b2", "doxie", "PHD", "a"]
    assert G2P.load(tmp_path / "model.npz").pronounce(words) == toy.pronounce(words)
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_a_lexicon_without_words_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="no pronunciation can be learned"):
        G2P.fit({"42": (("F",),)})
    with pytest.raises(ValueError, match="none can be learned from"):
        G2P.fit({"b": (("B", "B", "B"),)})


@pytest.fixture
def toy_file(tmp_path: Path) -> Path:
    Lexicon(toy_entries(40)).write(tmp_path / "toy.dict")
    return tmp_path / "toy.dict"


def test_the_cache_keeps_one_file_a_lexicon_and_reads_it_back(toy_file: Path, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    first = g2p.cached(toy_file, cache)
    (kept,) = cache.iterdir()
    written = kept.stat().st_mtime_ns

    again = g2p.cached(toy_file, cache)

    assert kept.stat().st_mtime_ns == written
    assert again.pronounce(["phino"]) == first.pronounce(["phino"])
    with toy_file.open("a", encoding="utf-8") as file:
        file.write("dib D IH B\n")
    g2p.cached(toy_file, cache)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"not a model", None])
def test_a_damaged_cache_file_is_made_anew(toy_file: Path, tmp_path: Path, damage: bytes | None) -> None:
    first = g2p.cached(toy_file, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if damage is None else damage)

    assert g2p.cached(toy_file, tmp_path / "cache").pronounce(["phino"]) == first.pronounce(["phino"])
    assert G2P.load(kept)


def test_a_cache_that_cannot_be_written_costs_only_time(toy_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert g2p.cached(toy_file, tmp_path / "file").pronounce(["phino"])["phino"]


def distance(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> int:
    """Levenshtein's."""
    row = list(range(len(hypothesis) + 1))
    for i, a in enumerate(reference, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(hypothesis, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@pytest.mark.slow
def test_held_out_words_of_the_packaged_lexicon_are_pronounced_well_and_fast(tmp_path: Path) -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    lexicon = Lexicon.read(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
    words = sorted(word for word in lexicon if word.replace("'", "").isalpha())
    random.Random(5).shuffle(words)
    held_out = words[: len(words) // 20]

    started = time.process_time()
    model = G2P.fit({word: lexicon[word] for word in words[len(held_out) :]})
    training = time.process_time() - started
    model.save(tmp_path / "model.npz")
    started = time.process_time()
    model = G2P.load(tmp_path / "model.npz")
    loading = time.process_time() - started
    started = time.process_time()
    found = model.pronounce(held_out)
    per_word = (time.process_time() - started) / len(held_out)

    nearest = {word: min(lexicon[word], key=lambda way: distance(way, found[word][0])) for word in held_out}
    errors = [distance(nearest[word], found[word][0]) for word in held_out]
    assert sum(errors) / sum(map(len, nearest.values())) < 0.066  # 0.0622 measured
    assert errors.count(0) / len(errors) > 0.72  # 0.741 measured
    assert training < 20
    assert loading < 0.5
    assert per_word < 0.003
