"""Errors in displayed text: which of the five classes an edit belongs to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr.display import Formatter
from speechsmith.asr.scoring import ErrorCounts, TokenErrors, token_errors
from speechsmith.asr.text import normalizer

LEXICAL = normalizer("en-US").lexical
CLASSES = ("punctuation", "capitalization", "inverse_text_normalization", "lexical", "others")


def classes(errors: TokenErrors) -> dict[str, int]:
    return {name: getattr(errors, name) for name in CLASSES if getattr(errors, name)}


@pytest.mark.parametrize(
    ("reference", "hypothesis", "found"),
    [
        ("Press one now.", "Press one now.", {}),
        ("Press one, now.", "Press one now.", {"punctuation": 1}),
        ("Press one — now.", "Press one now.", {"punctuation": 1}),
        ("Press One now.", "Press one now.", {"capitalization": 1}),
        ("Call AT&T now.", "Call AT and T now.", {"inverse_text_normalization": 3}),
        ("Press 1 now.", "Press one now.", {"inverse_text_normalization": 1}),
        ("Press 21 now.", "Press twenty one now.", {"inverse_text_normalization": 2}),
        ("It costs $3.14 now.", "It costs three dollars and fourteen cents now.", {"inverse_text_normalization": 5}),
        ("Press one now.", "Press two now.", {"lexical": 1}),
        ("Press one now.", "Press now.", {"lexical": 1}),
        ("Press one now.", "Press one key now.", {"lexical": 1}),
        ("Hello, world", "hello world", {"others": 1}),
        ("Hello, World.", "hello world", {"others": 2}),
        ("Hello, world", "hello", {"others": 1, "lexical": 1}),
        ("The 21 cats", "The twenty one dogs", {"inverse_text_normalization": 2, "lexical": 1}),
        ("One. Two", "One two", {"punctuation": 1, "capitalization": 1}),
    ],
)
def test_an_edit_belongs_to_the_class_of_what_differs(reference, hypothesis, found):
    errors = token_errors(reference, hypothesis, lexical=LEXICAL)

    assert classes(errors) == found


@pytest.mark.parametrize(
    ("reference", "hypothesis", "found"),
    [
        ("It costs three dollars.", "It costs $3.", {"inverse_text_normalization": 2}),
        ("Call 1-800-456-8910.", "Call 1 800 456 8910.", {"inverse_text_normalization": 4}),
        (
            "Call one eight hundred four five six eight nine one zero.",
            "Call 1-800-456-8910.",
            {"inverse_text_normalization": 10},
        ),
        ("on January 5, 2024.", "on January fifth twenty twenty four", {"inverse_text_normalization": 4}),
        ("Write jane.doe@example.com", "Write jane dot doe at example dot com", {"inverse_text_normalization": 7}),
        ("Spent $3 million there", "Spent three million dollars there", {"inverse_text_normalization": 2}),
        ("dial one two three", "dial 123", {"inverse_text_normalization": 3}),
        ("dial one two three", "dial 124", {"lexical": 3}),
        ("Over 1,000 men", "Over 1000 men", {"inverse_text_normalization": 1}),
        ("Over 3.14 now", "Over 314 now", {"lexical": 1}),
        ("Pay $3 now", "Pay 3 now", {"lexical": 1}),
        ("It was at 6:45 PM.", "It was at 6:45 PM", {"punctuation": 1}),
        ("Send e-mail now", "Send email now", {"punctuation": 1}),
        ("Call AT&T now.", "call AT and T now.", {"capitalization": 1, "inverse_text_normalization": 3}),
        ("I have two cats.", "I have 2 cats", {"inverse_text_normalization": 1, "punctuation": 1}),
    ],
)
def test_display_with_figures_differs_from_words_in_how_it_is_written(reference, hypothesis, found):
    writer = Formatter("en-US")

    errors = token_errors(reference, hypothesis, lexical=LEXICAL, itn=lambda text: writer.forms(text.split()).itn)

    assert classes(errors) == found
    assert sum(found.values()) == errors.counts.errors
    assert sum(errors.percentage(edits) for edits in found.values()) == pytest.approx(100)


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(["One", "one,", "1", "21", "twenty", "one", "—", "AT&T"]), max_size=8),
    st.lists(st.sampled_from(["One", "one", "1", "21", "twenty", "Twenty", "and"]), max_size=8),
)
def test_the_classes_sum_to_all_edits(reference, hypothesis):
    errors = token_errors(" ".join(reference), " ".join(hypothesis), lexical=LEXICAL)

    assert sum(getattr(errors, name) for name in CLASSES) == errors.counts.errors
    assert errors.counts.words == len(reference)


def test_percentages_of_all_edits_sum_to_a_hundred():
    errors = token_errors("One, two 3 Four five", "One two three four", lexical=LEXICAL)

    assert [errors.percentage(getattr(errors, name)) for name in CLASSES] == [25, 25, 25, 25, 0]
    assert TokenErrors().percentage(0) == 0


def test_token_errors_of_utterances_add_up():
    first = token_errors("One, two", "One two", lexical=LEXICAL)
    second = token_errors("Three", "Tree", lexical=LEXICAL)

    assert first + second == TokenErrors(ErrorCounts(correct=1, substitutions=2), punctuation=1, lexical=1)
