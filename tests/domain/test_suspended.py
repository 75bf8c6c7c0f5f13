"""Endpoints: what suspending and resuming do to their state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def endpoint(status: Status, **members) -> Endpoint:
    """One with a former model that serves."""
    known = {"locale": "en-US", "display_name": "desk", "created_at": NOW, "last_action_at": NOW, "text": "texts/1"}
    ids = {"id": uuid4(), "resource_id": uuid4(), "model_id": uuid4(), "serving_id": uuid4()}
    return Endpoint(**known, **ids, status=status, **members)


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
def test_an_endpoint_that_is_resumed_begins_again_with_the_same_model_and_text(status):
    ended = endpoint(status, suspended=True, failure=Failure("ModelDamaged", "It was."))

    resumed = ended.resumed(LATER)

    assert (resumed.suspended, resumed.status, resumed.last_action_at) == (False, Status.NOT_STARTED, LATER)
    assert resumed.failure is None
    same = ("id", "model_id", "serving_id", "text")
    assert [getattr(resumed, name) for name in same] == [getattr(ended, name) for name in same]


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.RUNNING])
def test_a_deployment_that_is_under_way_is_not_begun_again(status):
    under_way = endpoint(status, suspended=True)

    assert under_way.resumed(LATER) == replace(under_way, suspended=False)


def test_an_endpoint_that_is_suspended_stays_so_whatever_becomes_of_its_deployment():
    running = endpoint(Status.RUNNING, suspended=True)

    assert running.deployed(LATER, folder=None).suspended
    assert running.failed(LATER, Failure("ModelDamaged", "It is.")).suspended


def test_both_models_of_a_suspended_endpoint_must_stay():
    suspended = endpoint(Status.SUCCEEDED, suspended=True)

    assert set(suspended.references()) == {suspended.model_id, suspended.serving_id}


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.RUNNING])
def test_another_model_waits_for_the_deployment_that_is_under_way(status):
    with pytest.raises(Conflict, match=f"'desk' is {status}; wait"):
        endpoint(status).redeploying(LATER, uuid4())
