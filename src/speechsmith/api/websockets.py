"""WebSockets as uvicorn serves them, where it is too hasty, and where it is too trusting."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Response as Answer

MOST_PHRASE = 200
PIECE_BYTES = 1 << 13
"""How much of what a client has sent is made into messages at once."""
MOST_EMPTY_FRAMES = 1_000
"""Pings, and fragments of less than LEAST_FRAGMENT_BYTES, within WINDOW_S: each costs as much as a message."""
LEAST_FRAGMENT_BYTES = 64
WINDOW_S = 20.0
CLOSE_S = 2.0
"""How long a client has to say that it knows that its WebSocket is closed."""
LEAVE_S = 10.0
"""How long it has to take what is still to be sent when it is left."""

_NO_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, made patient with who is slow and bounded for who is hostile.

    By itself it closes every connection as soon as the service is told to stop; takes for dead who is read from slowly,
    for the answer to a ping waits behind his sound; leaves a handshake that it does not understand open for ever, and
    so who does not take what he is sent; keeps what a client sends in small frames without bound.

    A refusal in plain text is its reason phrase, too: of an answer to an upgrade the Speech SDK shows 128 bytes only.
    """

    _heard_at = 0.0  # when something came
    _empty_frames, _counted_from = 0, 0.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.close_timeout = CLOSE_S
        self._unread = bytearray()

    def shutdown(self) -> None:
        """The application closes it: when what is being said has been told, or its time to drain is over."""

    def data_received(self, data: bytes) -> None:
        """Make messages of it, while the application takes them."""
        self._heard_at = self.loop.time()
        self._unread += data
        self._take()
        if self.conn.handshake_exc is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()) or _NO_HANDSHAKE)
            self.transport.close()

    async def receive(self) -> ASGIReceiveEvent:
        """The next message."""
        message = await super().receive()
        self._take()
        return message

    def _take(self) -> None:
        while self._unread and not self.read_paused and not self.transport.is_closing():
            piece = bytes(self._unread[:PIECE_BYTES])
            del self._unread[:PIECE_BYTES]
            super().data_received(piece)

    def handle_cont(self, event: Frame) -> None:
        """A fragment; those of no length are without number."""
        self._count(len(event.data))
        if not self.close_sent:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """The answer is dropped when answers are not taken: they would pile up here."""
        self._count(0)
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    def _count(self, size_bytes: int) -> None:
        if size_bytes >= LEAST_FRAGMENT_BYTES:
            return
        if self._heard_at - self._counted_from > WINDOW_S:
            self._empty_frames, self._counted_from = 0, self._heard_at
        self._empty_frames += 1
        if self._empty_frames > MOST_EMPTY_FRAMES:
            self._fail(CloseCode.POLICY_VIOLATION, "These are too many small frames.")

    def send_receive_event_to_app(self) -> None:
        """A message is whole. uvicorn would log a fault for text that is none."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "Text is in UTF-8.")
            return
        super().send_receive_event_to_app()

    def _fail(self, code: CloseCode, reason: str) -> None:
        if not self.transport.is_closing():
            self.conn.fail(code, reason)
            self.handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """A ping was not answered: in time, or because it was not read here."""
        if self.read_paused or self._heard_at > self.ping_sent_at:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()
            return
        super().keepalive_timeout()
        self._leave()

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        """The application is done with it."""
        super().on_task_complete(task)
        self._leave()

    def _leave(self) -> None:
        self.loop.call_later(LEAVE_S, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """What the application answers."""
        if self.close_sent and self.initial_response is None:
            raise ClientDisconnected  # uvicorn takes it for a fault of the application
        if message["type"] != "websocket.http.response.body" or self.initial_response is None or self.close_sent:
            await super().send(message)
            return
        status, fields, before = self.initial_response
        body = before + message["body"]
        if message.get("more_body", False):
            self.initial_response = (status, fields, body)
            return
        headers = Headers([*fields, ("Connection", "close")])
        headers.setdefault("Content-Length", str(len(body)))
        is_text = headers.get("Content-Type", "").startswith("text/plain")
        phrase = _one_line(body) if is_text else HTTPStatus(status).phrase
        self.conn.send_response(Answer(status, phrase, headers, body))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        self.handshake_complete = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()


def _one_line(body: bytes) -> str:
    """A text as a reason phrase may have it."""
    text = " ".join(body.decode(errors="replace").split())
    return text.encode("ascii", errors="replace").decode()[:MOST_PHRASE]
