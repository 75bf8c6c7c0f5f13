"""How much memory and computing time processes take, from outside: a thread looks at them five times a second.

What a process used is what was last seen of it, so up to 0.2 s of its computing time is missed when it ends.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

import psutil  # type: ignore[import-untyped]

INTERVAL = 0.2  # seconds

Processes = Callable[[], Iterable[psutil.Process]]


class Watch:
    """From `with` to its end: wall seconds, CPU seconds, and the most memory that was seen at once, in bytes."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._cpu: dict[tuple[int, float], float] = {}
        self._cpu_before: dict[tuple[int, float], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._started = self._ended = 0.0
        self.peak_bytes = 0
        self.memory: list[tuple[float, int]] = []
        """Seconds since the begin, and the memory that was seen then, in bytes."""

    def __enter__(self) -> "Watch":
        self._started = time.monotonic()
        self._look()
        self._cpu_before = dict(self._cpu)
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = time.monotonic()
        self._stop.set()
        self._thread.join()

    @property
    def wall(self) -> float:
        """Seconds from begin to end."""
        return self._ended - self._started

    @property
    def cpu(self) -> float:
        """CPU seconds, of user and system, that the processes took meanwhile."""
        return sum(self._cpu.values()) - sum(self._cpu_before.values())

    def _look_on(self) -> None:
        while not self._stop.wait(INTERVAL):
            self._look()
        self._look()

    def _look(self) -> None:
        memory = 0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                times = process.cpu_times()
                self._cpu[process.pid, process.create_time()] = times.user + times.system
                memory += pss(process)
        self.peak_bytes = max(self.peak_bytes, memory)
        self.memory.append((time.monotonic() - self._started, memory))


def pss(process: psutil.Process) -> int:
    """Bytes of memory, shared pages in proportion; where the system does not tell, those of the process alone."""
    memory = process.memory_full_info()
    return int(getattr(memory, "pss", memory.uss))


def tree(pid: int) -> Iterator[psutil.Process]:
    """A process that runs, and all that descend from it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)
