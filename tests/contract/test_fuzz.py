"""The published file, put to the service by Schemathesis: valid and invalid requests, with ids of what is there.

Whatever is asked, on a service that listens on a socket: no fault of the service, no status, type of content or header
that the file does not have, and each body fits. There is no list of exceptions. SPEECHSMITH_CASES says how many
requests an operation gets in each phase (200 in the full run); SPEECHSMITH_OPENAPI names the file, which is not part of
this project, and where it is absent the tests are skipped.

In one place the file contradicts its own example and the text beside it: locales of datasets are lists of locales, and
not of kinds. It is read as its example has it.
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from seeded import World, path_of, request_of, stand_in, turn
from two_servers import listening, served

from bench import Bench
from contract import SPEC, Contract, read
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.bodies import MAX_JSON_BYTES
from speechsmith.services.datasets import MAX_BLOCK_BYTES

CASES = int(os.environ.get("SPEECHSMITH_CASES", "5"))
SEED = 20250131
CONFIG = {"generation": {"with-security-parameters": False}}
ABSENT = f"no OpenAPI file {SPEC} (set SPEECHSMITH_OPENAPI)"
PUBLISHED = Contract(read(SPEC)).operations() if SPEC.is_file() else {}
IN_ORDER = sorted(PUBLISHED, key=lambda name: turn(name, PUBLISHED[name][1]))
FULL = 200
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
NOUNS = {"project": "projects", "dataset": "datasets", "model": "models", "model1": "models", "baseModel": "base"}
OTHER_SOURCES = ("contentUrls", "contentContainerUrl", "contentUrl")
ONCE = ("Models_Copy", "Datasets_CommitBlocks")
"""What succeeds once at most, and so perhaps not while requests are made up."""

NEVER_INVALID = {
    "Endpoints_DeleteBaseModelLog",
    *(f"{area}_ListSupportedLocales" for area in ("Datasets", "Endpoints", "Evaluations", "Models", "Projects")),
    "Transcriptions_ListSupportedLocales",
}
"""What has no query, no body and no id in its address: any text can be a locale, or the id of a log."""

PHASES = [
    pytest.param(id, mode, id=f"{id}-{mode}")
    for id in IN_ORDER
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or id not in NEVER_INVALID
]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PUBLISHED, reason=ABSENT)]


@dataclass(frozen=True)
class Running:
    """A service on the loopback with a world in it, and the file that it is held against."""

    url: str
    world: World
    schema: Any
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.world.api.headers)

    def operation(self, id: str) -> Any:
        method, path = PUBLISHED[id]
        return self.schema[path][method]

    def ids(self, id: str) -> dict[str, str]:
        """The parameters of an address that has something behind it."""
        template = PUBLISHED[id][1]
        filled = path_of(self.world.has, template).replace(":", "/").split("/")
        pairs = zip(template.replace(":", "/").split("/"), filled, strict=True)
        return {name.strip("{}"): value for name, value in pairs if name.startswith("{")}


def nobody(host: Any, *rest: Any, **named: Any) -> Any:
    """Names that requests bring are resolved to nothing; this machine is found."""
    if host not in ("127.0.0.1", None):
        raise socket.gaierror(socket.EAI_NONAME, "nobody")
    return _resolve(host, *rest, **named)


_resolve = socket.getaddrinfo


def published_schema() -> Any:
    """The file, with the one correction."""
    document = schemathesis.openapi.from_path(SPEC).raw_schema
    document["components"]["schemas"]["DatasetLocales"]["additionalProperties"]["items"] = {"type": "string"}
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(CONFIG))


@contextmanager
def also_served(bench: Bench) -> Iterator[str]:
    """The same with other settings, at an address of its own."""
    listener, url = listening()
    with served(bench, listener, url):
        yield f"{url}/speechtotext/v3.2"


@pytest.fixture(scope="module")
def running(lasting_bench: Bench, world: World) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, also_served(lasting_bench) as url:
        patch.setattr(socket, "getaddrinfo", nobody)
        running = Running(url, world, published_schema())
        yield running
        running.session.close()


def completed(case: Any, id: str, world: World) -> Any:
    """A generated request, of which what has to be right is right, and what it names is there; the rest stays."""
    known = {name: {"self": world.has[noun]["self"]} for name, noun in NOUNS.items()}
    valid = {} if PUBLISHED[id][0] == "PATCH" else request_of(world.has, id)  # any PATCH that fits is right
    body = valid.get("json") or valid.get("data", {})
    if isinstance(case.body, dict) and isinstance(body, dict):
        kept = {name: value for name, value in case.body.items() if name not in OTHER_SOURCES}
        case.body = kept | {name: value for name, value in known.items() if name in kept} | body
        if "files" in valid:
            case.body = {name: str(value) for name, value in case.body.items()} | {"data": valid["files"]["data"]}
    elif isinstance(body, list):
        case.body = body
    elif "content" in valid:
        case.body = valid["content"]
    case.query = case.query | valid.get("params", {})
    return case


def requests_of(running: Running, id: str, mode: GenerationMode) -> Any:
    """Requests that fit the file, with any ids, with ids of what is there, and with all that it takes to succeed.

    Or such as do not fit, half of them with ids of what is there, so that what is wrong is looked for behind them.
    """
    operation, ids = running.operation(id), running.ids(id)
    if mode is GenerationMode.POSITIVE:
        known = operation.as_strategy(mode, path_parameters=ids)
        return operation.as_strategy(mode) | known | known.map(lambda case: completed(case, id, running.world))
    anywhere, there = operation.as_strategy(mode), operation.as_strategy(mode, path_parameters=ids)
    if operation.query or operation.body:
        return anywhere | there
    return anywhere if "id" in ids else st.nothing()


def test_what_can_be_invalid_is_put_to_the_service(running: Running) -> None:
    found = {id for id in PUBLISHED if requests_of(running, id, GenerationMode.NEGATIVE).is_empty}

    assert found == NEVER_INVALID


@pytest.mark.parametrize(("id", "mode"), PHASES)
def test_every_answer_is_one_that_the_file_knows(running: Running, id: str, mode: GenerationMode) -> None:
    wanted = requests_of(running, id, mode)
    faults: dict[str, str] = {}
    statuses: Counter[int] = Counter()

    @seed(SEED)
    @settings(
        max_examples=CASES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(wanted)
    def ask(case: Any) -> None:
        response = case.call(running.url, running.session, running.headers)
        statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as found:
            for fault in found.exceptions:
                faults.setdefault(f"{response.status_code} {fault.title}", str(found))

    ask()

    assert not faults, "\n\n".join(faults.values())
    assert statuses
    if mode is GenerationMode.POSITIVE and CASES >= FULL and id not in ONCE:
        assert min(statuses) < 300, statuses


def refused(running: Running, id: str, status: int, url: str = "", **options: Any) -> None:
    """A request that is refused with the status, in a shape of the file."""
    method, template = PUBLISHED[id]
    case = running.operation(id).Case(path_parameters=running.ids(id))
    given = {"headers": running.headers, "method": method} | options
    ids = given.pop("ids", running.ids(id))

    response = running.session.request(url=(url or running.url) + template.format(**ids), **given)

    assert response.status_code == status, f"{id}: {response.status_code} {response.text}"
    case.validate_response(response, checks=CHECKS)


def test_the_door_is_in_the_file(running: Running) -> None:
    for id in PUBLISHED:
        refused(running, id, 401, headers={})
        refused(running, id, 401, headers={KEY_HEADER: "0" * 32})
        refused(running, id, 401, headers={"Authorization": "Bearer x.y.z"})


def test_what_is_not_there_is_in_the_file(running: Running) -> None:
    for id, (method, _) in PUBLISHED.items():
        strange = {name: str(uuid4()) for name in running.ids(id) if name not in ("locale", "logId")}
        if strange and method != "DELETE":
            body = {"data" if name == "content" else name: value for name, value in stand_in(id).items()}
            refused(running, id, 404, ids=running.ids(id) | strange, **body)


def test_other_methods_are_in_the_file(running: Running) -> None:
    for id in PUBLISHED:
        refused(running, id, 405, method="TRACE")


def test_other_types_of_content_are_in_the_file(running: Running) -> None:
    for id in PUBLISHED:
        if (
            running.operation(id).body and id != "Datasets_UploadBlock"
        ):  # whose bytes are bytes, whatever they are called
            refused(running, id, 415, headers=running.headers | {"Content-Type": "text/csv"}, data=b"a,b")


def test_bodies_that_are_too_large_are_in_the_file(running: Running, lasting_bench: Bench) -> None:
    for id in PUBLISHED:
        if id == "Datasets_UploadBlock":
            refused(running, id, 413, data=b"x" * (MAX_BLOCK_BYTES + 1), params={"blockid": "AAAA"})
        elif id != "Datasets_Upload" and running.operation(id).body:
            refused(
                running,
                id,
                413,
                headers=running.headers | {"Content-Type": "application/json"},
                data=b" " * (MAX_JSON_BYTES + 1),
            )
    with also_served(lasting_bench.limited(max_upload_bytes=1_000)) as url:
        refused(running, "Datasets_Upload", 413, url, files={"data": b"x" * 3_000_000})


def test_too_many_requests_are_in_the_file(running: Running, lasting_bench: Bench) -> None:
    with also_served(lasting_bench.limited(max_requests=1, request_window_s=86_400.0)) as url:
        running.session.get(f"{url}/projects", headers=running.headers).raise_for_status()
        for id in PUBLISHED:
            refused(running, id, 429, url)
