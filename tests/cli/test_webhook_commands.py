"""Web hooks from the command line: their secret, their challenge, and what is sent."""

import pytest

from client.service import Answer
from speechsmith.client.webhooks import EVENTS, events_of

V31 = "/speechtotext/v3.1"
CREATE = ["webhook", "create", "--name", "H", "--url", "https://a.example/h", "--events", "all"]


def hook(service, status="NotStarted", **properties):
    return {"self": service.url(f"{V31}/webhooks/H"), "displayName": "H", "status": status, "properties": properties}


def test_the_secret_is_sent_and_shown_nowhere(aimed, service, alone):
    (alone / "secret").write_text('a "long" \\random text\n', encoding="utf-8")
    service.on("POST", f"{V31}/webhooks", Answer(hook(service), 201))

    result = aimed(*CREATE, "--secret", "@secret", "--output", "request", "r.txt", "--verbose")

    written = (alone / "r.txt").read_text()
    assert service.asked[0].json["properties"] == {"secret": 'a "long" \\random text'}
    assert '"secret": "***"' in written
    assert "random" not in written + result.out + result.err


def test_the_secret_goes_to_the_server_of_the_key_alone(aimed, service):
    result = aimed(*["webhook", "update", "--webhook", "http://localhost:9/webhooks/H", "--secret", "S"])

    assert (result.code, service.asked) == (2, [])
    assert "http://localhost:9/webhooks/H is on another server" in result.err


def test_wait_stays_until_the_receiver_has_answered(aimed, service):
    failure = {"code": "WrongToken", "message": "The answer is not the token."}
    service.on("POST", f"{V31}/webhooks", Answer(hook(service), 201))
    service.on("GET", f"{V31}/webhooks/H", Answer(hook(service, "Running")), Answer(hook(service, "Succeeded")))
    well = aimed(*CREATE, "--wait")
    service.on("GET", f"{V31}/webhooks/H", Answer(hook(service, "Failed", error=failure)))
    badly = aimed(*CREATE, "--wait")

    assert (well.code, well.json["status"]) == (0, "Succeeded")
    assert (badly.code, badly.json["status"]) == (1, "Failed")
    assert "ERROR: The webhook failed: The answer is not the token. (WrongToken)" in badly.err
    assert "--language" not in well.err


@pytest.mark.parametrize(("status", "told"), [(202, False), (204, True)])
def test_a_test_says_when_there_is_nothing_to_send(status, told, aimed, service):
    service.on("POST", f"{V31}/webhooks/H:test", Answer(None, status))

    result = aimed("webhook", "test", "--webhook", "H")

    assert (result.code, result.json) == (0, {})
    assert ("Nothing is sent" in result.err) is told


def test_a_ping_is_asked_for(aimed, service):
    service.on("POST", f"{V31}/webhooks/H:ping", Answer(None, 202))

    result = aimed("webhook", "ping", "--webhook", "H")

    assert (result.code, result.json) == (0, {})
    assert service.lines == [f"POST {V31}/webhooks/H:ping"]


def test_all_deliveries_are_listed_and_their_ids_kept(aimed, service, alone):
    log = f"{V31}/webhooks/H/deliveries"
    first, second = ({"self": service.url(f"{log}/{id}"), "status": "Failed"} for id in ("d1", "d2"))
    service.on("GET", log, Answer({"values": [first], "@nextLink": service.url(f"{log}?skip=1")}))
    service.on("GET", f"{log}?skip=1", Answer({"values": [second]}))

    result = aimed(*["webhook", "deliveries", "--webhook", "H", "--output", "last", "id", "@last"])

    assert result.json == {"values": [first, second]}
    assert (alone / ".spx" / "last").read_text() == "d2\n"


@pytest.mark.parametrize(
    ("names", "events"),
    [
        (["all"], list(EVENTS)),
        (["modelcompletion"], ["modelCompletion"]),
        (["Model"], ["modelCreation", "modelProcessing", "modelCompletion", "modelDeletion"]),
        (["deletion", "modelDeletion"], [event for event in EVENTS if event.endswith("Deletion")]),
        (["ping", "modelGone"], ["ping", "modelGone"]),  # for the service to judge
    ],
)
def test_events_are_named_by_noun_by_phase_or_one_by_one(names, events):
    assert events_of(names) == events
