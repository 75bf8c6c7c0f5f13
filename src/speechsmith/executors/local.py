"""Runs the work of jobs on this machine, each in a process of its own that starts from nothing.

Theory. A child, as `children` tells, has a session of its own. Down goes one pickle, `(run, task, out, niceness)`, and
then nothing: the pipe stays open as the lifeline. Up come events as pickles.

* The end of the lifeline means that the parent is dead, in whatever way; then the child and all that it has started are
  killed as one process group: by the kernel on Linux, elsewhere by a thread of the child.
* Whatever a run leaves behind in its group is killed before its end is told.
* A child is niced, so that live sessions come first, and sees no variable that could hold a password.
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from speechsmith.children import ONE_THREAD, Channel, how_ended, signal_end, start, to_parent
from speechsmith.executors.base import Died, Event, Finished, Progressed, raised_by
from speechsmith.tasks.base import Run

NICENESS = 10
REPORTS_PER_SECOND = 5
HIDDEN_VARIABLES = ("SPEECHSMITH_", "AWS_", "AZURE_", "GOOGLE_", "PG")
"""Variables that begin so are for the processes that open the database and the blobs ..."""

SHOWN_VARIABLES = ("SPEECHSMITH_CACHE",)
"""... but for these, which engines read."""


class LocalExecutor:
    """Child processes of this one."""

    def start(self, run: Run, task: Any, out: Path, wake: Callable[[], None]) -> "LocalAttempt":
        """See `Executor`."""
        return LocalAttempt(pickle.dumps((run, task, out, NICENESS)), wake)


class LocalAttempt:
    """One child. A thread listens to it, so that neither a full pipe nor half a message can hold up anybody."""

    def __init__(self, request: bytes, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._alive = threading.Lock()  # held to kill and to bury: an id that was given back may be another's by now
        self._is_buried = False
        shown = {name: value for name, value in os.environ.items() if not _is_hidden(name)}
        child = start("speechsmith.executors.local", {**ONE_THREAD, **shown}, new_session=True)
        self._process, self._channel = child.process, child.channel
        threading.Thread(target=self._listen, args=(request,), name="attempt", daemon=True).start()

    def poll(self) -> Sequence[Event]:
        """See `Attempt`."""
        events: list[Event] = []
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def kill(self) -> None:
        """See `Attempt`."""
        with self._alive:
            if not self._is_buried:
                self._kill_group()

    def _listen(self, request: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it shows as a death when the events are read
            self._channel.send(request)
        last: Event | None = None
        while last is None and (message := self._channel.receive()) is not None:
            event = _event(message)
            if isinstance(event, Progressed):
                self._tell(event)
            else:
                last = event
        status = self._bury(is_done=last is not None)
        self._tell(last or Died(how_ended(status)))

    def _tell(self, event: Event) -> None:
        self._events.put(event)
        self._wake()

    def _bury(self, *, is_done: bool) -> int:
        """Wait until the child is dead, and end what it has left behind; its exit status, negative for a signal."""
        if not is_done and sys.platform == "linux":
            # Its own cause of death must show; and its id must stay its own until the group is killed.
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._alive:
            self._kill_group()
            status = self._process.wait()
            self._is_buried = True
        self._channel.close()
        return status

    def _kill_group(self) -> None:
        if os.name != "posix":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter: macOS, of a group of zombies
            os.killpg(self._process.pid, signal.SIGKILL)


def serve() -> NoReturn:
    """What the child does: run one function, and tell of it."""
    parent = to_parent()
    if (request := parent.receive()) is None:
        os._exit(0)
    threading.Thread(target=_die_with_parent, args=(parent,), daemon=True).start()
    signal_end(parent, to_group=True)
    tell = _Teller(parent)
    tell.send(_outcome(request, tell))
    os._exit(0)


class _Teller:
    """Sends events up. Progress is thinned out, and never goes back."""

    def __init__(self, parent: Channel) -> None:
        self._parent = parent
        self._turn = threading.Lock()
        self._last = Progressed("", 0.0)
        self._next_at = 0.0

    def send(self, event: bytes) -> None:
        """Tell of an event that is pickled."""
        with self._turn:
            self._parent.send(event)

    def progress(self, stage: str, fraction: float) -> None:
        """A `Progress`."""
        now = time.monotonic()
        if stage == self._last.stage and now < self._next_at:
            return
        self._last = Progressed(stage, max(self._last.fraction, min(fraction, 1.0)))
        self._next_at = now + 1 / REPORTS_PER_SECOND
        self.send(pickle.dumps(self._last))


def _outcome(request: bytes, tell: _Teller) -> bytes:
    """The last event, pickled."""
    try:
        run, task, out, niceness = pickle.loads(request)
        if os.name == "posix":
            _step_back(niceness)
        return pickle.dumps(Finished(run(task, out, tell.progress)))
    except Exception as error:  # noqa: BLE001  # the worker decides what it means
        return pickle.dumps(raised_by(error))


def _step_back(niceness: int) -> None:
    """Let live sessions come first. Linux may share the processor among sessions: then the session has its own."""
    os.nice(niceness)
    with contextlib.suppress(OSError):  # not Linux, or a kernel without it
        Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def _event(message: bytes) -> Event:
    try:
        return pickle.loads(message)  # type: ignore[no-any-return]  # nothing else is sent
    except Exception as error:  # noqa: BLE001  # a result's unpickling may fail in any way
        return raised_by(error)


def _die_with_parent(parent: Channel) -> NoReturn:
    parent.receive()
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _is_hidden(name: str) -> bool:
    return name.upper().startswith(HIDDEN_VARIABLES) and name not in SHOWN_VARIABLES
