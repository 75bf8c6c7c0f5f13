"""The listener that the service serves on."""

import asyncio
import socket

from speechsmith.api.server import bind


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
