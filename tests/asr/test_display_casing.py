"""Capitals: what a training text teaches, and what every English text knows."""

import json

import pytest

from speechsmith.asr.display import Casing, Formatter

TEXT = [
    "The iPhone was sold by Contoso. Everybody at Contoso liked it.",
    "NASA and Contoso met. We know NASA well, and the IV line too.",
    "Apples are red: an apple a day, and Bill pays the bill. The bill is paid.",
    "ANNUAL REPORT OF THE BOARD",
    "He said “Ship it to Contoso’s office”.",
]
LEARNED = Casing.learned(TEXT)


def display(spoken: str, casing: Casing = LEARNED) -> str:
    return Formatter("en-US", casing=casing).forms(spoken.split()).display


def test_a_word_is_written_as_it_most_often_was_inside_sentences():
    assert display("i told contoso about the iphone") == "I told Contoso about the iPhone."
    assert display("send the bill to nasa") == "Send the bill to NASA."


def test_the_first_word_of_a_sentence_teaches_nothing_and_neither_does_a_headline():
    assert not {"everybody", "apples", "we", "he", "annual", "report", "board", "the"} & set(LEARNED.written)


def test_a_word_with_a_capital_inside_keeps_its_small_letter_at_the_start():
    assert display("iphone sales rose") == "iPhone sales rose."


def test_the_owner_is_written_as_the_name_is():
    assert display("it is nasa's rocket") == "It is NASA's rocket."


def test_among_equals_lower_case_wins():
    assert Casing.learned(["we saw Bill and the bill"]).written == {}


def test_what_was_learned_beats_what_english_knows():
    assert display("a b and c", Casing({"b": "b"})) == "A b and C."


def test_a_word_that_is_displayed_with_a_capital_is_written_so_whatever_the_text_has():
    casing = Casing.learned(["we read the ieee paper", "The 3cpo line of NASA"], ["IEEE", "3CPO", "nasa"])

    assert casing.written == {"ieee": "IEEE", "3cpo": "3CPO", "nasa": "NASA"}


def test_words_in_figures_keep_their_form():
    assert display("send five kilograms", Casing({"5": "V", "kg": "KG"})) == "Send 5 kg."


def test_a_casing_comes_back_from_json():
    assert Casing.from_json(json.loads(json.dumps(LEARNED.to_json()))) == LEARNED


@pytest.mark.parametrize("value", [None, [], {"a": 1}, {"a": "b"}, {"A": "a"}])
def test_what_is_no_casing_is_refused(value):
    with pytest.raises(ValueError, match="lower case"):
        Casing.from_json(value)


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("on monday or sunday's game", "On Monday or Sunday's game."),
        ("in may or last march", "In May or last March."),
        ("i may march", "I may march."),
        ("plan b from the u.s.", "Plan B from the U.S."),
        ("at and t. or a. and i", "At and T or A and I."),
        ("it is ok mr. smith", "It is OK Mr. smith."),
    ],
)
def test_every_english_text_knows_days_months_and_letters(spoken, written):
    assert display(spoken, Casing()) == written
