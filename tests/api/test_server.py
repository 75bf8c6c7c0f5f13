"""The listener that the service serves on."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from speechsmith.api import server
from speechsmith.api.server import MOST_HEAD_BYTES, BoundedHttp, bind

HEAD = b"POST /a HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PART = 1 << 14


def test_small_answers_leave_at_once():
    """Without TCP_NODELAY an answer of two small packets waits 40 ms for the other side's delayed acknowledgement."""
    delays = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        delays.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    async def converse() -> None:
        listener = bind("127.0.0.1", 0)
        async with await asyncio.start_server(note, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            await writer.wait_closed()

    asyncio.run(converse())

    assert [bool(delay) for delay in delays] == [True]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the names of the headers and the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    said = b",".join([*(name for name, _ in scope["headers"]), str(size).encode()])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


def answered(parts: Sequence[bytes], *, ends: bytes) -> bytes:
    """What a client that sends these parts one by one has heard until it heard `ends`, or until it was left."""
    config = uvicorn.Config(app, log_config=None, lifespan="off")

    async def converse() -> bytes:
        listener = bind("127.0.0.1", 0)
        made = lambda: BoundedHttp(config, ServerState(), {})  # noqa: E731
        async with await asyncio.get_running_loop().create_server(made, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            heard = b""
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
                while ends not in heard and (data := await asyncio.wait_for(reader.read(PART), 10)):
                    heard += data
            except ConnectionError:
                pass
            writer.close()
            return heard

    return asyncio.run(converse())


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /", *[b"a" * PART] * 200],
        [HEAD, b"X-A: ", *[b"a" * PART] * 200],
        [HEAD, *[b"X-A: a\r\n" * (PART // 8)] * 200],
        [CHUNKED, b"1\r\na\r\n0\r\n", *[b"X-A: a\r\n" * (PART // 8)] * 200],
        [CHUNKED, b"1\r\na\r\n0\r\nX-A: ", *[b"a" * PART] * 200],
        [CHUNKED, b"1;a=", *[b"a" * PART] * 200],
        [b"\r\n" * PART] * 200,
    ],
)
def test_who_never_comes_to_the_end_of_a_head_or_a_trailer_is_left(parts):
    heard = answered(parts, ends=b"no end")

    assert b"200 OK" not in heard


def test_a_large_head_is_told_to_be_too_large():
    assert answered([HEAD, b"X-A: ", *[b"a" * PART] * 5], ends=b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")


def test_who_says_nothing_or_half_a_head_is_left(monkeypatch):
    monkeypatch.setattr(server, "HEAD_S", 0.05)

    assert [answered(parts, ends=b"no end") for parts in ([], [HEAD], [HEAD, b"X-A: a"])] == [b"", b"", b""]


def test_a_head_in_pieces_a_long_body_and_requests_behind_each_other_are_read():
    large = MOST_HEAD_BYTES * 4
    first = [*(HEAD[n : n + 1] for n in range(len(HEAD))), b"Content-Length: %d\r\n\r\n" % large, b"x" * large]
    second = [CHUNKED, *[b"1;a=b\r\nx\r\n"] * 3, b"0\r\nX-Trailer: a\r\n\r\n"]

    heard = answered([*first, *second, HEAD + b"X-Last: a\r\n\r\n"], ends=b"x-last,0")

    assert b"host,content-length,%d" % large in heard
    assert b"host,transfer-encoding,3" in heard
