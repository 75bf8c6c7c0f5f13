"""Base models, as an operator handles them."""

import json
import shutil

import pytest

from speechsmith.engines.registry import engine

pytestmark = pytest.mark.slow


@pytest.fixture
def operate(operate, tmp_path):
    """Run an operator's command on a home with a resource."""
    operate("resource", "create", "--home", tmp_path / "home", "--name", "clinic")
    return lambda *words: operate(*words, "--home", tmp_path / "home")


def test_a_base_model_is_added_listed_made_the_default_and_removed(operate, tmp_path):
    (packaged,) = engine("pocketsphinx").packaged_models()
    shutil.copytree(packaged.folder, tmp_path / "us")
    said = ("--engine", "pocketsphinx", "--locale", "en-US", "--released", "20200101", "--transcription-until")

    code, out, err = operate("base-model", "add", tmp_path / "us", *said, "2030-01-15", "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert (made["name"], made["usedUntil"], made["trainedFromUntil"]) == ("20200101", "2030-01-15", "never")
    assert (made["default"], made["packaged"]) == (False, False)
    assert operate("base-model", "set-default", made["id"]) == (0, "", "")
    code, out, _ = operate("base-model", "list")
    marks = {line.split("\t")[0]: line.split("\t")[-1] for line in out.splitlines()}
    assert marks.pop(made["id"]) == "default"
    assert list(marks.values()) == ["packaged"]
    assert "20200101 (Acoustic, AudioFiles, Language" in out
    (other,) = marks

    code, _, err = operate("base-model", "remove", other)
    assert code == 1
    assert "comes with the engine pocketsphinx" in err
    assert err.strip().endswith("(DeleteNotAllowed)")
    assert operate("base-model", "remove", made["id"]) == (0, "", "")
    assert made["id"] not in operate("base-model", "list")[1]


def test_what_is_no_model_is_told_in_a_sentence(operate, tmp_path):
    (tmp_path / "nothing").mkdir()
    said = ("--engine", "pocketsphinx", "--locale", "en-US", "--released", "20200101")

    code, out, err = operate("base-model", "add", tmp_path / "nothing", *said)

    assert (code, out) == (1, "")
    assert err.strip().endswith("(InvalidModel)")
