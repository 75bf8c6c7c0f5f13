"""The transport of live recognition: WebSockets in, and what the state machine decides out.

Theory. A *line* is one connection. Two coroutines serve it: one reads frames, one takes the events of the listener;
both hand what they have to the session, and carry out what it answers, one after the other under a lock. Everything
that takes long is done elsewhere: models are looked up in a thread, speech is recognized in processes.

Bounds. Nobody is read from faster than he is listened to: a line whose listener is MOST_BEHIND seconds behind is not
read, and TCP tells the client. A client that takes nothing for SLOW_S is cut off, and so is one that says nothing for
IDLE_S. No more than `most` lines speak at once: the next turn is refused, so that those who speak are heard in time. A
turn takes its place when it begins to be listened to; one without sound takes none. A resource has at most half of all
lines, so that nobody can keep all others out by being there, and as many places as the operator gives to each. Models
are looked up in threads of their own, and after each frame it is the others' turn.

When the service stops, lines without a turn are closed at once, the others when their turn is over, and after LAST_S
all that are left. The Speech SDKs connect again, and go on where they were.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import PhraseList
from speechsmith.decoding.events import Event, Failed, Found, Hearer, Listening, SoundFormat
from speechsmith.decoding.live import Live
from speechsmith.domain.errors import SpeechError
from speechsmith.engines.base import EngineError
from speechsmith.realtime.context import Candidate, Mode, TurnOptions, path_mode, turn_options
from speechsmith.realtime.messages import Code
from speechsmith.realtime.session import (
    STOPPING,
    Abandon,
    Action,
    Begin,
    Close,
    Feed,
    Finish,
    Listen,
    Send,
    Session,
    Turn,
)
from speechsmith.realtime.tape import Tape
from speechsmith.services import endpoints
from speechsmith.services.context import Context
from speechsmith.services.recognition import Recognition, expected
from speechsmith.services.recorder import Recorder
from speechsmith.traces import trace_of

MOST_BEHIND = 10.0
MOST_LINES = 1_000
FINDERS = 4
MOST_NAMES = 1_000
SLOW_S = 30.0
IDLE_S = 600.0
LAST_S = 25.0
SUBPROTOCOL = "USP"
T = TypeVar("T")

LIVE_PATHS = (
    *(f"/speech/recognition/{mode}/cognitiveservices/v1" for mode in Mode),
    "/speech/universal/v2",
    "/stt/speech/universal/v2",
)
"""What the Speech SDKs call."""

log = logging.getLogger("speechsmith.realtime")


@dataclass(frozen=True, slots=True)
class _Served:
    """What a turn is answered with, or may be, in one language."""

    serving: endpoints.Serving
    turn: Turn
    phrases: PhraseList | None

    @property
    def hearer(self) -> Hearer:
        """Who recognizes."""
        return Hearer(self.serving.locale, self.serving.model, self.phrases)


@dataclass(slots=True)
class _Hearing:
    """A turn that is listened to: its number, and the tape that it is logged from."""

    turn: int
    served: _Served
    live: Live
    tape: Tape | None = None


@dataclass(eq=False)
class Lines:
    """All lines of this process. `most`: how many may speak at once."""

    ctx: Context
    recognition: Recognition
    recorder: Recorder
    most: int
    lines: set["Line"] = field(default_factory=set)
    names: deque[UUID] = field(default_factory=lambda: deque(maxlen=MOST_NAMES))  # of turns that were logged
    finders: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(FINDERS))
    refused: int = 0  # since the start, as there was no room
    is_stopping: bool = False

    @property
    def speaking(self) -> int:
        """How many streams are listened to."""
        return sum(line.streams for line in self.lines)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection, from the request for it on."""
        resource_id: UUID = websocket.scope["resource"].id
        query = dict(websocket.query_params)
        if self.is_stopping:
            await _deny(websocket, 503, STOPPING)
            return
        if refused := self._no_line(resource_id) or self.no_room(resource_id):
            self.refused += 1
            await _deny(websocket, 429, refused)
            return
        line = Line(self, websocket, resource_id, query)
        self.lines.add(line)
        try:
            await self.find(self._check, resource_id, websocket.scope["path"], query)
            if self.is_stopping:
                await _deny(websocket, 503, STOPPING)
            else:
                await line.run()
        except SpeechError as error:
            await _deny(websocket, 400, error.message)
        except Exception as error:  # noqa: BLE001 - the one place where a fault of ours ends a line
            log.error("fault in a line\n%s", trace_of(error))
            await _close(websocket, Code.FAILED, "Something broke here; the log has it.")
        finally:
            self.lines.discard(line)

    def _no_line(self, resource_id: UUID) -> str:
        """Why there is no other line for a resource, or ""."""
        its_own = sum(line.resource_id == resource_id for line in self.lines)
        if len(self.lines) < MOST_LINES and its_own < MOST_LINES // 2:
            return ""
        return "There are too many connections; close those that you do not need, or connect again later."

    def no_room(self, resource_id: UUID, streams: int = 1) -> str:
        """Why no more streams of a resource are listened to, or "". A turn that needs more than there are gets all."""
        its_own = sum(line.streams for line in self.lines if line.resource_id == resource_id)
        each = self.ctx.settings.most_live_streams_each
        if self.speaking > max(0, self.most - streams):
            return f"This machine listens to {self.most} at once, and so many are speaking; connect again later."
        if each and its_own > max(0, each - streams):
            return f"A resource is listened to {each} times at once, and so many are speaking; connect again later."
        return ""

    async def find(self, look_up: Callable[..., T], *arguments: Any) -> T:
        """Call what asks the database, and takes long, in a thread; all else that threads do need not wait for it."""
        return await to_thread.run_sync(look_up, *arguments, limiter=self.finders)

    def _check(self, resource_id: UUID, path: str, query: Mapping[str, str]) -> None:
        """What the query alone tells to be wrong. Raises: SpeechError."""
        if query.get("cid") or (query.get("language") and not query.get("lidEnabled")):
            self.served(resource_id, turn_options(b"{}", query, path_mode(path)))

    def served(self, resource_id: UUID, options: TurnOptions) -> list[_Served]:
        """What answers a turn: one for each language that may be spoken. Raises: SpeechError."""
        asked = options.candidates or (Candidate(options.language or "", options.cid),)
        found = [self._served(resource_id, options, candidate) for candidate in asked]
        return list({one.serving.locale: one for one in found}.values())

    def _served(self, resource_id: UUID, options: TurnOptions, asked: Candidate) -> _Served:
        serving = endpoints.asked(self.ctx, resource_id, cid=asked.cid, language=asked.language)
        style = load_style(serving.style)
        writer = Formatter(
            serving.locale, options.profanity, style.casing, style.custom, dictation=options.mode.punctuation
        )
        turn = Turn(writer, serving.locale, str(serving.model_id), serving.notice)
        return _Served(serving, turn, expected(options.phrases, options.weight, serving.locale))

    def stop(self) -> None:
        """The service stops: see above. To be called where the event loop runs."""
        self.is_stopping = True
        if self.lines:
            log.info("stopping live_connections=%s: who speaks has %.0f s to end", len(self.lines), LAST_S)
        for line in self.lines:
            line.drain()
        asyncio.get_running_loop().call_later(LAST_S, self._end)

    def _end(self) -> None:
        for line in self.lines:
            line.end()


class Line:
    """One connection."""

    def __init__(self, lines: Lines, websocket: WebSocket, resource_id: UUID, query: Mapping[str, str]) -> None:
        self.resource_id = resource_id
        self._lines, self._websocket = lines, websocket
        self._session = Session(websocket.scope["path"], query, lines.ctx.new_id)
        self._turns = asyncio.Lock()  # of the two coroutines: what is decided first is done first
        self._events: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._options: TurnOptions | None = None
        self._served: list[_Served] = []
        self._heard: _Hearing | None = None
        self._name = websocket.headers.get("X-ConnectionId") or query.get("X-ConnectionId", "")
        self._background: set[asyncio.Task[None]] = set()
        self._is_open = False

    @property
    def streams(self) -> int:
        """What its turn counts as while it is listened to: each language that may be spoken is recognized."""
        return 0 if self._heard is None else self._heard.live.streams

    async def run(self) -> None:
        """Until it is closed, by whomever."""
        offered = self._websocket.scope["subprotocols"]
        try:
            await self._websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        except OSError:  # the client has left
            return
        self._is_open = True
        if self._lines.is_stopping:
            self.drain()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._tell)
                await self._read()
                group.cancel_scope.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            self._stop_listening()

    def drain(self) -> None:
        """The service stops; what is being said is heard out."""
        self._do(self._session.drain)

    def end(self) -> None:
        """The service stops, and waits no more."""
        self._do(self._session.cut_off)

    def _do(self, decide: Callable[[], Iterable[Action]]) -> None:
        if self._is_open:  # else it is refused, or told so when it is
            task = self._loop.create_task(self._carry_out(decide))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def _read(self) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    message = await self._websocket.receive()
            except TimeoutError:
                await _close(self._websocket, Code.LEAVING, "Nothing has come for too long. Connect again.")
                return
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("text")
            await self._carry_out(partial(self._session.receive, message["bytes"] if frame is None else frame))
            while self._heard is not None and self._heard.live.behind > MOST_BEHIND:
                self._room.clear()
                await self._room.wait()
            await asyncio.sleep(0)

    async def _tell(self) -> None:
        while True:
            turn, event = await self._events.get()
            heard = self._heard
            if heard is None or heard.turn != turn:
                continue  # it came too late
            if isinstance(event, Found) and heard.tape is not None:
                heard.tape.add(event.phrase)
            await self._carry_out(partial(self._session.heard, turn, event))

    async def _carry_out(self, decide: Callable[[], Iterable[Action]]) -> None:
        async with self._turns:
            await self._perform(decide())

    async def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Send(text):
                    await self._send(text)
                case Begin(turn, options):
                    await self._begin(turn, options)
                case Listen(turn, sound):
                    if given_up := self._listen(turn, sound):
                        await self._perform(given_up)
                        return
                case Feed(data) if self._heard is not None:
                    self._heard.live.feed(data)
                    if self._heard.tape is not None:
                        self._heard.tape.write(data)
                case Finish() if self._heard is not None:
                    self._heard.live.finish()
                case Abandon():
                    self._stop_listening()
                case Close(code, reason):
                    await _close(self._websocket, code, reason)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SLOW_S):
                await self._websocket.send_text(text)
        except TimeoutError:
            raise WebSocketDisconnect(reason="It takes nothing.") from None

    async def _begin(self, turn: int, options: TurnOptions) -> None:
        try:
            self._served = await self._lines.find(self._lines.served, self.resource_id, options)
        except SpeechError as error:
            await self._perform(self._session.refused(turn, error.message))
            return
        self._options = options
        await self._perform(self._session.started(turn, *(one.turn for one in self._served)))

    def _listen(self, turn: int, sound: SoundFormat) -> list[Action]:
        """Begin to listen; or what is to be done instead. Nobody else can come between the question and the answer."""
        options, served, ctx = self._options, self._served, self._lines.ctx
        assert options is not None
        if refused := self._lines.no_room(self.resource_id, len(served)):
            self._lines.refused += 1
            return self._session.refused(turn, refused, Code.TOO_MANY)
        hearers = tuple(one.hearer for one in served)
        wanted = Listening(sound, hearers, options.segments, options.alternatives, stays=options.language_stays)
        try:
            live = self._lines.recognition.listen(wanted, partial(self._deliver, turn))
        except EngineError as error:
            return self._session.heard(turn, Failed(error))
        is_logged = options.store_audio or served[0].serving.book.is_on
        self._heard = _Hearing(turn, served[0], live, Tape(ctx.part, sound, ctx.now()) if is_logged else None)
        return []

    def _deliver(self, turn: int, event: Event) -> None:
        """Called from a thread of the listener."""
        self._loop.call_soon_threadsafe(self._take, turn, event)

    def _take(self, turn: int, event: Event) -> None:
        self._events.put_nowait((turn, event))
        self._room.set()

    def _stop_listening(self) -> None:
        heard, self._heard = self._heard, None
        self._room.set()  # who waits for the listener waits in vain
        if heard is None:
            return
        heard.live.abandon()
        serving, turn = heard.served.serving, heard.served.turn
        more = {"Model": turn.model} | ({"Notice": turn.notice} if turn.notice else {})
        if heard.tape and (record := heard.tape.record(self._log_id(), serving.book, turn.formatter, more)):
            self._lines.recorder.offer(record)

    def _log_id(self) -> UUID:
        """What the client calls the connection, for the first log of it; logs of later turns have ids of their own.

        So has a connection that was made anew under the name of a broken one.
        """
        named, self._name = self._name, ""
        with suppress(ValueError):
            if (id := UUID(named)) not in self._lines.names:
                self._lines.names.append(id)
                return id
        return self._lines.ctx.new_id()


async def no_such_line(websocket: WebSocket) -> None:
    """An address where nobody listens."""
    await _deny(websocket, 404, f"Nobody listens at this path; call {LIVE_PATHS[1]}.")


async def _deny(websocket: WebSocket, status: int, message: str) -> None:
    headers = {"Retry-After": "5"} if status in (429, 503) else None
    with suppress(OSError):  # the client has left
        await websocket.send_denial_response(PlainTextResponse(message, status, headers))


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(SLOW_S):
            await websocket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect, TimeoutError):
        pass  # it is closed already, or nobody takes it
