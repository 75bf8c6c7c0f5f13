"""A service on loopback that answers as it is told and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """What to answer. `cut`: promise the whole body, send only so many bytes, hang up."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    @property
    def content(self) -> bytes:
        if self.body is None or isinstance(self.body, bytes):
            return self.body or b""
        return json.dumps(self.body).encode()


class Service:
    """The script and the record. Of several answers to one request each is given once, the last one forever."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.asked: list[Asked] = []
        self._script: dict[tuple[str, str], list[Answer]] = {}

    def url(self, path: str) -> str:
        return f"{self.root}{path}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._script[method, path] = list(answers)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answers = self._script.get((asked.method, asked.path))
        if not answers:
            return Answer({"code": "NotFound", "message": f"Nothing at {asked.path}."}, 404)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @property
    def lines(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@contextmanager
def serving() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = service.answer(Asked(self.command, self.path, dict(self.headers.items()), body))
            content = answer.content
            if (wanted := self.headers.get("Range")) and answer.status == 206:
                content = content[int(wanted.removeprefix("bytes=").rstrip("-")) :]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Service(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
