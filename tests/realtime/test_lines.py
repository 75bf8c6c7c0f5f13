"""A line as its transport sees it: ASGI messages in and out, and a listener that says what the test lets it say."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from frames import audio, text
from sessions import BEGAN, GUESS, PATH, SECOND
from starlette.websockets import WebSocket

from bench import Bench
from speechsmith.decoding.events import Event, Listening
from speechsmith.realtime.server import Lines


class Mute:
    """A listener without a word of its own: `deliver` tells what it is to have heard."""

    behind, streams = 0.0, 1
    deliver: Callable[[Event], None]

    def listen(self, _wanted: Listening, deliver: Callable[[Event], None]) -> "Mute":
        self.deliver = deliver
        return self

    def feed(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class Speaking:
    """A line of another resource, that so many streams are listened to of."""

    resource_id = None

    def __init__(self, streams: int) -> None:
        self.streams = streams


class Client:
    """One that says nothing any more once it has spoken, not even that it knows that its line is closed."""

    def __init__(self, bench: Bench, *frames: str | bytes) -> None:
        path = PATH.format("conversation")
        scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"language=en-US"}
        scope |= {"subprotocols": [], "resource": SimpleNamespace(id=bench.me)}
        self.websocket = WebSocket(scope, self._receive, self._send)
        self._says: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._is_told: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})
        for frame in frames:
            form = {"text": frame, "bytes": None} if isinstance(frame, str) else {"text": None, "bytes": frame}
            self._says.put_nowait({"type": "websocket.receive"} | form)

    async def _receive(self) -> Mapping[str, Any]:
        return await self._says.get()

    async def _send(self, message: Mapping[str, Any]) -> None:
        self._is_told.put_nowait(message)

    def leave(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def told(self, what: str) -> Mapping[str, Any]:
        """The next message that has this in it."""
        while True:
            message = await asyncio.wait_for(self._is_told.get(), timeout=20)
            if what in str(message):
                return message


def test_what_is_heard_after_a_line_was_cut_off_is_no_fault(sqlite_bench, caplog):
    async def cut_off() -> Mapping[str, Any]:
        mute = Mute()
        lines = Lines(sqlite_bench.ctx, mute, SimpleNamespace(), most=1)
        client = Client(sqlite_bench, text("speech.context", "a"), audio("a", SECOND))
        serving = asyncio.create_task(lines.serve(client.websocket))
        await client.told("turn.start")
        while not lines.speaking:
            await asyncio.sleep(0)
        mute.deliver(BEGAN)
        await client.told("speech.startDetected")
        (line,) = lines.lines

        line.end()
        closed = await client.told("websocket.close")
        mute.deliver(GUESS)
        for _ in range(20):  # turns of the loop, in which it would be told
            await asyncio.sleep(0)
        client.leave()
        await asyncio.wait_for(serving, timeout=20)
        return closed

    with caplog.at_level(logging.ERROR):
        closed = asyncio.run(cut_off())

    assert closed["code"] == 1001
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("speaking", "wanted", "refused"),
    [([1, 1], 1, False), ([1, 1], 2, True), ([3], 1, True), ([], 4, False), ([1], 4, True)],
)
def test_each_language_that_may_be_spoken_counts_and_who_needs_more_than_there_are_gets_all(
    sqlite_bench, speaking, wanted, refused
):
    lines = Lines(sqlite_bench.ctx, Mute(), SimpleNamespace(), most=3)
    lines.lines = {Speaking(streams) for streams in speaking}  # type: ignore[arg-type]

    assert bool(lines.no_room(sqlite_bench.me, wanted)) is refused
