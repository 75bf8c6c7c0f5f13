"""A few processes that decode, each with some models warm: the only place where speech becomes words.

Theory. Decoding holds the interpreter's lock for seconds, so it never runs in a thread of a process that has anything
else to do. A pool has one *slot* for each process: a thread that waits, and the child that it waits for (a sandbox
without limits on memory and time but those below). The threads share one queue under one lock.

* A task goes to an idle slot that has its model warm, else to the idle slot with the fewest models, else to a new
  slot, else into the queue, in the order in which the tasks are due. A slot that comes free takes one that is about as
  urgent as the first and whose model it has warm, but nobody is passed over more than PATIENCE times.
* What somebody speaks is due when it is spoken, and a file FILES_WAIT_S after it came. So files wait for who speaks,
  not the other way round, and sound that is sent faster than one can speak waits for its time where there is a queue.
* A process that dies takes nothing along but its own task, which is tried once more in a fresh process. A task that
  takes longer than its length allows is ended with its process, and not tried again: it would take as long.
* A model that cannot be loaded is an EngineError of the engine; the process lives on, nothing is respawned.
* No process is started before the first task; after `idle_s` without one a process is ended, models and all.
* Children end with this process, however it ends.
"""

import threading
import time
from bisect import insort
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from types import TracebackType

from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList
from speechsmith.decoding import process
from speechsmith.decoding.process import Loader, Stretch
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.sandbox import Limits, Sandbox, SandboxDied, SandboxTimeout

PATIENCE = 16  # tasks that may overtake the first one because their model is warm
FILES_WAIT_S = 60.0  # who sends a file waits for all of it anyhow; who speaks waits for every phrase
LOOK_AHEAD = 64  # tasks that a free slot considers
ABOUT_S = 10.0  # seconds: tasks that are due within so many of each other are about as urgent
ATTEMPTS = 2
LOAD_S = 120.0
SLOWEST = 40.0  # a hundred times what a second of audio does take
_UNLIMITED = Limits(memory_bytes=None, cpu_s=None, file_bytes=None, open_files=None, wall_s=None)


class DecodeDied(EngineError):
    """The process that decoded a task ended before the task did. `code` is one of:

    DecodeDied      it crashed, or was killed, twice
    DecodeTimeout   the task took far longer than audio of its length may take
    DecodeClosed    the pool was closed
    """


@dataclass(eq=False, slots=True)
class _Task:
    stretch: Stretch
    due: float  # by the clock of `time.monotonic`
    result: Future[list[Hypothesis]] = field(default_factory=Future)
    attempts: int = 0
    passed_over: int = 0


@dataclass(eq=False, slots=True)
class _Slot:
    box: Sandbox
    warm: list[ModelFiles] = field(default_factory=list)  # least recently used first
    task: _Task | None = None
    thread: threading.Thread | None = None


class DecodePool:
    """Up to `processes` decode processes, started as needed. Safe to use from any thread; close it when done.

    Args:
        processes: one for each core that may decode.
        max_models: how many models a process keeps warm; the least recently used is let go.
        idle_s: seconds without a task after which a process and its models are let go; None keeps them.
        loader: what makes a recognizer of a model, a function that can be imported by name.
        load_s: seconds that a task may spend on starting a process and loading a model.
        slowest: seconds that decoding a second of audio may take.
    """

    def __init__(
        self,
        processes: int,
        *,
        max_models: int = 3,
        idle_s: float | None = None,
        loader: Loader = process.load,
        load_s: float = LOAD_S,
        slowest: float = SLOWEST,
    ) -> None:
        if processes < 1 or max_models < 1:
            raise ValueError("A pool has at least one process, and a process holds at least one model.")
        self.processes = processes
        self._max_models = max_models
        self._idle_s = idle_s
        self._loader = loader
        self._load_s, self._slowest = load_s, slowest
        self._changed = threading.Condition()  # its lock guards all that follows
        self._queue: list[_Task] = []  # by when they are due
        self._slots: list[_Slot] = []
        self._closed = False

    def __enter__(self) -> "DecodePool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def submit(
        self,
        model: ModelFiles,
        wav: Path,
        start: float,
        stop: float,
        *,
        alternatives: int = 1,
        phrases: PhraseList | None = None,
    ) -> Future[list[Hypothesis]]:
        """Decode seconds `start` to `stop` of a canonical 16 kHz WAV file as one utterance.

        `phrases` are likely in it; a process makes a list ready when it first meets it, while the audio waits in its
        file: an empty stretch does just that. The result is best first; word times are seconds from the start of the
        file. It raises EngineError when the model cannot be loaded, and DecodeDied. A task that waits can be
        cancelled, one being decoded cannot.

        Raises: DecodeDied when the pool is closed.
        """
        return self._submitted(Stretch(model, wav, start, stop, alternatives, phrases), in_s=FILES_WAIT_S)

    def submit_sound(
        self,
        model: ModelFiles,
        sound: bytes,
        start: float,
        *,
        alternatives: int = 1,
        phrases: PhraseList | None = None,
        in_s: float = 0.0,
    ) -> Future[list[Hypothesis]]:
        """The same of a stretch of a recording that is in no file: 16-bit samples at SAMPLE_RATE_HZ, from `start` on.
        It is due `in_s` seconds from now.

        Raises: DecodeDied when the pool is closed.
        """
        stop = start + len(sound) / (2 * SAMPLE_RATE_HZ)
        return self._submitted(Stretch(model, sound, start, stop, alternatives, phrases), in_s=in_s)

    def _submitted(self, stretch: Stretch, *, in_s: float) -> Future[list[Hypothesis]]:
        task = _Task(stretch, time.monotonic() + in_s)
        with self._changed:
            if self._closed:
                raise _closed()
            self._enqueue(task)
            self._hand_out()
        return task.result

    def close(self) -> None:
        """End all processes; what was not finished raises DecodeDied or is cancelled."""
        with self._changed:
            self._closed = True
            waiting, slots = list(self._queue), list(self._slots)
            self._queue.clear()
            self._changed.notify_all()
        for task in waiting:
            if not task.result.cancel():  # it waits for its second attempt, and counts as running
                task.result.set_exception(_closed())
        for slot in slots:
            slot.box.close()
        for slot in slots:
            if slot.thread and slot.thread is not threading.current_thread():
                slot.thread.join()

    def _enqueue(self, task: _Task) -> None:
        """Called with the lock held."""
        insort(self._queue, task, key=lambda other: other.due)

    def _hand_out(self) -> None:
        """Give waiting tasks to idle slots; called with the lock held."""
        while self._queue and (slot := self._idle_slot(self._queue[0].stretch.model)):
            slot.task = self._queue.pop(0)
            self._changed.notify_all()

    def _idle_slot(self, model: ModelFiles) -> _Slot | None:
        idle = [slot for slot in self._slots if slot.task is None]
        if idle:
            return max(idle, key=lambda slot: (model in slot.warm, -len(slot.warm)))
        if len(self._slots) == self.processes:
            return None
        slot = _Slot(Sandbox(_UNLIMITED))
        slot.thread = threading.Thread(target=self._serve, args=(slot,), name="decode", daemon=True)
        self._slots.append(slot)
        slot.thread.start()  # it waits for the lock first
        return slot

    def _serve(self, slot: _Slot) -> None:
        for task in self._tasks_for(slot):
            if task.attempts or task.result.set_running_or_notify_cancel():
                self._run(slot, task)

    def _tasks_for(self, slot: _Slot) -> Iterator[_Task]:
        """The slot's tasks, one after another, until the pool is closed."""
        while True:
            with self._changed:
                found = self._changed.wait_for(lambda: slot.task or self._closed, timeout=self._idle_s)
                task = slot.task
                if not found:
                    slot.warm.clear()
            if task:
                yield task
                with self._changed:
                    slot.task = self._pick(slot)
            elif found:
                return
            else:
                slot.box.stop()  # a task that is handed out meanwhile starts a fresh process

    def _pick(self, slot: _Slot) -> _Task | None:
        """Take the next task for a slot out of the queue; called with the lock held."""
        if not self._queue:
            return None
        first = self._queue[0]
        near = takewhile(lambda task: task.due <= first.due + ABOUT_S, islice(self._queue, LOOK_AHEAD))
        chosen = next((task for task in near if task.stretch.model in slot.warm), first)
        if chosen is not first:
            first.passed_over += 1
            if first.passed_over > PATIENCE:
                chosen = first
        self._queue.remove(chosen)
        return chosen

    def _run(self, slot: _Slot, task: _Task) -> None:
        model = task.stretch.model
        with self._changed:
            slot.warm = [*(other for other in slot.warm if other != model), model][-self._max_models :]
            keep = frozenset(slot.warm)
        task.attempts += 1
        most_s = self._load_s + self._slowest * (task.stretch.stop - task.stretch.start)
        try:
            found = slot.box.call_within(most_s, process.decode, task.stretch, keep, self._loader)
        except SandboxDied as error:
            self._after_death(slot, task, error)
        except SandboxTimeout as error:
            self._forget(slot)
            where = f"{task.stretch.start:g} to {task.stretch.stop:g} s"
            task.result.set_exception(DecodeDied(f"Decoding {where} took too long: {error}", code="DecodeTimeout"))
        except Exception as error:  # noqa: BLE001  # whatever the engine raised belongs to who asked
            task.result.set_exception(error)
        else:
            task.result.set_result(found)

    def _after_death(self, slot: _Slot, task: _Task, error: SandboxDied) -> None:
        self._forget(slot)
        with self._changed:
            if task.attempts < ATTEMPTS and not self._closed:
                self._enqueue(task)  # in its old place: this slot, or another that is free by then, takes it
                return
        if self._closed:
            task.result.set_exception(_closed())
        else:
            where = f"{task.stretch.start:g} to {task.stretch.stop:g} s"
            message = f"Decoding {where} ended {task.attempts} decode processes, the last one so: {error}"
            task.result.set_exception(DecodeDied(message, code="DecodeDied"))

    def _forget(self, slot: _Slot) -> None:
        with self._changed:
            slot.warm = []


def _closed() -> DecodeDied:
    return DecodeDied("The decode processes are closed.", code="DecodeClosed", retriable=True)
