"""What the page about display text shows is what is written."""

import re
from pathlib import Path

import pytest

from speechsmith.asr.display import Formatter
from speechsmith.asr.display.custom import OutputFormat, check_tests

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "write-as-you-like.md").read_text(encoding="utf-8")
BUILT_IN = re.findall(r"^\| ([a-z][^|`]+) \| ([^|`]+) \|$", PAGE.partition("## Capitals")[0], re.MULTILINE)[1:]
RULES = [
    (rule.replace("\\|", "|"), spoken, written)
    for rule, several, written in re.findall(r"^\| `(.+?)` \| ([a-z][^|`]+) \| ([^|`]+) \|$", PAGE, re.MULTILINE)
    for spoken in several.split("; ")
    if written.endswith(".")
]


@pytest.mark.parametrize(("spoken", "written"), BUILT_IN)
def test_a_phrase_is_displayed_as_the_page_shows(spoken, written):
    assert Formatter("en-US").forms(spoken.split()).display == written


@pytest.mark.parametrize(("rule", "spoken", "written"), RULES)
def test_a_rule_writes_what_the_page_shows(rule, spoken, written):
    assert Formatter("en-US", custom=OutputFormat("en-US", (rule,))).forms(spoken.split()).display == written


def test_the_tests_of_the_file_on_the_page_pass():
    file = re.search(r"^```\n(// how.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert file
    made = OutputFormat.read(file.group(1).splitlines(), "en-US")

    assert len(made.tests) == 5
    assert all(test.has_passed for test in check_tests(made.tests, Formatter("en-US", custom=made)))


def test_examples_are_found():
    assert len(BUILT_IN) >= 6
    assert len(RULES) >= 10
