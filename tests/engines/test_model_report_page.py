"""The reference page of a model's report names every member and every code."""

import re
from pathlib import Path

import pytest

from speechsmith.engines.pocketsphinx import adapt, guards

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "model-report.md").read_text(encoding="utf-8")
SOURCES = [path.read_text(encoding="utf-8") for path in Path(adapt.__file__).parent.glob("*.py")]
MEMBERS = re.findall(r"^    (\w+)  +\w", (adapt.__doc__ or "").partition("JSON object:")[2], re.MULTILINE)
PROBLEMS = {
    code for source in SOURCES for code in re.findall(r'(?:Problem\([\w.]+, |UnusableError\(\s*)"(\w+)"', source)
}
REJECTIONS = {
    code
    for source in SOURCES
    for code in re.findall(r'(?:_Unusable\(|rejections, |add\([\w.]+, \w+, |reject\(rejections, )"(\w+)"', source)
}


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_is_on_the_page(member):
    assert re.search(rf"^\| `{member}`|^`{member}` ", PAGE, re.MULTILINE)


@pytest.mark.parametrize("code", sorted(PROBLEMS | REJECTIONS))
def test_every_code_is_on_the_page(code):
    assert f"| `{code}` |" in PAGE


def test_the_page_names_no_code_that_is_gone():
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)) == PROBLEMS | REJECTIONS | {"NothingToLearn"}


@pytest.mark.parametrize("outcome", guards.Outcome)
def test_every_outcome_is_on_the_page(outcome):
    assert f"| `{outcome}` |" in PAGE


def test_members_and_codes_are_found():
    assert {"engine", "generalText", "guard", "seconds"} <= set(MEMBERS)
    assert {"NoSpeech", "TranscriptMismatch"} <= PROBLEMS
    assert {"NotAnEntry", "ItemTooLong", "UnknownPhone"} <= REJECTIONS
