"""What is going on, for people, on standard error: one line that is rewritten on a terminal; elsewhere a line for each
stage and each tenth part of it; nothing when quiet. Standard output belongs to the answer."""

import math
import sys
import time
from collections.abc import Callable

from speechsmith.client.entity import Entity, part, text

_MEGA = 1_000_000


class TimeLeft:
    """How long something that is watched will take yet, in seconds; None while nobody can know.

    The service divides the time that is over by the share that is done, so what it says grows while nothing moves. Here
    it is asked when the work moves, from the second move on; the end that it foretells is smoothed, and between moves
    the time runs down. What is told never grows: where it turns out to be less than half of what is left it is taken
    back, and evidence is gathered anew.
    """

    MOVES, PERCENT = 2, 5  # least evidence

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._percent, self._moves = 0, -1
        self._end = self._told = float("inf")

    def __call__(self, percent: int, foretold: float) -> float | None:
        """Args: percent: that is done. foretold: the seconds left by the service."""
        now = self._clock()
        if percent < self._percent or self._moves < 0:  # another attempt, or the first look
            self._forget(percent)
        elif percent > self._percent:
            self._percent, self._moves = percent, self._moves + 1
            end = now + foretold
            self._end = end if self._moves == 1 else (self._end + end) / 2
        if self._moves < self.MOVES or percent < self.PERCENT:
            return None
        left = max(self._end - now, 0.0)
        if left > 2 * self._told:
            self._forget(percent)
            return None
        self._told = min(self._told, left)
        return self._told or None

    def _forget(self, percent: int) -> None:
        self._percent, self._moves, self._told = percent, 0, float("inf")


class Progress:
    """Messages and progress; quiet says none of them."""

    def __init__(self, *, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._time_left = TimeLeft(clock)
        self._live = sys.stderr.isatty()
        self._shown = ""
        self._part: tuple[object, ...] = (0,)

    def say(self, message: str) -> None:
        """A line that stays."""
        if not self._quiet:
            self.end()
            print(message, file=sys.stderr, flush=True)

    def status(self, entity: Entity) -> None:
        """The state of something waited for, with stage and percent where the service tells them, and, on a terminal,
        with the time left."""
        told = _told(entity)
        percent, foretold = told.get("percent"), told.get("etaSeconds")
        left, tenths = None, 0
        if isinstance(percent, int):
            tenths = percent // 10
            if isinstance(foretold, int | float):
                left = self._time_left(percent, foretold)
        if self._is_new(text(entity, "status"), text(told, "stage"), text(told, "queuePosition"), tenths):
            self._change(status_line(entity, left if self._live else None))

    def data(self, done: int, total: int) -> None:
        """How much of some data is over, from a megabyte on: every change on a terminal, every tenth part elsewhere."""
        percent = 100 * done // total if total else 0
        amount = f"{done / _MEGA:.1f} MB" + (f" of {total / _MEGA:.1f} MB, {percent} %" if total else "")
        if max(done, total) < _MEGA:
            return
        if self._is_new(10 * done // total if total else 0) or done == total:
            self._change(f"  {amount}")

    def end(self) -> None:
        """Leave the line that was rewritten as it is now."""
        if self._live and self._shown:
            print(file=sys.stderr, flush=True)
        self._shown = ""

    def _is_new(self, *part: object) -> bool:
        """Whether a line is due: always on a terminal, elsewhere where another part is reached than the last."""
        is_other = part != self._part
        self._part = part
        return self._live or is_other

    def _change(self, line: str) -> None:
        if self._quiet or line == self._shown:
            return
        if self._live:
            print(f"\r{line:<{len(self._shown)}}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
        self._shown = line


def status_line(entity: Entity, left: float | None = None) -> str:
    """A status in words: `  Running: Reading text 40 %, about 90 s left`. Args: left: seconds."""
    told = _told(entity)
    percent = text(told, "percent")
    words = [text(told, "stage"), f"{percent} %" if percent not in {"", "0"} else ""]
    line = f"  {text(entity, 'status') or 'Waiting'}"
    if any(words):
        line += ": " + " ".join(word for word in words if word)
    if left is not None:
        line += f", about {_rounded(left)} left"
    if place := text(told, "queuePosition"):
        line += f", number {place} in the queue"
    return line


def _told(entity: Entity) -> Entity:
    return part(part(entity, "properties"), "progress")


def _rounded(seconds: float) -> str:
    """To five seconds, or from two minutes on to a minute; never to less than there is."""
    return f"{5 * math.ceil(seconds / 5)} s" if seconds <= 120 else f"{math.ceil(seconds / 60)} min"
