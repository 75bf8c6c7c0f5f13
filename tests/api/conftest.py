"""The API in this process, and clients of it."""

import asyncio
from collections.abc import Iterator

import pytest
from caller import Api

from bench import Bench
from contract import SPEC, Contract, read
from speechsmith.api.app import create_app
from speechsmith.api.auth import KEY_HEADER


def _api(bench: Bench) -> Iterator[Api]:
    app = create_app(bench.ctx)
    contract = Contract(read(SPEC)) if SPEC.is_file() else None
    with asyncio.Runner() as runner:
        yield Api(bench, app, runner, contract, headers={KEY_HEADER: bench.tenant.key1})
    app.state.service.close()


@pytest.fixture
def api(bench: Bench) -> Iterator[Api]:
    """On each database."""
    yield from _api(bench)


@pytest.fixture
def sqlite_api(sqlite_bench: Bench) -> Iterator[Api]:
    """For suites that the kind of database does not matter to."""
    yield from _api(sqlite_bench)


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
