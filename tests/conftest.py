"""What every test may use: databases, a service, real speech where it is, and an order that has slow tests last."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["databases", "bench", "containers", "azurite"]


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """The folder with real speech and transcripts; tests that need it are skipped, visibly, where it is absent."""
    folder = Path(os.environ.get("SPEECHSMITH_REAL_SPEECH", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real speech in {folder} (set SPEECHSMITH_REAL_SPEECH)")
    return folder


@pytest.fixture(autouse=True)
def no_log_handler_is_left() -> Iterator[None]:
    """A command that was run in a test logs to the standard error of that test, which is closed afterwards."""
    before, level = set(logging.root.handlers), logging.root.level
    yield
    logging.root.setLevel(level)
    for handler in set(logging.root.handlers) - before:
        if type(handler) is logging.StreamHandler:  # pytest's own are of other types
            logging.root.removeHandler(handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
