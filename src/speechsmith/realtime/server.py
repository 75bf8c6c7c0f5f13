"""The transport of live recognition: WebSockets in, and what the state machine decides out.

Theory. A *line* is one connection. Two coroutines serve it: one reads frames, one takes the events of the listener;
both hand what they have to the session, and carry out what it answers, one after the other under a lock. Everything
that takes long is done elsewhere: models are looked up in a thread, speech is recognized in processes.

Bounds. Nobody is read from faster than he is listened to: a line whose listener is MOST_BEHIND seconds behind is not
read, and TCP tells the client. A client that takes nothing for SLOW_S is cut off, and so is one that says nothing for
IDLE_S. No more than `most` lines speak at once: the next turn is refused, so that those who speak are heard in time.

When the service stops, lines without a turn are closed at once, the others when their turn is over, and after LAST_S
all that are left. The Speech SDKs connect again, and go on where they were.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import PhraseList
from speechsmith.decoding.events import Event, Found, Hearer, Listening
from speechsmith.decoding.live import Live
from speechsmith.domain.errors import SpeechError
from speechsmith.realtime.context import Candidate, Mode, TurnOptions, path_mode, turn_options
from speechsmith.realtime.messages import Code
from speechsmith.realtime.session import Abandon, Action, Begin, Close, Feed, Finish, Listen, Send, Session, Turn
from speechsmith.realtime.tape import Tape
from speechsmith.services import endpoints
from speechsmith.services.context import Context
from speechsmith.services.recognition import Recognition, expected
from speechsmith.services.recorder import Recorder
from speechsmith.traces import trace_of

MOST_BEHIND = 10.0
MOST_LINES = 1_000
SLOW_S = 30.0
IDLE_S = 600.0
LAST_S = 25.0
SUBPROTOCOL = "USP"

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


@dataclass(eq=False)
class Lines:
    """All lines of this process. `most`: how many may speak at once."""

    ctx: Context
    recognition: Recognition
    recorder: Recorder
    most: int
    lines: set["Line"] = field(default_factory=set)
    is_stopping: bool = False

    @property
    def speaking(self) -> int:
        """How many are in a turn."""
        return sum(line.is_speaking for line in self.lines)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection, from the request for it on."""
        resource_id: UUID = websocket.scope["resource"].id
        query = dict(websocket.query_params)
        try:
            if self.is_stopping:
                await _deny(websocket, 503, "The service is stopping. Connect again.")
            elif len(self.lines) >= MOST_LINES or self.speaking >= self.most:
                await _deny(websocket, 429, self.too_many)
            else:
                await run_in_threadpool(self._check, resource_id, websocket.url.path, query)
                await Line(self, websocket, resource_id, query).run()
        except SpeechError as error:
            await _deny(websocket, 400, error.message)
        except WebSocketDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - the one place where a fault of ours ends a line
            log.error("fault in a line\n%s", trace_of(error))
            await _close(websocket, Code.FAILED, "Something broke here; the log has it.")

    @property
    def too_many(self) -> str:
        """Why another one is refused."""
        return f"This machine listens to {self.most} at once, and so many are speaking; connect again later."

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
        for line in self.lines:
            line.drain()
        asyncio.get_running_loop().call_later(LAST_S, self._end)

    def _end(self) -> None:
        for line in self.lines:
            line.end()


class Line:
    """One connection."""

    def __init__(self, lines: Lines, websocket: WebSocket, resource_id: UUID, query: Mapping[str, str]) -> None:
        self._lines, self._websocket, self._resource_id = lines, websocket, resource_id
        self._session = Session(websocket.url.path, query, lines.ctx.new_id)
        self._turns = asyncio.Lock()  # of the two coroutines: what is decided first is done first
        self._events: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._options: TurnOptions | None = None
        self._served: list[_Served] = []
        self._live: Live | None = None
        self._tape: Tape | None = None
        self._name = websocket.headers.get("X-ConnectionId") or query.get("X-ConnectionId", "")
        self._background: set[asyncio.Task[None]] = set()

    @property
    def is_speaking(self) -> bool:
        """Whether a turn is listened to."""
        return self._live is not None

    async def run(self) -> None:
        """Until it is closed. Raises: WebSocketDisconnect, when the client has left."""
        offered = self._websocket.scope["subprotocols"]
        await self._websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        self._lines.lines.add(self)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._tell)
                await self._read()
                group.cancel_scope.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            self._lines.lines.discard(self)
            self._stop_listening()

    def drain(self) -> None:
        """The service stops; what is being said is heard out."""
        self._do(self._session.drain)

    def end(self) -> None:
        """The service stops, and waits no more."""
        self._do(lambda: [Close(Code.LEAVING, "The service is stopping. Connect again.")])

    def _do(self, decide: Callable[[], Iterable[Action]]) -> None:
        task = self._loop.create_task(self._carry_out(decide))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _read(self) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("text")
            await self._carry_out(partial(self._session.receive, message["bytes"] if frame is None else frame))
            while self._live is not None and self._live.behind > MOST_BEHIND:
                self._room.clear()
                await self._room.wait()

    async def _tell(self) -> None:
        while True:
            turn, event = await self._events.get()
            if isinstance(event, Found) and self._tape is not None:
                self._tape.phrases.append(event.phrase)
            await self._carry_out(partial(self._session.heard, turn, event))

    async def _carry_out(self, decide: Callable[[], Iterable[Action]]) -> None:
        async with self._turns:
            await self._perform(decide())

    async def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Send(text):
                    async with asyncio.timeout(SLOW_S):
                        await self._websocket.send_text(text)
                case Begin(turn, options):
                    await self._begin(turn, options)
                case Listen(turn, sound):
                    assert self._options is not None
                    wanted = Listening(
                        sound,
                        tuple(one.hearer for one in self._served),
                        self._options.segments,
                        self._options.alternatives,
                        stays=self._options.language_stays,
                    )
                    self._live = self._lines.recognition.listen(wanted, partial(self._deliver, turn))
                    if self._options.store_audio or self._served[0].serving.book.is_on:
                        self._tape = Tape(self._lines.ctx.part(), sound, self._lines.ctx.now())
                case Feed(data) if self._live is not None:
                    self._live.feed(data)
                    if self._tape is not None:
                        self._tape.write(data)
                case Finish() if self._live is not None:
                    self._live.finish()
                case Abandon():
                    self._stop_listening()
                case Close(code, reason):
                    await _close(self._websocket, code, reason)

    async def _begin(self, turn: int, options: TurnOptions) -> None:
        if self._lines.speaking >= self._lines.most:
            await self._perform(self._session.refused(turn, self._lines.too_many, Code.TOO_MANY))
            return
        try:
            self._served = await run_in_threadpool(self._lines.served, self._resource_id, options)
        except SpeechError as error:
            await self._perform(self._session.refused(turn, error.message))
            return
        self._options = options
        await self._perform(self._session.started(turn, *(one.turn for one in self._served)))

    def _deliver(self, turn: int, event: Event) -> None:
        """Called from a thread of the listener."""
        self._loop.call_soon_threadsafe(self._take, turn, event)

    def _take(self, turn: int, event: Event) -> None:
        self._events.put_nowait((turn, event))
        self._room.set()

    def _stop_listening(self) -> None:
        live, self._live = self._live, None
        self._room.set()
        if live is not None:
            live.abandon()
        tape, self._tape = self._tape, None
        if tape is not None:
            serving, turn = self._served[0].serving, self._served[0].turn
            more = {"Model": turn.model} | ({"Notice": turn.notice} if turn.notice else {})
            self._lines.recorder.offer(tape.record(self._log_id(), serving.book, turn.formatter, more))

    def _log_id(self) -> UUID:
        """What the client calls the connection, for the first log of it; logs of later turns have ids of their own."""
        named, self._name = self._name, ""
        with suppress(ValueError):
            return UUID(named)
        return self._lines.ctx.new_id()


async def no_such_line(websocket: WebSocket) -> None:
    """An address where nobody listens."""
    await _deny(websocket, 404, f"Nobody listens at this path; call {LIVE_PATHS[1]}.")


async def _deny(websocket: WebSocket, status: int, message: str) -> None:
    headers = {"Retry-After": "5"} if status in (429, 503) else None
    await websocket.send_denial_response(PlainTextResponse(message, status, headers))


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(SLOW_S):
            await websocket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect, TimeoutError):
        pass  # it is closed already, or nobody takes it
