"""A user's own formatting: sections, replacements, profanity, and the tests in the file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr.display import Formatter, Profanity
from speechsmith.asr.display.custom import FormatError, OutputFormat, Section, check_tests, checked, heading
from speechsmith.asr.display.tokens import Token, spoken, text_of

FILE = r"""
// what the shop needs
# ITN
JO:500
\d\d{to>-}\d\d
 #Rewrite
covered 19	COVID-19
gottfried leibniz	Gottfried Leibniz
leibniz	LEIBNIZ
# profanity
xyz
abc lmn
#TEST
call joe five oh oh	Call JO:500
this is covered 19 again	This is COVID-19 again.
"""


def a_format(rewrites=(), locale="en-US", **sections) -> OutputFormat:
    return OutputFormat(locale, rewrites=tuple(rewrites), **sections)


def rewritten(text: str, *rewrites: tuple[str, str], locale: str = "en-US") -> str:
    return text_of(a_format(rewrites, locale).rewrite(spoken(text.split(" "))))


def test_a_file_is_read_section_by_section():
    read = OutputFormat.read(FILE.splitlines(), "en-US")

    assert read.itn_rules == ("JO:500", r"\d\d{to>-}\d\d")
    assert read.rewrites[0] == ("covered 19", "COVID-19")
    assert read.profanity == ("xyz", "abc lmn")
    assert read.tests[0] == ("call joe five oh oh", "Call JO:500")


@pytest.mark.parametrize("line", ["#itn", "# itn", "#ITN", "  #   Itn  ", "#itn:"])
def test_a_heading_is_free_in_case_and_blanks(line):
    assert heading(line) is Section.ITN


def test_a_rule_that_begins_with_a_number_sign_is_no_heading():
    assert heading(r"#\d\d") is None
    assert heading("itn") is None


@pytest.mark.parametrize(
    ("section", "line", "locale", "code"),
    [
        (Section.ITN, "JO:(500", "en-US", "PatternBracket"),
        (Section.REWRITE, "one two", "en-US", "NoTab"),
        (Section.REWRITE, "one\ttwo\tthree", "en-US", "TooManyTabs"),
        (Section.REWRITE, "\ttwo", "en-US", "EmptySide"),
        (Section.REWRITE, "one\t", "en-US", "EmptySide"),
        (Section.REWRITE, "...\tone", "en-US", "EmptySide"),
        (Section.TEST, "one two", "en-US", "NoTab"),
        (Section.PROFANITY, "what?", "en-US", "PunctuationInProfanity"),
        (Section.PROFANITY, "two words", "zh-CN", "EnglishPhrase"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_reason(section, line, locale, code):
    with pytest.raises(FormatError) as refused:
        checked(section, line, locale)

    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_an_unknown_section_is_refused():
    with pytest.raises(FormatError, match=r"#itn, #rewrite, #profanity, #test"):
        heading("#rewrites")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was Covered 19.", "It was COVID-19."),
        ("It was covered, 19?", "It was COVID-19?"),
        ("Gottfried leibniz, born Gottfried.", "Gottfried Leibniz, born Gottfried."),
        ("Leibniz and leibniz.", "LEIBNIZ and LEIBNIZ."),
        ("The discovered 19.", "The discovered 19."),
        ("uncovered 190", "uncovered 190"),
    ],
)
def test_a_replacement_ignores_case_and_punctuation_and_takes_the_longest(text, expected):
    rewrites = [("leibniz", "LEIBNIZ"), ("gottfried leibniz", "Gottfried Leibniz"), ("covered 19", "COVID-19")]

    assert rewritten(text, *rewrites) == expected


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        ("Old times.", "new times", "New times times."),
        ("So old. Old.", "new", "So new. New."),
        ("An old one.", "new", "An new one."),
        ("An Old one.", "new", "An new one."),
        ("old times", "new", "new times"),
        ("Old times.", "iPhone", "iPhone times."),
        ("Old times.", "NEW", "NEW times."),
        ("¿Old times?", "new", "¿New times?"),
    ],
)
def test_the_capital_of_a_sentence_stays_unless_the_new_text_has_one_of_its_own(text, new, expected):
    assert rewritten(text, ("old", new)) == expected


def test_tokens_of_one_replacement_become_one_that_stands_for_all_their_words():
    tokens = (
        Token("My", 0, 1),
        Token("14 January,", 1, 4),
        Token("is", 4, 5),
        Token("over.\n", 5, 7),
        Token("Yes.", 7, 8),
    )

    made = a_format([("january is", "Jan. was"), ("over", "under")]).rewrite(tokens)

    assert made == (Token("My", 0, 1), Token("14 Jan. was", 1, 5), Token("under.\n", 5, 7), Token("Yes.", 7, 8))


def test_after_a_dictated_new_line_a_sentence_begins():
    tokens = (Token("one\n", 0, 2), Token("Old", 2, 3))

    assert a_format([("old", "new")]).rewrite(tokens)[1].text == "New"


def test_where_words_stand_without_blanks_characters_are_compared():
    assert rewritten("我 们 在 新冠，期间。", ("新冠期间", "疫情"), locale="zh-CN") == "我 们 在 疫情。"


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "a b", "B.", "c a"]), st.sampled_from(["x", "y z"])), max_size=4),
    st.lists(st.sampled_from(["a", "B", "c,", "a b.", "a\n"]), max_size=8),
)
def test_replacements_keep_every_word_in_exactly_one_token(rewrites, texts):
    tokens = tuple(Token(text, 2 * place, 2 * place + 2) for place, text in enumerate(texts))

    made = a_format(rewrites).rewrite(tokens)

    places = [place for token in made for place in range(token.start, token.stop)]
    assert places == list(range(2 * len(texts)))
    assert all("\x1e" not in token.text and "\x1f" not in token.text for token in made)


def test_of_two_formats_that_contradict_each_other_the_first_is_followed():
    both = a_format([("one", "first")]) + a_format([("one", "second"), ("two", "2nd")])

    assert text_of(both.rewrite(spoken(["one", "two"]))) == "first 2nd"


def test_a_format_changes_the_forms_of_a_phrase_but_never_the_lexical_one():
    writer = Formatter("en-US", custom=OutputFormat.read(FILE.splitlines(), "en-US"))

    forms = writer.forms(["xyz", "called", "joe", "five", "hundred", "about", "leibniz"])

    assert forms.lexical == "xyz called joe five hundred about leibniz"
    assert forms.itn == "xyz called JO:500 about leibniz"
    assert forms.masked_itn == "*** called JO:500 about leibniz"
    assert forms.display == "*** called JO:500 about LEIBNIZ."


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Profanity.MASKED, "Mask *** ***"),
        (Profanity.REMOVED, "Mask"),
        (Profanity.NONE, "Mask abc lmn"),
    ],
)
def test_own_profanity_follows_the_wish_of_the_request(mode, expected):
    writer = Formatter("en-US", mode, custom=a_format(profanity=("abc lmn",)), punctuation=False)

    assert writer.forms(["mask", "abc", "lmn"]).display == expected


def test_the_tests_in_a_file_tell_what_came_instead():
    read = OutputFormat.read([*FILE.splitlines(), "press joe now\tPress joe now!"], "en-US")

    first, second, third = check_tests(read.tests, Formatter("en-US", custom=read))

    assert first.has_passed
    assert second.has_passed
    assert not third.has_passed
    assert third.actual == "Press joe now."


def test_thirteen_letters_are_masked_by_thirteen_asterisks():
    read = a_format(profanity=("abcdefghijklm",), tests=(("mask abcdefghijklm", "Mask *************"),))

    (test,) = check_tests(read.tests, Formatter("en-US", custom=read))

    assert test.has_passed


def test_rules_and_replacements_follow_each_other():
    read = a_format([("contoso", "Contoso")], itn_rules=("8B-EV-3",))
    writer = Formatter("en-US", custom=read)

    assert writer.forms(["what", "is", "contoso", "eight", "b", "e", "v", "three"]).display.startswith(
        "What is Contoso 8B-EV-3"
    )


@pytest.mark.parametrize(
    ("rule", "words", "expected"),
    [
        ("JO:500", "call joe five oh oh now", "Call JO:500 now."),
        ("JO:500", "call j o five double zero now", "Call JO:500 now."),
        ("Space: 1999", "watching space nineteen ninety nine", "Watching Space: 1999."),
        (r"\d\d\d-\d\d\d", "cadence one oh five one fifteen", "Cadence 105-115."),
        (r"(AB|CD)-(\d)+", "press a b nine", "Press AB-9."),
        (r"(AB|CD)-(\d)+", "press c d twenty two", "Press CD-22."),
        (r"\d[05]{ to >-}\d[05]", "take fifteen to twenty", "Take 15-20."),
        (r"cat-\d", "do you like cat nine", "Do you like cat-9?"),
        (r"\d\d{to>-}\d\d {K>cadence}", "run twenty to thirty k", "Run 20-30 cadence."),
        (r"{zippy>ZPI}-\d\d", "take zippy twenty two", "Take ZPI-22."),
        (r"{write} (\u.)+", "please write a b c", "Please A.B.C."),
        (r"\d-\l-\l-\d", "type two x y nine", "Type 2-x-y-9."),
    ],
)
def test_rules_are_found_in_what_the_built_in_stage_has_already_written(rule, words, expected):
    writer = Formatter("en-US", custom=OutputFormat("en-US", itn_rules=(rule,)))

    assert writer.forms(words.split()).display == expected
