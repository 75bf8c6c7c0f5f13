"""What every test may use: databases, a service, real speech where it is, and an order that has slow tests last."""

import os
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
