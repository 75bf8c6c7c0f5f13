"""Containers, held against the emulator of Azure Blob Storage that its makers publish (npm: azurite)."""

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from speechsmith.net.containers import READ_AND_LIST, WRITE, list_blobs, problem, put_blob
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.net.post import post

INSIDE = FetchPolicy(allow_private=True, retries=0, timeout_s=30)
ACCOUNT, KEY, VERSION = "calls", b"a key of these tests", "2018-11-09"
NAMES = ["a.wav", "day 1/call #2 é&%.wav"]

pytestmark = pytest.mark.slow


def _signed(lines: list[str]) -> str:
    return base64.b64encode(hmac.digest(KEY, "\n".join(lines).encode(), hashlib.sha256)).decode()


def _ends(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an account, with the container `may`."""
    program = os.environ.get("SPEECHSMITH_AZURITE") or shutil.which("azurite-blob")
    if not program:
        pytest.skip("no azurite-blob on the PATH (npm install azurite; or set SPEECHSMITH_AZURITE)")
    options = ["--blobPort", "0", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck"]
    accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{base64.b64encode(KEY).decode()}"}
    folder = tmp_path_factory.mktemp("azurite")
    with subprocess.Popen(
        [program, *options], cwd=folder, env=os.environ | accounts, stdout=subprocess.PIPE, text=True
    ) as emulator:
        try:
            assert emulator.stdout
            line = next(line for line in emulator.stdout if "successfully listens on" in line)
            address = f"{line.split()[-1]}/{ACCOUNT}"
            _make(address)
            yield address
        finally:
            emulator.kill()


def _make(address: str) -> None:
    said = {"sp": "c", "ss": "b", "srt": "c", "se": _ends(1), "sv": VERSION}
    order = [ACCOUNT, said["sp"], said["ss"], said["srt"], "", said["se"], "", "", VERSION, ""]
    query = urlencode({"restype": "container"} | said | {"sig": _signed(order)})
    assert post(f"{address}/may?{query}", b"", {}, INSIDE, method="PUT").status == 201


def container(service: str, permitted: str, *, hours: float = 1.0) -> str:
    """The container by a URL with a signature."""
    said = {"sp": permitted, "se": _ends(hours), "sv": VERSION, "sr": "c"}
    order = [permitted, "", said["se"], f"/blob/{ACCOUNT}/may", "", "", "", VERSION, "c", *[""] * 6]
    return f"{service}/may?{urlencode(said | {'sig': _signed(order)})}"


def test_what_is_put_is_listed_and_fetched(service, tmp_path):
    for name in NAMES:
        put_blob(container(service, "w"), name, name.encode(), "audio/wav", INSIDE)

    blobs = list_blobs(container(service, "rl"), INSIDE, tmp_path)

    assert [(blob.name, blob.bytes) for blob in blobs] == [(name, len(name.encode())) for name in NAMES]
    for blob in blobs:
        fetch(blob.url, tmp_path / "blob", INSIDE)
        assert (tmp_path / "blob").read_text(encoding="utf-8") == blob.name


def test_what_the_signature_does_not_permit_is_refused_with_a_code(service, tmp_path):
    with pytest.raises(FetchError, match=r"status 403 .*\(AuthorizationPermissionMismatch\)"):
        list_blobs(container(service, "r"), INSIDE, tmp_path)
    with pytest.raises(FetchError, match=r"status 403 \(AuthorizationPermissionMismatch\)"):
        put_blob(container(service, "rl"), "x", b"", "text/plain", INSIDE)


def test_a_signature_that_has_ended_is_explained(service, tmp_path):
    for ask in (
        lambda url: list_blobs(url, INSIDE, tmp_path),
        lambda url: put_blob(url, "x", b"", "text/plain", INSIDE),
    ):
        with pytest.raises(FetchError, match=r"status 403 .*The signature of the link ended at 20"):
            ask(container(service, "rlw", hours=-1))


def test_its_urls_are_taken_for_containers(service):
    for permissions in (READ_AND_LIST, WRITE):
        assert problem(container(service, "rwl"), permissions=permissions, now=datetime.now(UTC)) == ""
