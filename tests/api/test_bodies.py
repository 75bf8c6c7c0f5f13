"""What a body may be, and what is said when it is not: a 400 with the place, never a 500."""

import asyncio
import json

import pytest
from caller import refused

from speechsmith.api import bodies

NEW = {"displayName": "thing", "locale": "en-US"}
JSON = {"Content-Type": "application/json"}


def send(api, content, *, path="/projects", media="application/json"):
    return api.call("POST", path, content=content, headers={"Content-Type": media})


def test_what_is_no_json_is_shown_by_line_and_column(sqlite_api):
    message = refused(send(sqlite_api, b'{"displayName": "x",\n  locale: "en-US"}'))

    assert "line 2, column 3" in message


@pytest.mark.parametrize("content", [b"", b"   \n"])
def test_an_empty_body_is_named(sqlite_api, content):
    assert "empty" in refused(send(sqlite_api, content), "EmptyRequest")


@pytest.mark.parametrize(
    "content", [b"null", b"[]", b'"text"', b"1", b"true", b"NaN", b"{}", b"\xff\xfe{}", b"\xed\xa0\x80"]
)
def test_a_body_of_another_shape_is_refused(sqlite_api, content):
    refused(send(sqlite_api, content))


@pytest.mark.parametrize("content", [b"[" * 50_000, b'{"a":' * 50_000, b"[" * 50_000 + b"]" * 50_000])
@pytest.mark.parametrize("start", [b"", b'{"displayName": "x", "locale": "en-US", "unknown": '])
def test_a_deep_body_is_refused(sqlite_api, start, content):
    refused(send(sqlite_api, start + content + b"}" * bool(start)))


def test_a_byte_order_mark_is_taken(sqlite_api):
    assert send(sqlite_api, b"\xef\xbb\xbf" + json.dumps(NEW).encode()).status_code == 201


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_refused_and_not_kept_as_data(sqlite_api, coding):
    dataset = sqlite_api.post("/datasets", NEW | {"kind": "Language"}).json()
    headers = {"Content-Encoding": coding}

    block = sqlite_api.call("PUT", f"{dataset['links']['uploadBlocks']}?blockid=AAA%3D", content=b"x", headers=headers)
    assert coding in refused(block, None, status=415)
    project = sqlite_api.call("POST", "/projects", content=json.dumps(NEW), headers=headers)
    assert coding in refused(project, None, status=415)
    assert sqlite_api.get(dataset["links"]["listBlocks"]).json() == {"uncommittedBlocks": []}


def test_a_body_that_says_it_is_not_encoded_is_read(sqlite_api):
    headers = {"Content-Encoding": "Identity"}

    assert sqlite_api.call("POST", "/projects", content=json.dumps(NEW), headers=headers).status_code == 201


def test_null_is_the_default_of_what_a_transcription_can_be_asked(sqlite_api):
    asked = ["wordLevelTimestampsEnabled", "displayFormWordLevelTimestampsEnabled", "diarizationEnabled", "channels"]
    asked += ["punctuationMode", "profanityFilterMode", "timeToLive", "email", "destinationContainerUrl"]
    new = NEW | {"contentUrls": ["https://speech.test/a.wav"]}

    plain = sqlite_api.post("/transcriptions", new)
    nulls = sqlite_api.post("/transcriptions", new | {"properties": dict.fromkeys(asked)})

    assert (plain.status_code, nulls.status_code) == (201, 201)
    shown, expected = nulls.json()["properties"], plain.json()["properties"]
    assert shown | {"progress": None} == expected | {"progress": None}


def test_a_body_that_does_not_come_to_its_end_is_refused(sqlite_api, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_S", 0.05)

    async def endless():
        yield b'{"displayName": '
        await asyncio.Event().wait()

    response = send(sqlite_api, endless())

    assert "0.05 seconds" in refused(response, "InvalidPayload", status=408)
    assert response.headers["connection"] == "close"


def test_a_huge_body_is_refused_before_it_is_read(sqlite_api):
    response = send(sqlite_api, json.dumps(NEW | {"displayName": "x" * 10_000_000}).encode())

    assert "2 MB" in refused(response, status=413)


def test_a_long_name_is_refused_with_its_length(sqlite_api):
    assert sqlite_api.post("/projects", NEW | {"displayName": "x" * 1_000}).status_code == 201

    message = refused(sqlite_api.post("/projects", NEW | {"displayName": "x" * 1_001}), "InvalidParameterValue")
    refused(sqlite_api.post("/projects", NEW | {"displayName": "x" * 100_000}))

    assert "1001 characters" in message


@pytest.mark.parametrize("member", ["displayName", "description", "locale"])
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\udfff"])
def test_characters_that_no_database_keeps_are_refused(api, member, text):
    refused(send(api, json.dumps(NEW | {member: text}).encode()))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_such_characters_are_refused_wherever_they_stand(api, text):
    project = api.project()

    refused(send(api, json.dumps(NEW | {"customProperties": {text: "x"}}).encode()))
    refused(send(api, json.dumps(NEW | {"customProperties": {"x": text}}).encode()))
    patch = json.dumps({"displayName": text}).encode()
    refused(api.call("PATCH", project["self"], content=patch, headers=JSON))
    refused(send(api, json.dumps(NEW | {"kind": "Language", "contentUrl": text}).encode(), path="/datasets"))
    refused(send(api, json.dumps(NEW | {"text": text}).encode(), path="/models"))
    refused(
        send(
            api,
            json.dumps([{"kind": "Latest", "id": text}]).encode(),
            path=f"/datasets/{'0' * 8}-0000-0000-0000-{'0' * 12}/blocks:commit",
        )
    )
    assert [project["displayName"] for project in api.get("/projects").json()["values"]] == ["thing"]


def test_every_other_character_is_kept(api):
    name = "\U0001f600 \u202e \x01 \x7f \u2028 ' \" \\ % _ ; -- </script> ä 漢"

    made = api.project(displayName=name, description=name, customProperties={name[:20]: name})

    shown = api.get(made["self"]).json()
    assert (shown["displayName"], shown["description"]) == (name, name)
    assert shown["customProperties"] == {name[:20]: name}


def test_of_a_member_that_is_given_twice_the_last_counts(sqlite_api):
    response = send(sqlite_api, b'{"displayName": "first", "locale": "en-US", "displayName": "second"}')

    assert response.json()["displayName"] == "second"


def test_members_that_nobody_knows_and_read_only_ones_are_ignored(sqlite_api):
    more = {"id": "1", "self": "http://elsewhere/", "status": "Failed", "createdDateTime": "never", "x": {"y": [1]}}

    made = sqlite_api.post("/projects", NEW | more).json()

    assert made["self"].startswith("http://speech.test/speechtotext/v3.2/projects/")
    assert not {"id", "x", "status"} & set(made)


@pytest.mark.parametrize(
    ("path", "members", "place"),
    [
        ("/projects", {"displayName": 5}, "displayName"),
        ("/projects", {"displayName": None}, "displayName"),
        ("/projects", {"locale": ["en-US"]}, "locale"),
        ("/projects", {"customProperties": {"a": 1}}, "customProperties.a"),
        ("/projects", {"customProperties": {"a": None}}, "customProperties.a"),
        ("/projects", {"customProperties": ["a"]}, "customProperties"),
        ("/datasets", {"kind": "Noise"}, "kind"),
        ("/datasets", {"kind": "language"}, "kind"),
        ("/datasets", {"kind": "Language", "project": "http://x/projects/1"}, "project"),
        ("/datasets", {"kind": "Language", "properties": {"textNormalizationKind": "Some"}}, "textNormalizationKind"),
        ("/models", {"datasets": {}}, "datasets"),
        ("/models", {"text": "x", "properties": {"customModelWeightPercent": "30"}}, "customModelWeightPercent"),
        ("/models", {"text": "x", "properties": {"customModelWeightPercent": 30.5}}, "customModelWeightPercent"),
        ("/models", {"text": "x", "properties": {"customModelWeightPercent": True}}, "customModelWeightPercent"),
        ("/endpoints", {"properties": {"loggingEnabled": "yes"}}, "loggingEnabled"),
        ("/evaluations", {}, "model1"),
        ("/transcriptions", {"contentUrls": "http://x/a.wav"}, "contentUrls"),
        ("/transcriptions", {"contentUrls": ["http://x"], "properties": {"channels": ["0"]}}, "channels"),
        (
            "/transcriptions",
            {"contentUrls": ["http://x"], "properties": {"punctuationMode": "some"}},
            "punctuationMode",
        ),
    ],
)
def test_a_member_of_a_wrong_type_is_named(sqlite_api, path, members, place):
    body = NEW | members

    message = refused(sqlite_api.post(path, body))

    assert place in message


@pytest.mark.parametrize("missing", ["displayName", "locale"])
def test_a_missing_member_is_named(sqlite_api, missing):
    body = {name: value for name, value in NEW.items() if name != missing}

    assert missing in refused(sqlite_api.post("/projects", body))


def test_all_faults_are_told_at_once(sqlite_api):
    assert " OR " in refused(sqlite_api.post("/projects", {"displayName": 1}))


@pytest.mark.parametrize("number", ["1" * 5_000, "1e999999", "-0", "1" * 400])
def test_strange_numbers_break_nothing(sqlite_api, number):
    properties = f'{{"customModelWeightPercent": {number}}}'
    body = f'{{"displayName": "x", "locale": "en-US", "text": "gasket", "properties": {properties}}}'

    assert send(sqlite_api, body.encode(), path="/models").status_code == 400


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_another_content_type_is_refused_by_name(sqlite_api, media):
    message = refused(send(sqlite_api, json.dumps(NEW).encode(), media=media), None, status=415)

    assert media in message
    assert "application/json" in message


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_whatever_follows_its_name(sqlite_api, media):
    assert send(sqlite_api, json.dumps(NEW).encode(), media=media).status_code == 201


def test_merge_patch_is_for_patch_alone(sqlite_api):
    made, media = sqlite_api.project(), {"Content-Type": "application/merge-patch+json"}

    changed = sqlite_api.call("PATCH", made["self"], content=b'{"displayName": "other"}', headers=media)

    assert changed.json()["displayName"] == "other"
    refused(send(sqlite_api, json.dumps(NEW).encode(), media=media["Content-Type"]), None, status=415)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("http://h/speechtotext/v3.2/models/{id}", "another collection"),
        ("http://h/speechtotext/v3.2/projects/1", "no id"),
        ("projects", "no address"),
        ("http://[", "no URI"),
        ("", "empty"),
        ("http://h/projects/{id}?\x00", "a character"),
    ],
)
def test_a_reference_must_be_a_uri_of_its_collection(sqlite_api, uri, why):
    uri = uri.replace("{id}", sqlite_api.project()["self"][-36:])

    response = sqlite_api.post("/datasets", NEW | {"kind": "Language", "project": {"self": uri}})

    assert response.status_code == 400, why


def test_the_host_and_version_of_a_reference_do_not_matter(sqlite_api):
    project = sqlite_api.project()
    elsewhere = project["self"].replace("http://speech.test", "https://other.example:1").replace("v3.2", "v3.1")

    made = sqlite_api.make("datasets", kind="Language", project={"self": elsewhere})

    assert made["project"] == {"self": project["self"]}


def test_a_locale_that_is_not_here_is_answered_with_those_that_are(sqlite_api):
    response = sqlite_api.post("/projects", NEW | {"locale": "tlh-KX"})

    message = refused(response, "InvalidLocale")
    assert "de-DE, en-US" in message
    assert sqlite_api.project(locale="EN-us")["locale"] == "en-US"
