"""Two Speechsmith servers on the loopback that are peers, and what goes over the line between them."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from bench import Bench
from speechsmith.api.app import create_app


@dataclass
class Line:
    """What a server has been sent, in the order of requests, and what happens to its answers.

    `cut_after` bytes of the next file the connection is closed; `alter` changes the bytes of files.
    """

    app: Any
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    cut_after: int | None = None
    alter: Callable[[bytes], bytes] = lambda chunk: chunk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = "\n".join(f"{name.decode()}: {value.decode()}" for name, value in scope["headers"])
        said = bytearray(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}\n{head}\n\n".encode())
        number = len(self.requests)
        self.requests.append((scope["path"], bytes(said)))
        cut, self.cut_after = (self.cut_after, None) if scope["path"].startswith("/files/") else (None, self.cut_after)
        given = 0

        async def heard() -> Any:
            message = await receive()
            said.extend(message.get("body", b""))
            self.requests[number] = (scope["path"], bytes(said))
            return message

        async def answered(message: Any) -> None:
            nonlocal given
            if scope["path"].startswith("/files/") and message.get("body"):
                message = message | {"body": self.alter(message["body"])}
                if cut is not None and given + len(message["body"]) > cut:
                    await send(message | {"body": message["body"][: cut - given], "more_body": True})
                    raise ConnectionError("the line is cut")
                given += len(message["body"])
            await send(message)

        with contextlib.suppress(ConnectionError):
            await self.app(scope, heard, answered)

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def said(self) -> bytes:
        return b"".join(said for _, said in self.requests)


@dataclass
class Server:
    """A bench whose application listens at `url`."""

    bench: Bench
    url: str
    line: Line


def listening() -> tuple[socket.socket, str]:
    """A free port of the loopback, and its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def served(bench: Bench, listener: socket.socket, url: str) -> Iterator[Server]:
    """The application of a bench, until the block ends."""
    app = create_app(bench.ctx)
    line = Line(app)
    config = uvicorn.Config(line, log_level="critical", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Server(bench, url, line)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
