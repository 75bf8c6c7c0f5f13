"""A client that sends what no honest one would, to the API in this process."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from caller import app_on

from bench import Bench
from speechsmith.api.auth import KEY_HEADER
from speechsmith.services import resources

ROOT = "http://speech.test"


@dataclass
class Client:
    """A user. Paths are below v3.2 unless they begin with another service's."""

    bench: Bench
    app: Any
    runner: asyncio.Runner
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The answer, which is never a fault of the service."""
        headers = {**self.headers, **options.pop("headers", {})}
        url = path if path.startswith(("http", "/files", "/sts", "/speech/")) else f"/speechtotext/v3.2{path}"

        async def sent() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=ROOT) as client:
                return await client.request(method, url, headers=headers, **options)

        response = self.runner.run(sent())
        assert response.status_code < 500, response.text
        return response

    def create(self, collection: str, **members: Any) -> httpx2.Response:
        """POST of a new entity with a name and a locale."""
        return self.send("POST", f"/{collection}", json={"displayName": "thing", "locale": "en-US"} | members)

    def upload(self, data: bytes, kind: str = "Language", **fields: str) -> Any:
        """A dataset, imported."""
        form = {"displayName": "thing", "locale": "en-US", "kind": kind} | fields
        made = self.send("POST", "/datasets/upload", data=form, files={"data": ("d", data)})
        assert made.status_code == 201, made.text
        self.bench.work_off()
        return self.send("GET", made.json()["self"]).json()

    def as_tenant(self, name: str) -> "Client":
        """A user of another resource."""
        made = resources.create(self.bench.ctx, name=name, region="there")
        return Client(self.bench, self.app, self.runner, {KEY_HEADER: made.key1})

    def with_headers(self, headers: Mapping[str, str]) -> "Client":
        """The same without a key, and with other headers."""
        return Client(self.bench, self.app, self.runner, headers)


@pytest.fixture
def client(sqlite_bench: Bench) -> Iterator[Client]:
    with app_on(sqlite_bench) as app, asyncio.Runner() as runner:
        yield Client(sqlite_bench, app, runner, {KEY_HEADER: sqlite_bench.tenant.key1})
