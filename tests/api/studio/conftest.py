"""Studio in this process, and a browser that is signed in to it."""

import pytest
from browser import Browser
from caller import Api


@pytest.fixture
def stranger(sqlite_api: Api) -> Browser:
    """Nobody yet."""
    return Browser(sqlite_api)


@pytest.fixture
def browser(stranger: Browser) -> Browser:
    """Signed in to the first tenant."""
    stranger.sign_in(stranger.api.bench.tenant.key1)
    return stranger


@pytest.fixture
def projects(browser: Browser) -> str:
    """The address of its projects."""
    return f"/studio/{browser.api.bench.me}/projects"
