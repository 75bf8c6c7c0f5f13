"""The wheel has every file of the package, those that browsers load too, and wants no Node.js where it is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from speechsmith.api.studio.files import VENDOR, assets

ROOT = Path(__file__).parents[2]
LIMIT_S = 120
SHOWN = """
import speechsmith
from speechsmith.api.studio.files import assets
print(speechsmith.__file__)
print(len(assets().files), list(assets().missing))
"""


def pip(*arguments: str | Path) -> None:
    """pip without a network and without anything on the path."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments), "--quiet", "--no-deps"]
    environment = {"PATH": "", "HOME": os.environ.get("HOME", "/")}
    subprocess.run([*command, "--no-index"], check=True, timeout=LIMIT_S, env=environment, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (VENDOR / "built-from").is_file():
        pytest.skip("what browsers load of others was not fetched here: make studio, which needs npm")
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ROOT, "--no-build-isolation", "--wheel-dir", folder)
    return next(folder.glob("speechsmith-*.whl"))


def test_every_file_of_the_package_is_in_it(wheel):
    source = ROOT / "src"
    expected = {
        str(path.relative_to(source))
        for path in (source / "speechsmith").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("speechsmith/")}

    assert packed == expected
    assert {"speechsmith/api/studio/vendor/htmx.min.js", "speechsmith/api/studio/vendor/tokens.css"} <= packed


def test_where_it_is_installed_pages_have_all_they_load_and_no_node_is_needed(wheel, tmp_path):
    pip("install", wheel, "--target", tmp_path / "installed")
    environment = {"PATH": "", "PYTHONPATH": str(tmp_path / "installed")}

    told = subprocess.run(
        [sys.executable, "-c", SHOWN],
        check=True,
        timeout=LIMIT_S,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout.splitlines()

    assert told[0].startswith(str(tmp_path / "installed"))
    assert told[1] == f"{len(assets().files)} []"
