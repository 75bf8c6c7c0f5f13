"""Stories run against a real service, started as a user starts it, on a home and a port of their own."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from speechsmith.cli import demo

SAMPLE = Path(str(files("speechsmith") / "sample"))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a user of a running service; contentUrls may name this machine."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEECHSMITH_ALLOW_PRIVATE_URLS", "1")
        with demo.service(home) as url:
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
