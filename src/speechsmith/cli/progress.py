"""What is going on, for people, on standard error: one line that is rewritten on a terminal, one line for each change
elsewhere, nothing when quiet. Standard output belongs to the answer."""

import sys

from speechsmith.client.entity import Entity, part, text

_MEGA = 1_000_000


class Progress:
    """Messages and progress; quiet says none of them."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._shown = ""
        self._tenths = 0

    def say(self, message: str) -> None:
        """A line that stays."""
        if not self._quiet:
            self.end()
            print(message, file=sys.stderr, flush=True)

    def status(self, entity: Entity) -> None:
        """The state of something waited for, with stage, percent and time left where the service tells them."""
        self._change(status_line(entity))

    def data(self, done: int, total: int) -> None:
        """How much of some data is over, from a megabyte on: every change on a terminal, every tenth part elsewhere."""
        percent = 100 * done // total if total else 0
        amount = f"{done / _MEGA:.1f} MB" + (f" of {total / _MEGA:.1f} MB, {percent} %" if total else "")
        if max(done, total) < _MEGA:
            return
        if self._live or done == total or (total and 10 * done // total != self._tenths):
            self._tenths = 10 * done // total if total else 0
            self._change(f"  {amount}")

    def end(self) -> None:
        """Leave the line that was rewritten as it is now."""
        if self._live and self._shown:
            print(file=sys.stderr, flush=True)
        self._shown = ""

    def _change(self, line: str) -> None:
        if self._quiet or line == self._shown:
            return
        if self._live:
            print(f"\r{line:<{len(self._shown)}}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
        self._shown = line


def status_line(entity: Entity) -> str:
    """A status in words: `  Running: Reading text 40 %, about 90 s left`."""
    told = part(part(entity, "properties"), "progress")
    percent = text(told, "percent")
    words = [text(told, "stage"), f"{percent} %" if percent not in {"", "0"} else ""]
    line = f"  {text(entity, 'status') or 'Waiting'}"
    if any(words):
        line += ": " + " ".join(word for word in words if word)
    if left := text(told, "etaSeconds"):
        line += f", about {left} s left"
    if place := text(told, "queuePosition"):
        line += f", number {place} in the queue"
    return line
