"""Logs: what was said in requests, kept for whoever asked for it, and for nobody else."""

import io
import logging
import re
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from caller import Api, refused

from bench import speech, wav
from speechsmith.jobs.sweeper import sweep
from speechsmith.services.entities import remove_expired

SHORT = "/speech/recognition/conversation/cognitiveservices/v1"
BASE = "/endpoints/base/en-US/files/logs"
ID = re.compile(r"2025-01-31_12\d{4}__[0-9a-f-]{36}_(wav|v2_json)")


@pytest.fixture
def logging_endpoint(sqlite_api):
    return sqlite_api.done(sqlite_api.make("endpoints", properties={"loggingEnabled": True}))


def say(api: Api, sentence: int = 2, **query: str):
    """Send speech, and wait until what is to be logged is logged."""
    query = query if "cid" in query else query | {"language": "en-US"}
    response = api.call("POST", SHORT, params=query, content=speech(sentence))
    assert api.app.state.service.recorder.wait(30.0)
    return response


def say_to(api: Api, endpoint, sentence: int = 2, **query: str):
    return say(api, sentence, cid=endpoint["self"][-36:], **query)


def log_ids(api: Api, path: str) -> list[str]:
    return [entry["self"].rpartition("/")[2] for entry in api.get(path).json()["values"]]


def sweep_later(api: Api, **later: float) -> None:
    api.bench.clock.time += timedelta(**later)
    sweep(api.bench.ctx, remove_expired)


def log_blobs(api: Api) -> list[str]:
    return [key for key in api.bench.ctx.blobs.keys(str(api.bench.me)) if "_wav" in key or "_v2_json" in key]


# what is kept


def test_an_endpoint_that_logs_keeps_audio_and_transcript(sqlite_api, logging_endpoint):
    before = sqlite_api.bench.clock.time
    answer = say_to(sqlite_api, logging_endpoint).json()
    after = sqlite_api.bench.clock.time

    listed = sqlite_api.get(logging_endpoint["links"]["logs"]).json()
    transcript, audio = listed["values"]
    assert (transcript["kind"], audio["kind"]) == ("Transcription", "Audio")
    assert "@nextLink" not in listed
    assert re.fullmatch(r"12\d{4}__[0-9a-f-]{36}\.v2\.json", transcript["name"])
    assert audio["name"] == transcript["name"].replace("v2.json", "wav")
    for entry in (transcript, audio):
        path, _, log_id = entry["self"].rpartition("/")
        assert path == logging_endpoint["links"]["logs"]
        assert ID.fullmatch(log_id)
        assert sqlite_api.get(entry["self"]).json()["name"] == entry["name"]
        assert before < datetime.fromisoformat(entry["createdDateTime"]) < after  # when it began, not when it was over
    content = sqlite_api.without_key().get(transcript["links"]["contentUrl"]).json()
    assert content["RecognitionStatus"] == "Success"
    assert content["NBest"][0]["Display"] == answer["DisplayText"] == "Thank you."
    assert content["NBest"][0]["Lexical"] == "thank you"


def test_the_audio_is_what_was_recognized_as_wav(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)

    _, audio = sqlite_api.get(logging_endpoint["links"]["logs"]).json()["values"]
    response = sqlite_api.without_key().get(audio["links"]["contentUrl"])
    samples, rate = soundfile.read(io.BytesIO(response.content))

    assert (rate, len(samples), response.headers["content-type"]) == (16_000, 32_000, "audio/wav")
    assert len(response.content) == audio["properties"]["size"]
    assert audio["properties"]["duration"] == "PT2S"


def test_nothing_is_kept_unless_somebody_asks(sqlite_api):
    endpoint = sqlite_api.done(sqlite_api.make("endpoints"))

    for query in ({}, {"storeAudio": "false"}):
        assert say(sqlite_api, **query).status_code == 200
        assert say_to(sqlite_api, endpoint, **query).status_code == 200

    assert endpoint["properties"]["loggingEnabled"] is False
    assert sqlite_api.get(BASE).json() == {"values": []}
    assert log_blobs(sqlite_api) == []
    assert list((sqlite_api.bench.ctx.scratch / "incoming").iterdir()) == []


def test_a_request_may_ask_for_itself(sqlite_api):
    endpoint = sqlite_api.done(sqlite_api.make("endpoints"))

    say_to(sqlite_api, endpoint, storeAudio="true")
    say_to(sqlite_api, endpoint)
    say(sqlite_api, storeAudio="True")

    assert len(log_ids(sqlite_api, endpoint["links"]["logs"])) == 2
    (transcript, audio) = sqlite_api.get(BASE).json()["values"]
    assert transcript["self"].startswith(f"http://speech.test/speechtotext/v3.2{BASE}/")
    assert sqlite_api.get(audio["self"]).json()["kind"] == "Audio"
    assert len(log_ids(sqlite_api, BASE.replace("en-US", "EN-us"))) == 2
    assert log_ids(sqlite_api, BASE.replace("en-US", "de-DE")) == []


def test_an_endpoint_that_logs_does_so_whatever_the_request_says(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint, storeAudio="false")

    assert len(log_ids(sqlite_api, logging_endpoint["links"]["logs"])) == 2


def test_another_wish_than_true_or_false_is_refused(sqlite_api):
    refused(say(sqlite_api, storeAudio="yes"), "InvalidParameterValue", "storeAudio")


def test_silence_is_logged_as_it_was_answered(sqlite_api, logging_endpoint):
    link = logging_endpoint["links"]["restConversation"]
    answer = sqlite_api.call("POST", link, content=wav(np.zeros(16_000))).json()
    assert sqlite_api.app.state.service.recorder.wait(30.0)

    transcript, _ = sqlite_api.get(logging_endpoint["links"]["logs"]).json()["values"]
    assert sqlite_api.get(transcript["links"]["contentUrl"]).json() == answer


def test_what_was_refused_is_not_kept(sqlite_api, logging_endpoint):
    response = sqlite_api.call("POST", logging_endpoint["links"]["restConversation"], content=b"no audio" * 100)

    assert response.status_code == 400
    assert sqlite_api.app.state.service.recorder.wait(30.0)
    assert log_ids(sqlite_api, logging_endpoint["links"]["logs"]) == []
    assert list((sqlite_api.bench.ctx.scratch / "incoming").iterdir()) == []


def test_logs_that_cannot_be_kept_spoil_no_answer(sqlite_api, logging_endpoint, monkeypatch):
    recorder = sqlite_api.app.state.service.recorder
    monkeypatch.setattr(recorder, "retry_s", 0.0)
    with sqlite_api.bench.ctx.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE logs")

    assert say_to(sqlite_api, logging_endpoint).json()["DisplayText"] == "Thank you."


def test_words_and_audio_stay_out_of_the_log_of_the_service(sqlite_api, logging_endpoint, caplog):
    with caplog.at_level(logging.DEBUG):
        say_to(sqlite_api, logging_endpoint)
        sqlite_api.get(logging_endpoint["links"]["logs"])

    assert "hank you" not in caplog.text
    assert "_wav" not in caplog.text


# the switch


@pytest.mark.parametrize("name", ["loggingEnabled", "contentLoggingEnabled"])
def test_logging_is_switched_by_either_name_without_a_deployment_and_shown_by_one(versioned, name):
    new = versioned.make("endpoints", properties={name: True})
    early = versioned.patch(new["self"], {"properties": {name: False}}).json()
    late = versioned.patch(new["self"], {"properties": {name: True}}).json()
    made = versioned.done(new)
    off = versioned.patch(made["self"], {"properties": {name: False}}).json()
    say_to(versioned, made)
    on = versioned.patch(made["self"], {"properties": {name: True}}).json()
    say_to(versioned, made)

    seen = (new, early, late, made, off, on)
    assert [entity["properties"]["loggingEnabled"] for entity in seen] == [True, False, True, True, False, True]
    assert not [entity for entity in seen if "contentLoggingEnabled" in entity["properties"]]
    assert [entity["status"] for entity in seen] == ["NotStarted"] * 3 + ["Succeeded"] * 3
    assert len(log_ids(versioned, made["links"]["logs"])) == 2


def test_an_endpoint_that_never_logged_says_so_and_one_that_did_shows_it(sqlite_api):
    endpoint = sqlite_api.done(sqlite_api.make("endpoints"))
    logs = endpoint["links"]["logs"]

    refused(sqlite_api.get(logs), "EndpointWithoutLogging", None, status=409)
    say_to(sqlite_api, endpoint, storeAudio="true")
    assert len(log_ids(sqlite_api, logs)) == 2
    assert sqlite_api.delete(logs).status_code == 202
    refused(sqlite_api.get(logs), "EndpointWithoutLogging", None, status=409)
    sqlite_api.patch(endpoint["self"], {"properties": {"contentLoggingEnabled": True}})
    assert sqlite_api.get(logs).json() == {"values": []}


# lists


def test_pages_follow_the_token_whatever_is_deleted_meanwhile(sqlite_api, logging_endpoint):
    for _ in range(3):
        say_to(sqlite_api, logging_endpoint)
    logs = logging_endpoint["links"]["logs"]
    everything = log_ids(sqlite_api, logs)

    first = sqlite_api.get(f"{logs}?top=2&sasValidityInSeconds=60").json()
    sqlite_api.delete(first["values"][0]["self"])
    second = sqlite_api.get(first["@nextLink"]).json()
    third = sqlite_api.get(second["@nextLink"]).json()

    pages = [[entry["self"].rpartition("/")[2] for entry in page["values"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [id for page in pages for id in page] == everything
    assert "@nextLink" not in third
    assert re.search(r"\?top=2&sasValidityInSeconds=60&skipToken=[\w-]+$", first["@nextLink"])


@pytest.mark.parametrize(
    ("query", "code", "target"),
    [
        ("top=0", "InvalidTopForLogs", "top"),
        ("top=-1", "InvalidTopForLogs", "top"),
        ("top=many", "InvalidTopForLogs", "top"),
        ("top=99999999999", "InvalidTopForLogs", "top"),
        ("top=1&top=2", "InvalidParameterValue", "top"),
        ("skipToken=", "InvalidSkipTokenForLogs", "skipToken"),
        ("skipToken=x", "InvalidSkipTokenForLogs", "skipToken"),
        ("skipToken=gr%C3%B6%C3%9Fe", "InvalidSkipTokenForLogs", "skipToken"),
        ("skipToken=MSBvciAxPTE", "InvalidSkipTokenForLogs", "skipToken"),
        ("skip=2", "UnsupportedPagination", "skip"),
        ("filter=name%20eq%20'x'", "UnsupportedFilter", "filter"),
        ("sasValidityInSeconds=x", "InvalidSasValidityDuration", "sasValidityInSeconds"),
    ],
)
def test_a_wrong_question_is_refused_with_the_field(sqlite_api, logging_endpoint, query, code, target):
    for path in (logging_endpoint["links"]["logs"], BASE):
        refused(sqlite_api.get(f"{path}?{query}"), code, target)


def test_a_link_opens_for_as_long_as_was_asked(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)
    address = logging_endpoint["links"]["logs"]
    entry = sqlite_api.get(f"{address}?sasValidityInSeconds=60").json()["values"][0]
    link = entry["links"]["contentUrl"]

    plain = sqlite_api.get(f"{address}?sasValidityInSeconds=0")
    refused(plain, "InvalidSasValidityDuration", "sasValidityInSeconds")

    assert sqlite_api.without_key().get(link).status_code == 200
    sqlite_api.bench.clock.time += timedelta(seconds=61)
    assert sqlite_api.without_key().get(link).status_code == 403


def test_a_locale_without_base_model_has_no_logs(sqlite_api):
    response = sqlite_api.get("/endpoints/base/xx-XX/files/logs")

    refused(response, "InvalidLocale")
    refused(sqlite_api.delete("/endpoints/base/xx-XX/files/logs"), "InvalidLocale")


# deletion


def test_audio_and_transcript_are_deleted_each_for_itself(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)
    transcript, audio = sqlite_api.get(logging_endpoint["links"]["logs"]).json()["values"]

    assert sqlite_api.delete(audio["self"]).status_code == 204
    assert sqlite_api.delete(audio["self"]).status_code == 204

    assert sqlite_api.get(audio["self"]).status_code == 404
    assert sqlite_api.without_key().get(audio["links"]["contentUrl"]).status_code == 404
    assert sqlite_api.get(transcript["self"]).status_code == 200
    sweep_later(sqlite_api, minutes=1)
    (left,) = log_blobs(sqlite_api)
    assert left.endswith("_v2_json")


@pytest.mark.parametrize("log_id", ["x", "2025-01-31_120000", f"120000__{uuid4()}.wav", "%00", "..%2f.."])
def test_an_id_of_another_form_is_refused(sqlite_api, logging_endpoint, log_id):
    for method in ("GET", "DELETE"):
        response = sqlite_api.call(method, f"{logging_endpoint['links']['logs']}/{log_id}", checked=False)
        if "%2f" in log_id:
            assert response.status_code == 404
        else:
            refused(response, "InvalidLogId", "logId")


def test_logs_up_to_a_day_go_at_once_and_their_blobs_soon(sqlite_api, logging_endpoint):
    logs = logging_endpoint["links"]["logs"]
    say_to(sqlite_api, logging_endpoint)
    sqlite_api.bench.clock.time += timedelta(days=1)
    say_to(sqlite_api, logging_endpoint)
    say(sqlite_api, storeAudio="true")

    assert sqlite_api.delete(f"{logs}?endDate=2025-01-30").status_code == 202
    assert len(log_ids(sqlite_api, logs)) == 4
    assert sqlite_api.delete(f"{logs}?endDate=2025-01-31").status_code == 202

    assert {id[:10] for id in log_ids(sqlite_api, logs)} == {"2025-02-01"}
    assert len(log_blobs(sqlite_api)) == 6
    sweep_later(sqlite_api, minutes=1)
    assert len(log_blobs(sqlite_api)) == 4
    assert len(log_ids(sqlite_api, logs)) == len(log_ids(sqlite_api, BASE)) == 2


def test_a_deletion_of_all_is_of_what_there_is(sqlite_api, logging_endpoint):
    logs = logging_endpoint["links"]["logs"]
    say_to(sqlite_api, logging_endpoint)
    (before, _) = log_ids(sqlite_api, logs)

    assert sqlite_api.delete(f"{logs}?endDate=2999-12-31").status_code == 202
    say_to(sqlite_api, logging_endpoint)

    after = log_ids(sqlite_api, logs)
    assert len(after) == 2
    assert before not in after
    sweep_later(sqlite_api, minutes=1)
    assert log_ids(sqlite_api, logs) == after
    assert len(log_blobs(sqlite_api)) == 2


@pytest.mark.parametrize(
    ("query", "code", "target"),
    [
        ("endDate=", "InvalidLogDate", "endDate"),
        ("endDate=yesterday", "InvalidLogDate", "endDate"),
        ("endDate=2025-02-30", "InvalidLogDate", "endDate"),
        ("endDate=2025-01-31&endDate=2025-01-01", "InvalidParameterValue", "endDate"),
        ("enddate=2025-01-01", "InvalidParameterValue", "enddate"),
    ],
)
def test_a_deletion_that_is_not_clear_deletes_nothing(sqlite_api, logging_endpoint, query, code, target):
    say_to(sqlite_api, logging_endpoint)
    logs = logging_endpoint["links"]["logs"]

    refused(sqlite_api.delete(f"{logs}?{query}"), code, target)
    assert len(log_ids(sqlite_api, logs)) == 2


def test_logs_go_after_their_time(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)
    say(sqlite_api, storeAudio="true")
    logs = logging_endpoint["links"]["logs"]

    sweep_later(sqlite_api, days=29)
    assert len(log_ids(sqlite_api, logs)) == 2
    sweep_later(sqlite_api, days=1)

    assert sqlite_api.get(logs).json() == sqlite_api.get(BASE).json() == {"values": []}
    assert log_blobs(sqlite_api) == []


def test_logs_stay_where_the_operator_sets_no_end(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)

    sqlite_api.bench.clock.time += timedelta(days=999)
    sweep(sqlite_api.bench.limited(log_retention_days=0).ctx, remove_expired)

    assert len(log_ids(sqlite_api, logging_endpoint["links"]["logs"])) == 2


def test_logs_go_with_their_endpoint(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)
    entry = sqlite_api.get(logging_endpoint["links"]["logs"]).json()["values"][0]

    sqlite_api.delete(logging_endpoint["self"])

    assert sqlite_api.get(logging_endpoint["links"]["logs"]).status_code == 404
    assert sqlite_api.without_key().get(entry["links"]["contentUrl"]).status_code == 404
    sweep_later(sqlite_api, minutes=2)
    assert log_blobs(sqlite_api) == []


# tenants


def test_logs_of_another_tenant_are_not_there(sqlite_api, logging_endpoint):
    say_to(sqlite_api, logging_endpoint)
    say(sqlite_api, storeAudio="true")
    logs = logging_endpoint["links"]["logs"]
    (entry, _), (of_base, _) = sqlite_api.get(logs).json()["values"], sqlite_api.get(BASE).json()["values"]
    stranger = sqlite_api.as_tenant("stranger")

    for method in ("GET", "DELETE"):
        assert stranger.call(method, logs).status_code == 404
        assert stranger.call(method, entry["self"]).status_code == 404
    assert stranger.get(BASE).json() == {"values": []}
    assert stranger.get(of_base["self"]).status_code == 404
    assert stranger.delete(of_base["self"]).status_code == 204
    assert stranger.delete(BASE).status_code == 202

    sweep_later(sqlite_api, minutes=2)
    assert len(log_ids(sqlite_api, logs)) == len(log_ids(sqlite_api, BASE)) == 2


def test_an_endpoint_that_is_not_there_has_no_logs_to_delete(sqlite_api):
    assert sqlite_api.delete(f"/endpoints/{uuid4()}/files/logs").status_code == 404
