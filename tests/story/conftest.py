"""Stories run against a real service, started as a user starts it, on a home and a port of their own."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from speechsmith.cli import demo
from web import serving

SAMPLE = Path(str(files("speechsmith") / "sample"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running service keeps everything."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def service(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a user of a running service; contentUrls may name this machine."""
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:  # until it is started: it stays longer than these tests
            patch.setenv("SPEECHSMITH_ALLOW_PRIVATE_URLS", "1")
            url = running.enter_context(demo.service(home))
        yield demo.environment_for(home, url)


@pytest.fixture
def shell(service: dict[str, str], tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run lines in bash as a user would, in an empty folder, stopping at the first that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines],
            env=service | {"PATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def archive(target: Path, part: str, count: int) -> Path:
    """The first utterances of the sample, as an upload."""
    lines = (SAMPLE / part / "trans.txt").read_text(encoding="utf-8").splitlines()[:count]
    with zipfile.ZipFile(target, "w") as made:
        for line in lines:
            name = line.partition("\t")[0]
            made.write(SAMPLE / part / "audio" / name, name)
        made.writestr("trans.txt", "\n".join(lines))
    return target


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server on this machine with a recording."""
    folder = tmp_path_factory.mktemp("recordings")
    shutil.copy(SAMPLE / "test" / "audio" / "test_01.wav", folder / "call.wav")
    with serving(folder) as url:
        yield url


def new_resource(home: Path) -> dict[str, str]:
    """A resource as the command shows it that makes it: id, name, region, keys, endpoint."""
    command = [sys.executable, "-m", "speechsmith", "resource", "create", "--home", str(home), "--json"]
    words = ["--name", f"r{time.time_ns()}", "--region", "eastus"]
    resource: dict[str, str] = json.loads(subprocess.run([*command, *words], stdout=subprocess.PIPE, check=True).stdout)
    return resource


def ignore(*_: object) -> None:
    """Tests show no progress."""


def ended(collection: Any, uri: str) -> Any:
    """The entity once it is done."""
    return collection.wait(uri, timeout=300, seen=ignore)
