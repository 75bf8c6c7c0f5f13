"""English number words: hand-worked figures and the laws of counting."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr import numbers

LAW = settings(derandomize=True, deadline=None)
UNITS = {word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)}
TEENS = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}


def value(words: str) -> int:
    """What number words mean, worked out the other way round."""
    total = group = 0
    for word in words.split():
        if word == "hundred":
            group *= 100
        elif word in SCALES:
            total, group = total + group * SCALES[word], 0
        elif word not in {"zero", "and"}:
            group += (UNITS | TEENS | TENS)[word]
    return total + group


@LAW
@given(st.integers(0, 10**18 - 1), st.booleans())
def test_a_cardinal_means_its_number(number, conjunction):
    assert value(numbers.cardinal(number, conjunction=conjunction)) == number


@pytest.mark.parametrize(
    ("number", "american", "british"),
    [
        (0, "zero", "zero"),
        (13, "thirteen", "thirteen"),
        (80, "eighty", "eighty"),
        (105, "one hundred five", "one hundred and five"),
        (1_000, "one thousand", "one thousand"),
        (1_005, "one thousand five", "one thousand and five"),
        (1_234, "one thousand two hundred thirty four", "one thousand two hundred and thirty four"),
        (2_000_017, "two million seventeen", "two million and seventeen"),
    ],
)
def test_british_english_says_and_after_the_hundreds(number, american, british):
    assert numbers.cardinal(number) == american
    assert numbers.cardinal(number, conjunction=True) == british


@pytest.mark.parametrize("number", [-1, numbers.LIMIT])
def test_a_number_without_a_name_is_refused(number):
    with pytest.raises(ValueError, match="no name"):
        numbers.cardinal(number)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (5, "fifth"),
        (8, "eighth"),
        (9, "ninth"),
        (12, "twelfth"),
        (20, "twentieth"),
        (21, "twenty first"),
        (100, "one hundredth"),
        (1_111, "one thousand one hundred eleventh"),
    ],
)
def test_an_ordinal_changes_the_last_word(number, words):
    assert numbers.ordinal(number) == words


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (1066, "one thousand sixty six"),
        (1492, "fourteen ninety two"),
        (1900, "nineteen hundred"),
        (1905, "nineteen oh five"),
        (1999, "nineteen ninety nine"),
        (2000, "two thousand"),
        (2009, "two thousand nine"),
        (2010, "twenty ten"),
        (2100, "two thousand one hundred"),
    ],
)
def test_a_year_is_read_in_pairs_but_for_the_first_of_this_century(year, words):
    assert numbers.year(year) == words


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("0", "zero"),
        ("7", "seven"),
        ("007", "oh oh seven"),
        ("104", "one oh four"),
        ("100", "one hundred"),
        ("140", "one hundred forty"),
        ("1984", "nineteen eighty four"),
        ("2362", "two thousand three hundred sixty two"),
        ("50000", "fifty thousand"),
        ("98052", "nine eight oh five two"),
    ],
)
def test_the_reading_follows_from_the_shape_of_the_figure(figure, words):
    assert numbers.reading(figure) == words


@LAW
@given(st.integers(1, 100_000).map(lambda length: "1" + "0" * length))
def test_no_figure_is_too_long_to_be_read(figure):
    assert numbers.reading(figure)
    assert numbers.quantity(figure)


def test_a_figure_beyond_all_names_is_read_digit_by_digit():
    assert numbers.quantity(str(numbers.LIMIT)) == "one" + " oh" * 36


@pytest.mark.parametrize(
    ("words", "plural"),
    [("nineteen ninety", "nineteen nineties"), ("six", "sixes"), ("seven hundred forty seven", None)],
)
def test_the_plural_is_that_of_the_last_word(words, plural):
    assert numbers.plural(words) == (plural or words + "s")
