"""Says how far a training is, and keeps how long each of its stages took."""

import ctypes
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from speechsmith.asr.types import Progress


class Stages:
    """The stages of one training, entered one after another."""

    def __init__(self, progress: Progress, shares: Mapping[str, float]) -> None:
        """`shares`: what each stage costs beside the others, in order; users see the names."""
        self._progress = progress
        whole = sum(shares.values())
        self._shares = {stage: share / whole for stage, share in shares.items()}
        self._done = 0.0
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[Callable[[float], None]]:
        """Run a stage. It may tell the share of itself that is done, in [0, 1]."""
        started, share = time.monotonic(), self._shares[stage]
        self._progress(stage, self._done)
        yield lambda fraction: self._progress(stage, self._done + share * fraction)
        _hand_back_memory()
        self._done = min(self._done + share, 1.0)
        self._progress(stage, self._done)
        self.seconds[stage] = round(time.monotonic() - started, 2)


def _hand_back_memory() -> None:
    """Let the system have what was freed. glibc keeps it, in pieces too small for the next stage: 100 MB of 400."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
