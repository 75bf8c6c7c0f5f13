"""The published spellings, each as the plain one."""

import importlib
import inspect
import shlex
from typing import get_args

import pytest

from speechsmith.cli.normalize import TEN_DAYS_MS, normalize
from speechsmith.cli.options import COLLECTIONS
from speechsmith.cli.table import COMMANDS
from speechsmith.client.client import Client

ROWS = {row.path: row for row in COMMANDS}
CREATE, LIST = ROWS["csr", "model", "create"], ROWS["csr", "list"]


def plain(line: str, row=CREATE, files=None) -> list[str]:
    return normalize(shlex.split(line), row, (files or {}).__getitem__)


@pytest.mark.parametrize(
    "line",
    [
        "--api-version v3.2",
        "--api version v3.2",
        "--api.version v3.2",
        "--API-Version v3.2",
        "--apiVersion v3.2",
        "--csr api version v3.2",
        "--api-version=v3.2",
        "api.version=v3.2",
        "api-version=v3.2",
    ],
)
def test_every_spelling_of_an_option_is_the_same_option(line):
    assert plain(line) == ["--api-version=v3.2"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--output json a.json", ["--output-json=a.json"]),
        ("--output json file a.json", ["--output-json=a.json"]),
        ("--csr output json a.json", ["--output-json=a.json"]),
        ("--output add url @@f", ["--output-add-url=@@f"]),
        ("--output.add.url @f", ["--output-add-url=@f"]),
        ("--project id X", ["--project=X"]),
        ("--project-id X", ["--project=X"]),
        ("--project X", ["--project=X"]),
        ("--project id", ["--project=id"]),  # nothing is left for the longer name, so the word is the value
        ("--output json file", ["--output-json=file"]),
        ("--project -id stray", ["--project=-id", "stray"]),
        ("--name -x", ["--name=-x"]),
        ("--name --x;y", ["--name=--x;y"]),
        ("--name=--x", ["--name=--x"]),
        ("--name ''", ["--name="]),
        ("--name a=b", ["--name=a=b"]),
        ("--text 'project id'", ["--text=project id"]),
        ("--wait", [f"--wait={TEN_DAYS_MS}"]),
        ("--wait 500", ["--wait=500"]),
        ("--wait --name N", [f"--wait={TEN_DAYS_MS}", "--name=N"]),
        ("--property a=1", ["--property=a=1"]),
        ("--property a 1", ["--property=a=1"]),
        ("--property a b=c", ["--property=a=b=c"]),
        ("--datasets 'A;B' --dataset C", ["--dataset=A;B", "--dataset=C"]),
        ("--locale de-DE", ["--language=de-DE"]),
        ("name='My Model'", ["--name=My Model"]),
        ("--nmae X", ["--nmae", "X"]),
        ("stray", ["stray"]),
    ],
)
def test_words_become_plain_options(line, expected):
    assert plain(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--base models", ["--base-models"]),
        ("--models", ["--models"]),
        ("--dataset languages", ["--dataset-languages"]),
        ("--dataset X --files", ["--dataset=X", "--files"]),
    ],
)
def test_flags_take_no_word_that_is_not_theirs(line, expected):
    assert plain(line, LIST) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("--logging enabled", "true"), ("--content logging enabled", "true"), ("--logging off", "false")],
)
def test_a_switch_is_on_unless_told_otherwise(line, expected):
    assert plain(line, ROWS["csr", "endpoint", "create"]) == [f"--logging={expected}"]


def test_options_come_from_files():
    files = {"@my": "name=My Model\n\n--api version v3.2\n@more", "@more": '--description "two words"'}

    found = plain("@my --wait 1", files=files)

    assert found == ["--name=My Model", "--api-version=v3.2", "--description=two words", "--wait=1"]


def test_a_file_of_options_that_names_itself_comes_to_an_end():
    assert plain("@me", files={"@me": "@me"}) == ["@me"]


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: " ".join(row.path))
def test_no_two_options_of_a_command_share_a_spelling(row):
    for option in row.options:
        others = [other for other in row.options if other is not option]
        assert not any(option.keys & other.keys for other in others), option.name


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: " ".join(row.path))
def test_every_row_has_its_verb_and_every_field_its_argument(row):
    module, _, name = row.verb.partition(":")
    assert callable(getattr(importlib.import_module(f"speechsmith.cli.verbs.{module}"), name))
    if row.verb not in {"create", "update"}:
        return
    client = Client("http://127.0.0.1:9", None)
    method = getattr(getattr(client, COLLECTIONS[row.noun]), row.verb)
    client.close()
    taken = set()
    for parameter in inspect.signature(method).parameters.values():
        others = parameter.kind is parameter.VAR_KEYWORD  # annotated with the names that there are
        taken |= set(get_args(parameter.annotation)[0].__annotations__) if others else {parameter.name}
    mine = {option.field.partition(".")[0] for option in row.options}
    own = {"key", "region", "version", "base", "out", "request", "quiet", "verbose", "wait"}
    assert mine - own <= taken


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: " ".join(row.path))
def test_every_example_is_a_line_of_its_own_command(row):
    words = shlex.split(row.example)
    assert tuple(words[1 : len(row.path) + 1]) == row.path
    rest = [] if row.argument else normalize(words[len(row.path) + 1 :], row, {}.__getitem__)
    assert {word.partition("=")[0] for word in rest} <= {f"--{option.name}" for option in row.options}
