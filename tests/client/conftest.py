"""A scripted service, a client aimed at it, and a clock that moves only when somebody sleeps."""

from collections.abc import Iterator

import pytest

from client.service import Service, serving
from speechsmith.client.client import Client


class Clock:
    """Time that passes by sleeping, at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(service: Service, clock: Clock) -> Iterator[Client]:
    with Client(service.url("/speechtotext/v3.2"), "secret-key", clock=clock, sleep=clock.sleep) as made:
        yield made
