"""The reference page of the report names every code, with the same words as the report."""

import re
from pathlib import Path

import pytest

from speechsmith.ingest import base
from speechsmith.ingest.base import IngestError, Issue
from speechsmith.ingest.codes import HINTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "dataset-report.md").read_text(encoding="utf-8")
SOURCES = [path.read_text(encoding="utf-8") for path in Path(base.__file__).parent.glob("*.py")]
REFUSALS = {code for source in SOURCES for code in re.findall(r'IngestError\(\s*"(\w+)"', source)}
PROBLEMS = {code for source in SOURCES for code in re.findall(r'(?:Problem|Issue)\(\s*"(\w+)"', source)}


@pytest.mark.parametrize("code", sorted(HINTS))
def test_every_code_of_an_entry_is_on_the_page_with_its_hint(code):
    assert re.search(rf"\| `{code}` \| [^|]+ \| {re.escape(HINTS[code])} \|", PAGE)


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_code_of_a_refusal_is_on_the_page(code):
    assert f"| `{code}` |" in PAGE


def test_no_code_is_used_without_a_hint():
    assert len(REFUSALS) > 10
    assert not PROBLEMS - set(HINTS)


def test_the_page_names_no_code_that_is_gone():
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)) == set(HINTS) | REFUSALS


def test_an_issue_has_the_hint_of_its_code():
    assert Issue("NoTab", "The line has no tab.").hint == HINTS["NoTab"]


def test_a_refusal_crosses_a_process_border():
    _, (code, message) = IngestError("NotAZip", "It is text.").__reduce__()

    assert (code, message) == ("NotAZip", "It is text.")
