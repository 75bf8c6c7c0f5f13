"""A client of the API in this process, whose every answer is held against the contract."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from unittest.mock import ANY

import httpx2

from bench import Bench, acoustic
from contract import SPEC, Contract, check_error, read
from speechsmith.api.app import create_app
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.call import VERSIONS
from speechsmith.api.openapi import document
from speechsmith.api.operations import OPERATIONS, Operation
from speechsmith.services import resources

ROOT = "http://speech.test"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
MISTYPED = ("Datasets_ListSupportedLocales",)
"""Where the published file contradicts its own examples."""
REFUSALS = dict.fromkeys((400, 408, 413), "InvalidRequest") | {409: "Conflict", 415: "UnsupportedMediaType"}


def operation_of(method: str, path: str) -> Operation | None:
    """What a request means."""
    for operation in OPERATIONS:
        pattern = re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+:uuid\}", UUID, operation.path))
        if operation.method == method and re.fullmatch(rf"/speechtotext/v3\.[12]{pattern}", path):
            return operation
    return None


@cache
def own(version: str) -> Contract:
    """What we say of ourselves."""
    return Contract(next(document(known) for known in VERSIONS if known.name == version), complete=True)


def check_own(method: str, response: httpx2.Response) -> None:
    """Our own OpenAPI document tells the answer, to the last member, and its headers."""
    found = re.match(r"/speechtotext/(v3\.[12])/", response.url.path)
    if found is None or (operation := operation_of(method, response.url.path)) is None:
        return
    contract, body = own(found[1]), response.json() if response.content else None
    if operation.id not in contract.operations():
        assert response.status_code == 404
    elif response.status_code >= 400:
        contract.fit(body, contract.schema("DoorRefusal" if "error" in body else "Error"), operation.id)
    else:
        contract.check(operation.id, response.status_code, body)
        told = contract.headers(operation.id, response.status_code)
        assert {"location", "operation-location", "retry-after", "repeatability-result"} & set(response.headers) <= told


@dataclass
class Api:
    """A client with a key. Addresses are below the version, or whole as links give them."""

    bench: Bench
    app: Any
    runner: asyncio.Runner
    contract: Contract | None
    ends: ExitStack
    version: str = "v3.2"
    headers: dict[str, str] = field(default_factory=dict)

    def url(self, path: str) -> str:
        if path.startswith("http"):
            return path
        return path if path.startswith(("/speech", "/files", "/sts", "/healthz", "/metrics")) else self.below(path)

    def below(self, path: str) -> str:
        return f"/speechtotext/{self.version}{path}"

    def call(self, method: str, path: str, *, checked: bool = True, **options: Any) -> httpx2.Response:
        headers = self.headers | options.pop("headers", {})
        url = self.url(path)

        async def send() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=ROOT) as client:
                return await client.request(method, url, headers=headers, **options)

        response = self.runner.run(send())
        if checked:
            self.check(method, response)
        return response

    def check(self, method: str, response: httpx2.Response) -> None:
        """What holds for every answer."""
        assert response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.status_code < 500, response.text
        path = response.url.path
        if response.status_code >= 400 and response.content:
            body = response.json()
            if "error" in body:
                assert body["error"]["code"] == str(response.status_code)
            elif not path.startswith("/speech/"):
                check_error(body)
        elif self.contract and "/v3.2/" in path and (operation := operation_of(method, path)):
            body = response.json() if response.content else None
            if operation.id not in MISTYPED and not operation.is_ours:
                self.contract.check(operation.id, response.status_code, body)
        check_own(method, response)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return self.call("POST", path, **({} if body is None else {"json": body}), **options)

    def patch(self, path: str, body: Any, **options: Any) -> httpx2.Response:
        return self.call("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("DELETE", path, **options)

    def make(self, collection: str, **members: Any) -> Any:
        """Create an entity with at least a name and a locale; returns it."""
        response = self.post(f"/{collection}", {"displayName": "thing", "locale": "en-US"} | members)
        assert response.status_code == 201, response.text
        return response.json()

    def project(self, **members: Any) -> Any:
        return self.make("projects", **members)

    def dataset(self, data: bytes | None = None, kind: str = "Acoustic", **members: Any) -> Any:
        """Upload a dataset and import it."""
        fields = {"displayName": "calls", "locale": "en-US", "kind": kind} | members
        content = acoustic({0: "Please send a gasket.", 2: "Thank you."}) if data is None else data
        response = self.call("POST", "/datasets/upload", data=fields, files={"data": ("d", content)})
        assert response.status_code == 201, response.text
        return self.done(response.json())

    def base(self) -> Any:
        """The default base model."""
        return self.get("/models/base").json()["values"][-1]

    def done(self, entity: Any) -> Any:
        """The entity once all jobs are done."""
        self.bench.work_off()
        return self.get(entity["self"]).json()

    def as_version(self, version: str) -> "Api":
        return replace(self, version=version)

    def as_tenant(self, name: str) -> "Api":
        """A client of another resource."""
        made = resources.create(self.bench.ctx, name=name, region="there")
        return replace(self, headers={KEY_HEADER: made.key1})

    def without_key(self) -> "Api":
        return replace(self, headers={})

    def under(self, **settings: Any) -> "Api":
        """A client with the same key of the same service, started again under other settings; it ends with this one."""
        bench = self.bench.limited(**settings)
        return replace(self, bench=bench, app=self.ends.enter_context(app_on(bench)))


@contextmanager
def app_on(bench: Bench) -> Iterator[Any]:
    """The application, until the block ends."""
    app = create_app(bench.ctx)
    with closing(app.state.service):
        yield app


@contextmanager
def api_on(bench: Bench) -> Iterator[Api]:
    """A client with the bench's key, held against the published contract where that is; it ends with the block."""
    contract = Contract(read(SPEC)) if SPEC.is_file() else None
    with asyncio.Runner() as runner, ExitStack() as ends:
        app = ends.enter_context(app_on(bench))
        yield Api(bench, app, runner, contract, ends, headers={KEY_HEADER: bench.tenant.key1})


def refused(
    response: httpx2.Response, inner: str | None = "InvalidPayload", target: Any = ANY, *, status: int = 400
) -> str:
    """The answer refuses with the status and its code, an inner code, and, where it is given, a target; its message."""
    assert response.status_code == status, response.text
    body = response.json()
    told = (body["code"], body.get("innerError", {}).get("code"), body.get("target"))
    assert told == (REFUSALS[status], inner, target)
    return str(body["message"])


def reference(entity: Any) -> dict[str, str]:
    return {"self": entity["self"]}
