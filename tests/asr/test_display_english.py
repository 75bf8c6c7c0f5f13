"""English as it is written: a sheet of pairs worked by hand, and every number from words to figures."""

from pathlib import Path

import pytest

from speechsmith.asr import numbers
from speechsmith.asr.display import Formatter, english
from speechsmith.asr.display.english import numerals
from speechsmith.asr.display.tokens import text_of
from speechsmith.asr.text import normalizer

SHEET = Path(__file__).with_name("display_sheet.tsv")
ENOUGH = 0.97


def itn(spoken: str) -> str:
    return text_of(english.written(spoken.split()))


def test_the_sheet_is_written_right():
    lines = [line for line in SHEET.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pairs = [line.split("\t") for line in lines]
    writer = Formatter("en-US")

    wrong = [(spoken, want, got) for spoken, want in pairs if (got := writer.forms(spoken.split()).display) != want]

    assert len(pairs) >= 300
    assert len(wrong) <= (1 - ENOUGH) * len(pairs), wrong


@pytest.mark.slow
def test_every_number_below_a_million_is_read():
    for number in range(1_000_000):
        words = tuple(numbers.cardinal(number).split())
        assert numerals.cardinal(words, 0) == (number, len(words))


@pytest.mark.slow
@pytest.mark.parametrize("conjunction", [False, True], ids=["american", "british"])
def test_numbers_below_a_million_come_back_in_figures(conjunction):
    for number in range(10, 1_000_000, 37):
        figure = f"{number:,}" if number >= 10_000 else str(number)
        assert itn(numbers.cardinal(number, conjunction=conjunction)) == figure


@pytest.mark.slow
def test_a_sample_of_all_numbers_comes_back_whatever_its_reading():
    for number in range(100, 1_000_000, 997):
        figure = str(number)
        assert itn(numbers.cardinal(number)).replace(",", "") == figure
        assert itn(numbers.digits(figure)).replace("-", "") == figure
        assert itn(numbers.reading(figure)).replace(",", "") == figure
        assert itn(numbers.ordinal(number))[:-2] == figure


def test_every_year_comes_back_that_is_not_said_like_a_time():
    for number in range(1300, 2100):
        assert itn(f"in {numbers.year(number)}") == f"in {number}"


@pytest.mark.parametrize("number", range(10))
def test_a_digit_alone_stays_a_word(number):
    assert itn(numbers.cardinal(number)) == numbers.cardinal(number)
    assert itn(f"page {numbers.cardinal(number)}") == f"page {number}"


@pytest.mark.parametrize(
    "written",
    ["$3.14", "25%", "6:45 PM", "3.14", "21st", "98052", "2 1/2", "102.7", "nineteen", "January 5, 1999", "$1,500"],
)
def test_the_normalizer_reads_what_is_written_as_it_was_said(written):
    lexical = normalizer("en-US").lexical(written)

    assert normalizer("en-US").lexical(itn(lexical)) == lexical


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("i i i think", "i i i think"),
        ("it is a a a cream", "it is a a a cream"),
        ("i had a c section", "i had a c section"),
        ("the a c is on", "the AC is on"),
        ("two two to three days", "two 2 to 3 days"),
        ("five five days ago", "five 5 days ago"),
        ("five ten minutes", "5-10 minutes"),
        ("three for ten", "three for 10"),
        ("five foot five", "5 foot 5"),
        ("half a million dollars", "half a million dollars"),
        ("a thirty second delay", "a 30 second delay"),
        ("between one hundred and two hundred", "between 100 and 200"),
        ("above thirty seven point five thirty eight", "above 37.5 38"),
        ("i am a i think", "i am a i think"),
        ("a i is here", "AI is here"),
        ("two thousand three thousand", "2000 3000"),
        ("one hundred and fifth", "105th"),
        ("five first", "five first"),
        ("the f b i's case", "the FBI's case"),
        ("a quarter to one", "12:45"),
        ("may five people come", "may 5 people come"),
        ("twenty to thirty one", "20 to 31"),
        ("point five", "point five"),
        ("two h d m i cables", "two HDMI cables"),
        ("three a day or two i think", "three a day or two i think"),
        ("the file at www dot acme dot com slash docs", "the file at www.acme.com/docs"),
        ("order one two three four five six seven eight nine zero", "order 1234567890"),
    ],
)
def test_what_looks_like_a_rule_and_is_none(spoken, written):
    assert itn(spoken) == written
