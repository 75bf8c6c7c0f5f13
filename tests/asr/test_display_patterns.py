"""The language of ITN rules: what a rule shows is found in all the ways in which people say it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr import numbers
from speechsmith.asr.display.patterns import Matcher, PatternError, parse
from speechsmith.asr.display.tokens import Token, spoken, text_of


def written(rules: str | list[str], words: str, locale: str = "en-US") -> str:
    rules = [rules] if isinstance(rules, str) else rules
    return text_of(Matcher([parse(rule) for rule in rules], locale).apply(spoken(words.split())))


@pytest.mark.parametrize(
    "words",
    [
        "j o five hundred",
        "joe five hundred",
        "jo five zero zero",
        "j o five oh oh",
        "j o five double zero",
        "j o colon five hundred",
        "j o five o o",
        "j o 500",
        "JO 500",
        "JO500",
        "JO: 500",
    ],
)
def test_a_literal_is_found_however_it_is_said(words):
    assert written("JO:500", f"call {words} now") == "call JO:500 now"


@pytest.mark.parametrize("words", ["j o five hundred five", "j five hundred", "joy five hundred", "j o fifty"])
def test_a_literal_is_not_found_in_what_only_resembles_it(words):
    assert written("JO:500", words) == words


@pytest.mark.parametrize(
    ("rule", "words", "expected"),
    [
        ("Space: 1999", "watching space nineteen ninety nine", "watching Space: 1999"),
        (r"JO:\d00", "j o nine hundred", "JO:900"),
        (r"JO:\d00", "j o zero zero zero", "JO:000"),
        (r"JO:[5-7]00", "joe six hundred", "JO:600"),
        (r"JO:[5-7]00", "joe eight hundred", "joe eight hundred"),
        (r"JO:[05]00", "joe five oh oh", "JO:500"),
        (r"\d\d\d-\d\d\d", "cadence one oh five one fifteen", "cadence 105-115"),
        (r"(AB|CD)-(\d)+", "a b nine", "AB-9"),
        (r"(AB|CD)-(\d)+", "c d twenty two", "CD-22"),
        (r"(AB|CD)-(\d)+", "c d two two", "CD-22"),
        (r"\d[05]{ to >-}\d[05]", "fifteen to twenty", "15-20"),
        (r"\d[05]{ to >-}\d[05]", "sixteen to twenty", "sixteen to twenty"),
        (r"\d0{to>-}\d0", "between twenty to thirty", "between 20-30"),
        (r"cat-\d", "do you like cat nine", "do you like cat-9"),
        (r"\d\d{to>-}\d\d {K>cadence}", "twenty to thirty k", "20-30 cadence"),
        (r"{zippy>ZPI}-\d\d", "zippy twenty two", "ZPI-22"),
        (r"{write} (\u.)+", "write a b c", "A.B.C."),
        (r"\d-\l-\l-\d", "two X y nine", "2-x-y-9"),
        (r"\u\u\d", "x y nine", "XY9"),
        (r"<\a\a>", "x Y", "<xY>"),
        (r"[A-C]\d", "b nine", "B9"),
    ],
)
def test_the_examples_of_the_format(rule, words, expected):
    assert written(rule, words) == expected


@pytest.mark.parametrize(
    ("rule", "words", "expected"),
    [
        (r"cat(s)?-\d", "cats nine", "cats-9"),
        (r"cat(s)?-\d", "cat nine", "cat-9"),
        (r"ID(-\d)*", "i d", "ID"),
        (r"ID(-\d)*", "i d one two three", "ID-1-2-3"),
        (r"ID(-\d)+", "i d", "i d"),
        (r"(north|south){ gate}(-\d)?", "north gate two", "north-2"),
        (r"((A|B)\d)+", "a one b two", "A1B2"),
        ("AT&T", "call a t and t", "call AT&T"),
        ("AT&T", "a t t", "a t t"),
        (r"v\d.\d", "v two point five", "v2.5"),
        (r"v\d.\d", "v 2.5", "v2.5"),
        (r"v\d.\d", "v two five", "v two five"),
        (r"\d.\d", "25", "25"),
        ("24/7", "open twenty four seven", "open 24/7"),
        ("24/7", "twenty four slash seven", "24/7"),
        ("5th Avenue", "the fifth avenue", "the 5th Avenue"),
        ("high five", "a high 5", "a high five"),
        ("Route 66", "route 66", "Route 66"),
        ("Don't Panic", "don't panic", "Don't Panic"),
        ("T-Shirt", "my t shirt", "my T-Shirt"),
        ("T-Shirt", "my t-shirt", "my T-Shirt"),
        ("www", "double u double u double u", "www"),
        ("LLB", "double l b", "LLB"),
        ("8B-EV-3", "what is 8bev3", "what is 8B-EV-3"),
        ("{arrow>->}", "an arrow", "an ->"),
        ("{um}", "well um yes", "well yes"),
        (r"C\+\+ \(\d\)", "c plus plus 3", "C++ (3)"),
        (r"\{\}\\\|\*\?\[\]\d", "3", r"{}\|*?[]3"),
        ("新冠病毒", "新 冠 病毒", "新冠病毒"),
        ("may(be)?", "it may be", "it maybe"),
        ("maybe", "it may be", "it may be"),
        (r"\l\l\l", "the cat", "the cat"),
        (r"\d\d", "$50", "$50"),
        (r"\d\d\d", "twenty two", "twenty two"),
        (r"\d\d\d\d\d", "one hundred one", "one hundred one"),
        (r"\d\d\d", "room a hundred and five", "room 105"),
        (r"(\d)+", "two million and three", "2000003"),
        (r"(\d)+", "one thousand and two thousand", "1000 and 2000"),
    ],
)
def test_what_follows_from_them(rule, words, expected):
    assert written(rule, words) == expected


def test_the_longest_match_wins_and_of_equal_ones_the_first_rule():
    rules = [r"x\d", r"y\d{ rev }[A-C]", r"{y>Z}\d", r"Y\d"]

    assert written(rules, "x one y two rev a y three") == "x1 y2A Z3"


def test_a_match_stands_for_all_of_its_words():
    tokens = (Token("at", 0, 1), Token("zippy", 1, 2), Token("22", 2, 4), Token("now", 4, 5))

    made = Matcher([parse(r"{zippy>ZPI}-\d\d")], "en-US").apply(tokens)

    assert made == (Token("at", 0, 1), Token("ZPI-22", 1, 4), Token("now", 4, 5))


def test_number_words_of_other_languages_are_not_english():
    assert written(r"A\d", "a nine", "de-DE") == "a nine"
    assert written(r"A\d", "a 9", "de-DE") == "A9"


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 9_999_999))
def test_a_number_is_found_by_its_digits_and_by_its_name(number):
    rule = f"no {number}"

    assert written(rule, f"no {numbers.cardinal(number)}") == rule
    assert written(rule, f"no {numbers.digits(str(number))}") == rule


@pytest.mark.parametrize(
    ("rule", "code", "position"),
    [
        ("(ab", "PatternBracket", 1),
        ("ab)", "PatternBracket", 3),
        ("a{b", "PatternBracket", 2),
        ("a}", "PatternBracket", 2),
        ("{a{b}}", "PatternBracket", 1),
        ("a[12", "PatternBracket", 2),
        ("a]", "PatternBracket", 2),
        ("(a]", "PatternBracket", 3),
        ("a()", "PatternEmpty", 3),
        ("(a|)", "PatternEmpty", 4),
        ("a{}", "PatternEmpty", 2),
        ("a{>b}", "PatternEmpty", 2),
        ("[]a", "PatternSet", 1),
        ("[a-]", "PatternSet", 1),
        ("[5-2]", "PatternSet", 2),
        ("[a-Z]", "PatternSet", 2),
        (r"a\x", "PatternEscape", 2),
        ("a\\", "PatternEscape", 2),
        ("ab?", "PatternRepetition", 3),
        ("(a)??", "PatternRepetition", 5),
        ("{a}+", "PatternRepetition", 4),
        ("a|b", "PatternBar", 2),
        ("(a)?", "PatternMatchesNothing", 1),
        ("-", "PatternMatchesNothing", 1),
        ("(" * 11 + "a" + ")" * 11, "PatternTooDeep", 11),
        ("a" * 251, "PatternTooLong", 250),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_where_it_goes_wrong(rule, code, position):
    with pytest.raises(PatternError) as refused:
        parse(rule)

    assert (refused.value.code, refused.value.position) == (code, position)


@pytest.mark.parametrize(
    "rule", [r"((((\l)*)*)*)*!\d", r"(\l)*(\l)*(\l)*(\l)*(\l)*(\l)*(\l)*(\l)*\d\d", "((a|a|a)+)+b"]
)
def test_a_hostile_rule_takes_bounded_time(rule):
    matcher = Matcher([parse(rule)] * 200, "en-US")
    words = spoken(["a"] * 40)

    started = time.process_time()
    assert matcher.apply(words) == words

    assert time.process_time() - started < 3


@settings(derandomize=True, deadline=None)
@given(
    st.text(alphabet=r"a1\d()[]{}|>?*+-. ul", max_size=12),
    st.lists(st.sampled_from(["a", "one", "1", "-", "double", "b", "1.5", "$", "'s"])),
)
def test_any_rule_is_refused_or_keeps_the_order_of_the_words(rule, words):
    try:
        matcher = Matcher([parse(rule)], "en-US")
    except PatternError:
        return
    tokens = spoken(words)
    places = [place for token in matcher.apply(tokens) for place in (token.start, token.stop)]

    assert places == sorted(places)
    assert all(0 <= place <= len(words) for place in places)
