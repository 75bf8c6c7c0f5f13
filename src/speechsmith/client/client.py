"""The service as a Python program sees it.

    with Client("http://127.0.0.1:8080/speechtotext/v3.2", key) as client:
        project = client.projects.create(display_name="Clinic", locale="en-US")
        model = client.models.create(display_name="Words", locale="en-US", datasets=[dataset_id])
        model = client.models.wait(id_of(model), timeout=3600, seen=print)

Calls are synchronous. Entities are JSON objects as the service returned them (`entity.py`), refusals are exceptions
(`errors.py`).
"""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from speechsmith.client.collection import entity_of
from speechsmith.client.downloads import fetch
from speechsmith.client.entity import Entity, part, text
from speechsmith.client.errors import ClientError
from speechsmith.client.resources import (
    BaseModels,
    Datasets,
    Endpoints,
    Evaluations,
    Models,
    Operations,
    Projects,
    Transcriptions,
)
from speechsmith.client.tokens import resource_of
from speechsmith.client.transport import Sent, Transport
from speechsmith.client.webhooks import WebHooks


class Client:
    """One service, spoken to with one key, in one version of its API.

    `base` holds the version: `http://127.0.0.1:8080/speechtotext/v3.2`. `observe` is shown every request as it leaves.
    """

    def __init__(
        self,
        base: str,
        key: str | None = None,
        *,
        timeout: float = 100.0,
        observe: Callable[[Sent], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = Transport(base, key, timeout=timeout, observe=observe, clock=clock, sleep=sleep)
        self.projects = Projects(self._server)
        self.datasets = Datasets(self._server)
        self.models = Models(self._server)
        self.base_models = BaseModels(self._server)
        self.evaluations = Evaluations(self._server, self.models)
        self.endpoints = Endpoints(self._server, self.models)
        self.transcriptions = Transcriptions(self._server, self.models)
        self.webhooks = WebHooks(self._server)
        self.operations = Operations(self._server)

    @property
    def version(self) -> str:
        """The version of the API that is spoken, `v3.2`: the last part of the base address."""
        return self._server.base.rpartition("/")[2]

    def is_home(self, url: str) -> bool:
        """Whether a URL leads to this service, so that it is sent the key. Raises: BadReference."""
        return self._server.is_home(url)

    def limits(self) -> Entity:
        """What the resource may do and what of it is used. Speechsmith's own."""
        return entity_of(self._server.call("GET", f"{self._server.base}/limits").body)

    def resource_id(self) -> str:
        """The id of the resource that the key belongs to, which its access tokens tell; "" where they do not."""
        return resource_of(self._server.token())

    def read(self, url: str) -> Entity:
        """Whatever entity lies at a URL."""
        return entity_of(self._server.call("GET", url).body)

    def download(self, file: Entity, target: Path, *, seen: Callable[[int, int], None]) -> None:
        """Save the content of a file entity. Raises: ClientError, OSError."""
        url = text(part(file, "links"), "contentUrl")
        if not url:
            raise ClientError(f"{text(file, 'self') or 'The entity'} has no links.contentUrl; it is not a file.")
        size = part(file, "properties").get("size")
        known = size if isinstance(size, int) else None
        fetch(self._server, url, target, entity=text(file, "self"), size=known, seen=seen)

    def download_url(self, url: str, target: Path, *, seen: Callable[[int, int], None]) -> None:
        """Save whatever lies at a URL. Raises: ClientError, OSError."""
        fetch(self._server, url, target, entity="", size=None, seen=seen)

    def close(self) -> None:
        """Let the connection go."""
        self._server.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
