"""Receivers of web hooks on this machine, and a courier that sends to them when a test says so."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench import Bench
from speechsmith.jobs.courier import Courier

Answer = tuple[int, bytes] | Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Got:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["x-microsoftspeechservices-event"]

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.path).query)["validationToken"][0]


@dataclass
class Receiver:
    """Answers challenges well and everything with 200, unless the script of an event says otherwise."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    script: dict[str, list[Answer]] = field(default_factory=dict)

    def answer(self, request: Got) -> Answer:
        if answers := self.script.get(request.event):
            return answers.pop(0)
        return 200, request.token.encode() if request.event == "Challenge" else b"thanks"

    def events(self) -> list[str]:
        return [got.event for got in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.path, headers, self.rfile.read(length))
            receiver.got.append(got)
            answer = receiver.answer(got)
            if callable(answer):
                answer(self)
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # connections that end early are what is tested

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


class AtOnce(Executor):
    """Sends in the thread that asks."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


def deliver(bench: Bench, *, after: timedelta = timedelta()) -> None:
    """Send what is due to web hooks after some time, which then stands still."""
    bench.clock.time += after
    now = bench.clock.time
    courier = Courier(replace(bench.ctx, now=lambda: now), "courier", pool=AtOnce())
    courier.step()
    while not courier.is_idle:
        courier.step()
