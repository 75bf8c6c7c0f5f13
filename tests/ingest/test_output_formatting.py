"""Files of output formatting: which lines are kept, why others are not, and what came of the tests in them."""

import re
from pathlib import Path

import pytest

from speechsmith.asr.display import custom, patterns
from speechsmith.ingest.codes import HINTS
from speechsmith.ingest.output_formatting import FILE

KIND = "OutputFormatting"
GOOD = r"""// for the shop
#ITN
JO:500

\d0{to>-}\d0
# Rewrite
covered 19	COVID-19
// more
gottfried leibniz	Gottfried Leibniz
#profanity
xyz
 # TEST
call joe five oh oh	Call JO:500
mask xyz	Mask ***
press one	Press ONE
"""


def test_the_good_lines_are_kept_below_their_headings(read):
    outcome = read(KIND, GOOD.encode("utf-8-sig"))

    assert outcome.counts == (8, 0)
    assert outcome.lines(FILE) == [
        "#itn",
        "JO:500",
        r"\d0{to>-}\d0",
        "",
        "#rewrite",
        "covered 19\tCOVID-19",
        "gottfried leibniz\tGottfried Leibniz",
        "",
        "#profanity",
        "xyz",
        "",
        "#test",
        "call joe five oh oh\tCall JO:500",
        "mask xyz\tMask ***",
        "press one\tPress ONE",
    ]


def test_reading_what_was_kept_changes_nothing(read, tmp_path):
    first = read(KIND, GOOD.encode())
    kept = (first.out / FILE).read_bytes()

    assert (read(KIND, kept).out / FILE).read_bytes() == kept


def test_the_report_tells_what_came_of_each_test_the_failed_ones_first(read):
    tests = read(KIND, GOOD.encode()).report["tests"]

    assert (tests["passed"], tests["failed"], tests["leftOut"]) == (2, 1, 0)
    first, second, _ = tests["entries"]
    assert first["line"] == 15
    assert (first["text"], first["expected"], first["passed"]) == ("press one", "Press ONE", False)
    assert first["actual"] != "Press ONE"
    assert (second["actual"], second["passed"]) == ("Call JO:500", True)


def test_each_bad_line_is_told_with_its_number_and_code(read):
    lines = [
        "early",
        "#itn",
        "(ab",
        "ok",
        "#rewrites",
        "one\ttwo",
        "#rewrite",
        "one two",
        "one\ttwo",
        "One.\tthree",
        "\ttwo",
        "a\x07b\tc",
        "#profanity",
        "what?",
        "#test",
        "one",
    ]

    outcome = read(KIND, "\n".join(lines).encode())

    assert outcome.rejected == [
        (1, "NoSection"),
        (3, "PatternBracket"),
        (5, "UnknownSection"),
        (6, "NoSection"),
        (8, "NoTab"),
        (10, "DuplicateRewrite"),
        (11, "EmptySide"),
        (12, "ControlCharacter"),
        (14, "PunctuationInProfanity"),
        (16, "NoTab"),
    ]
    assert outcome.counts == (2, 10)
    assert "(character 1)" in outcome.report["rejected"]["entries"][1]["message"]


@pytest.mark.parametrize(
    ("section", "line", "most"), [("itn", "rule {}", 200), ("rewrite", "a{0}\tb{0}", 1000), ("profanity", "w{}", 1000)]
)
def test_each_section_has_its_limit(read, section, line, most):
    lines = [line.format(number) for number in range(most + 2)]

    outcome = read(KIND, "\n".join([f"#{section}", *lines]).encode())

    assert outcome.counts == (most, 2)
    assert outcome.codes == {"TooManyRules": 2}


def test_tests_are_limited_by_the_size_of_the_file_and_by_what_is_run(read):
    tests = "#test\n" + "one\tOne\n" * 7

    outcome = read(KIND, tests.encode(), output_tests=5, report_entries=3)

    assert outcome.counts == (7, 0)
    assert outcome.notes == {"TestsNotRun": 1}
    assert (outcome.report["tests"]["passed"], outcome.report["tests"]["leftOut"]) == (5, 2)


@pytest.mark.parametrize(
    ("data", "locale", "limits", "code"),
    [
        (b"#itn\nab", "cs-CZ", {}, "LocaleNotSupported"),
        (b"#itn\nab", "en-US", {"upload_bytes": 5}, "FileTooLarge"),
        (b"", "en-US", {}, "EmptyFile"),
        (b"#itn\n\xff\xfe\xfd", "en-US", {}, "NoUtf8WithBom"),
        (b"PK\x03\x04aaaaaaaa", "en-US", {}, "NotText"),
        (b"#itn\n(ab", "en-US", {}, "NothingAccepted"),
        (b"// only a comment\n#itn", "en-US", {}, "NothingAccepted"),
    ],
)
def test_a_file_of_which_nothing_can_be_made_is_refused(refusal, data, locale, limits, code):
    assert refusal(KIND, data, locale, **limits) == code


def test_what_is_written_may_have_any_letters_and_signs(read):
    assert read(KIND, "#rewrite\nsmile\t😀\nbeta blocker\tβ-blocker\n".encode()).counts == (2, 0)


def test_every_reason_to_refuse_a_rule_has_a_hint():
    files = [Path(custom.__file__), *Path(patterns.__file__).parent.glob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    calls = r'(?:PatternError|FormatError|_error)\(\s*"(\w+)"'
    codes = {code for source in sources for code in re.findall(calls, source)}

    assert len(codes) > 10
    assert codes <= set(HINTS)


def test_a_line_ends_where_the_line_ends_and_not_at_a_separator_that_was_pasted_into_it(read):
    outcome = read(KIND, "#rewrite\nfoo\u2028bar\tFoobar\n#test\ncall foo\u2029bar\tCall Foobar\n".encode())

    assert outcome.counts == (2, 0)
    assert outcome.report["tests"]["passed"] == 1
