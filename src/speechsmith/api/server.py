"""The transport: uvicorn, started when its socket is bound and drained when it is told to stop."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from speechsmith.api.websockets import PatientWebSocket
from speechsmith.realtime.messages import MOST_BYTES

DRAIN_S = 30
MOST_FILES = 1 << 16
"""What is open at once: each connection is a file, and most systems allow a thousand unless they are asked."""
PING_S = 20.0
"""How long a WebSocket may be silent before it is asked whether it is there, and how long it has to answer."""
HEAD_S = 30.0
MOST_HEAD_BYTES = 1 << 16
"""How long the head of a request may take and how large it may be; what comes at once may be a little larger."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate with its key, as PEM files."""

    cert: Path
    key: Path


class _Server(uvicorn.Server):
    """uvicorn re-raises the signal that stopped it; a service that has drained has done well and leaves with 0.

    `stopping` is called first of all.
    """

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to stop."""
        self._stopping()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, which by itself reads a head without an end into memory, and waits for ever for its rest.

    Nobody has shown a key yet while a head is read, so everybody could do it.
    """

    _late: asyncio.TimerHandle | None = None  # there while a head is read
    _silent_bytes = 0  # that have come since something came of them

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is waited for."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a head has come."""
        super().on_message_begin()
        self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; behind the body it is a trailer, which nobody reads."""
        if self._late is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end()
        self._silent_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, whose reader has bounds of his own."""
        self._silent_bytes = 0
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Count what is neither a whole head nor a body."""
        self._silent_bytes += len(data)
        super().data_received(data)
        if self._silent_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_TOO_LARGE)
            self._close()

    def _begin(self) -> None:
        self._end()
        self._silent_bytes = 0
        self._late = self.loop.call_later(HEAD_S, self._close)

    def _end(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close(self) -> None:
        self._end()
        self.transport.close()


def configured(app: ASGIApp, tls: Tls | None = None) -> uvicorn.Config:
    """How uvicorn serves an application here."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # it tells addresses of WebSockets with their keys
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        ws=PatientWebSocket,
        ws_max_size=MOST_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=30,
        ssl_certfile=tls.cert if tls else None,
        ssl_keyfile=tls.key if tls else None,
        forwarded_allow_ips="",
        proxy_headers=False,
    )


def run(
    app: ASGIApp,
    listener: socket.socket,
    tls: Tls | None,
    ready: Callable[[], None],
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once requests are answered, `stopping` at the signal."""
    _allow_files()
    config = configured(app, tls)
    server = _Server(config, stopping)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(server, listener, ready))


async def _serve(server: uvicorn.Server, listener: socket.socket, ready: Callable[[], None]) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        _settle()
        ready()
    await serving


def _allow_files() -> None:
    """Raise the number of open files to what the system gives without being root."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # then it stays as it is
        import resource  # noqa: PLC0415  # it exists on POSIX only

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))


def _settle() -> None:
    """Keep the garbage collector off what the start has made: looking at all of it holds requests up for 70 ms."""
    gc.collect()
    gc.freeze()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises: OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since asyncio turns off the delay of small packets (40 ms) only where it is TCP by name.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
