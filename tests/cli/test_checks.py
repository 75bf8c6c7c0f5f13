"""Gates on quality, checks of the answer, and the exit code 6."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from client.service import Answer
from speechsmith.cli.checks import gate
from speechsmith.cli.exits import CheckFailed, worst
from speechsmith.cli.table.shared import FIGURES

V31 = "/speechtotext/v3.1"
PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "gate-on-quality.md").read_text(encoding="utf-8")
PROPERTIES = {
    "wordErrorRate1": 0.2,
    "wordErrorRate2": 0.15,
    "sentenceErrorRate2": 1,
    "wordCount2": 90,
    "wordCount1": 90,
    "tokenErrorRate2": -1,
    "probabilityOfImprovement": 0.9,
}


def evaluation(status="Succeeded", **properties):
    return {"self": "s/e1", "status": status, "properties": PROPERTIES | properties}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("wer2>0.15", True),
        ("wer2>=0.15", False),
        ("wer2>15%", True),
        ("WER2 > 14.9 %", False),
        ("wer2 gt 14.9%", False),
        ("wer2 LE 15%", False),
        ("wer2>=wer1", True),
        ("wer2<wer1", False),
        ("wer1>.5", True),
        ("ser2>150%", True),
        ("ser2 eq 1", False),
        ("ser2!=1", True),
        ("ser2=1", False),
        ("words2<100", False),
        ("words2<words1", True),
        ("improvement<95%", False),
    ],
)
def test_a_gate_holds_while_its_condition_is_not_met(written, holds):
    if holds:
        assert gate(written).check(evaluation()) is None
    else:
        with pytest.raises(CheckFailed, match="Stopped by the gate"):
            gate(written).check(evaluation())


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("wer2", "takes a condition"),
        ("wer2>", "takes a condition"),
        (">15%", "takes a condition"),
        ("wer2>-1", "takes a condition"),
        ("wer2>1e9", "No figure of an evaluation is called '1e9'"),
        ("wer3>15%", "No figure of an evaluation is called 'wer3'; there are wer1, wer2"),
        ("wer2>15", "is a fraction: write 15%"),
        ("words2<15%", "without a per cent sign"),
        ("wer2>words2", "does not compare"),
        ("wer2>wer1%", "does not compare"),
    ],
)
def test_a_gate_that_cannot_be_understood_says_why(written, told):
    with pytest.raises(click.UsageError, match=told):
        gate(written)


@pytest.mark.parametrize(
    ("found", "written", "told"),
    [
        (evaluation(wordErrorRate2=-1), "wer2>15%", "has no wer2 .wordErrorRate2.; the test has too few words"),
        (evaluation(wordErrorRate2=None), "wer2>15%", "has no wer2"),
        (evaluation(wordErrorRate2="0.1"), "wer2>15%", "has no wer2"),
        (evaluation(wordErrorRate1=-1), "wer2>wer1", "has no wer1"),
        (evaluation(), "ter1>15%", "--api-version v3.2 has it"),
        (evaluation(probabilityOfImprovement=None), "improvement<95%", "takes two models and at least five utterances"),
        (evaluation("Running"), "wer2>15%", "is Running, so wer2 is not known yet; --wait"),
        (evaluation("Failed"), "wer2>15%", "is Failed"),
        ({}, "wer2>15%", "has no status"),
    ],
)
def test_what_is_not_known_passes_no_gate(found, written, told):
    with pytest.raises(CheckFailed, match=told):
        gate(written).check(found)


def test_every_figure_is_a_property_of_an_evaluation():
    for name, member in FIGURES.items():
        gate(f"{name}<0").check({"status": "Succeeded", "properties": {member: 0.5}})


def test_a_pipeline_stops_at_a_model_that_is_not_good_enough(aimed, service):
    made = {"self": service.url(f"{V31}/evaluations/e1"), "status": "NotStarted"}
    service.on("POST", f"{V31}/evaluations", Answer(made, 201))
    service.on("GET", f"{V31}/evaluations/e1", Answer(evaluation()))
    for model in ("a", "b"):
        service.on("GET", f"{V31}/models/{model}", Answer({}))
    line = ["csr", "evaluation", "create", "--name", "E", "--model1", "a", "--model2", "b", "--dataset", "d", "--wait"]

    good = aimed(*line, "--fail-if", "wer2>15%", "--fail-if", "wer2>wer1; words2<10")
    bad = aimed(*line, "--fail-if", "wer2>15%", "--fail.if", "wer2 gt 14%")

    assert (good.code, bad.code) == (0, 6)
    assert good.json == bad.json == evaluation()
    assert "ERROR: Stopped by the gate 'wer2 gt 14%': wer2 is 0.15 (15 %)." in bad.err


def commands() -> list[list[str]]:
    """Of the page, without `spx`."""
    lines = re.findall(r"^spx (.*)$", PAGE.replace("\\\n", " "), re.MULTILINE)
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("line", commands(), ids=lambda line: " ".join(line[:3]))
@pytest.mark.parametrize(("is_good", "code"), [(True, 0), (False, 6)])
def test_the_commands_of_the_page_pass_what_is_good_and_nothing_else(aimed, service, line, is_good, code):
    for name in ("project", "in-use", "new", "test", "words"):
        aimed("config", f"@{name}", "--set", name, "--hive", "local")
    status, rejected = ("Succeeded", 0) if is_good else ("Failed", 4)
    model = {"self": service.url(f"{V31}/models/new"), "status": status, "datasets": [{"self": "d"}]}
    rates = {"wordErrorRate1": 0.2, "wordErrorRate2": 0.12 if is_good else 0.182, "wordCount2": 2000}
    made = {"self": service.url("/speechtotext/v3.2/evaluations/e1"), "status": "Succeeded", "properties": rates}
    service.on("POST", "/speechtotext/v3.2/evaluations", Answer(made, 201))
    service.on("GET", "/speechtotext/v3.2/evaluations/e1", Answer(made))
    for version in ("v3.1", "v3.2"):
        for id in ("in-use", "new"):
            service.on("GET", f"/speechtotext/{version}/models/{id}", Answer(model))
    service.on("GET", f"{V31}/models", Answer({"values": [model]}))
    words = {"status": status, "properties": {"rejectedLineCount": rejected}}
    service.on("GET", f"{V31}/datasets/words", Answer(words))

    result = aimed(*line)

    assert (result.code, json.loads(result.out) != {}) == (code, True), result.err


def test_a_gate_tells_what_the_page_says(aimed, service):
    made = {"status": "Succeeded", "properties": {"wordErrorRate2": 0.182}}
    service.on("GET", f"{V31}/evaluations/e1", Answer(made))

    told = aimed("csr", "evaluation", "show", "--evaluation", "e1", "--fail-if", "wer2>15%").err

    assert told.splitlines()[-1] in PAGE.splitlines()
    assert told.splitlines()[-1].startswith("ERROR: ")


def test_a_gate_on_an_evaluation_that_has_just_begun_is_refused_before_it_is_made(aimed, service):
    result = aimed("csr", "evaluation", "create", "--name", "E", "--fail-if", "wer2>15%")

    assert (result.code, service.asked) == (2, [])
    assert "--fail-if needs --wait" in result.err


def test_an_evaluation_that_failed_exits_with_one_whatever_its_gates_say(aimed, service):
    service.on("GET", f"{V31}/evaluations/e1", Answer(evaluation("Failed")))

    line = ["csr", "evaluation", "show", "--evaluation", "e1", "--fail-if", "wer2>15%"]

    assert (aimed(*line, "--wait").code, aimed(*line).code) == (1, 6)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--check", "status == 'Succeeded'"], 0, ""),
        (["--check", "status == 'Succeeded'", "--check", "properties.wordErrorRate2 < `0.1`"], 6, "it gives false"),
        (["--check", "properties.wordCount2"], 6, "gives 90, which is neither true nor false"),
        (["--check", "properties.nothing"], 6, "gives nothing"),
        (["--check", "properties.tokenErrorRate2 < `0.5`"], 6, "tokenErrorRate2 is -1"),
        (["--check", "length(status.x) > `1`"], 1, "cannot be asked of this answer"),
        (["--expect", "Succeed", "--expect", '"s/e1"'], 0, ""),
        (["--expect", "Failed"], 6, "does not match 'Failed'"),
        (["--expect", "Succeed", "--query", "self"], 6, "does not match"),
        (["--not", "expect", "Failed|Running"], 0, ""),
        (["--not-expect", "Failed", "--not-expect", "Succ"], 6, "matches 'Succ'"),
        (["--check", "["], 2, "takes a JMESPath expression"),
        (["--expect", "["], 2, "takes a regular expression"),
        (["--query", "a..b"], 2, "takes a JMESPath expression"),
    ],
)
def test_a_check_holds_or_the_command_exits_with_six(words, code, told, aimed, service):
    service.on("GET", f"{V31}/evaluations/e1", Answer(evaluation()))

    result = aimed("csr", "evaluation", "status", "--evaluation", "e1", *words)

    assert result.code == code, result.err
    assert told in result.err
    assert bool(service.asked) is (code != 2)
    assert "--query" in words or code in {1, 2} or json.loads(result.out) == evaluation()


def test_the_worst_of_several_codes_is_one_that_stopped_the_work():
    assert (worst([]), worst([0, 6, 0]), worst([6, 1, 0]), worst([3, 5])) == (0, 6, 1, 3)
