"""The programs whose start is timed do run."""

import subprocess
import sys

import pytest

from benchmarks import startup


@pytest.mark.parametrize("name", [name for name in startup.PROGRAMS if name != startup.LIST])
def test_a_program_that_is_timed_ends_well(name: str) -> None:
    command = [sys.executable, *startup.PROGRAMS[name]]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
