"""Limits: what is counted, when there is room again, and how an operator writes them down."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from speechsmith.domain.errors import TooMany
from speechsmith.domain.limits import Limits, Meter, parse

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
ME, OTHER = uuid4(), uuid4()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_window_begins_with_its_first_request_and_has_room_for_so_many():
    meter = Meter(Limits(requests=3, window=timedelta(seconds=10)))

    for seconds in (0, 5, 9.5):
        meter.count(ME, at(seconds))
    with pytest.raises(TooMany, match=r"may send 3 requests in 10 seconds, and has") as refused:
        meter.count(ME, at(9.75))

    assert (refused.value.code, refused.value.after) == ("TooManyRequests", timedelta(seconds=0.25))
    meter.count(OTHER, at(9.75))  # another's window is its own
    meter.count(ME, at(10))
    assert (meter.used(ME, at(19)), meter.used(ME, at(20)), meter.used(OTHER, at(19))) == (1, 0, 1)


def test_what_is_refused_does_not_make_the_wait_longer():
    meter = Meter(Limits(requests=1, window=timedelta(seconds=10)))
    meter.count(ME, at(0))
    for seconds in range(1, 10):
        with pytest.raises(TooMany) as refused:
            meter.count(ME, at(seconds))
        assert refused.value.after == timedelta(seconds=10 - seconds)

    meter.count(ME, at(10))


def test_a_clock_that_is_set_back_begins_a_new_window():
    meter = Meter(Limits(requests=1, window=timedelta(seconds=10)))
    meter.count(ME, at(1_000))

    meter.count(ME, at(0))

    assert meter.used(ME, at(0)) == 1


def test_without_a_limit_nothing_is_counted():
    meter = Meter(Limits())

    for _ in range(1_000):
        meter.count(ME, NOON)

    assert meter.used(ME, NOON) == 0


def test_limits_are_written_by_name():
    known = {"datasets": 1, "models": 2}

    assert parse("", known) == {}
    assert parse("datasets=500", known) == {1: 500}
    assert parse(" models = 0 ,datasets=500, ", known) == {2: 0, 1: 500}


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("data=1", "'data' is none of datasets, models"),
        ("datasets", "is no name and whole number, such as datasets=100"),
    ]
    + [(f"datasets={number}", "is no name and whole number") for number in ("", "-1", "1.5", "x", "1e3")],
)
def test_a_limit_that_cannot_be_read_is_named(text, about):
    with pytest.raises(ValueError, match=about):
        parse(text, {"datasets": 1, "models": 2})
