"""The API in this process, and clients of it."""

from collections.abc import Iterator

import pytest
from caller import Api, api_on

from bench import Bench
from contract import SPEC, Contract, read


@pytest.fixture
def api(bench: Bench) -> Iterator[Api]:
    """On each database."""
    with api_on(bench) as client:
        yield client


@pytest.fixture
def sqlite_api(sqlite_bench: Bench) -> Iterator[Api]:
    """For suites that the kind of database does not matter to."""
    with api_on(sqlite_bench) as client:
        yield client


@pytest.fixture(params=["v3.1", "v3.2"])
def versioned(request: pytest.FixtureRequest, sqlite_api: Api) -> Api:
    """A client of each version."""
    return sqlite_api.as_version(request.param)


@pytest.fixture(scope="session")
def published() -> Contract:
    """The published contract; tests that need it are skipped, visibly, where it is absent."""
    if not SPEC.is_file():
        pytest.skip(f"no OpenAPI file {SPEC} (set SPEECHSMITH_OPENAPI)")
    return Contract(read(SPEC))
