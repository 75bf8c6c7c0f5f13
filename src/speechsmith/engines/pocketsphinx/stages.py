"""Says how far a training is, and keeps how long each of its stages took."""

import ctypes
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate, pairwise

from speechsmith.asr.types import Progress


class Stages:
    """The stages of one training, entered one after another; what is left out counts as done when a later one is."""

    def __init__(self, progress: Progress, shares: Mapping[str, float]) -> None:
        """`shares`: what each stage costs beside the others, in order; users see the names."""
        self._progress = progress
        self._shares = dict(shares)
        self._reached = 0.0
        self._parts = self._between(shares)
        self.seconds: dict[str, float] = {}

    def leave_out(self, stage: str) -> None:
        """This one will not come, as is known by now: those that are still to come share its part too."""
        coming = [name for name, (start, _) in self._parts.items() if start >= self._reached and name != stage]
        self._parts = self._between(coming)

    def _between(self, stages: Collection[str]) -> dict[str, tuple[float, float]]:
        """Where each stage begins and ends, of all that is left."""
        edges = list(accumulate((self._shares[stage] for stage in stages), initial=0.0))
        left = 1.0 - self._reached
        return dict(zip(stages, pairwise(self._reached + left * edge / edges[-1] for edge in edges), strict=True))

    @contextmanager
    def __call__(self, stage: str) -> Iterator[Callable[[float], None]]:
        """Run a stage. It may tell the share of itself that is done, in [0, 1]."""
        started, (start, end) = time.monotonic(), self._parts[stage]
        self._progress(stage, start)
        yield lambda fraction: self._progress(stage, start + (end - start) * fraction)
        _hand_back_memory()
        self._progress(stage, end)
        self._reached = end
        self.seconds[stage] = round(time.monotonic() - started, 2)


def _hand_back_memory() -> None:
    """Let the system have what was freed. glibc keeps it, in pieces too small for the next stage: 100 MB of 400."""
    if sys.platform == "win32":  # has no library without a name
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
