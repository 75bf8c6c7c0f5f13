"""The reference page of a model's report names every member and every code, and none that is gone.

A member of the report is a key, in camel case, of a dictionary that some function of the engine or of the task writes.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from speechsmith.engines.pocketsphinx import adapt, guards
from speechsmith.tasks import train_model

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "model-report.md").read_text(encoding="utf-8")
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in Path(adapt.__file__).parent.glob("*.py")}
MEMBERS = re.findall(r"^    (\w+)  +\w", (adapt.__doc__ or "").partition("JSON object:")[2], re.MULTILINE)
PROBLEMS = {
    code
    for source in SOURCES.values()
    for code in re.findall(r'(?:Problem\([\w.]+, |UnusableError\(\s*)"(\w+)"', source)
}
REJECTIONS = {
    code
    for source in SOURCES.values()
    for code in re.findall(r'(?:_Unusable\(|rejections, |add\([\w.]+, \w+, |reject\(rejections, )"(\w+)"', source)
}


def keys(source: str) -> Iterator[str]:
    """The keys in camel case that functions write into dictionaries."""
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            written: list[ast.expr | None] = node.keys if isinstance(node, ast.Dict) else []
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                written = [node.slice]
            for key in written:
                if isinstance(key, ast.Constant) and re.fullmatch("[a-z]+([A-Z][a-z]+)*", str(key.value)):
                    yield str(key.value)


OTHERWISE = {"aligner", "lm_file", "recognizer"}  # what these write is for the decoder
WRITING = [source for name, source in SOURCES.items() if name not in OTHERWISE]
OF_THE_TASK = Path(train_model.__file__).read_text(encoding="utf-8")
WRITTEN = {key for source in (*WRITING, OF_THE_TASK) for key in keys(source)}
NAMED = {name for names in re.findall(r"`([a-z][A-Za-z.]*)`", PAGE) for name in names.split(".")}
VALUES = {"user", "lexicon", "audio", "telephone", "full", *guards.Outcome}


def test_the_page_names_every_name_that_a_report_has():
    assert sorted(WRITTEN - NAMED) == []


def test_the_page_names_nothing_that_a_report_does_not_have():
    elsewhere = {"null", "false", "properties", "customModelWeightPercent", "report", "json", "error"}
    assert sorted(NAMED - WRITTEN - VALUES - elsewhere) == []


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
    assert {"sharedWeights", "start", "lostWordRate", "kept", "failures"} <= WRITTEN
    assert {"NoSpeech", "TranscriptMismatch"} <= PROBLEMS
    assert {"NotAnEntry", "ItemTooLong", "UnknownPhone"} <= REJECTIONS
