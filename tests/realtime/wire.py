"""A real service on a socket of this machine, and a client that speaks the protocol frame by frame.

The service has real processes that listen and decode; its engine is the one of `loud_engine`.
"""

import asyncio
import io
import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import frames
import httpx2
import numpy as np
import pytest
import soundfile
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

import loud_engine
from bench import Bench, bench_on, put_inline, speech
from speechsmith.api import server
from speechsmith.api.app import create_app
from speechsmith.api.auth import KEY_HEADER
from speechsmith.decoding.live import LivePool
from speechsmith.decoding.pool import DecodePool
from speechsmith.realtime.server import Lines
from speechsmith.services import recognition
from speechsmith.store.sql import Store, sqlite_url
from waiting import until

PATIENCE_S = 60.0
RATE = 16_000
PATH = "/speech/recognition/{mode}/cognitiveservices/v1"
SILENCE = bytes(2 * RATE)  # a second


def samples(sentence: int) -> bytes:
    """Two seconds of the sentence and one and a half of silence, as raw sound."""
    data, _ = soundfile.read(io.BytesIO(speech(sentence)), dtype="int16")
    return np.asarray(data, "<i2").tobytes() + SILENCE + SILENCE[: len(SILENCE) // 2]


@dataclass(frozen=True)
class Message:
    """What the service says."""

    path: str
    id: str
    body: dict[str, Any]


@dataclass
class Caller:
    """One connection, seen from its client."""

    socket: ClientConnection

    def context(self, turn: str, **members: Any) -> None:
        self.socket.send(frames.text("speech.context", turn, members))

    def sound(self, turn: str, data: bytes, *, first: bool = False, packet: int = 3200) -> None:
        """Sound in packets; the first has a header."""
        if first:
            self.socket.send(frames.audio(turn, frames.wav_header(), "audio/x-wav"))
        for at in range(0, len(data), packet):
            self.socket.send(frames.audio(turn, data[at : at + packet]))

    def end(self, turn: str) -> None:
        self.socket.send(frames.audio(turn))

    def say(self, turn: str, data: bytes, **members: Any) -> None:
        """A whole turn."""
        self.context(turn, **members)
        self.sound(turn, data, first=True)
        self.end(turn)

    def read(self) -> Message:
        """The next message."""
        said = self.socket.recv(timeout=PATIENCE_S)
        assert isinstance(said, str)
        head, _, body = said.partition("\r\n\r\n")
        headers = dict(line.split(":", 1) for line in head.split("\r\n"))
        return Message(headers["Path"], headers["X-RequestId"], json.loads(body))

    def until(self, path: str) -> list[Message]:
        """Messages up to one of this path."""
        told = [self.read()]
        while told[-1].path != path:
            told.append(self.read())
        return told

    def closed(self) -> tuple[int, str]:
        """Code and reason with which the service closes, whatever it says before."""
        with pytest.raises(ConnectionClosed) as error:
            self._read_on()
        assert error.value.rcvd is not None, "cut off without a word"
        return error.value.rcvd.code, error.value.rcvd.reason

    def _read_on(self) -> None:
        while True:
            self.socket.recv(timeout=PATIENCE_S)


def texts(told: list[Message]) -> list[str]:
    """What was recognized."""
    return [one.body["DisplayText"] for one in told if one.path == "speech.phrase" and "DisplayText" in one.body]


@dataclass
class Service:
    """A running service and a key of it."""

    bench: Bench
    app: Any
    address: tuple[str, int]
    loop: asyncio.AbstractEventLoop
    key: str
    connections: set[Any]  # of uvicorn
    ends: ExitStack = field(default_factory=ExitStack)  # of calls

    @property
    def lines(self) -> Lines:
        found: Lines = self.app.state.service.lines
        return found

    def url(self, mode: str = "conversation", path: str = "", **query: str) -> str:
        host, port = self.address
        return f"ws://{host}:{port}{path or PATH.format(mode=mode)}?{urlencode(query)}"

    def call(self, mode: str = "conversation", path: str = "", *, headers: Any = None, **query: Any) -> Caller:
        """Dial, with the key unless other headers are given. Raises: InvalidStatus."""
        options = query.pop("options", {})
        asked = query or {"language": "en-US"}
        dialled = connect(
            self.url(mode, path, **asked),
            additional_headers={KEY_HEADER: self.key} if headers is None else headers,
            compression=None,
            proxy=None,
            open_timeout=PATIENCE_S,
            close_timeout=0.2,
            **({"ping_interval": None} | options),
        )
        return Caller(self.ends.enter_context(dialled))

    def rest(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The REST API, over the same socket."""
        host, port = self.address
        headers = options.pop("headers", {KEY_HEADER: self.key})
        return httpx2.request(method, f"http://{host}:{port}{path}", headers=headers, timeout=PATIENCE_S, **options)

    def hang_up(self) -> None:
        """End all calls, and wait until the service knows."""
        self.ends.close()
        until(lambda: not self.lines.lines, seconds=PATIENCE_S)


@contextmanager
def served(bench: Bench) -> Iterator[Service]:
    """The service of a bench on a free port, until the block ends."""
    app = create_app(bench.ctx)
    config = server.configured(app)
    running = uvicorn.Server(config)
    with (
        server.bind("127.0.0.1", 0) as listener,
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        loop = runner.get_loop()
        thread = threading.Thread(target=runner.run, args=(running.serve(sockets=[listener]),))
        thread.start()
        until(lambda: running.started, seconds=PATIENCE_S)
        made = Service(bench, app, listener.getsockname(), loop, bench.tenant.key1, running.server_state.connections)
        try:
            yield made
        finally:
            made.ends.close()
            loop.call_soon_threadsafe(made.lines.stop)
            running.should_exit = True
            thread.join()


@contextmanager
def loud_bench(folder: Path, template: Path, **settings: Any) -> Iterator[Bench]:
    """A bench in a folder, whose recognition is done by processes."""
    (folder / "speechsmith.db").write_bytes(template.read_bytes())
    with pytest.MonkeyPatch.context() as patch, closing(Store(sqlite_url(folder / "speechsmith.db"))) as store:
        put_inline(patch, folder / "models")
        patch.setattr(recognition, "DecodePool", partial(DecodePool, loader=loud_engine.load))
        patch.setattr(recognition, "LivePool", partial(LivePool, guesser_loader=loud_engine.guesser))
        yield bench_on(store, folder).limited(decode_processes=2, most_live_streams=8, **settings)


HEAD = "GET {target} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
KEYED = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: a close is a reset."""


@contextmanager
def raw(service: Service, mode: str = "conversation", query: str = "") -> Iterator[socket.socket]:
    """A WebSocket whose client reads and answers nothing by itself. Its end is a reset."""
    with socket.create_connection(service.address, timeout=PATIENCE_S) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        target = PATH.format(mode=mode) + f"?language=en-US{query}"
        client.sendall(f"{HEAD.format(target=target)}{KEYED}{KEY_HEADER}: {service.key}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += client.recv(1)
        assert b" 101 " in answer
        yield client


def frame(opcode: Opcode, data: bytes | str, **how: bool) -> bytes:
    """As a client puts it on the wire."""
    return Frame(opcode, data.encode() if isinstance(data, str) else data, **how).serialize(mask=True)


def children(module: str, parent: int | None = None) -> list[int]:
    """The processes that a process, or this one, has started with a module of ours."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status, command = (folder / "stat").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue
        state, its_parent = status.rpartition(")")[2].split()[:2]
        if (
            int(its_parent) == (parent or os.getpid())
            and f"from speechsmith.{module} import" in command
            and state != "Z"
        ):
            found.append(int(folder.name))
    return found
