"""Copying a model: what is asked of whom, with which key, and what comes of it."""

import base64
import json
import shlex
from collections.abc import Iterator

import pytest

from client.service import Answer, Service, serving

V31, V32 = "/speechtotext/v3.1", "/speechtotext/v3.2"
KEY = "Ocp-Apim-Subscription-Key"
COPY = "csr model copy --model M --target key target-key"
AUTHORIZATION = {"id": "a1", "targetResourceId": "there", "sourceResourceId": "here"}


@pytest.fixture
def other() -> Iterator[Service]:
    """Another server, which has the target."""
    with serving() as running:
        yield running


@pytest.fixture
def copying(aimed):
    """Run a line of `csr model copy` with more words."""
    return lambda more="": aimed(*shlex.split(f"{COPY} {more}"))


def token(**claims) -> bytes:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature".encode()


def copy_of(server, version=V31, status="Succeeded"):
    return {"self": server.url(f"{version}/models/C"), "displayName": "M", "status": status}


def by_key(service, target):
    """A source that copies by the key of the target, whose model is there at once."""
    service.on("POST", f"{V31}/models/M:copyto", Answer(copy_of(target, status="NotStarted"), 201))
    target.on("GET", f"{V31}/models/C", Answer(copy_of(target)))
    target.on("PATCH", f"{V31}/models/C", Answer(copy_of(target, status="NotStarted")))


def by_authorization(service, target, **operation):
    """A source and a target that copy by an authorization; `operation` is what becomes of it."""
    about = {"self": service.url(f"{V32}/operations/models/copy/O"), "status": "NotStarted"}
    ended = {"status": "Succeeded", "result": {"link": target.url(f"{V32}/models/C")}} | operation
    service.on("POST", "/sts/v1.0/issueToken", Answer(token(sub="here")))
    target.on("POST", f"{V32}/models:authorizecopy", Answer(AUTHORIZATION))
    service.on("POST", f"{V32}/models/M:copy", Answer(about, 202))
    service.on("GET", f"{V32}/operations/models/copy/O", Answer(about | ended))
    target.on("GET", f"{V32}/models/C", Answer(copy_of(target, V32)))
    target.on("PATCH", f"{V32}/models/C", Answer(copy_of(target, V32) | {"displayName": "N"}))


def keys(server):
    """Who asked for what: each request with its key."""
    return [f"{asked.method} {asked.path} {asked.headers.get(KEY, '-')}" for asked in server.asked]


def test_v3_1_sends_the_key_of_the_target_and_shows_the_new_model(copying, service, alone):
    by_key(service, service)

    result = copying("--output request r.txt --output id id.txt --verbose")

    assert (result.code, result.json["status"]) == (0, "NotStarted")
    assert keys(service) == [f"POST {V31}/models/M:copyto secret-key"]
    assert service.asked[0].json == {"targetSubscriptionKey": "target-key"}
    assert (alone / "id.txt").read_text() == "C\n"
    written = (alone / "r.txt").read_text()
    assert '"targetSubscriptionKey": "***"' in written
    assert "target-key" not in written + result.out + result.err


def test_v3_1_names_connects_and_awaits_the_copy_with_the_key_of_the_target(copying, service):
    by_key(service, service)

    result = copying("--name N --project P --wait")

    assert (result.code, result.json["status"]) == (0, "Succeeded")
    assert keys(service)[1:] == [f"PATCH {V31}/models/C target-key", f"GET {V31}/models/C target-key"]
    project = {"self": service.url(f"{V31}/projects/P")}
    assert service.asked[1].json == {"project": project, "displayName": "N"}


def test_an_answer_that_names_another_server_does_not_carry_the_key_there(copying, service, other):
    by_key(service, other)

    result = copying("--wait")

    assert (result.code, other.asked) == (1, [])
    assert f"It is {other.url(V31)}/models/C, on another server" in result.err
    assert "--target endpoint URL" in result.err


def test_a_copy_on_another_server_is_awaited_where_the_user_says(copying, service, other):
    by_key(service, other)

    result = copying(f"--wait --target endpoint {other.root}")

    assert (result.code, result.json) == (0, copy_of(other))
    assert keys(other) == [f"GET {V31}/models/C target-key"]


def test_v3_2_asks_the_target_for_an_authorization_and_shows_the_operation(copying, service, alone):
    by_authorization(service, service)

    result = copying("--api-version v3.2 --output request r.txt")

    assert (result.code, result.json["status"]) == (0, "NotStarted")
    assert keys(service) == [
        "POST /sts/v1.0/issueToken secret-key",
        f"POST {V32}/models:authorizecopy target-key",
        f"POST {V32}/models/M:copy secret-key",
    ]
    assert service.asked[1].json == {"sourceResourceId": "here"}
    assert service.asked[2].json == AUTHORIZATION
    assert (alone / "r.txt").read_text().startswith(f"POST {service.url(V32)}/models/M:copy\n")


def test_v3_2_copies_to_another_server_and_each_sees_its_own_key_alone(copying, service, other, alone):
    by_authorization(service, other)

    result = copying(f"--api-version v3.2 --target endpoint {other.root} --name N --wait --output id id.txt")

    assert (result.code, result.json["displayName"]) == (0, "N")
    assert keys(other) == [f"POST {V32}/models:authorizecopy target-key", f"PATCH {V32}/models/C target-key"]
    assert {asked.headers[KEY] for asked in service.asked} == {"secret-key"}
    assert (alone / "id.txt").read_text() == "C\n"


def test_the_resource_of_the_cloud_is_found_in_its_token_under_its_own_name(copying, service):
    by_authorization(service, service)
    service.on("POST", "/sts/v1.0/issueToken", Answer(token(**{"azure-resource-id": "/subscriptions/a", "sub": "x"})))

    copying("--api-version v3.2")

    assert service.asked[1].json == {"sourceResourceId": "/subscriptions/a"}


def test_a_source_that_is_named_is_not_asked_for(copying, service):
    by_authorization(service, service)

    assert copying("--api-version v3.2 --source resource mine").code == 0
    assert keys(service)[0] == f"POST {V32}/models:authorizecopy target-key"
    assert service.asked[0].json == {"sourceResourceId": "mine"}


@pytest.mark.parametrize("answer", [Answer(None, 404), Answer(b"opaque"), Answer(token(iss="x")), Answer(b"a.!.b")])
def test_without_a_source_that_can_be_found_nothing_is_copied(answer, copying, service):
    by_authorization(service, service)
    service.on("POST", "/sts/v1.0/issueToken", answer)

    result = copying("--api-version v3.2")

    assert (result.code, result.out) == (2, "")
    assert "--source resource ID" in result.err
    assert service.lines == ["POST /sts/v1.0/issueToken"]


def test_a_copy_that_failed_shows_its_operation_with_the_reason_and_exits_with_one(copying, service):
    by_authorization(service, service, status="Failed", error={"code": "QuotaViolation", "message": "No room."})

    result = copying("--api-version v3.2 --wait")

    assert (result.code, result.json["status"]) == (1, "Failed")
    assert "ERROR: The copy failed: No room. (QuotaViolation)" in result.err


def test_a_copy_that_takes_too_long_exits_with_five_and_shows_the_operation(copying, service):
    by_authorization(service, service, status="Running")

    result = copying("--api-version v3.2 --wait 0")

    assert (result.code, result.json["self"]) == (5, service.url(f"{V32}/operations/models/copy/O"))


def test_who_stops_waiting_for_a_copy_is_told_which_operation_to_wait_for(copying, service, monkeypatch):
    by_authorization(service, service)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("speechsmith.client.collection.Stateful.wait", interrupted)
    result = copying("--api-version v3.2 --wait")

    assert result.code == 130
    assert "To wait again: spx operation status --operation O --wait\n" in result.err


def test_a_target_that_refuses_its_key_is_told_apart_from_the_source(copying, service):
    by_authorization(service, service)
    denied = {"error": {"code": "401", "message": "Access denied."}}
    service.on("POST", f"{V32}/models:authorizecopy", Answer(denied, 401))

    result = copying("--api-version v3.2")

    assert result.code == 4
    assert "The target refuses its key: Access denied. Give a key of the target with --target key KEY" in result.err
    assert "SPEECHSMITH_KEY" not in result.err


def test_an_empty_key_of_the_target_does_not_become_the_key_of_the_source(aimed, service, other):
    line = f"csr model copy --api-version v3.2 --model M --target key '' --target endpoint {other.root}"

    result = aimed(*shlex.split(line))

    assert (result.code, service.asked, other.asked) == (2, [], [])
    assert "--target key is empty" in result.err


def test_an_operation_is_awaited_and_its_failure_is_told(aimed, service):
    by_authorization(service, service, status="Failed", error={"code": "CopyDeleted", "message": "It is gone."})

    result = aimed("operation", "status", "--operation", "O", "--wait")

    assert (result.code, result.json["status"]) == (1, "Failed")
    assert "ERROR: The operation failed: It is gone. (CopyDeleted)" in result.err
