"""Who is let in, and what is said to who is not; addresses and methods that there are not."""

import json

import pytest

from speechsmith.api.auth import KEY_HEADER

SHORT = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
TOKEN = "/sts/v1.0/issueToken"
MANAGEMENT = f"{TOKEN}?scope=speechservicesmanagement"


def wrapped(response, status: int) -> str:
    """The message of a refusal at the door."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    assert response.json()["error"]["code"] == str(status)
    return response.json()["error"]["message"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_both_keys_of_a_resource_open_it(sqlite_api):
    for key in (sqlite_api.bench.tenant.key1, sqlite_api.bench.tenant.key2):
        assert sqlite_api.without_key().get("/projects", headers={KEY_HEADER: key}).status_code == 200
        assert sqlite_api.without_key().get("/projects", params={KEY_HEADER: key}).status_code == 200


@pytest.mark.parametrize("key", ["", "0" * 32, "\u00ff" * 32, "x" * 10_000, "' OR 1=1 --"])
def test_a_wrong_key_opens_nothing(sqlite_api, key):
    stranger = sqlite_api.without_key()

    message = wrapped(stranger.get("/projects", headers={KEY_HEADER: key.encode("latin-1")}), 401)

    assert "Access denied due to invalid subscription key" in message
    wrapped(stranger.get("/nowhere", headers={KEY_HEADER: key.encode("latin-1")}), 401)


def test_without_a_key_nothing_is_reached(sqlite_api):
    stranger = sqlite_api.without_key()

    wrapped(stranger.get("/projects"), 401)
    wrapped(stranger.post("/projects", {"displayName": "x", "locale": "en-US"}), 401)
    wrapped(stranger.call("POST", TOKEN), 401)
    wrapped(stranger.call("POST", SHORT, content=b"x"), 403)


def test_the_body_of_a_stranger_is_not_read(sqlite_api):
    async def chunks():
        pytest.fail("it was read")
        yield b""

    response = sqlite_api.without_key().call("POST", "/datasets/upload", content=chunks())

    wrapped(response, 401)


def test_a_token_for_management_manages(sqlite_api):
    issued = sqlite_api.call("POST", MANAGEMENT)

    assert issued.headers["content-type"] == "application/jwt"
    stranger = sqlite_api.without_key()
    made = stranger.post("/projects", {"displayName": "x", "locale": "en-US"}, headers=bearer(issued.text))
    assert made.status_code == 201
    assert sqlite_api.get(made.json()["self"]).status_code == 200


def test_a_token_without_the_scope_does_not_manage(sqlite_api):
    token = sqlite_api.call("POST", TOKEN).text

    wrapped(sqlite_api.without_key().get("/projects", headers=bearer(token)), 401)


def test_a_token_recognizes(sqlite_api):
    token = sqlite_api.call("POST", TOKEN).text

    response = sqlite_api.without_key().call("POST", SHORT, content=b"x", headers=bearer(token))

    assert response.status_code == 400  # it is no audio, but it was let in


def test_a_token_ends_after_ten_minutes(sqlite_api):
    token = sqlite_api.call("POST", MANAGEMENT).text
    clock = sqlite_api.bench.clock
    clock.time = clock.time.replace(minute=clock.time.minute + 11)

    assert "expired" in wrapped(sqlite_api.without_key().get("/projects", headers=bearer(token)), 401)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 10, "Bearer"])
def test_a_token_that_is_none_opens_nothing(sqlite_api, token):
    headers = {"Authorization": f"Bearer {token}".encode()}

    wrapped(sqlite_api.without_key().get("/projects", headers=headers), 401)


def test_there_is_no_token_for_another_scope(sqlite_api):
    assert "speechservicesmanagement" in wrapped(sqlite_api.call("POST", f"{TOKEN}?scope=all"), 400)


@pytest.mark.parametrize("path", ["/nothing", "/projects/", "/projects/1", "/models/base/x", "/datasets/upload/x"])
def test_an_address_that_is_none_is_not_found(sqlite_api, path):
    wrapped(sqlite_api.get(path), 404)


@pytest.mark.parametrize("version", ["v2.0", "v3.0", "v3.3", "v3.2x"])
def test_other_versions_are_not_here(sqlite_api, version):
    wrapped(sqlite_api.as_version(version).get("/projects"), 404)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("noun", ["projects", "datasets", "models", "evaluations", "endpoints", "transcriptions"])
def test_who_forgets_the_id_is_told_so(sqlite_api, method, noun):
    response = sqlite_api.call(method, f"/{noun}")

    assert response.status_code == 405
    assert response.json()["code"] == "NotAllowed"
    assert f"the id is missing: {method} /speechtotext/v3.2/{noun}/<id>" in response.json()["message"]
    assert response.headers["allow"]


def test_base_models_cannot_be_changed(sqlite_api):
    base = sqlite_api.base()["self"]

    for response in (sqlite_api.delete(base), sqlite_api.patch(base, {"displayName": "x"})):
        assert response.status_code == 405
        assert "missing" not in response.json()["message"]


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "", "x" * 300, "speech.test:port", "é"])
def test_a_strange_host_breaks_nothing(sqlite_api, host):
    response = sqlite_api.get("/models/base", headers={"Host": host.encode()}, checked=False)

    assert response.status_code < 500


def test_links_are_as_the_client_reached_the_service_or_as_the_operator_says(sqlite_api):
    behind = sqlite_api.under(public_url="https://public.example/")

    seen = sqlite_api.get("/models/base", headers={"Host": "speech.example:8443"}).json()["values"][0]["self"]
    said = behind.get("/models/base").json()["values"][0]["self"]

    assert seen.startswith("http://speech.example:8443/speechtotext/v3.2/models/base/")
    assert said.startswith("https://public.example/speechtotext/")


def test_health_and_metrics_need_no_key(sqlite_api):
    stranger = sqlite_api.without_key()
    sqlite_api.make("endpoints")

    assert stranger.get("/healthz").json() == {"status": "Healthy"}
    assert 'speechsmith_jobs{kind="Deploy",state="Waiting"} 1.0' in stranger.get("/metrics").text


def test_metrics_tell_what_waits_for_web_hooks(sqlite_api):
    def metrics():
        return sqlite_api.without_key().get("/metrics").text

    before = metrics()
    sqlite_api.make("webhooks", webUrl="http://127.0.0.1:1/hook", events={"datasetCreation": True})
    sqlite_api.dataset(b"gasket\n", "Language")
    after = metrics()

    assert 'speechsmith_webhook_deliveries{state="Waiting"} 0.0' in before
    assert "speechsmith_webhook_events 0.0" in before
    assert 'speechsmith_webhook_deliveries{state="Waiting"} 1.0' in after  # the challenge
    assert "speechsmith_webhook_events 3.0" in after  # created, begun, done
    assert "127.0.0.1" not in after


def test_a_fault_of_ours_is_told_without_its_words(sqlite_api, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(sqlite_api.app.state.service.ctx.store.__class__, "read", broken)

    response = sqlite_api.call("GET", "/healthz", checked=False)

    assert response.status_code == 500
    assert response.json()["code"] == "InternalServerError"
    assert "secret" not in json.dumps(response.json())
    assert response.headers["x-request-id"] in response.json()["message"]
