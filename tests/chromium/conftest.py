"""Studio in a real browser, against a real service: Debian's Chromium, driven by Playwright.

Where either is not there the tests are skipped and say so: `apt-get install chromium`, and the extra `test`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .filled import Studio, browser, speech_for_the_microphone, studio_in

AXE = Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="package")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears."""
    return speech_for_the_microphone(tmp_path_factory.mktemp("microphone"))


@pytest.fixture(scope="package")
def chromium(spoken: Path) -> Iterator[Any]:
    """The browser; for these tests alone, as an event loop of Playwright runs meanwhile, and others have their own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium (Debian: apt-get install chromium)")
    pytest.importorskip("playwright.sync_api", reason="no Playwright: it is in the extra `test`")
    with browser(program, spoken) as started:
        yield started


@pytest.fixture(scope="package")
def studio(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The service."""
    with studio_in(tmp_path_factory.mktemp("studio"), chromium) as started:
        yield started


@pytest.fixture(autouse=True)
def no_script_fails(studio: Studio) -> Iterator[None]:
    """Nothing that a script of a page does not catch, and nothing that the policy of pages forbids to one."""
    yield
    faults, studio.faults[:] = list(studio.faults), []
    assert faults == []


@pytest.fixture(scope="package")
def axe() -> str:
    """The script of axe-core, which looks for what keeps people out."""
    if not AXE.is_file():
        pytest.skip("no axe-core (make axe)")
    return AXE.read_text(encoding="utf-8")
