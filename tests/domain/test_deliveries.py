"""The life of a delivery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from speechsmith.domain.deliveries import (
    BACK_OFF,
    LEASE,
    MAX_ATTEMPTS,
    Delivery,
    DeliveryState,
    Outcome,
    judged,
)
from speechsmith.domain.errors import Conflict, LostLease
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
DOWN = Outcome(500, Failure("HttpStatus", "x"))


def delivery(event: str = "modelCreation", **members) -> Delivery:
    ids = {"id": UUID(int=1), "resource_id": UUID(int=2), "hook_id": UUID(int=3)}
    times = {"created_at": NOW, "not_before": NOW, "last_action_at": NOW}
    return Delivery(**(ids | times | {"event": event, "body": "{}"} | members))


def test_a_delivery_that_is_taken_is_held_by_one():
    held = delivery().claim("a", NOW)

    assert (held.state, held.status, held.attempt) == (DeliveryState.SENDING, Status.RUNNING, 1)
    assert held.lease_until == NOW + LEASE
    with pytest.raises(LostLease):
        held.claim("b", NOW)


def test_it_is_not_taken_before_its_time():
    with pytest.raises(LostLease):
        delivery(not_before=NOW + timedelta(seconds=1)).claim("a", NOW)


def test_it_is_sent_again_later_each_time_and_then_no_more():
    now, current, waits = NOW, delivery(), []
    while current.state is DeliveryState.WAITING:
        now = current.not_before
        held = current.claim("a", now)
        current = held.ended(held, now, DOWN)
        waits.append(current.not_before - now)

    assert tuple(waits[:-1]) == BACK_OFF
    assert (current.state, current.attempt, current.failures) == (DeliveryState.FAILED, 8, 8)
    assert (current.response_status, current.failure) == (500, DOWN.failure)
    assert now - NOW < timedelta(hours=17)


def test_a_challenge_is_asked_three_times_but_a_wrong_answer_is_final():
    asked = delivery("challenge").claim("a", NOW)
    assert asked.ended(asked, NOW, DOWN).state is DeliveryState.WAITING
    third = replace(asked, failures=2)
    assert third.ended(third, NOW, DOWN).state is DeliveryState.FAILED
    wrong = Outcome(200, Failure("WrongToken", "x"), is_final=True)
    assert asked.ended(asked, NOW, wrong).state is DeliveryState.FAILED


def test_a_success_ends_it():
    held = delivery(failure=DOWN.failure).claim("a", NOW)

    done = held.ended(held, NOW, Outcome(204, None))

    assert (done.state, done.status, done.failure) == (DeliveryState.DELIVERED, Status.SUCCEEDED, None)
    assert (done.owner, done.lease_until, done.response_status) == (None, None, 204)


@pytest.mark.parametrize("other", [{"owner": "b"}, {"attempt": 2}, {"state": DeliveryState.WAITING}])
def test_who_holds_it_no_more_changes_nothing(other):
    held = delivery().claim("a", NOW)
    current = replace(held, **other)

    for move in (
        lambda: current.ended(held, NOW, DOWN),
        lambda: current.beat(held, NOW),
        lambda: current.release(held, NOW),
    ):
        with pytest.raises(LostLease):
            move()


def test_a_lease_that_is_over_is_no_failure_of_the_receiver():
    held = delivery().claim("a", NOW)
    with pytest.raises(LostLease):
        held.expire(NOW + LEASE / 2)

    again = held.expire(NOW + LEASE)

    assert (again.state, again.attempt, again.failures, again.owner) == (DeliveryState.WAITING, 1, 0, None)
    assert held.expire(NOW, owner_is_gone=True).state is DeliveryState.WAITING


def test_what_takes_its_holder_down_each_time_is_given_up():
    held = replace(delivery(), attempt=MAX_ATTEMPTS - 1).claim("a", NOW)

    given_up = held.expire(NOW + LEASE)

    assert (given_up.state, given_up.failure.code) == (DeliveryState.FAILED, "Abandoned")


def test_a_replay_has_all_its_attempts_again_and_the_same_id():
    held = replace(delivery(), attempt=MAX_ATTEMPTS - 1, failures=7).claim("a", NOW)
    failed = held.ended(held, NOW, DOWN)

    again = failed.replay(NOW)
    held = again.claim("a", NOW)

    assert (again.id, again.state, again.failures) == (failed.id, DeliveryState.WAITING, 0)
    assert held.ended(held, NOW, DOWN).state is DeliveryState.WAITING
    assert held.attempt > failed.attempt


def test_a_replay_of_what_waits_is_a_replay_at_once():
    assert delivery(not_before=NOW + timedelta(hours=9)).replay(NOW).not_before == NOW


def test_what_is_being_sent_and_what_is_a_challenge_cannot_be_replayed():
    with pytest.raises(Conflict, match="being sent"):
        delivery().claim("a", NOW).replay(NOW)
    with pytest.raises(Conflict, match="PATCH webUrl"):
        delivery("challenge").replay(NOW)


@pytest.mark.parametrize(
    ("event", "status", "body", "code"),
    [
        ("modelCreation", 200, b"anything", None),
        ("modelCreation", 202, b"", None),
        ("modelCreation", 299, b"", None),
        ("modelCreation", 302, b"", "Redirected"),
        ("modelCreation", 199, b"", "HttpStatus"),
        ("modelCreation", 404, b"", "HttpStatus"),
        ("modelCreation", 500, b"", "HttpStatus"),
        ("challenge", 200, b"token", None),
        ("challenge", 200, b" token\r\n", None),
        ("challenge", 201, b"token", "HttpStatus"),
        ("challenge", 301, b"token", "Redirected"),
        ("challenge", 200, b"", "WrongToken"),
        ("challenge", 200, b"token and more", "WrongToken"),
        ("challenge", 200, b"\xff", "WrongToken"),
    ],
)
def test_what_counts_as_a_success(event, status, body, code):
    outcome = judged(delivery(event, body="token"), status, body)

    assert outcome.response_status == status
    assert (outcome.failure and outcome.failure.code) == code
    assert outcome.is_final == (code == "WrongToken")
