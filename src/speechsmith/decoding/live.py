"""Live recordings: sound goes in as it is spoken, events come out.

Theory. Two kinds of processes share the work. A few *listening* processes (`ears`) find phrases and guess at them; a
recording stays with one of them. The decode processes of the pool recognize each piece of a phrase exactly as they do
it for a file, so a live recording has the text that a batch of it has; they begin as soon as it pauses, while the
silence still runs that tells that the phrase is over. What they recognized in vain, since the speaker went on, is
dropped.

Events leave in the order of time: what belongs to a later phrase waits until the earlier one is recognized.

* A listening process that dies fails its own recordings, which may be sent again, and nobody else's; the next recording
  starts another process. A decode process that dies is the pool's affair, which tries the phrase again.
* Whoever feeds a recording sees how far it is `behind`, and is expected to wait: nothing here drops sound.
* No process is started before the first recording; one without recordings for `idle_s` is ended.
"""

import contextlib
import itertools
import logging
import os
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeAlias

from speechsmith.asr.segments import Segment
from speechsmith.asr.types import Hypothesis
from speechsmith.children import ONE_THREAD, Child, how_ended, start
from speechsmith.decoding import process
from speechsmith.decoding.ears import GuesserLoader
from speechsmith.decoding.events import Began, Ended, Event, Failed, Found, Heard, Listening, Partial
from speechsmith.decoding.languages import chosen
from speechsmith.decoding.pool import DecodeDied, DecodePool
from speechsmith.decoding.recording import Phrase, joined
from speechsmith.engines.base import EngineError
from speechsmith.sandbox import KEPT_VARIABLES
from speechsmith.traces import trace_of

GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1 << 17)}
"""For glibc: a large piece of memory goes back to the system when it is free. By itself glibc moves the threshold up as
soon as one did, and a process whose decoders are all gone still holds the memory of all but one."""

Deliver = Callable[[Event], None]

log = logging.getLogger("speechsmith.decoding")


class LivePool:
    """Up to `processes` listening processes. Safe to use from any thread; close it when done.

    Args: pool: what recognizes phrases, not closed with this; guesser_loader: what makes a guesser of a model, a
        function that can be imported by name; idle_s: None keeps idle processes.
    """

    def __init__(
        self,
        processes: int,
        pool: DecodePool,
        *,
        idle_s: float | None = None,
        guesser_loader: GuesserLoader = process.guesser,
    ) -> None:
        if processes < 1:
            raise ValueError("There is at least one listening process.")
        self._processes, self._pool, self._idle_s, self._guesser_loader = processes, pool, idle_s, guesser_loader
        self._lock = threading.Lock()
        self._listeners: list[_ListeningProcess] = []
        self._is_closed = False

    def open(self, wanted: Listening, deliver: Deliver) -> "Live":
        """Begin to listen. `deliver` gets the events, one after another, from threads of ours, which serve others,
        too: it must neither wait nor raise. A recording is abandoned by who opened it, also when it has failed.

        Raises: EngineError (`ListeningClosed`) when the pool is closed.
        """
        with self._lock:
            if self._is_closed:
                raise _closed()
            live = None
            while live is None:
                live = self._listener().open(wanted, self._pool, deliver)
            return live

    def _listener(self) -> "_ListeningProcess":
        """The one with the least to do; called with the lock held."""
        self._listeners = [listener for listener in self._listeners if listener.is_alive]
        chosen = min(self._listeners, key=lambda listener: listener.load, default=None)
        if chosen is None or (chosen.load and len(self._listeners) < self._processes):
            chosen = _ListeningProcess(self._guesser_loader, self._idle_s)
            self._listeners.append(chosen)
        return chosen

    @property
    def process_ids(self) -> list[int]:
        """The processes that there are."""
        with self._lock:
            return [listener.process_id for listener in self._listeners if listener.is_alive]

    def close(self) -> None:
        """End all processes; recordings that are not over fail."""
        with self._lock:
            self._is_closed = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.close()


class Live:
    """One live recording. Its methods return at once."""

    def __init__(
        self, number: int, wanted: Listening, pool: DecodePool, deliver: Deliver, order: Callable[..., None]
    ) -> None:
        self._number, self._wanted, self._pool = number, wanted, pool
        self._deliver, self._order = deliver, order
        self._lock = threading.RLock()
        self._hearers = wanted.hearers
        self._waiting: deque[Event | _Recognizing] = deque()
        self._pieces: dict[Segment, _Piece] = {}  # of the phrase that is open, or may be
        self._fed = self._heard = 0.0
        self._opened = time.monotonic()
        self._is_over = False

    @property
    def behind(self) -> float:
        """Seconds that were fed and not told of yet: to be listened to, or with a phrase that is to be recognized."""
        return self._fed - self._heard

    @property
    def streams(self) -> int:
        """As how many it counts from now on: each phrase is recognized so often."""
        return len(self._hearers)

    def feed(self, data: bytes) -> None:
        """More of the recording."""
        self._fed += len(data) / self._wanted.sound.bytes_per_second
        self._order("sound", self._number, data)

    def finish(self) -> None:
        """No more will come: Ended follows when all is told."""
        self._order("finish", self._number)

    def abandon(self) -> None:
        """Nothing is wanted any more, and nothing will be delivered."""
        self._end()
        self._order("close", self._number)

    def told(self, what: str, given: tuple[Any, ...]) -> None:
        """What the process says of it."""
        with self._lock:
            if self._is_over:
                return
            match what:
                case "piece":
                    piece, sound = given
                    self._drop(told for told in self._pieces if told.start == piece.start)  # which has gone on
                    if self._is_over:  # an earlier phrase has failed just now
                        return
                    self._pieces[piece] = self._recognizing(piece, sound)
                case "over":
                    (phrase,) = given
                    self._waiting.append(_Recognizing(phrase, [self._pieces.pop(piece) for piece in phrase.pieces]))
                    self._drop(self._pieces)
                case "failed":
                    error, trace = given
                    if trace:
                        log.error("fault where it is listened\n%s", trace)
                    self.fail(error)
                    return
                case _:
                    self._waiting.append(_EVENTS[what](*given))
        self._flush()

    def fail(self, error: EngineError) -> None:
        """It cannot go on."""
        with self._lock:
            if self._is_over:
                return
            self._end()
            self._deliver(Failed(error))

    def _recognizing(self, piece: Segment, sound: bytes) -> "_Piece":
        spoken_in_s = max(0.0, self._opened + piece.end - time.monotonic())  # by who speaks since it was opened
        by = {
            hearer.locale: self._pool.submit_sound(
                hearer.model,
                sound,
                piece.start,
                alternatives=self._wanted.alternatives,
                phrases=hearer.phrases,
                in_s=spoken_in_s,
            )
            for hearer in self._hearers
        }
        for found in by.values():
            found.add_done_callback(lambda _: self._flush())
        return by

    def _flush(self) -> None:
        """Deliver what is ready, in order."""
        with self._lock:
            while self._waiting and not self._is_over:
                first = self._waiting[0]
                if isinstance(first, _Recognizing):
                    if not first.is_done:
                        return
                    self._waiting.popleft()
                    self._told_of(first)
                else:
                    self._waiting.popleft()
                    if isinstance(first, Heard):
                        self._heard = first.until
                    self._deliver(first)
                    self._is_over = isinstance(first, Ended)

    def _told_of(self, phrase: "_Recognizing") -> None:
        try:
            found = phrase.found([hearer.locale for hearer in self._hearers], self._wanted.alternatives)
        except CancelledError:
            self.fail(_closed())
        except DecodeDied as error:  # for a file it is final; who speaks may be heard when the machine has less to do
            self.fail(EngineError(str(error), code=error.code, retriable=True))
        except EngineError as error:
            self.fail(error)
        except Exception as error:  # noqa: BLE001  # no engine should raise it; the threads here serve others, too
            log.error("fault where it is recognized\n%s", trace_of(error))
            self.fail(
                EngineError(f"Recognizing failed: {type(error).__name__}.", code="RecognizingFailed", retriable=True)
            )
        else:
            if self._wanted.stays and found.phrase.hypotheses[0].words:
                self._hearers = tuple(hearer for hearer in self._hearers if hearer.locale == found.locale)
            self._deliver(found)

    def _drop(self, pieces: Iterable[Segment]) -> None:
        for dropped in [self._pieces.pop(piece) for piece in list(pieces)]:
            _cancel(dropped)  # which delivers what is ready meanwhile, and may end all

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            self._drop(self._pieces)
            for waiting in self._waiting:
                if isinstance(waiting, _Recognizing):
                    waiting.cancel()
            self._waiting.clear()


_Piece: TypeAlias = Mapping[str, Future[list[Hypothesis]]]
"""A piece of a phrase, as each hearer, by locale, recognizes it."""


def _cancel(piece: _Piece) -> None:
    for found in piece.values():
        found.cancel()


@dataclass(frozen=True, slots=True)
class _Recognizing:
    """A phrase, piece by piece."""

    segment: Segment
    pieces: Sequence[_Piece]

    @property
    def is_done(self) -> bool:
        return all(found.done() for piece in self.pieces for found in piece.values())

    def cancel(self) -> None:
        for piece in self.pieces:
            _cancel(piece)

    def found(self, locales: Sequence[str], alternatives: int) -> Found:
        """As the surest of these has heard it, the first where none is surer. Raises: EngineError, CancelledError."""
        heard = {locale: joined([piece[locale].result() for piece in self.pieces], alternatives) for locale in locales}
        locale = chosen({locale: found[:1] for locale, found in heard.items()}, locales[0])
        return Found(Phrase(self.segment.start, self.segment.end, heard[locale]), locale)


_EVENTS: dict[str, Callable[..., Event]] = {"began": Began, "guess": Partial, "heard": Heard, "ended": Ended}


class _ListeningProcess:
    """A listening process as this one sees it: a thread that writes to it, and one that reads."""

    def __init__(self, guesser_loader: GuesserLoader, idle_s: float | None) -> None:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        self._child: Child = start("speechsmith.decoding.ears", kept | dict(ONE_THREAD) | GIVES_BACK)
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._lives: dict[int, Live] = {}
        self._numbers = itertools.count(1)
        self._orders: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._orders.put(pickle.dumps(guesser_loader))
        self.is_alive = True
        self._threads = [threading.Thread(target=run, name="listen", daemon=True) for run in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    @property
    def load(self) -> int:
        return len(self._lives)

    @property
    def process_id(self) -> int:
        return self._child.process.pid

    def open(self, wanted: Listening, pool: DecodePool, deliver: Deliver) -> Live | None:
        """None when the process has just ended."""
        number = next(self._numbers)
        live = Live(number, wanted, pool, deliver, self._send)
        with self._lock:
            if not self.is_alive:
                return None
            self._lives[number] = live
        self._send("open", number, wanted)
        return live

    def close(self) -> None:
        self._child.process.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _send(self, order: str, number: int, *given: Any) -> None:
        if order == "close":
            with self._lock:
                self._lives.pop(number, None)
        self._orders.put(pickle.dumps((order, number, *given)))

    def _write(self) -> None:
        while self.is_alive:
            try:
                order = self._orders.get(timeout=self._idle_s)
            except queue.Empty:
                with self._lock:
                    if self._lives:
                        continue
                    self.is_alive = False
                self._child.process.kill()
                return
            if order is None:
                return
            with contextlib.suppress(BrokenPipeError, ValueError):  # it shows as a death where answers are read
                self._child.channel.send(order)

    def _read(self) -> None:
        while (message := self._child.channel.receive()) is not None:
            what, number, given = pickle.loads(message)
            with self._lock:
                live = self._lives.pop(number, None) if what in ("ended", "failed") else self._lives.get(number)
            if live is not None:
                try:
                    live.told(what, given)
                except EngineError as error:  # the pool is closed
                    live.fail(error)
        with self._lock:  # from here on nobody is added
            self.is_alive = False
            lives, self._lives = list(self._lives.values()), {}
        self._orders.put(None)
        status = self._child.process.wait()
        if lives:
            log.warning("listening process ended recordings=%s: it %s", len(lives), how_ended(status))
        for live in lives:
            live.fail(_died(status))
        self._child.channel.close()


def _died(status: int) -> EngineError:
    return EngineError(
        f"The process that listened has ended: it {how_ended(status)}. Connect again.",
        code="ListeningDied",
        retriable=True,
    )


def _closed() -> EngineError:
    return EngineError("The service is stopping. Connect again.", code="ListeningClosed", retriable=True)
