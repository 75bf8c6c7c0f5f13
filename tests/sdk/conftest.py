"""One service for all of these tests, started as a user starts it, and the Speech SDKs that talk to it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from speechsmith.cli import demo
from speechsmith.client.client import Client

from .client import Sdk, js_sdk, python_sdk
from .line import Line, line_to
from .sounds import Sounds

PACKAGES = Path(__file__).parents[2] / ".speech-sdk" / "node_modules"
SAMPLE = Path(demo.__file__).parents[1] / "sample"
NOT_WANTED = "#profanity\nreceived\n"


@dataclass(frozen=True)
class Service:
    """A running service, and a resource of it."""

    url: str
    key: str
    home: Path
    client: Client

    @property
    def host(self) -> str:
        """What the SDKs call the host."""
        return self.url.replace("http://", "ws://")

    def done(self, collection: Any, made: Any) -> Any:
        """The entity once it has succeeded."""
        ended = collection.wait(made["self"], timeout=300, seen=lambda _: None)
        assert ended["status"] == "Succeeded", ended
        return ended

    def dataset(self, kind: str, data: Path) -> str:
        """The URL of a dataset of this file."""
        labels = {"display_name": kind, "locale": "en-US", "kind": kind}
        made = self.client.datasets.upload(data, **labels, seen=lambda *_: None)
        return self.done(self.client.datasets, made)["self"]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service; contentUrls may name this machine."""
    home = tmp_path_factory.mktemp("sdk-home")
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:  # until it is started: it stays longer than these tests
            patch.setenv("SPEECHSMITH_ALLOW_PRIVATE_URLS", "1")
            patch.setenv("SPEECHSMITH_MOST_LIVE_STREAMS", "16")
            url = running.enter_context(demo.service(home))
        key = demo.environment_for(home, url)["SPEECHSMITH_KEY"]
        with Client(f"{url}/speechtotext/v3.2", key) as client:
            yield Service(url, key, home, client)


@pytest.fixture(scope="session")
def endpoint_id(service: Service, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an endpoint with a custom model that knows the talk of the sample, and one more profane word."""
    rules = tmp_path_factory.mktemp("rules") / "rules.txt"
    rules.write_text(NOT_WANTED, encoding="utf-8")
    related = service.dataset("Language", SAMPLE / "train" / "related-text.txt")
    datasets = [related, service.dataset("OutputFormatting", rules)]
    labels = {"display_name": "parts", "locale": "en-US"}
    model = service.done(service.client.models, service.client.models.create(**labels, datasets=datasets))
    endpoints = service.client.endpoints
    return service.done(endpoints, endpoints.create(**labels, model=model["self"]))["self"].rpartition("/")[2]


@pytest.fixture(scope="session")
def installed() -> dict[str, Sdk | str]:
    """The SDKs by name; or why one is not there."""
    return {"python": python_sdk(), "js": js_sdk(shutil.which("node"), PACKAGES)}


def ready(found: Sdk | str, service: Service) -> Sdk:
    """An SDK that is told the service and its key."""
    if isinstance(found, str):
        pytest.skip(found)
    return replace(found, common={"host": service.host, "key": service.key, "language": "en-US"})


@pytest.fixture(params=["python", "js"])
def sdk(request: pytest.FixtureRequest, installed: dict[str, Sdk | str], service: Service) -> Sdk:
    """Each SDK in turn."""
    return ready(installed[request.param], service)


@pytest.fixture
def native(installed: dict[str, Sdk | str], service: Service) -> Sdk:
    """The native SDK, for what JavaScript does otherwise."""
    return ready(installed["python"], service)


@pytest.fixture
def javascript(installed: dict[str, Sdk | str], service: Service) -> Sdk:
    """The SDK for JavaScript, for what the native one does otherwise."""
    return ready(installed["js"], service)


@pytest.fixture
def line(service: Service) -> Iterator[Line]:
    """A line to the service that notes what goes over it."""
    with line_to(service.url) as line:
        yield line


@pytest.fixture
def line_cut_at(service: Service) -> Callable[[bytes], AbstractContextManager[Line]]:
    """Lines whose first connection breaks once the service has said something."""
    return partial(line_to, service.url)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    """What is said."""
    return Sounds(tmp_path_factory.mktemp("sounds"))
