"""A child process that runs one function at a time, so that hostile bytes kill the child and not the service.

Theory. A sandbox is a child as `children` tells. A request is `(function, args, kwargs)`, an answer is the value, the
function's own exception, or the limit that it met; both are pickles. The child is reused until it dies, and the next
call starts another.

* Memory, file size and open files are limited once, when the child starts; processor time afresh at each call, as the
  child lives on; wall time by the parent, which kills. Where the `resource` module is missing (not POSIX) only the
  wall time holds.
* The child gets no environment but the names in `KEPT_VARIABLES`, and leaves at once when its parent dies.
* These are limits on resources. The child runs as the same user and may read what that user may read: against code
  that takes over the child, run the service as a user who owns nothing else.
"""

import contextlib
import errno
import math
import os
import pickle
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, ParamSpec, TypeVar

from speechsmith.children import ONE_THREAD, Channel, Child, how_ended, signal_end, start, to_parent
from speechsmith.traces import add_trace, trace_of

P = ParamSpec("P")
T = TypeVar("T")

KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    *("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "XDG_CACHE_HOME", "SPEECHSMITH_CACHE"),
)
_OUT_OF_MEMORY = pickle.dumps(("limit", "memory"))  # made while there is some


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use; None means no limit.

    `memory_bytes` bounds the address space, which is larger than what is in use: the interpreter with numpy, the
    codecs and a resampler reserves about half a gigabyte. `cpu_s` and `wall_s` hold for one call.
    """

    memory_bytes: int | None = 2 << 30
    cpu_s: float | None = 600.0
    file_bytes: int | None = 4 << 30
    open_files: int | None = 128
    wall_s: float | None = 900.0


class SandboxError(Exception):
    """The function did not come to its end. `code` is stable."""

    code = "SandboxError"


class SandboxDied(SandboxError):
    """The child met a limit or was killed; `reason` is `memory`, `cpu`, `file size`, `closed` or how it ended."""

    code = "SandboxDied"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # just this, so that it can be pickled
        self.reason = reason

    def __str__(self) -> str:
        return f"The process that read the data was ended: {_REASONS.get(self.reason, self.reason)}."


class SandboxTimeout(SandboxError):
    """The function took longer than it may."""

    code = "SandboxTimeout"

    def __init__(self, wall_s: float) -> None:
        super().__init__(wall_s)
        self.wall_s = wall_s

    def __str__(self) -> str:
        return f"The process that read the data was ended: it took longer than {self.wall_s:g} s."


_REASONS = {
    "memory": "it wanted more memory than it may use",
    "cpu": "it used up its processor time",
    "file size": "it wrote a larger file than it may",
    "closed": "the service is closing",
}


class Sandbox:
    """A child process for calls under limits; safe to use from several threads, which then take turns."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._turn = threading.Lock()  # held for a whole call
        self._state = threading.Lock()  # guards the two fields below; never held while waiting
        self._child: Child | None = None
        self._closed = False

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of the function, run in the child.

        The function must be importable by its name (not defined in a script or in another function); arguments and
        value must be picklable.

        Raises:
            SandboxDied: the child met a limit, crashed or was killed.
            SandboxTimeout: the call took longer than `wall_s`.
            Exception: whatever the function raised, with its place in the child as a note, which `trace_of` reads.
        """
        return self.call_within(self._limits.wall_s, function, *args, **kwargs)

    def call_within(self, wall_s: float | None, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `call`, with a wall time of its own."""
        request = pickle.dumps((function, args, kwargs))
        with self._turn:
            kind, value = self._exchange(self._running(), request, wall_s)
        if kind == "error":
            raise value  # type: ignore[misc]  # the child sends exceptions under this kind only
        return value  # type: ignore[return-value]  # and the function's value under the other

    def stop(self) -> None:
        """End the child and give its memory back; the next call starts another."""
        with self._turn:
            self._discard()

    def close(self) -> None:
        """End the child for good, also in the middle of a call, which then raises SandboxDied."""
        with self._state:
            self._closed = True
            if self._child:
                self._child.process.kill()
        self.stop()

    def _running(self) -> Child:
        with self._state:
            if self._child and self._child.process.poll() is None:
                return self._child
        self._discard()  # one that was killed while it waited: this request is not to blame
        with self._state:
            if self._closed:
                raise SandboxDied("closed")
            kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
            child = self._child = start("speechsmith.sandbox", kept | dict(ONE_THREAD))
        with contextlib.suppress(BrokenPipeError):  # it shows as a death when the answer is read
            child.channel.send(pickle.dumps(self._limits))
        return child

    def _exchange(self, child: Child, request: bytes, wall_s: float | None) -> tuple[str, object]:
        """The child's answer: `value` and the value, or `error` and the exception. Raises: SandboxError."""
        late = threading.Event()

        def end() -> None:
            late.set()
            child.process.kill()

        timer = threading.Timer(wall_s if wall_s is not None else threading.TIMEOUT_MAX, end)
        timer.daemon = True
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                child.channel.send(request)
            answer = child.channel.receive(self._limits.memory_bytes)
        finally:
            timer.cancel()
            timer.join()
        if answer is None or late.is_set():
            raise self._death(late.is_set(), wall_s)
        kind, value = pickle.loads(answer)
        if kind == "limit":
            self._discard()
            raise SandboxDied(str(value))
        return kind, value

    def _death(self, is_late: bool, wall_s: float | None) -> SandboxError:
        status = self._discard(patience_s=2.0)  # its answers have ended: let its own cause of death show
        if is_late and wall_s is not None:
            return SandboxTimeout(wall_s)
        if self._closed:
            return SandboxDied("closed")
        return SandboxDied("cpu" if -status == signal.SIGXCPU else f"it {how_ended(status)}")

    def _discard(self, *, patience_s: float = 0.0) -> int:
        """Forget the child; its exit status, negative for a signal. A child that is dying anyway gets some patience."""
        with self._state:
            child, self._child = self._child, None
        if not child:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=patience_s)
        child.process.kill()
        child.channel.close()
        return child.process.wait()


def serve() -> NoReturn:
    """What the child does: answer requests until its input ends."""
    parent = to_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide
    first = parent.receive()
    limits = pickle.loads(first) if first else os._exit(0)
    _apply(limits)
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(parent, inbox), daemon=True).start()
    while True:
        request = inbox.get()
        _allow_processor(limits.cpu_s)
        signal_end(parent)
        answer = _answer(request)
        signal_end(parent, on=False)
        parent.send(answer)


def _listen(parent: Channel, inbox: "queue.SimpleQueue[bytes]") -> NoReturn:
    while (request := parent.receive()) is not None:
        inbox.put(request)
    os._exit(0)  # the parent is gone: nobody waits for what is being done


def _answer(request: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(request)
        return pickle.dumps(("value", function(*args, **kwargs)))
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001  # the function's own exceptions belong to the caller
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return pickle.dumps(("limit", "file size"))
        return pickle.dumps(("error", _portable(error)))


def _portable(error: Exception) -> Exception:
    """The exception as the parent will see it: itself if it survives the journey, else its words."""
    trace = trace_of(error)
    try:
        error = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  # an exception's pickling may fail in any way
        error = RuntimeError(f"{type(error).__name__}: {error}")
    add_trace(error, trace)
    return error


def _apply(limits: Limits) -> None:
    if os.name != "posix":
        return
    import resource  # noqa: PLC0415  # it exists on POSIX only

    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        if most is not None and (hard == resource.RLIM_INFINITY or most < hard):
            resource.setrlimit(what, (most, most))


def _allow_processor(cpu_s: float | None) -> None:
    if os.name != "posix" or cpu_s is None:
        return
    import resource  # noqa: PLC0415  # it exists on POSIX only

    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(usage.ru_utime + usage.ru_stime + cpu_s)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
