"""Containers, held against the emulator of Azure Blob Storage that its makers publish."""

from datetime import UTC, datetime

import obstore
import pytest

from azurite import INSIDE, Account, Container
from speechsmith.net.containers import READ_AND_LIST, WRITE, list_blobs, problem, put_blob
from speechsmith.net.fetch import FetchError, fetch

NAMES = ["a.wav", "day 1/call #2 é&%.wav"]

pytestmark = pytest.mark.slow


@pytest.fixture
def container(azurite: Account) -> Container:
    """An empty container."""
    return azurite.new()


def test_what_is_put_is_listed_and_fetched(container, tmp_path):
    for name in NAMES:
        put_blob(container.url("w"), name, name.encode(), "audio/wav", INSIDE)

    blobs = list_blobs(container.url("rl"), INSIDE, tmp_path)

    assert [(blob.name, blob.bytes) for blob in blobs] == [(name, len(name.encode())) for name in NAMES]
    assert container.names() == NAMES
    for blob in blobs:
        fetch(blob.url, tmp_path / "blob", INSIDE)
        assert (tmp_path / "blob").read_text(encoding="utf-8") == blob.name


def test_a_blob_has_a_link_of_its_own(container, tmp_path):
    obstore.put(container.blobs, NAMES[1], b"sound")

    fetched = fetch(container.blob_url(NAMES[1]), tmp_path / "blob", INSIDE)

    assert (tmp_path / "blob").read_bytes() == b"sound"
    assert fetched.name == "call #2 é&%.wav"
    with pytest.raises(FetchError, match=r"status 403 .*what it is for and what it permits may not be enough"):
        fetch(container.blob_url(NAMES[1], "w"), tmp_path / "blob", INSIDE)


def test_what_the_signature_does_not_permit_is_refused_with_a_code(container, tmp_path):
    with pytest.raises(FetchError, match=r"status 403 .*\(AuthorizationPermissionMismatch\)"):
        list_blobs(container.url("r"), INSIDE, tmp_path)
    with pytest.raises(FetchError, match=r"status 403 \(AuthorizationPermissionMismatch\)"):
        put_blob(container.url("rl"), "x", b"", "text/plain", INSIDE)


def test_a_signature_that_has_ended_is_explained(container, tmp_path):
    for ask in (
        lambda url: list_blobs(url, INSIDE, tmp_path),
        lambda url: put_blob(url, "x", b"", "text/plain", INSIDE),
    ):
        with pytest.raises(FetchError, match=r"status 403 .*The signature of the link ended at 20"):
            ask(container.url("rlw", hours=-1))


def test_its_urls_are_taken_for_containers(container):
    for permissions in (READ_AND_LIST, WRITE):
        assert problem(container.url("rwl"), permissions=permissions, now=datetime.now(UTC)) == ""
