"""Containers of Azure Blob Storage: their lists, what is put into them, and what cannot be one."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from containers import SIGNATURE, Container
from speechsmith.net import containers
from speechsmith.net.containers import READ_AND_LIST, WRITE, list_blobs, plain, problem, put_blob
from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.net.signatures import advice, expiry

INSIDE = FetchPolicy(allow_private=True, timeout_s=5)
NOW = datetime(2025, 6, 1, tzinfo=UTC)
SAS = "sv=2022-11-02&sr=c&sp=racwdl&se=2099-01-01&sig=x"


def listed(container: Container, folder, policy: FetchPolicy = INSIDE) -> list[containers.Blob]:
    return list_blobs(container.url(), policy, folder, sleep=lambda _: None)


def put(container: Container, name: str = "a/b c.json", policy: FetchPolicy = INSIDE) -> str:
    return put_blob(container.url(), name, b"{}", "application/json", policy, sleep=lambda _: None)


def test_a_list_of_several_pages_is_read_to_its_end(container, tmp_path):
    container.blobs = {f"day {n}/call #{n}.wav": bytes(n) for n in range(5)} | {"\x02.wav": b"", "é&<.wav": b"1"}
    container.folders = ["day 1"]

    blobs = listed(container, tmp_path)

    assert {blob.name: blob.bytes for blob in blobs} == {name: len(data) for name, data in container.blobs.items()}
    assert len(container.asked) == 4
    (one,) = [blob for blob in blobs if blob.name.startswith("day 3")]
    assert one.address == f"{container.address}/day%203/call%20%233.wav"
    assert one.url.startswith(f"{one.address}?")
    assert SIGNATURE not in repr(one)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_container_has_no_blobs(container, tmp_path):
    assert listed(container, tmp_path) == []


def test_a_container_of_too_many_blobs_is_refused(container, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "MOST_BLOBS", 3)
    container.blobs = {f"{n}.wav": b"" for n in range(4)}

    with pytest.raises(FetchError, match="more than 3 blobs") as refused:
        listed(container, tmp_path)

    assert refused.value.code == "InvalidContainer"


@pytest.mark.parametrize(
    "said",
    [
        b"no XML",
        b"<html></html>",
        b"<EnumerationResults><Blobs>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><EnumerationResults>&b;</EnumerationResults>',
        "<?xml version='1.0' encoding='utf-16'?><EnumerationResults/>".encode("utf-16"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(container, tmp_path, monkeypatch, said):
    monkeypatch.setattr("containers.listing", lambda *_: said)

    with pytest.raises(FetchError, match="not the list of a container") as refused:
        listed(container, tmp_path)

    assert refused.value.code == "InvalidContainer"
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_no_blob_can_have_is_refused(container, tmp_path):
    container.blobs["x" * 1025] = b""

    with pytest.raises(FetchError, match="a name that no blob can have"):
        listed(container, tmp_path)


def test_a_list_is_asked_for_in_small_pages_and_a_large_page_is_refused(container, tmp_path, monkeypatch):
    container.blobs, container.page = {"a.wav": b"1", "b.wav": b"2", "c.wav": b"3"}, 5_000
    monkeypatch.setattr(containers, "MOST_OF_A_PAGE", 2)
    assert len(listed(container, tmp_path)) == 3
    assert len(container.asked) == 2

    monkeypatch.setattr(containers, "MOST_LIST_BYTES", 100)
    with pytest.raises(FetchError) as refused:
        listed(container, tmp_path)
    assert refused.value.code == "TooLarge"


def test_a_url_that_asks_for_the_list_already_is_taken(container, tmp_path):
    container.blobs = {"a.wav": b"1", "b.wav": b"2", "c.wav": b"3"}
    url = container.url(restype="container", comp="list", maxresults="1")

    blobs = list_blobs(url, INSIDE, tmp_path)

    assert [blob.name for blob in blobs] == ["a.wav", "b.wav", "c.wav"]
    assert not any("comp=" in blob.url for blob in blobs)


def test_what_the_container_refuses_is_told_with_its_code_and_without_the_signature(container, tmp_path):
    container.permitted = "w"

    with pytest.raises(FetchError, match=r"status 403 Forbidden \(AuthenticationFailed\)\.") as refused:
        listed(container, tmp_path)

    assert "sig" not in str(refused.value).replace("signature", "")


def test_a_blob_is_put_under_its_name_and_over_one_of_that_name(container):
    container.blobs["a/b c.json"] = b"old"

    address = put(container)

    assert address == f"{container.address}/a/b%20c.json"
    assert container.blobs == {"a/b c.json": b"{}"}
    assert container.types == {"a/b c.json": "application/json"}


def test_a_container_that_is_busy_is_asked_again(container):
    container.failing["x"] = [503, 500]

    put(container, "x")

    assert container.blobs == {"x": b"{}"}


def test_a_container_that_stays_busy_is_given_up(container):
    container.failing["x"] = [503] * 9

    with pytest.raises(FetchError, match="status 503") as refused:
        put(container, "x")

    assert (refused.value.code, len(container.asked)) == ("HttpStatus", INSIDE.retries + 1)


def test_a_container_that_may_not_be_written_is_asked_once(container):
    container.permitted = "rl"

    with pytest.raises(FetchError, match=r"status 403 \(AuthenticationFailed\)") as refused:
        put(container)

    assert (refused.value.status, len(container.asked)) == (403, 1)
    assert "has not ended" in str(refused.value)
    assert SIGNATURE not in str(refused.value)


def test_private_addresses_are_neither_listed_nor_written_to(container, tmp_path):
    strict = FetchPolicy(timeout_s=5)

    for ask in (lambda: listed(container, tmp_path, strict), lambda: put(container, policy=strict)):
        with pytest.raises(FetchError) as refused:
            ask()
        assert refused.value.code == "PrivateAddress"
    assert container.asked == []


@pytest.mark.parametrize(
    ("url", "permissions"),
    [
        (f"https://a.blob.core.windows.net/calls?{SAS}", READ_AND_LIST),
        (f"https://a.blob.core.windows.net/calls/?{SAS}", WRITE),
        (f"http://127.0.0.1:10000/devstoreaccount1/calls?{SAS}", READ_AND_LIST),
        ("https://a.blob.core.windows.net/calls?sv=1&sr=c&si=policy&sig=x", READ_AND_LIST),
        ("https://a.blob.core.windows.net/calls?sv=1&ss=b&srt=sco&sp=rwl&se=2099-01-01&sig=x", READ_AND_LIST),
        ("https://a.blob.core.windows.net/calls?sv=1&ss=b&srt=o&sp=w&se=2099-01-01&sig=x", WRITE),
    ],
)
def test_the_signed_url_of_a_container_is_taken(url, permissions):
    assert problem(url, permissions=permissions, now=NOW) == ""


@pytest.mark.parametrize(
    ("url", "permissions", "said"),
    [
        ("ftp://a/b", READ_AND_LIST, "no whole http or https link"),
        (f"https://user:pw@a.blob.core.windows.net/calls?{SAS}", READ_AND_LIST, "no whole"),
        ("https://a.blob.core.windows.net/calls", READ_AND_LIST, "has no signature"),
        ("https://a.blob.core.windows.net/calls?sv=1", READ_AND_LIST, "has no signature"),
        (f"https://a.blob.core.windows.net/?{SAS}", READ_AND_LIST, "not for a whole container"),
        (f"https://a.blob.core.windows.net/calls/a.wav?{SAS}", READ_AND_LIST, "not for a whole container"),
        (f"https://a.blob.core.windows.net/calls?{SAS.replace('sr=c', 'sr=b')}", READ_AND_LIST, "a whole container"),
        ("https://b.s3.amazonaws.com/?list-type=2", READ_AND_LIST, "use contentUrls"),
        ("https://minio.example/b?X-Amz-Date=1&X-Amz-Signature=2", READ_AND_LIST, "use contentUrls"),
        ("https://storage.googleapis.com/b", READ_AND_LIST, "use contentUrls"),
        ("s3://bucket", READ_AND_LIST, "no whole"),
        (f"https://a.blob.core.windows.net/c?{SAS.replace('racwdl', 'r')}", READ_AND_LIST, "permit to list"),
        (f"https://a.blob.core.windows.net/c?{SAS.replace('racwdl', 'c')}", READ_AND_LIST, "read (r) and list (l)"),
        (f"https://a.blob.core.windows.net/c?{SAS.replace('racwdl', 'rl')}", WRITE, "permit to write (w)"),
        ("https://a.blob.core.windows.net/c?sv=1&sr=c&si=policy&sig=x", WRITE, "stored access policy"),
        ("https://a.blob.core.windows.net/c?sv=1&srt=o&sp=rl&sig=x", READ_AND_LIST, "signature of the account"),
        (f"https://a.blob.core.windows.net/c?{SAS.replace('2099', '2024')}", WRITE, "ended at 2024-01-01T00:00:00Z"),
    ],
)
def test_what_cannot_be_a_container_is_refused_in_words(url, permissions, said):
    assert said in problem(url, permissions=permissions, now=NOW)


@pytest.mark.parametrize(
    ("query", "ends"),
    [
        ("se=2025-01-02T03:04:05Z&sig=x", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("se=2025-01-02&sig=x", datetime(2025, 1, 2, tzinfo=UTC)),
        (f"se={quote('2025-01-02T03:00:00+02:00')}&sig=x", datetime(2025, 1, 2, 1, tzinfo=UTC)),
        ("X-Amz-Date=20250102T030405Z&X-Amz-Expires=60", datetime(2025, 1, 2, 3, 5, 5, tzinfo=UTC)),
        ("X-Goog-Date=20250102T030405Z&X-Goog-Expires=5", datetime(2025, 1, 2, 3, 4, 10, tzinfo=UTC)),
        ("X-Amz-Date=20250102T030405Z", None),
        (f"X-Amz-Date=20250102T030405Z&X-Amz-Expires={'9' * 30}", None),
        ("se=tomorrow&sig=x", None),
        ("se=2025-01-02", None),
        ("", None),
    ],
)
def test_signed_links_say_when_they_end(query, ends):
    assert expiry(f"https://x/a.wav?{query}") == ends


def test_a_refusal_is_explained_by_the_end_of_the_signature():
    link = "https://x/a.wav?se=2025-05-01&sig=x"

    assert "ended at 2025-05-01T00:00:00Z" in advice(link, 403, NOW)
    assert "has not ended" in advice(link, 403, datetime(2025, 4, 1, tzinfo=UTC))
    assert advice(link, 404, NOW) == ""
    assert advice("https://x/a.wav", 403, NOW) == ""


def test_the_address_of_a_container_has_no_signature():
    assert plain(f"https://a.blob.core.windows.net/calls/?{SAS}") == "https://a.blob.core.windows.net/calls"
