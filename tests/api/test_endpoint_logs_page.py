"""The page about logs: its figures, codes and defaults are those of the code."""

import re
from pathlib import Path

from speechsmith.config import Settings
from speechsmith.services.recorder import CLOSE_S, MOST_TRIES, MOST_WAITING

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "endpoint-logs.md").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_code():
    words = " ".join(PAGE.split())

    assert f"At most {MOST_WAITING} requests wait" in words
    assert (f"up to {CLOSE_S:.0f} seconds" in words, MOST_TRIES, "in five tries" in words) == (True, 5, True)
    assert f"go {Settings().log_retention_days} days after" in words


def test_every_code_of_the_handlers_is_on_the_page():
    source = ROOT / "src" / "speechsmith"
    files = ("api/logs.py", "services/logs.py", "domain/logs.py")
    text = "".join((source / file).read_text(encoding="utf-8") for file in files)
    codes = set(re.findall(r'(?:Invalid|Conflict)\(\s*"(\w+)"|code="(\w+)"', text))
    named = {code for pair in codes for code in pair if code}

    assert len(named) >= 7
    assert [code for code in named if f"`{code}`" not in PAGE] == []
