"""The service that the clients of these tests call, and what holds for its log."""

import logging
from collections.abc import Iterator

import pytest
from wire import Service, loud_bench, served

from bench import Bench

WORDS = ("send a", "torx", "thank you", "order is late")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sqlite_template) -> Iterator[Service]:
    """One for all tests of a module."""
    with loud_bench(tmp_path_factory.mktemp("live"), sqlite_template) as bench, served(bench) as service:
        yield service


@pytest.fixture
def service(running: Service, quiet: None) -> Iterator[Service]:
    """The same, with no calls before and none left behind."""
    yield running
    running.hang_up()


@pytest.fixture
def fresh(loud: Bench, quiet: None) -> Iterator[Service]:
    """One of its own."""
    with served(loud) as service:
        yield service


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """No log has a fault in it, whatever a client does, nor a key, a query or what was said."""
    caplog.set_level(logging.DEBUG)
    for ours in ("websockets.client", "httpcore2", "httpx2"):  # the clients of the tests
        caplog.set_level(logging.WARNING, logger=ours)
    yield
    lines = [record.getMessage() for record in caplog.get_records("call")]
    faults = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not faults, [record.getMessage() for record in faults]
    told = "\n".join(lines).lower()
    assert not [word for word in (*WORDS, "subscription-key", "bearer", "language=") if word in told], told


@pytest.fixture
def loud(tmp_path, sqlite_template) -> Iterator[Bench]:
    """What a service is made of."""
    with loud_bench(tmp_path, sqlite_template) as bench:
        yield bench
