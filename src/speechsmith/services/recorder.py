"""The recorder: keeps records of requests behind the back of whoever waits for an answer.

Theory. `offer` never waits and never raises: it puts a record into a queue, and one thread takes them out, in order.
The queue is bounded, in records and in bytes of their audio, which lies on the disk; what does not fit is dropped, and
the log of the service says how many that were. A record that cannot be kept is tried again, for the database or the
blob store may be away, and dropped after MOST_TRIES. `close` takes no more, and waits until the rest is kept. What a
process that was killed leaves behind lies among the unfinished uploads, and goes with these.
"""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable

from speechsmith.domain.logs import Record
from speechsmith.traces import trace_of

MOST_WAITING = 200
MOST_BYTES = 4 << 30  # of audio that waits: two of the longest turns that are logged
MOST_TRIES = 5
RETRY_S = 1.0
CLOSE_S = 20.0

log = logging.getLogger(__name__)


class Recorder:
    """One for a process, safe for all its threads. It starts its thread with the first record; close it when done."""

    def __init__(
        self,
        keep: Callable[[Record], None],
        *,
        most: int = MOST_WAITING,
        most_bytes: int = MOST_BYTES,
        retry_s: float = RETRY_S,
    ) -> None:
        self._keep = keep
        self._most, self._most_bytes = most, most_bytes
        self.retry_s = retry_s
        self._waiting: deque[Record] = deque()  # the first is the one that is being kept
        self._dropped = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def offer(self, record: Record) -> None:
        """Take over a record and its audio."""
        with self._changed:
            if not self._is_closed and self._has_room(record):
                self._waiting.append(record)
                self._changed.notify_all()
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                    self._thread.start()
                return
            self._dropped += 1
        _discard(record)

    def _has_room(self, record: Record) -> bool:
        bytes_waiting = sum(waiting.size_bytes for waiting in self._waiting)
        return len(self._waiting) < self._most and bytes_waiting + record.size_bytes <= self._most_bytes

    def wait(self, timeout_s: float) -> bool:
        """Return when nothing waits, or the time is up; True for the former."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Take no more, and keep what waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if not self.wait(timeout_s):
            log.error("logs lost count=%s reason=stopped", len(self._waiting))
        self._tell_dropped()

    def _run(self) -> None:
        while (record := self._next()) is not None:
            self._tell_dropped()
            self._try(record)
            _discard(record)
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _next(self) -> Record | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return self._waiting[0] if self._waiting else None

    def _try(self, record: Record) -> None:
        for attempt in range(1, MOST_TRIES + 1):
            try:
                self._keep(record)
                return
            except Exception as error:  # noqa: BLE001 - the database or the blob store is away
                log.error("log not kept book=%s attempt=%s\n%s", record.book.id, attempt, trace_of(error))
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed, self.retry_s)
        with self._changed:
            self._dropped += 1

    def _tell_dropped(self) -> None:
        with self._changed:
            count, self._dropped = self._dropped, 0
        if count:
            log.warning("logs dropped count=%s", count)


def _discard(record: Record) -> None:
    for path in (record.audio, record.transcript_file):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
