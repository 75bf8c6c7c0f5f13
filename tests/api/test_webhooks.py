"""Web hooks over HTTP: what a user sends and reads, and what a real receiver on this machine gets."""

import base64
import hashlib
import hmac
import logging
import re
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from caller import UUID, Api, reference, refused
from receivers import Receiver, deliver, receiving

from speechsmith.domain.deliveries import BACK_OFF, CHALLENGE_BACK_OFF
from speechsmith.domain.errors import TooMany
from speechsmith.services import webhooks
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

SECRET = "schlüssel zum Haus"
DOC = Path(__file__).parents[2] / "docs" / "howto" / "web-hooks.md"
KINDS = ("dataset", "model", "evaluation", "transcription", "endpoint")
MOMENTS = ("Creation", "Processing", "Completion", "Deletion")
WAITS = (timedelta(), *CHALLENGE_BACK_OFF)
ALL = {f"{kind}{moment}": True for kind in KINDS for moment in MOMENTS}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def new(receiver: Receiver | str, **members: Any) -> dict[str, Any]:
    url = receiver if isinstance(receiver, str) else receiver.url
    return {"displayName": "ours", "webUrl": url, "events": ALL} | members


def hook(api: Api, receiver: Receiver | str, **members: Any) -> Any:
    response = api.post("/webhooks", new(receiver, **members))
    assert response.status_code == 201, response.text
    return response.json()


def listening(api: Api, receiver: Receiver, **members: Any) -> Any:
    """A hook that has answered its challenge; what its receiver got so far is forgotten."""
    made = hook(api, receiver, **members)
    deliver(api.bench)
    found = api.get(made["self"]).json()
    assert found["status"] == "Succeeded"
    receiver.got.clear()
    return found


def log(api: Api, made: Any) -> list[Any]:
    return api.get(f"{made['self']}/deliveries").json()["values"]


# the entity


def test_a_new_hook_waits_for_its_challenge(versioned):
    response = versioned.post("/webhooks", new("http://127.0.0.1:9/", description="d", customProperties={"a": "b"}))

    made = response.json()
    assert response.headers["location"] == made["self"]
    assert made == {
        "self": made["self"],
        "displayName": "ours",
        "description": "d",
        "customProperties": {"a": "b"},
        "webUrl": "http://127.0.0.1:9/",
        "events": dict(sorted(ALL.items())),
        "links": {"ping": f"{made['self']}:ping", "test": f"{made['self']}:test"},
        "properties": {"apiVersion": versioned.version},
        "status": "NotStarted",
        "createdDateTime": made["createdDateTime"],
        "lastActionDateTime": made["createdDateTime"],
    }
    assert versioned.get(made["self"]).headers["retry-after"] == "1"
    assert versioned.get("/webhooks").json() == {"values": [made]}


def test_a_hook_of_one_version_is_readable_in_the_other(sqlite_api):
    made = hook(sqlite_api.as_version("v3.1"), "http://127.0.0.1:9/")

    seen = sqlite_api.get(made["self"].replace("v3.1", "v3.2")).json()

    assert (seen["properties"], "/v3.2/" in seen["self"]) == ({"apiVersion": "v3.1"}, True)


def test_hooks_are_filtered_by_their_address(sqlite_api):
    first, _ = hook(sqlite_api, "http://127.0.0.1:9/a"), hook(sqlite_api, "http://127.0.0.1:9/b")

    found = sqlite_api.get("/webhooks", params={"filter": "webUrl eq 'http://127.0.0.1:9/a'"}).json()["values"]

    assert [one["self"] for one in found] == [first["self"]]
    for wanted in ("locale eq 'en-US'", "secret eq 'x'"):
        refused(sqlite_api.get("/webhooks", params={"filter": wanted}), "UnsupportedFilter")


@pytest.mark.parametrize(
    ("members", "code", "target"),
    [
        ({"displayName": " "}, "InvalidParameterValue", "displayName"),
        ({"webUrl": ""}, "InvalidCallbackUri", "webUrl"),
        ({"webUrl": "hooks.example/"}, "InvalidCallbackUri", "webUrl"),
        ({"webUrl": "ftp://hooks.example/"}, "InvalidCallbackUri", "webUrl"),
        ({"webUrl": "http://user:pw@hooks.example/"}, "InvalidCallbackUri", "webUrl"),
        ({"webUrl": "http://[::1/"}, "InvalidCallbackUri", "webUrl"),
        ({"webUrl": "http://x/" + "x" * 9000}, "InvalidPayload", "webUrl"),
        ({"webUrl": None}, "InvalidPayload", "webUrl"),
        ({"events": {"datasetcreation": True}}, "InvalidWebHookEventKind", "events.datasetcreation"),
        ({"events": {"datasetCreation": "yes"}}, "InvalidPayload", "events.datasetCreation"),
        ({"events": ["datasetCreation"]}, "InvalidPayload", "events"),
        ({"events": None}, "InvalidPayload", "events"),
        ({"properties": {"secret": 7}}, "InvalidPayload", "properties.secret"),
        ({"properties": {"secret": "s" * 1001}}, "InvalidParameterValue", "properties.secret"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name_and_leaves_nothing(versioned, members, code, target):
    response = versioned.post("/webhooks", new("http://127.0.0.1:9/", **members))

    refused(response, code, target)
    assert "sss" not in response.text
    assert "pw" not in response.text
    assert versioned.get("/webhooks").json() == {"values": []}


@pytest.mark.parametrize("missing", ["displayName", "webUrl", "events"])
def test_what_is_required_is_named(sqlite_api, missing):
    body = new("http://127.0.0.1:9/")
    del body[missing]

    refused(sqlite_api.post("/webhooks", body), "InvalidPayload", missing)


@pytest.fixture
def guarded_api(sqlite_api: Api) -> Api:
    """The same service, of an operator who allows no private addresses."""
    return sqlite_api.under(allow_private_urls=False)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "https://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f000001/"),
        *("http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:192.168.0.1]/", "http://0.0.0.0/"),
    ],
)
def test_an_address_inside_is_refused_at_once(guarded_api, url):
    response = guarded_api.post("/webhooks", new(url))

    assert "SPEECHSMITH_ALLOW_PRIVATE_URLS" in refused(response, "InvalidCallbackUri", "webUrl")
    made = guarded_api.post("/webhooks", new("http://93.184.216.34/")).json()
    refused(guarded_api.patch(made["self"], {"webUrl": url}), "InvalidCallbackUri", "webUrl")


def test_an_address_inside_is_refused_again_when_it_is_called(sqlite_api, receiver):
    made = hook(sqlite_api, receiver)

    for after in WAITS:
        deliver(sqlite_api.bench.limited(allow_private_urls=False), after=after)

    failed = sqlite_api.get(made["self"]).json()
    assert (failed["status"], failed["properties"]["error"]["code"]) == ("Failed", "PrivateAddress")
    assert receiver.got == []


# the challenge


def test_the_receiver_is_asked_for_its_token(versioned, receiver):
    made = hook(versioned, f"{receiver.url}?code=a%20b", properties={"secret": SECRET})

    deliver(versioned.bench)

    (asked,) = receiver.got
    assert asked.event == "Challenge"
    assert re.fullmatch(r"/hook\?code=a%20b&validationToken=[0-9a-f]{32}", asked.path)
    assert asked.body == b""
    assert asked.headers["x-microsoftspeechservices-signature"] == published(asked.token.encode())
    assert versioned.get(made["self"]).json()["status"] == "Succeeded"
    assert "retry-after" not in versioned.get(made["self"]).headers


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, b"something else"), "WrongToken"),
        ((204, b""), "HttpStatus"),
        ((404, b""), "HttpStatus"),
        ((500, b"secret words of the receiver"), "HttpStatus"),
        ((302, b""), "Redirected"),
        (lambda request: request.connection.close(), "Unreachable"),
    ],
)
def test_a_challenge_that_is_not_answered_leaves_the_hook_failed_with_its_reason(sqlite_api, receiver, answer, code):
    receiver.script["Challenge"] = [answer] * 3
    made = hook(sqlite_api, receiver)

    for after in WAITS:
        deliver(sqlite_api.bench, after=after)

    failed = sqlite_api.get(made["self"]).json()
    assert (failed["status"], failed["properties"]["error"]["code"]) == ("Failed", code)
    assert "PATCH webUrl" in failed["properties"]["error"]["message"]
    assert "words" not in str(failed) + str(log(sqlite_api, made))
    assert len(receiver.got) == (1 if code == "WrongToken" else 3)
    for verb in ("ping", "test"):
        refused(sqlite_api.post(f"{made['self']}:{verb}"), "InvalidPrerequisite", status=409)

    receiver.script.clear()
    again = sqlite_api.patch(made["self"], {"webUrl": receiver.url}).json()
    deliver(sqlite_api.bench)

    assert (again["status"], "error" in again["properties"]) == ("NotStarted", False)
    assert sqlite_api.get(made["self"]).json()["status"] == "Succeeded"


def test_a_new_address_is_asked_and_the_same_one_is_not(sqlite_api, receiver):
    made = listening(sqlite_api, receiver)

    same = sqlite_api.patch(made["self"], {"webUrl": receiver.url, "displayName": "x"}).json()
    other = sqlite_api.patch(made["self"], {"webUrl": f"{receiver.url}?new=1"}).json()
    deliver(sqlite_api.bench)

    assert (same["status"], other["status"]) == ("Succeeded", "NotStarted")
    assert [(got.event, "new=1" in got.path) for got in receiver.got] == [("Challenge", True)]


# events


def published(message: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def test_every_kind_tells_of_its_whole_life(api, receiver):
    made = listening(api, receiver)
    dataset = api.dataset()
    base = reference(api.base())
    entities = [
        dataset,
        api.done(api.make("models", text="gasket")),
        api.done(api.make("transcriptions", dataset=reference(dataset))),
        api.done(api.make("endpoints")),
    ]
    for entity in entities[1:]:
        api.delete(entity["self"])
    evaluation = api.done(api.make("evaluations", model1=base, model2=base, dataset=reference(dataset)))
    for entity in (evaluation, dataset):
        assert api.delete(entity["self"]).status_code == 204

    deliver(api.bench)

    told = [(got.event, got.body) for got in receiver.got]
    entities.append(evaluation)
    for kind, entity in zip(("Dataset", "Model", "Transcription", "Endpoint", "Evaluation"), entities, strict=True):
        mine = [event for event, body in told if entity["self"].encode() in body]
        assert mine == [f"{kind}{moment}" for moment in MOMENTS]
    transcripts = [event for event, _ in told if event.startswith("Transcription")]
    assert transcripts == [f"Transcription{moment}" for _ in range(2) for moment in MOMENTS]
    assert {one["status"] for one in log(api, made)} == {"Succeeded"}


def test_a_request_names_the_entity_and_is_signed_as_published_and_as_ours(versioned, receiver):
    listening(versioned, receiver, properties={"secret": SECRET})
    made = versioned.make("endpoints")

    deliver(versioned.bench)

    (got,) = receiver.got
    id = got.headers["webhook-id"]
    assert got.body == f'{{"self":"{made["self"]}","invocationId":"{id}"}}'.encode()
    assert re.fullmatch(UUID, id)
    assert (got.event, got.headers["content-type"]) == ("EndpointCreation", "application/json")
    assert got.headers["x-microsoftspeechservices-signature"] == published(got.body)
    signed = f"{id}.{got.headers['webhook-timestamp']}.".encode() + got.body
    assert got.headers["webhook-signature"] == f"v1,{published(signed)}"


def test_without_a_secret_nothing_is_signed(sqlite_api, receiver):
    listening(sqlite_api, receiver)
    sqlite_api.make("endpoints")

    deliver(sqlite_api.bench)

    assert not [name for got in receiver.got for name in got.headers if "signature" in name]


@pytest.mark.parametrize(
    ("patch", "signs"),
    [
        ({"displayName": "other"}, True),
        ({"properties": {}}, False),
        ({"properties": None}, False),
        ({"properties": {"secret": ""}}, False),
        ({"properties": {"secret": None}}, False),
        ({"properties": {"secret": "another"}}, True),
    ],
)
def test_properties_without_a_secret_end_the_signing(sqlite_api, receiver, patch, signs):
    made = listening(sqlite_api, receiver, properties={"secret": SECRET})

    sqlite_api.patch(made["self"], patch)
    sqlite_api.make("endpoints")
    deliver(sqlite_api.bench)

    assert ("x-microsoftspeechservices-signature" in receiver.got[0].headers) == signs
    if "another" in str(patch):
        expected = published(receiver.got[0].body, "another")
        assert receiver.got[0].headers["x-microsoftspeechservices-signature"] == expected


def test_events_are_added_and_taken_away(sqlite_api, receiver):
    made = listening(sqlite_api, receiver, events={"modelCreation": True, "endpointCreation": True})

    changed = sqlite_api.patch(made["self"], {"events": {"modelCreation": False, "datasetCreation": True}}).json()
    sqlite_api.make("models", text="gasket")
    sqlite_api.make("datasets", kind="Language")
    deliver(sqlite_api.bench)

    assert changed["events"] == {"datasetCreation": True, "endpointCreation": True}
    assert receiver.events() == ["DatasetCreation"]
    refused(sqlite_api.patch(made["self"], {"events": {"x": True}}), "InvalidWebHookEventKind")


def test_what_is_required_cannot_be_removed(sqlite_api):
    made = hook(sqlite_api, "http://127.0.0.1:9/")

    for name in ("webUrl", "events"):
        refused(sqlite_api.patch(made["self"], {name: None}), "InvalidParameterValue", name)
    assert sqlite_api.get(made["self"]).json() == made


@pytest.mark.slow
def test_names_that_are_slow_to_resolve_hold_few_threads_of_the_service(sqlite_bench, monkeypatch):
    held, resolving = threading.Event(), threading.Semaphore(0)

    def slowly(*args: Any, **options: Any) -> list[Any]:
        resolving.release()
        held.wait(30)
        return []

    monkeypatch.setattr("socket.getaddrinfo", slowly)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(webhooks.check_web_url, sqlite_bench.ctx, "http://slow.example/") for _ in range(4)]
        for _ in waiting:
            assert resolving.acquire(timeout=30)
        with pytest.raises(TooMany, match="being checked"):
            webhooks.check_web_url(sqlite_bench.ctx, "http://slow.example/")
        held.set()

    assert [one.result(30) for one in waiting] == [None] * 4
    webhooks.check_web_url(sqlite_bench.ctx, "http://slow.example/")


def test_another_tenant_hears_nothing(sqlite_api, receiver):
    listening(sqlite_api, receiver)

    sqlite_api.as_tenant("stranger").make("endpoints")
    deliver(sqlite_api.bench)

    assert receiver.got == []


def test_the_secret_is_shown_to_nobody(api, receiver, caplog):
    caplog.set_level(logging.DEBUG)
    made = listening(api, receiver, properties={"secret": SECRET})
    answers = [
        api.get(made["self"]).text,
        api.get("/webhooks").text,
        api.patch(made["self"], {"properties": {"secret": SECRET + "2"}, "description": "d"}).text,
    ]
    api.post(f"{made['self']}:ping")
    receiver.script["Ping"] = [(500, b"")]
    deliver(api.bench)
    answers += [api.get(f"{made['self']}/deliveries").text, *(str(got) for got in receiver.got)]

    everything = "".join(answers) + caplog.text
    assert "schl" not in everything
    assert "sch\\u" not in everything
    assert "haus" not in everything.lower()
    assert receiver.url not in caplog.text  # it may hold a token


# ping and test


def test_a_ping_sends_the_hook_as_it_is_read(versioned, receiver):
    made = listening(versioned, receiver, properties={"secret": SECRET}, events={"datasetCreation": True})

    response = versioned.post(f"{made['self']}:ping")
    deliver(versioned.bench)

    assert (response.status_code, response.content, response.headers["retry-after"]) == (202, b"", "1")
    (got,) = receiver.got
    assert got.event == "Ping"
    assert got.body == versioned.get(made["self"]).content
    assert got.headers["x-microsoftspeechservices-signature"] == published(got.body)


def test_a_ping_is_of_the_version_of_the_hook(sqlite_api, receiver):
    made = listening(sqlite_api.as_version("v3.1"), receiver)

    sqlite_api.post(f"{made['self'].replace('v3.1', 'v3.2')}:ping")
    deliver(sqlite_api.bench)

    assert f'"self":"{made["self"]}"'.encode() in receiver.got[0].body


def test_a_ping_before_the_challenge_waits_for_it(sqlite_api, receiver):
    made = hook(sqlite_api, receiver)

    assert sqlite_api.post(f"{made['self']}:ping").status_code == 202
    deliver(sqlite_api.bench)

    assert receiver.events() == ["Challenge", "Ping"]


def test_a_test_sends_the_last_entity_of_each_event(versioned, receiver):
    sent = {f"endpoint{moment}": True for moment in MOMENTS} | {"modelCreation": True, "ping": True}
    made = listening(versioned, receiver, events=sent)
    assert versioned.post(f"{made['self']}:test").status_code == 204
    done, waiting = versioned.done(versioned.make("endpoints")), versioned.make("endpoints")
    gone = versioned.make("endpoints")
    versioned.delete(gone["self"])
    deliver(versioned.bench)
    receiver.got.clear()

    response = versioned.post(f"{made['self']}:test")
    deliver(versioned.bench)

    assert (response.status_code, response.content) == (202, b"")
    told = {got.event: got.body.decode().split('"')[3] for got in receiver.got}
    assert told == {
        "EndpointCreation": waiting["self"],
        "EndpointProcessing": done["self"],
        "EndpointCompletion": done["self"],
        "EndpointDeletion": gone["self"],
    }


def test_nobody_can_fill_the_queue_with_pings(sqlite_api):
    made = hook(sqlite_api, "http://127.0.0.1:9/")
    for _ in range(webhooks.MOST_WAITING - 1):
        assert sqlite_api.post(f"{made['self']}:ping").status_code == 202

    response = sqlite_api.post(f"{made['self']}:ping")

    assert (response.status_code, response.headers["retry-after"]) == (429, "1")


# the log


def test_the_log_tells_how_it_went(versioned, receiver):
    made = listening(versioned, receiver, events={"endpointCreation": True})
    receiver.script["EndpointCreation"] = [(503, b""), (302, b""), lambda request: request.connection.close()]
    endpoint = versioned.make("endpoints")
    deliver(versioned.bench)

    waiting, asked = log(versioned, made)
    for after in BACK_OFF[:3]:
        deliver(versioned.bench, after=after)
    done = log(versioned, made)[0]

    assert (asked["event"], asked["status"], asked["attempts"], asked["responseStatus"]) == (
        *("challenge", "Succeeded", 1),
        200,
    )
    assert (waiting["status"], waiting["attempts"], waiting["responseStatus"]) == ("Running", 1, 503)
    assert waiting["error"]["code"] == "HttpStatus"
    assert waiting["nextAttemptDateTime"] > waiting["lastActionDateTime"]
    assert waiting["entity"] == reference(endpoint)
    assert (done["self"], done["status"], done["attempts"]) == (waiting["self"], "Succeeded", 4)
    assert "error" not in done
    assert "nextAttemptDateTime" not in done
    assert versioned.get(done["self"]).json() == done
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_the_log_is_paged_and_takes_no_filter(sqlite_api, receiver):
    made = listening(sqlite_api, receiver)
    for _ in range(5):
        sqlite_api.make("endpoints")
    deliver(sqlite_api.bench)

    seen, url = [], f"{made['self']}/deliveries?top=2"
    while url:
        page = sqlite_api.get(url).json()
        seen += page["values"]
        url = page.get("@nextLink")

    assert seen == log(sqlite_api, made)
    assert [one["event"] for one in seen] == ["endpointCreation"] * 5 + ["challenge"]
    filtered = sqlite_api.get(f"{made['self']}/deliveries", params={"filter": "event eq 'x'"})
    refused(filtered, "UnsupportedFilter")


def test_a_delivery_is_replayed_under_its_id(versioned, receiver):
    made = listening(versioned, receiver)
    versioned.make("endpoints")
    deliver(versioned.bench)
    (delivery, challenge) = log(versioned, made)

    again = versioned.post(delivery["links"]["replay"])
    deliver(versioned.bench)

    assert (again.status_code, again.json()["status"]) == (202, "Running")
    assert receiver.got[0].body == receiver.got[1].body
    assert receiver.got[0].headers["webhook-id"] == receiver.got[1].headers["webhook-id"]
    assert versioned.get(delivery["self"]).json()["attempts"] == 2
    refused(versioned.post(challenge["links"]["replay"]), "InvalidPrerequisite", status=409)


def test_a_delivery_is_found_under_its_own_hook_only(sqlite_api, receiver):
    first, second = listening(sqlite_api, receiver), listening(sqlite_api, receiver)
    (challenge,) = log(sqlite_api, first)

    for address in (challenge["self"], challenge["links"]["replay"]):
        method = "POST" if address.endswith(":replay") else "GET"
        elsewhere = address.replace(first["self"], second["self"])
        assert sqlite_api.call(method, elsewhere).status_code == 404


def test_a_hook_that_is_deleted_is_gone_with_its_log(api, receiver):
    made = listening(api, receiver)
    api.make("endpoints")

    assert api.delete(made["self"]).status_code == 204
    deliver(api.bench)

    assert receiver.got == []
    assert api.get(made["self"]).status_code == api.get(f"{made['self']}/deliveries").status_code == 404
    ctx: Context = api.bench.ctx
    with ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.deliveries.page(uuid.UUID(made["self"][-36:]), skip=0, top=9) == []
