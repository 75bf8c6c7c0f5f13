"""Web hooks: what an event is, who gets it, and how it is signed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

import pytest

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import (
    EVENTS,
    SECRET_CHARS,
    WebHook,
    check_events,
    check_secret,
    dated_signature,
    events_between,
    header_of,
    signature,
)

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
NEW, RUNS, GOOD, BAD = Status.NOT_STARTED, Status.RUNNING, Status.SUCCEEDED, Status.FAILED


def hook(**members) -> WebHook:
    given = {"web_url": "https://hooks.example/?code=token", "events": ("modelCreation",), "api_version": "v3.2"}
    own = {"id": UUID(int=1), "resource_id": UUID(int=2), "display_name": "ours", "root": "http://speech.test"}
    return WebHook(**(given | own | {"created_at": NOW, "last_action_at": NOW} | members))


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (None, NEW, ("datasetCreation",)),
        (None, RUNS, ("datasetCreation", "datasetProcessing")),
        (None, GOOD, ("datasetCreation", "datasetCompletion")),
        (NEW, RUNS, ("datasetProcessing",)),
        (RUNS, RUNS, ()),
        (RUNS, GOOD, ("datasetCompletion",)),
        (RUNS, BAD, ("datasetCompletion",)),
        (NEW, BAD, ("datasetCompletion",)),
        (GOOD, GOOD, ()),
        (GOOD, None, ("datasetDeletion",)),
        (NEW, None, ("datasetDeletion",)),
        (None, None, ()),
    ],
)
def test_a_change_of_status_is_an_event(before, after, events):
    assert events_between(Dataset, before, after) == events


def test_an_endpoint_that_begins_anew_raises_its_events_again():
    assert events_between(Endpoint, GOOD, NEW) == ()
    assert events_between(Endpoint, NEW, RUNS) == ("endpointProcessing",)


@pytest.mark.parametrize("kind", [Project, BaseModel, WebHook])
def test_what_is_no_work_of_the_users_raises_none(kind):
    assert events_between(kind, None, NEW) == ()
    assert events_between(CustomModel, None, NEW) == ("modelCreation",)


def test_there_are_the_events_of_the_contract(request):
    assert len(EVENTS) == 22
    assert {"modelProcessing", "evaluationCompletion", "transcriptionDeletion", "endpointCreation"} < EVENTS


def test_events_are_named_to_receivers_with_a_capital():
    assert [header_of(event) for event in ("transcriptionCompletion", "ping")] == ["TranscriptionCompletion", "Ping"]


def test_only_true_events_are_kept():
    assert check_events({"ping": True, "modelDeletion": False, "modelCreation": True}) == ("modelCreation", "ping")


def test_an_event_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(Invalid, match=r"events\.modelcreation is no event; there are: challenge, dataset") as caught:
        check_events({"modelcreation": False})
    assert (caught.value.code, caught.value.target) == ("InvalidWebHookEventKind", "events.modelcreation")


def test_a_secret_out_of_bounds_is_refused_and_not_repeated():
    with pytest.raises(Invalid, match="1001 characters") as caught:
        check_secret("s" * (SECRET_CHARS + 1))
    assert "sss" not in caught.value.message


def test_a_hook_gets_what_it_asked_for_once_it_has_answered_its_challenge():
    asked = hook().started(NOW)

    assert not asked.wants("modelCreation")
    assert asked.succeeded(NOW).wants("modelCreation")
    assert not asked.succeeded(NOW).wants("modelDeletion")


def test_another_address_is_asked_anew():
    failed = hook().started(NOW).failed(NOW, Failure("Timeout", "x"))
    with pytest.raises(Conflict, match="PATCH webUrl, also with the same address"):
        failed.check_listens()

    again = failed.challenged(NOW, "https://other.example/")

    assert (again.status, again.failure, again.web_url) == (NEW, None, "https://other.example/")
    again.check_listens()


def test_the_address_of_a_receiver_is_not_in_what_is_logged():
    assert "token" not in repr(hook())


def test_entities_are_named_in_the_version_of_the_hook():
    uri = "http://speech.test/speechtotext/v3.1/models/7"

    assert hook(api_version="v3.1").uri_of("models", 7) == uri


def test_the_published_signature_is_base64_of_hmac_sha256_over_the_body():
    # RFC 4231, test case 2
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")

    assert signature("Jefe", b"what do ya want for nothing?") == base64.b64encode(digest).decode()


def test_our_signature_covers_id_time_and_body():
    expected = hmac.new("schlüssel".encode(), b'7.1738324800.{"a":1}', hashlib.sha256).digest()

    given = dated_signature("schlüssel", "7", "1738324800", b'{"a":1}')

    assert given == f"v1,{base64.b64encode(expected).decode()}"
