"""Requests that are well-formed and mean harm."""

from dataclasses import replace
from typing import Any

import pytest

from speechsmith.api.app import create_app

URL = "http://127.0.0.1:1/a.wav"


def code_of(response: Any) -> str:
    body = response.json()
    return str(body.get("innerError", body)["code"])


@pytest.mark.parametrize("channel", [1_024, 2**63, 2**64, 10**30])
def test_a_channel_that_no_recording_has_is_refused_and_lists_go_on(client: Any, channel: int) -> None:
    response = client.create("transcriptions", contentUrls=[URL], properties={"channels": [0, channel]})

    assert (response.status_code, code_of(response)) == (400, "InvalidChannels")
    assert client.send("GET", "/transcriptions").json()["values"] == []


@pytest.mark.parametrize(
    ("collection", "members"),
    [
        ("datasets", {"kind": "Language", "contentUrl": "http://x/" + "a" * 8_000}),
        ("transcriptions", {"contentUrls": [URL, "http://x/" + "a" * 8_000]}),
        ("transcriptions", {"contentUrls": [""]}),
        ("transcriptions", {"contentUrls": [URL], "properties": {"timeToLive": "P\u0663D"}}),
    ],
)
def test_links_and_durations_that_cannot_be_kept_are_refused(client: Any, collection: str, members: Any) -> None:
    assert client.create(collection, **members).status_code == 400
    assert client.send("GET", f"/{collection}").json()["values"] == []


def test_a_token_cannot_be_exchanged_for_another(client: Any) -> None:
    token = client.send("POST", "/sts/v1.0/issueToken?scope=speechservicesmanagement").text
    bearer = client.with_headers({"Authorization": f"Bearer {token}"})

    assert bearer.send("GET", "/projects").status_code == 200
    assert bearer.send("POST", "/sts/v1.0/issueToken").status_code == 401
    assert bearer.send("POST", "/sts/v1.0/issueToken?scope=speechservicesmanagement").status_code == 401


def test_a_form_that_says_the_same_for_ever_is_refused(client: Any) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="displayName"\r\n\r\n' + b"x" * 60_000 + b"\r\n"
    ends = b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\nhello\r\n--b--\r\n'
    small = replace(client, app=create_app(client.bench.limited(max_upload_bytes=1_000).ctx))

    response = small.send(
        "POST",
        "/datasets/upload",
        content=part * 60 + ends,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert response.status_code == 413
    assert not list((client.bench.ctx.scratch / "incoming").iterdir())


def test_blocks_that_were_never_committed_are_not_taken_for_committed(client: Any) -> None:
    dataset = client.create("datasets", kind="Language").json()
    blocks = dataset["links"]["uploadBlocks"]
    client.send("PUT", f"{blocks}?blockid=AAA%3D", content=b"hello\n")

    response = client.send("POST", dataset["links"]["commitBlocks"], json=[{"kind": "Committed", "id": "AAA="}])

    assert (response.status_code, response.json()["target"]) == (400, "0.kind")
    assert client.send("GET", blocks).json()["uncommittedBlocks"] == [{"name": "AAA=", "size": 6}]
