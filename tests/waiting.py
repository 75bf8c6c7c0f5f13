"""Waiting for what another process does."""

import threading
import time
from collections.abc import Callable


def until(holds: Callable[[], object], *, seconds: float = 120.0) -> float:
    """Wait until it holds, and no longer than that; how long it took."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < seconds, f"not within {seconds} s"
        threading.Event().wait(0.02)
    return time.monotonic() - begin
