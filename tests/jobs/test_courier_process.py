"""Workers that are killed while they tell a receiver: nothing that has happened is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from speechsmith.config import Settings
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.status import Status
from speechsmith.domain.webhooks import WebHook
from speechsmith.main import open_home
from speechsmith.services import endpoints, entities, resources, webhooks
from speechsmith.services.context import Context
from waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")]


class Receiver(ThreadingHTTPServer):
    """Takes a random while to answer; knows the ids it was sent, and those that it has answered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.random = random.Random(7)
        self.begun: list[str] = []
        self.done: dict[str, bytes] = {}
        self.arrived = threading.Event()

    def handle_error(self, request, client_address) -> None:
        pass  # who asked was killed


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        id = self.headers["webhook-id"]
        token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0].encode()
        if not token:
            self.server.begun.append(id)
            self.server.arrived.set()
            threading.Event().wait(self.server.random.random() / 10)
        self.send_response(200)
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)
        if not token:
            self.server.done[id] = body

    def log_message(self, format, *args) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ctx(tmp_path) -> Iterator[Context]:
    opened = open_home(Settings(home=tmp_path / "home", allow_private_urls=True))
    yield opened
    opened.store.close()


def worker(ctx: Context) -> subprocess.Popen[bytes]:
    """A worker that is ready."""
    command = [sys.executable, "-m", "speechsmith", "worker", "--home", str(ctx.settings.home)]
    environment = os.environ | {"SPEECHSMITH_ALLOW_PRIVATE_URLS": "true"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_a_worker_that_is_killed_again_and_again_tells_of_everything(ctx, receiver):
    made = resources.create(ctx, name="mine", region="here")
    me = made.resource.id
    url = f"http://127.0.0.1:{receiver.server_address[1]}/"
    told = dict.fromkeys(("endpointCreation", "endpointDeletion"), True)
    new = webhooks.NewWebHook(display_name="x", web_url=url, events=told, api_version="v3.2", root="http://r")
    hook = webhooks.create(ctx, me, new)
    process = worker(ctx)
    until(lambda: entities.get(ctx, me, WebHook, hook.id).status is Status.SUCCEEDED)

    ids: list[UUID] = []
    for _ in range(4):
        for _ in range(5):
            labels = entities.Labels(display_name="e", locale="en-US")
            ids.append(endpoints.create(ctx, me, endpoints.NewEndpoint(labels=labels)).id)
            entities.delete(ctx, me, Endpoint, ids[-1])
        receiver.arrived.clear()
        assert receiver.arrived.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stdout.close()
        process = worker(ctx)

    def all_succeeded() -> bool:
        found = webhooks.deliveries(ctx, me, hook.id, skip=0, top=500).values
        return len(found) == 41 and all(delivery.status is Status.SUCCEEDED for delivery in found)

    until(all_succeeded)
    process.terminate()
    assert process.wait(30) == 0
    process.stdout.close()

    log = {str(one.id): one for one in webhooks.deliveries(ctx, me, hook.id, skip=0, top=500).values}
    expected = sorted((event, f"http://r/speechtotext/v3.2/endpoints/{id}") for id in ids for event in told)
    assert sorted((log[id].event, log[id].entity) for id in set(receiver.begun)) == expected
    assert set(receiver.done) == set(receiver.begun)
