"""The demo, and that its gain comes from the data."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import SAMPLE

pytestmark = pytest.mark.slow

LAST_LINE = re.compile(r"demo: base WER (\d+\.\d) %, custom WER (\d+\.\d) %")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The sample with fewer utterances, to be quick."""
    folder = tmp_path_factory.mktemp("data") / "sample"
    shutil.copytree(SAMPLE, folder)
    for part, most in (("train", 6), ("test", 10)):
        lines = (folder / part / "trans.txt").read_text(encoding="utf-8").splitlines()[:most]
        (folder / part / "trans.txt").write_text("\n".join(lines), encoding="utf-8")
        kept = {line.partition("\t")[0] for line in lines}
        for path in (folder / part / "audio").iterdir():
            if path.name not in kept:
                path.unlink()
    return folder


def demo(folder: Path) -> tuple[float, float]:
    """Base and custom WER, from the last line that the demo prints."""
    done = subprocess.run(
        [sys.executable, "-m", "speechsmith", "demo", "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = LAST_LINE.fullmatch(done.stdout.splitlines()[-1])
    assert found, done.stdout
    return float(found[1]), float(found[2])


def broken(data: Path, folder: Path) -> Path:
    """The same without related text, and with the words of each transcript shuffled."""
    shutil.copytree(data, folder)
    (folder / "train" / "related-text.txt").unlink()
    rng = random.Random(1)
    lines = []
    for line in (folder / "train" / "trans.txt").read_text(encoding="utf-8").splitlines():
        name, _, transcript = line.partition("\t")
        words = transcript.split()
        rng.shuffle(words)
        lines.append(f"{name}\t{' '.join(words)}")
    (folder / "train" / "trans.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_the_demo_gains_much_and_loses_it_when_its_data_is_broken(data, tmp_path):
    base, custom = demo(data)
    base_again, spoilt = demo(broken(data, tmp_path / "broken"))

    assert base == base_again
    assert custom < 0.5 * base
    assert spoilt > custom + 5


def test_the_demo_says_what_a_folder_lacks(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "speechsmith", "demo", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "test/trans.txt" in done.stderr


def test_a_demo_that_is_told_to_stop_leaves_nothing_behind(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "speechsmith", "demo"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stderr is not None
        assert any(line.startswith("Awaiting model") for line in process.stderr)
        assert list(tmp_path.iterdir())
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read().endswith("Interrupted.\n")

    assert process.returncode == 130
    assert not list(tmp_path.iterdir())
