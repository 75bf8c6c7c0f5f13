"""`spx init`: what it asks, what it tries, and what it keeps."""

import getpass
import io
import json

import pytest

from client.service import Answer
from speechsmith.cli import hives
from speechsmith.cli.address import base_address, key

V31 = "/speechtotext/v3.1"
LIST = f"{V31}/projects?top=5"


class Typed(io.StringIO):
    """Standard input of somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch, spx):
    """Run `spx init` at a terminal: `lines` are typed one after the other, `keys` where nothing is shown."""

    def call(*words, lines=(), keys=()):
        hidden = iter(keys)
        monkeypatch.setattr("sys.stdin", Typed("".join(f"{line}\n" for line in lines)))
        monkeypatch.setattr(getpass, "getpass", lambda *_, **__: next(hidden))
        return spx("init", *words)

    return call


@pytest.fixture
def answering(service):
    service.on("GET", LIST, Answer({"values": [{"self": "s/p1", "displayName": "Clinic"}]}))
    return service


def kept(name):
    return (hives.folders()["user"] / name).read_text()


def test_a_script_gives_what_is_needed(spx, answering):
    result = spx("init", "--endpoint", f"{answering.root}/", "--key", "k1", "--language", "de-DE", "--project", "p1")

    assert result.code == 0
    assert "It answers, and has projects: 'Clinic'." in result.err
    assert result.json["service"] == f"{answering.root}{V31}"
    assert (base_address({}), key({})) == (f"{answering.root}{V31}", "k1")
    assert kept("default.config") == "language=de-DE\nproject=p1"
    assert answering.asked[0].headers["Ocp-Apim-Subscription-Key"] == "k1"
    assert answering.lines == [f"GET {LIST}"]
    assert "k1" not in result.out + result.err


def test_what_was_set_up_is_used(spx, answering):
    spx("init", "--endpoint", answering.root, "--key", "k1", "--language", "de-DE", "--project", "p1")
    answering.on("POST", f"{V31}/models", Answer({}))

    spx("csr", "model", "create", "--name", "M")

    assert answering.asked[-1].json["locale"] == "de-DE"
    assert answering.asked[-1].json["project"]["self"].endswith("/projects/p1")


def test_a_key_can_come_from_standard_input(spx, answering, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("piped-key\n"))

    assert spx("init", "--endpoint", answering.root, "--key", "-", "--yes").code == 0
    assert key({}) == "piped-key"


def test_a_person_is_asked_and_the_key_is_not_shown(types, answering):
    result = types(lines=[answering.root, "", "p1"], keys=["typed-key"])

    assert result.code == 0
    assert (kept("endpoint"), kept("key")) == (answering.root, "typed-key")
    assert kept("default.config") == "language=en-US\nproject=p1"
    assert json.loads(result.out)["service"] == f"{answering.root}{V31}"
    assert "typed-key" not in result.out + result.err


def test_a_wrong_key_is_asked_for_again(types, service):
    refused = Answer({"error": {"code": "401", "message": "Access denied."}}, 401)
    service.on("GET", LIST, refused, Answer({"values": []}))

    result = types(lines=[service.root, "", ""], keys=["wrong", "right"])

    assert (result.code, kept("key")) == (0, "right")
    assert "Access denied." in result.err
    assert "has no projects yet" in result.err
    assert kept("default.config") == "language=en-US"


def test_a_service_that_does_not_answer_is_kept_only_if_that_is_wanted(types):
    no = types(lines=["http://127.0.0.1:9", "n"], keys=[""])
    assert (no.code, hives.find_kept("endpoint")) == (3, None)
    assert "Nothing is kept." in no.err

    assert types(lines=["http://127.0.0.1:9", "y", "", ""], keys=[""]).code == 0
    assert kept("endpoint") == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "Standard input is no terminal"),
        (("--yes",), 2, "give --endpoint URL or --region REGION"),
        (("--endpoint", "http://127.0.0.1:9", "--region", "westus2"), 2, "not both"),
        (("--endpoint", "http://127.0.0.1:9"), 3, "Nothing is kept."),
        (("--endpoint", "nonsense"), 2, "is not the address of a service"),
        (("--region", "a/b"), 2, "is not a region"),
        (("--endpoint", "ROOT", "--key", "wrong"), 4, "Nothing is kept."),
    ],
)
def test_what_does_not_work_is_not_kept(words, code, told, spx, service):
    service.on("GET", LIST, Answer({"error": {"code": "401", "message": "Access denied."}}, 401))

    result = spx("init", *(word.replace("ROOT", service.root) for word in words))

    assert (result.code, result.out) == (code, "")
    assert told in result.err
    assert not any(hives.find_kept(name) for name in ("endpoint", "key", "region", "default.config"))


def test_another_service_replaces_the_address_and_the_key_but_no_other_defaults(spx, answering):
    spx("config", "@region", "--set", "westus2")
    spx("config", "@key", "--set", "of-westus2")
    spx("config", "@default.config", "--set", "--format table\n--language fr-FR")

    result = spx("init", "--endpoint", answering.root, "--language", "de-DE")

    assert result.code == 0
    assert (hives.find_kept("region"), hives.find_kept("key")) == (None, None)
    assert kept("default.config") == "--format table\nlanguage=de-DE"


def test_what_comes_before_it_is_told(spx, answering, monkeypatch):
    spx("config", "@endpoint", "--set", "http://127.0.0.1:9", "--hive", "local")
    monkeypatch.setenv("SPEECHSMITH_REGION", "westus2")

    result = spx("init", "--endpoint", answering.root)

    assert "In this folder .spx/endpoint comes before it." in result.err
    assert "SPEECHSMITH_REGION is set, and comes before" in result.err
