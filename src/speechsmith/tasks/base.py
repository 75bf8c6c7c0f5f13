"""What a job does, as a function of files: `run(task, out, progress) -> result`.

A task is a frozen value with all it needs: paths to read, options, names. It is run in a process of its own, which
never opens the database and writes only below `out`, a new folder of this attempt. The worker publishes what lies
there. Task and result travel between processes, so both are picklable.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechsmith.asr.types import Progress


class TaskError(Exception):
    """The work cannot be done, and trying again would not help: the entity becomes Failed for this reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


Run = Callable[[Any, Path, Progress], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """The progress of a part of the work, which begins at `start` and is `width` of the whole."""

    progress: Progress
    start: float
    width: float

    def __call__(self, stage: str, fraction: float) -> None:
        """Take the share of the part that is done."""
        self.progress(stage, self.start + self.width * fraction)
