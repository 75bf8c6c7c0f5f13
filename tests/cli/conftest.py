"""A command line aimed at a scripted service, in an empty folder, with nothing from the machine's own settings."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from client.service import Service, serving
from speechsmith.cli import hives
from speechsmith.cli.main import run
from speechsmith.cli.tree import House, TableGroup


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """An empty working folder, an empty home, nothing kept on the machine; no service is known."""
    for name in ("KEY", "REGION", "ENDPOINT"):
        monkeypatch.delenv(f"SPEECHSMITH_{name}", raising=False)
    monkeypatch.setenv("SPEECHSMITH_HOME", str(tmp_path / "home"))
    machine = {hives.GLOBAL: tmp_path / "global", hives.SYSTEM: tmp_path / "system"}
    monkeypatch.setattr(hives, "machine_folders", lambda: machine)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def spx(alone, capsys) -> Callable[..., Result]:
    """Run a command line; no service is known unless `service` is asked for and `aimed`."""

    def call(*words: str) -> Result:
        code = run(TableGroup(()), words, program="spx")
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def operate(alone, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run a command of the operator's; its exit code, output and messages."""

    def call(*words: object) -> tuple[int, str, str]:
        code = run(House(), [str(word) for word in words], program="speechsmith")
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def aimed(spx, service, monkeypatch) -> Callable[..., Result]:
    """Run a command line that reaches the scripted service."""
    monkeypatch.setenv("SPEECHSMITH_ENDPOINT", service.root)
    monkeypatch.setenv("SPEECHSMITH_KEY", "secret-key")
    return spx
