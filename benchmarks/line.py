"""A client that speaks as the Speech SDKs do, and sees when what arrives.

Time. Sound is spoken while the clock runs: the packet of seconds t to t + 0.1 is sent when it is over, as a microphone
gives it. So second t of the sound is said at `began + t`, and what is told of it later than that is delay.
"""

import asyncio
import contextlib
import json
import math
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.conversations import BYTES_PER_SECOND
from speechsmith.asr.types import SAMPLE_RATE_HZ

PACKET = 0.1  # seconds
AT_ONCE = math.inf  # a pace
OVER, CUT, STUCK = "over", "cut", "stuck"
_RIFF = struct.pack(
    "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE_HZ, BYTES_PER_SECOND, 2, 16, b"data", 0
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for. `phrases`: its phrase list."""

    mode: str = "conversation"
    is_detailed: bool = False
    phrases: tuple[str, ...] = ()
    language: str = "en-US"

    @property
    def path(self) -> str:
        """The address to call, without the host."""
        query = {"language": self.language}
        if self.is_detailed:
            query |= {"format": "detailed", "wordLevelTimestamps": "true"}
        return f"/speech/recognition/{self.mode}/cognitiveservices/v1?{urlencode(query)}"

    @property
    def context(self) -> dict[str, Any]:
        """The body of speech.context."""
        items = [{"Text": phrase} for phrase in self.phrases]
        return {"dgi": {"Groups": [{"Type": "Generic", "Items": items}]}} if items else {}


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and when it arrived."""

    at: float
    path: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Turn:
    """What came of a turn that `began` when its sound did.

    `end` is OVER after turn.end, CUT when this client cut the connection, STUCK when nothing came for too long, and
    else how the service closed it.
    """

    began: float
    told: list[Told] = field(default_factory=list)
    end: str = ""
    ended: float = 0.0

    @property
    def phrases(self) -> list[Told]:
        """All phrases, those without words and the last one too."""
        return [one for one in self.told if one.path == "speech.phrase"]

    @property
    def hypotheses(self) -> list[Told]:
        """All guesses."""
        return [one for one in self.told if one.path in ("speech.hypothesis", "speech.fragment")]

    @property
    def acknowledged(self) -> int:
        """Bytes of the sound that all is told of."""
        last = self.phrases[-1].body if self.phrases else {"Offset": 0, "Duration": 0}
        return round((last["Offset"] + last["Duration"]) * SAMPLE_RATE_HZ / 10**7) * 2


class Line:
    """One connection. See `dialled`."""

    def __init__(self, socket: ClientConnection, wish: Wish, is_deaf: bool) -> None:
        self._socket, self._wish, self._is_deaf = socket, wish, is_deaf

    async def speak(
        self,
        samples: bytes,
        *,
        pace: float = 1.0,
        cut_after: float | None = None,
        limit: float = 600.0,
    ) -> Turn:
        """One turn, with all of these samples and the end of them.

        Args: pace: times real time; cut_after: seconds after which the connection is cut, as by a program that dies;
            limit: seconds for the turn.
        """
        id = uuid4().hex
        await self._text("speech.context", id, self._wish.context)
        loop = asyncio.get_running_loop()
        turn = Turn(loop.time())
        sending = asyncio.create_task(self._send(samples, id, turn, pace))
        cutting = None if cut_after is None else loop.call_later(cut_after, self._cut, turn)
        try:
            async with asyncio.timeout(limit):
                if self._is_deaf:
                    await sending
                await self._hear(turn, id, sending)
        except ConnectionClosed as error:
            close = error.rcvd
            turn.end = turn.end or (f"closed: {close.code} {close.reason}" if close else "closed without a word")
        except TimeoutError:
            turn.end = STUCK
        finally:
            turn.ended = loop.time()
            if cutting is not None:
                cutting.cancel()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await sending
        return turn

    async def _hear(self, turn: Turn, id: str, sending: "asyncio.Task[None]") -> None:
        while not turn.end:
            head, _, body = str(await self._socket.recv()).partition("\r\n\r\n")
            headers = dict(line.split(":", 1) for line in head.split("\r\n"))
            if headers["X-RequestId"] != id:
                continue
            turn.told.append(Told(asyncio.get_running_loop().time(), headers["Path"], json.loads(body)))
            if headers["Path"] == "speech.endDetected":
                sending.cancel()
            elif headers["Path"] == "turn.end":
                turn.end = OVER

    async def _send(self, samples: bytes, id: str, turn: Turn, pace: float) -> None:
        head = f"Path: audio\r\nX-RequestId: {id}\r\n"
        await self._binary(f"{head}Content-Type: audio/x-wav\r\n", _RIFF)
        packet = round(PACKET * BYTES_PER_SECOND)
        for start in range(0, len(samples), packet):
            due = turn.began + min(start + packet, len(samples)) / BYTES_PER_SECOND / pace
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await self._binary(head, samples[start : start + packet])
        await self._binary(head, b"")

    async def _binary(self, head: str, body: bytes) -> None:
        raw = head.encode()
        await self._socket.send(struct.pack(">H", len(raw)) + raw + body)

    async def _text(self, path: str, id: str, body: Mapping[str, Any]) -> None:
        await self._socket.send(f"Path: {path}\r\nX-RequestId: {id}\r\n\r\n{json.dumps(body)}")

    def _cut(self, turn: Turn) -> None:
        if not turn.end:
            turn.end = CUT
            self._socket.transport.abort()


@contextlib.asynccontextmanager
async def dialled(url: str, key: str, wish: Wish, *, name: str = "", is_deaf: bool = False) -> AsyncIterator[Line]:
    """A line to the service at this URL.

    Args: name: what the client calls the connection, the same when it reconnects; is_deaf: it reads nothing of a turn
        before everything is sent.

    Raises: websockets' InvalidStatus when the service refuses it.
    """
    headers = {"Ocp-Apim-Subscription-Key": key, "X-ConnectionId": name or uuid4().hex}
    async with connect(
        url.replace("http", "ws", 1) + wish.path,
        additional_headers=headers,
        compression=None,
        proxy=None,
        ping_interval=None,
        max_queue=1 if is_deaf else None,
    ) as socket:
        yield Line(socket, wish, is_deaf)
