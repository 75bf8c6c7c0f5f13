"""`speechsmith resource`: tenants are made, looked at, and deleted with all that they have."""

import io
import json

import pytest


@pytest.fixture
def resource(operate, tmp_path):
    """Run a command of `speechsmith resource` on a home."""
    return lambda verb, *words: operate("resource", verb, "--home", tmp_path / "home", *words)


@pytest.fixture
def made(resource):
    """Two resources, clinic and ward."""
    return {name: json.loads(resource("create", "--name", name, "--json")[1]) for name in ("clinic", "ward")}


def test_the_former_name_of_rotate_key_still_works_and_is_shown_nowhere(operate, resource, made):
    code, key, _ = resource("renew", "--name", "clinic", "--key", "2")

    assert code == 0
    assert len(key.strip()) == 32
    shown = operate("resource", "--help")[1]
    assert "rotate-key" in shown
    assert "renew" not in shown


def test_a_resource_goes_once_its_name_was_typed(resource, made, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("clinic\n"))

    code, out, err = resource("delete", "--name", "clinic")

    assert (code, out) == (0, f"clinic\t{made['clinic']['id']}\n")
    assert err == ("This deletes the resource 'clinic' for good: there is nothing in it.\nType its name to go on: ")
    assert resource("list")[1] == f"ward\tlocal\t{made['ward']['id']}\n"


@pytest.mark.parametrize("typed", ["ward\n", "yes\n", ""])
def test_a_resource_stays_if_anything_else_is_typed_or_nobody_is_there(resource, made, monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    code, out, err = resource("delete", "--name", "clinic")

    assert (code, out) == (2, "")
    assert "ERROR: That is not its name, and nothing was deleted; --yes asks for none." in err
    assert resource("list")[1].count("\n") == 2


def test_a_script_says_yes_and_reads_json(resource, made):
    code, out, _ = resource("delete", "--name", "clinic", "--yes", "--json")

    assert code == 0
    assert json.loads(out) == {"id": made["clinic"]["id"], "name": "clinic", "deleted": {}}


def test_deleting_a_resource_that_is_not_there_names_those_that_are(resource, made):
    code, out, err = resource("delete", "--name", "x", "--yes")

    assert (code, out) == (1, "")
    assert err == "ERROR: There is no resource 'x'; there are: 'clinic', 'ward'. (InvalidParameterValue)\n"


def test_who_deletes_the_last_resource_is_told_what_the_next_start_does(resource, made):
    assert "NOTE" not in resource("delete", "--name", "clinic", "--yes")[2]
    assert "NOTE: it was the last one; the next start" in resource("delete", "--name", "ward", "--yes")[2]


@pytest.mark.parametrize("name", ["", " a", "a ", "a\tb", "a\nb", "a\x1b[2J", "a\u202eb", "a\udcff", "a" * 201])
def test_a_resource_has_a_name_that_can_be_shown_and_typed(resource, name):
    code, _, err = resource("create", "--name", name)

    assert code == 1
    assert "A resource has a name of 1 to 200" in err


def test_what_is_typed_may_be_no_text(resource, made, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), "utf-8"))

    code, _, err = resource("delete", "--name", "clinic")

    assert code == 2
    assert "That is not its name" in err
