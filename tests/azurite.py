"""The emulator of Azure Blob Storage that its makers publish (npm: azurite): fixture `azurite`, an account with blobs.

It is the program that SPEECHSMITH_AZURITE names, or `azurite-blob` on the PATH, or that which `make azurite` installs;
else the tests that need it are skipped and say so. What tests put there and read there goes through obstore, which has
Azure's API from others; signatures are made here, by its published rules.
"""

import base64
import hashlib
import hmac
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from obstore.store import AzureStore

from speechsmith.net.fetch import FetchPolicy
from speechsmith.net.post import post

ACCOUNT, KEY, VERSION = "calls", b"a key of these tests", "2018-11-09"
INSTALLED = Path(__file__).parents[1] / ".azurite" / "node_modules" / ".bin" / "azurite-blob"
OPTIONS = ("--blobPort", "0", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck")
INSIDE = FetchPolicy(allow_private=True, retries=0, timeout_s=30)


@dataclass(frozen=True)
class Container:
    """A container of the account, and what lies in it."""

    name: str
    address: str

    @property
    def blobs(self) -> AzureStore:
        """Its blobs, as the account's owner has them."""
        key = base64.b64encode(KEY).decode()
        endpoint = self.address.removesuffix(f"/{self.name}")
        config = {"account_name": ACCOUNT, "account_key": key, "endpoint": endpoint}
        return AzureStore(self.name, config=config, client_options={"allow_http": True})

    def names(self) -> list[str]:
        """The names of all blobs."""
        return sorted(str(blob["path"]) for page in self.blobs.list() for blob in page)

    def url(self, permitted: str, *, hours: float = 1.0) -> str:
        """Its URL with a signature for the container."""
        return self._signed(self.address, f"/blob/{ACCOUNT}/{self.name}", "c", permitted, hours)

    def blob_url(self, name: str, permitted: str = "r", *, hours: float = 1.0) -> str:
        """The URL of a blob with a signature for that blob."""
        path = f"/blob/{ACCOUNT}/{self.name}/{name}"
        return self._signed(f"{self.address}/{quote(name)}", path, "b", permitted, hours)

    def _signed(self, address: str, path: str, kind: str, permitted: str, hours: float) -> str:
        said = {"sp": permitted, "se": _ends(hours), "sv": VERSION, "sr": kind}
        signature = _signature([permitted, "", said["se"], path, "", "", "", VERSION, kind, *[""] * 6])
        return f"{address}?{urlencode(said | {'sig': signature})}"


@dataclass(frozen=True)
class Account:
    """An account whose containers are made as they are asked for."""

    address: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def new(self) -> Container:
        """An empty container of its own name."""
        name = f"box{next(self.numbers)}"
        said = {"sp": "c", "ss": "b", "srt": "c", "se": _ends(1), "sv": VERSION}
        order = [ACCOUNT, said["sp"], said["ss"], said["srt"], "", said["se"], "", "", VERSION, ""]
        query = urlencode({"restype": "container"} | said | {"sig": _signature(order)})
        assert post(f"{self.address}/{name}?{query}", b"", {}, INSIDE, method="PUT").status == 201
        return Container(name, f"{self.address}/{name}")


def _signature(lines: list[str]) -> str:
    return base64.b64encode(hmac.digest(KEY, "\n".join(lines).encode(), hashlib.sha256)).decode()


def _ends(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account of a blob service on this machine."""
    installed = str(INSTALLED) if INSTALLED.exists() else None
    program = os.environ.get("SPEECHSMITH_AZURITE") or shutil.which("azurite-blob") or installed
    if not program:
        pytest.skip("no azurite-blob (make azurite, with npm; or set SPEECHSMITH_AZURITE)")
    accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{base64.b64encode(KEY).decode()}"}
    folder = tmp_path_factory.mktemp("azurite")
    with subprocess.Popen(
        [program, *OPTIONS], cwd=folder, env=os.environ | accounts, stdout=subprocess.PIPE, text=True
    ) as emulator:
        try:
            assert emulator.stdout
            line = next(line for line in emulator.stdout if "successfully listens on" in line)
            yield Account(f"{line.split()[-1]}/{ACCOUNT}")
        finally:
            emulator.kill()
