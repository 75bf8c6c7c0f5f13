"""Numbered pieces of work, some of them at a time."""

import threading
from collections.abc import Callable
from itertools import count


def in_parallel(work: Callable[[int], bool], pieces: int, *, threads: int) -> None:
    """Do work 0, 1, 2, ..., so many at a time; none is begun any more once one gives False or raises.

    Raises: what the work raises, once all that was begun has ended. KeyboardInterrupt: at once; what was begun goes on
        behind it, and ends with the program.
    """
    if threads == 1:
        for at in range(pieces):
            if not work(at):
                return
        return
    several = _Several(work, pieces)
    # As daemons they do not keep the program from ending when it is interrupted.
    workers = [threading.Thread(target=several.go_on, daemon=True) for _ in range(min(threads, pieces))]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    finally:
        several.is_over = True
    if several.fault:
        raise several.fault


class _Several:
    """What the threads share."""

    def __init__(self, work: Callable[[int], bool], pieces: int) -> None:
        self._work, self._pieces, self._next = work, pieces, count()
        self.is_over = False
        self.fault: Exception | None = None

    def go_on(self) -> None:
        while not self.is_over and (at := next(self._next)) < self._pieces:
            try:
                self.is_over |= not self._work(at)
            except Exception as fault:  # noqa: BLE001 - it is raised again where the work is waited for
                self.is_over, self.fault = True, fault
