"""Which service and which key are meant, and what `spx config` keeps."""

import os
import stat

import pytest

from speechsmith.cli import hives
from speechsmith.cli.address import base_address, key


@pytest.fixture
def environment(monkeypatch, alone):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"SPEECHSMITH_{name.upper()}", value)

    return put


def test_an_address_gets_the_path_and_the_version(environment):
    environment(endpoint="http://127.0.0.1:8080/")

    assert base_address({}) == "http://127.0.0.1:8080/speechtotext/v3.1"
    assert base_address({"version": "v3.2"}) == "http://127.0.0.1:8080/speechtotext/v3.2"


def test_an_address_that_has_the_path_already_does_not_get_it_twice(environment):
    environment(endpoint="http://127.0.0.1:8080/speechtotext/v3.2")

    assert base_address({}) == "http://127.0.0.1:8080/speechtotext/v3.1"


def test_the_endpoint_option_is_the_whole_base(environment):
    environment(endpoint="http://127.0.0.1:8080")

    assert base_address({"base": "http://x/speechtotext/v3.2/", "version": "v3.1"}) == "http://x/speechtotext/v3.2"


def test_a_region_given_as_an_option_beats_an_endpoint_of_the_environment(environment):
    environment(endpoint="http://127.0.0.1:8080")

    assert base_address({"region": "westus2"}) == "https://westus2.api.cognitive.microsoft.com/speechtotext/v3.1"


def test_the_environment_beats_what_is_kept(environment, spx):
    spx("config", "@endpoint", "--set", "http://kept:1")
    spx("config", "@key", "--set", "kept-key")
    assert base_address({}) == "http://kept:1/speechtotext/v3.1"
    assert key({}) == "kept-key"

    environment(endpoint="http://environment:1", key="environment-key")

    assert base_address({}) == "http://environment:1/speechtotext/v3.1"
    assert (key({}), key({"key": "option-key"})) == ("environment-key", "option-key")


def test_a_region_cannot_lead_to_another_host(alone):
    with pytest.raises(Exception, match="not a region"):
        base_address({"region": "evil.example.com/"})


def test_a_default_is_kept_shown_and_removed(spx):
    assert spx("config", "@region", "--set", "westus2").code == 0
    assert spx("config", "@region").out == "westus2\n"
    assert spx("config", "@region", "--clear").code == 0

    gone = spx("config", "@region")

    assert (gone.code, gone.out) == (1, "")
    assert "not set" in gone.err


def test_a_key_is_kept_for_its_owner_and_shown_masked(spx, tmp_path):
    result = spx("config", "@key", "--set", "0123456789abcdef")

    kept = tmp_path / "home" / "spx" / "key"
    assert kept.read_text() == "0123456789abcdef"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert spx("config", "@key").out == "********cdef\n"
    assert "0123456789" not in result.out + result.err


def test_a_file_that_others_could_read_is_closed_to_them(alone):
    kept = alone / "key"
    kept.write_text("old")
    kept.chmod(0o644)

    hives.keep(kept, "new")

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_new_key_is_never_readable_by_others(alone, monkeypatch):
    opened = []
    monkeypatch.setattr(os, "open", lambda path, flags, mode: opened.append(mode) or os.dup(1))

    with pytest.raises(FileNotFoundError):
        hives.keep(alone / "key", "")

    assert opened == [0o600]


def test_the_working_folder_comes_before_the_user(spx, alone):
    spx("config", "@region", "--set", "far")
    spx("config", "@region", "--set", "near", "--hive", "local")

    assert (alone / ".spx" / "region").read_text() == "near"
    assert spx("config", "@region").out == "near\n"
    assert spx("config", "@region", "--hive", "user").out == "far\n"


def test_a_value_can_come_from_a_file(spx, alone):
    (alone / "secret.txt").write_text("from-file\n", encoding="utf-8")

    spx("config", "@key", "--set", "@secret.txt")

    assert key({}) == "from-file"


def test_an_address_from_the_working_folder_does_not_get_the_users_key(environment, spx):
    spx("config", "@key", "--set", "mine")
    spx("config", "@endpoint", "--set", "http://somebody:1", "--hive", "local")

    result = spx("csr", "project", "list")
    assert result.code == 2
    assert "not sent there" in result.err
    environment(key="mine-too")
    assert spx("csr", "project", "list").code == 2

    assert key({"key": "given"}) == "given"
    environment(endpoint="http://home:1")
    assert key({}) == "mine-too"


def test_an_address_and_a_key_from_the_working_folder_belong_together(spx):
    spx("config", "@key", "--set", "mine")
    spx("config", "@endpoint", "--set", "http://somebody:1", "--hive", "local")
    spx("config", "@key", "--set", "theirs", "--hive", "local")

    assert key({}) == "theirs"
