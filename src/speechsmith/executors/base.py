"""Where the work of a job runs. The worker decides what and when; an executor knows only of functions, files and ends.

An attempt tells what happens as events: any number of Progressed, then one of Finished, Raised and Died, and nothing
after it. When that last one is told, nothing of the attempt runs any more, so `out` can be taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from speechsmith.domain.errors import SpeechError
from speechsmith.engines.base import EngineError
from speechsmith.tasks.base import Run, TaskError
from speechsmith.traces import trace_of


@dataclass(frozen=True, slots=True)
class Progressed:
    """The run has said how far it is."""

    stage: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The run came to its end with this result; its files lie in `out`."""

    result: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The run refused, with a code and a sentence for the user; or it broke: no code, and a trace for the log."""

    code: str | None
    message: str
    is_retriable: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Died:
    """The run did not come to its end; `reason` completes the sentence "The process … "."""

    reason: str


Event = Progressed | Finished | Raised | Died


class Attempt(Protocol):
    """One run that was started."""

    def poll(self) -> Sequence[Event]:
        """What happened since the last call, oldest first; never waits."""
        ...

    def kill(self) -> None:
        """End it, with all that it has started; its last event follows. Nothing happens when it has ended."""
        ...


class Executor(Protocol):
    """Something that can run the work of jobs."""

    def start(self, run: Run, task: Any, out: Path, wake: Callable[[], None]) -> Attempt:
        """Start `run(task, out, progress)` in the existing folder `out`.

        `run` must be importable by its name, `task` picklable. `wake` is called, from any thread, when `poll` has news.
        """
        ...


def raised_by(error: BaseException) -> Raised:
    """What an exception means for the attempt that met it."""
    match error:
        case TaskError() | SpeechError():
            return Raised(error.code, error.message)
        case EngineError():
            return Raised(error.code, str(error), error.retriable)
        case _:
            return Raised(None, "", trace=trace_of(error))
