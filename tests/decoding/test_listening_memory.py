"""What decoders took goes back to the system when they are gone."""

import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from speechsmith.asr.segments import SegmentOptions
from speechsmith.decoding.events import Listening, SoundFormat
from speechsmith.decoding.live import GIVES_BACK, LivePool
from speechsmith.decoding.pool import DecodePool
from speechsmith.engines.base import ModelFiles

PIECES = """
import psutil
here = psutil.Process()
large = b"1" * (16 << 20)
del large  # from here on glibc keeps pieces of this size, unless it is told not to
before = here.memory_info().rss
held = [b"1" * 200_000 + bytes(1) for _ in range(400)]
last = [b"1" * 100_000 + bytes(1) for _ in range(20)]
most = here.memory_info().rss
del held
print(most - before, here.memory_info().rss - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is one of glibc")
def test_memory_that_is_free_goes_back_to_the_system() -> None:
    told = subprocess.run([sys.executable, "-c", PIECES], env=dict(GIVES_BACK), capture_output=True, check=True)

    most, rest = map(int, told.stdout.split())
    assert most > 70_000_000
    assert rest < 20_000_000


@pytest.mark.skipif(not hasattr(psutil.Process, "environ"), reason="the system does not tell")
def test_a_listening_process_is_started_so(tmp_path: Path) -> None:
    with DecodePool(1) as pool:
        live = LivePool(1, pool)
        try:
            live.open(
                Listening(SoundFormat(16_000), ModelFiles("none", tmp_path), SegmentOptions()), lambda event: None
            )
            (listening,) = live.process_ids

            assert GIVES_BACK.items() <= psutil.Process(listening).environ().items()
        finally:
            live.close()
