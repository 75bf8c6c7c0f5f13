"""Who is alive is known by a lock that no number of a process can feign."""

import subprocess
import sys
from contextlib import closing

from speechsmith.jobs.presence import Presence


def test_a_living_owner_is_not_gone(tmp_path):
    with closing(Presence(tmp_path)) as first, closing(Presence(tmp_path)) as second:
        assert first.owner != second.owner
        assert first.gone() == second.gone() == []


def test_an_owner_whose_process_was_killed_is_gone_until_it_is_forgotten(tmp_path):
    code = (
        "import sys, pathlib, os; sys.path[:] = sys.argv[2:]; from speechsmith.jobs.presence import Presence\n"
        "print(Presence(pathlib.Path(sys.argv[1])).owner, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *sys.path], capture_output=True, encoding="utf-8", check=False
    )
    owner = done.stdout.strip()

    with closing(Presence(tmp_path)) as presence:
        assert presence.gone() == [owner]
        presence.forget(owner)
        assert presence.gone() == []


def test_an_owner_that_leaves_in_order_leaves_no_mark(tmp_path):
    presence = Presence(tmp_path)

    presence.close()

    assert list(tmp_path.iterdir()) == []
