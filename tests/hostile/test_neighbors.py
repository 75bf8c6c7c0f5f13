"""Other users of the same machine."""

import os
import stat
from pathlib import Path

import pytest

from speechsmith.config import Settings
from speechsmith.main import open_home


@pytest.mark.skipif(os.name != "posix", reason="other platforms have no modes of files")
def test_what_the_service_keeps_is_its_own_also_in_a_folder_that_others_can_read(inline: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)

    ctx = open_home(Settings(home=home))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    ctx.store.close()
    assert {"blobs", "scratch", "speechsmith.db"} <= set(modes)
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
