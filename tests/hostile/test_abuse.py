"""Requests that are well-formed and mean harm."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from caller import app_on

from speechsmith.services import datasets
from speechsmith.store.blobs import Blobs

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
        ("transcriptions", {"contentUrls": [URL], "properties": {"channels": [10**30]}}),
        ("models", {"text": "hello", "properties": {"customModelWeightPercent": -(10**30)}}),
    ],
)
def test_a_number_of_many_digits_is_refused_also_in_a_request_with_a_name(
    client: Any, collection: str, members: Any
) -> None:
    body = {"displayName": "thing", "locale": "en-US"} | members

    assert client.send("POST", f"/{collection}", json=body, headers={"Idempotency-Key": "a"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "before", "item", "after"),
    [
        (f"/datasets/{UUID(int=1)}/blocks:commit", "[", "1", "]"),
        ("/transcriptions", '{"displayName": "x", "locale": "en-US", "contentUrls": [', '""', "]}"),
        ("/models", '{"displayName": "x", "locale": "en-US", "datasets": [', "[]", "]}"),
    ],
)
def test_of_a_list_that_does_not_fit_the_first_item_is_told(
    client: Any, path: str, before: str, item: str, after: str
) -> None:
    response = client.send("POST", path, content=before + ",".join([item] * 100_000) + after)

    assert (response.status_code, code_of(response)) == (400, "InvalidPayload")
    assert " OR " not in response.json()["message"]


def test_an_object_of_too_many_members_is_refused_as_a_whole(client: Any) -> None:
    response = client.create("projects", customProperties={str(number): number for number in range(1_001)})

    assert (response.status_code, code_of(response)) == (400, "InvalidPayload")
    assert "1001 members" in response.json()["message"]


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
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    with app_on(client.bench.limited(max_upload_bytes=1_000)) as app:
        small = replace(client, app=app)
        response = small.send("POST", "/datasets/upload", content=part * 60 + ends, headers=headers)

    assert response.status_code == 413
    assert not list((client.bench.ctx.scratch / "incoming").iterdir())


def test_blocks_that_were_never_committed_are_not_taken_for_committed(client: Any) -> None:
    dataset = client.create("datasets", kind="Language").json()
    blocks = dataset["links"]["uploadBlocks"]
    client.send("PUT", f"{blocks}?blockid=AAA%3D", content=b"hello\n")

    response = client.send("POST", dataset["links"]["commitBlocks"], json=[{"kind": "Committed", "id": "AAA="}])

    assert (response.status_code, response.json()["target"]) == (400, "0.kind")
    assert client.send("GET", blocks).json()["uncommittedBlocks"] == [{"name": "AAA=", "size": 6}]


def kept(client: Any) -> list[str]:
    """All blobs of the user."""
    folder = client.bench.folder / "blobs"
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("collection", "members"),
    [
        ("models", {"locale": "xx-XX"}),
        ("models", {"displayName": " "}),
        ("models", {"project": {"self": "/projects/00000000-0000-0000-0000-000000000000"}}),
        ("models", {"text": "x " * 300_000}),
        ("endpoints", {"model": {"self": "/models/00000000-0000-0000-0000-000000000000"}}),
        ("endpoints", {"text": "x " * 300_000}),
    ],
)
def test_the_text_of_a_refused_request_is_not_kept(client: Any, collection: str, members: Any) -> None:
    response = client.create(collection, **{"text": "hello there"} | members)

    assert response.status_code in (400, 404)
    assert kept(client) == []


@pytest.fixture
def shell(client: Any) -> Any:
    """A dataset with one block."""
    dataset = client.create("datasets", kind="Language").json()
    client.send("PUT", f"{dataset['links']['uploadBlocks']}?blockid=AAA%3D", content=b"hello\n")
    return dataset


def commit(client: Any, dataset: Any) -> Any:
    return client.send("POST", dataset["links"]["commitBlocks"], json=[{"kind": "Latest", "id": "AAA="}])


def test_a_commit_that_comes_too_late_leaves_no_data(client: Any, shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, put = client.bench, Blobs.put

    def put_after_the_delete(blobs: Blobs, key: str, source: Path) -> int:
        datasets.delete(bench.ctx, bench.me, UUID(shell["self"][-36:]))
        return put(blobs, key, source)

    monkeypatch.setattr(Blobs, "put", put_after_the_delete)

    assert commit(client, shell).status_code == 404
    assert not [key for key in kept(client) if "upload" in key]


def test_a_block_that_goes_while_it_is_committed_is_a_conflict(client: Any, shell: Any) -> None:
    (block,) = kept(client)
    client.bench.ctx.blobs.purge(block)

    assert commit(client, shell).status_code == 409
    assert client.send("GET", shell["self"]).json()["status"] == "NotStarted"
    assert not list((client.bench.ctx.scratch / "incoming").iterdir())
