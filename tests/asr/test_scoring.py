"""Alignments and counts: hand-worked cases, brute force on small input, and the laws of error rates."""

import random
import tracemalloc
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr.scoring import Edit, EditKind, ErrorCounts, align, score, tagged, total

LAW = settings(derandomize=True, deadline=None)
CASED = st.lists(st.sampled_from(["a", "A", "b", "B."]), max_size=7)
WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


def least_weight(reference: list[str], hypothesis: list[str]) -> int:
    """The weight of the best alignment, 4 for a substitution and 3 for a gap, by trying everything."""
    if not reference or not hypothesis:
        return 3 * (len(reference) + len(hypothesis))
    return min(
        least_weight(reference[1:], hypothesis[1:]) + 4 * (reference[0] != hypothesis[0]),
        least_weight(reference[1:], hypothesis) + 3,
        least_weight(reference, hypothesis[1:]) + 3,
    )


def weight(counts: ErrorCounts) -> int:
    return 4 * counts.substitutions + 3 * (counts.deletions + counts.insertions)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("", "", ErrorCounts()),
        ("the cat sat", "the cat sat", ErrorCounts(correct=3)),
        ("the cat sat", "the bat sat", ErrorCounts(correct=2, substitutions=1)),
        ("the cat sat", "the sat", ErrorCounts(correct=2, deletions=1)),
        ("the cat sat", "the cat cat sat", ErrorCounts(correct=3, insertions=1)),
        ("the cat sat", "", ErrorCounts(deletions=3)),
        ("", "the cat", ErrorCounts(insertions=2)),
        ("a b c d", "b c d e", ErrorCounts(correct=3, deletions=1, insertions=1)),
        ("a b", "b a", ErrorCounts(correct=1, deletions=1, insertions=1)),
    ],
)
def test_errors_are_counted_by_kind(reference, hypothesis, counts):
    assert align(reference.split(), hypothesis.split()).counts == counts


@LAW
@given(WORDS)
def test_a_text_against_itself_has_no_error(words):
    counts = align(words, words).counts

    assert counts == ErrorCounts(correct=len(words))
    assert counts.wer == (0 if words else None)


@LAW
@given(WORDS, WORDS)
def test_an_alignment_reads_as_both_of_its_texts(reference, hypothesis):
    edits = align(reference, hypothesis).edits

    assert [edit.reference for edit in edits if edit.reference is not None] == reference
    assert [edit.hypothesis for edit in edits if edit.hypothesis is not None] == hypothesis
    for edit in edits:
        assert (edit.kind is EditKind.CORRECT) == (edit.reference == edit.hypothesis)
        assert (edit.kind is EditKind.INSERTION) == (edit.reference is None)
        assert (edit.kind is EditKind.DELETION) == (edit.hypothesis is None)


@LAW
@given(WORDS, WORDS)
def test_the_counts_add_up_to_both_lengths(reference, hypothesis):
    counts = align(reference, hypothesis).counts

    assert counts.words == len(reference)
    assert counts.correct + counts.substitutions + counts.insertions == len(hypothesis)
    assert counts.errors >= abs(len(reference) - len(hypothesis))


@LAW
@given(WORDS, WORDS)
def test_swapping_the_sides_swaps_deletions_and_insertions_at_the_same_weight(reference, hypothesis):
    there, back = align(reference, hypothesis).counts, align(hypothesis, reference).counts

    assert weight(there) == weight(back)
    assert there.deletions - there.insertions == back.insertions - back.deletions


def test_no_alignment_weighs_less():
    short = [list(words) for length in range(4) for words in product("abc", repeat=length)]

    for reference, hypothesis in product(short, short):
        assert weight(align(reference, hypothesis).counts) == least_weight(reference, hypothesis)


@pytest.mark.parametrize("length", [1, 3, 16, 17, 60, 170])
def test_alignments_longer_than_a_block_of_kept_rows_are_whole_and_least(length):
    rng = random.Random(length)
    reference = rng.choices("abcdefgh", k=length)
    hypothesis = [rng.choice("abcdefgh") if rng.random() < 0.3 else word for word in reference if rng.random() > 0.2]

    edits = align(reference, hypothesis).edits

    assert [edit.reference for edit in edits if edit.reference is not None] == reference
    assert [edit.hypothesis for edit in edits if edit.hypothesis is not None] == hypothesis
    assert weight(align(reference, hypothesis).counts) == textbook_weight(reference, hypothesis)


def textbook_weight(reference: list[str], hypothesis: list[str]) -> int:
    row = [3 * j for j in range(len(hypothesis) + 1)]
    for i, said in enumerate(reference):
        above, row = row, [3 * (i + 1)]
        for j, heard in enumerate(hypothesis):
            row.append(min(above[j] + 4 * (said != heard), above[j + 1] + 3, row[j] + 3))
    return row[-1]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [  # as sclite 2.10 prints them
        ("a b c", "x y a", "S S S"),
        ("a x x", "y a", "I C D D"),
        ("a b", "x", "D S"),
        ("a", "x y", "I S"),
        ("a b", "b a", "D C I"),
        ("a b a", "a", "D D C"),
        ("a", "a b a", "I I C"),
    ],
)
def test_ties_are_settled_as_sclite_does(reference, hypothesis, expected):
    edits = align(reference.split(), hypothesis.split()).edits

    assert " ".join(edit.kind[0].upper() for edit in edits) == expected


def test_a_long_recording_does_not_need_a_table_of_all_its_pairs():
    rng = random.Random(0)
    reference = rng.choices([str(number) for number in range(500)], k=2000)
    hypothesis = [word for word in reference if rng.random() > 0.1]

    tracemalloc.start()
    align(reference, hypothesis)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < len(reference) * len(hypothesis)  # one byte a pair; the whole table would take eight


def test_similar_words_are_paired_when_the_weight_allows():
    plain = align(["hello,", "world"], ["hello"])
    near = align(["hello,", "world"], ["hello"], near=lambda word: word.strip(","))

    assert [edit.kind for edit in plain.edits] == [EditKind.DELETION, EditKind.SUBSTITUTION]
    assert near.edits[0] == Edit(EditKind.SUBSTITUTION, "hello,", "hello")
    assert weight(near.counts) == weight(plain.counts)


@LAW
@given(CASED, CASED)
def test_pairing_similar_words_never_costs_weight(reference, hypothesis):
    near = align(reference, hypothesis, near=lambda word: word.lower().strip(".")).counts

    assert weight(near) == weight(align(reference, hypothesis).counts)


def test_there_is_no_rate_without_reference_words():
    counts = align([], ["noise"]).counts

    assert counts == ErrorCounts(insertions=1)
    assert counts.wer is None


def test_a_rate_may_exceed_one():
    assert align(["yes"], ["no", "no", "no"]).counts.wer == 3


def test_the_rate_of_a_corpus_is_that_of_its_summed_counts():
    result = score(
        [("1.wav", "one two three four", "one two three four"), ("2.wav", "five", "six"), ("3.wav", "", "oh")]
    )

    assert result.counts == ErrorCounts(correct=4, substitutions=1, insertions=1)
    assert result.counts == total(utterance.counts for utterance in result.utterances)
    assert result.counts.wer == 2 / 5
    assert (result.wrong_sentences, result.ser) == (2, 2 / 3)


def test_the_published_example_has_its_rates():
    counts = ErrorCounts(correct=170, substitutions=2, deletions=1, insertions=2)

    assert counts.words == 173
    assert counts.wer == pytest.approx(0.0289, abs=5e-5)


def test_utterances_seen_in_training_can_be_left_out():
    result = score([("seen.wav", "a b", "a b"), ("new.wav", "a b", "a c")]).without({"seen.wav"})

    assert [utterance.name for utterance in result.utterances] == ["new.wav"]
    assert result.counts.wer == 0.5
    assert result.without({"new.wav"}).ser is None


def test_errors_are_tagged_in_the_text():
    alignment = align(["please", "press", "one", "twice", "now"], ["please", "press", "two", "now", "then"])

    assert tagged(alignment) == (
        "please press <deletion>one</deletion> <substitution>two</substitution> now <insertion>then</insertion>"
    )


def test_words_cannot_forge_tags():
    assert tagged(align(["<b>"], ["a&b"])) == "<substitution>a&amp;b</substitution>"
    assert tagged(align(["<b>"], ["<b>"])) == "&lt;b&gt;"
