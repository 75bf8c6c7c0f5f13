"""The same work on many things, in processes of their own, with results in the order of the things.

Processes are spawned, never forked; they belong to the group of the job, and end with it. One worker means this very
process: small work starts none.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from speechsmith.engines.base import EngineError

T = TypeVar("T")
R = TypeVar("R")

_ALONE_BELOW = 3  # things that are not worth a process


def each(
    function: Callable[[T], R], things: Iterable[T], count: int, *, workers: int, progress: Callable[[float], None]
) -> Iterator[R]:
    """The function's value for each of `count` things, in order. `function` is found by its name; it and the things
    are pickled. Things may be made as they are asked for: the first are worked on while the next are being made.

    Raises: what the function raises, and then the others are not begun; EngineError, which is worth another try, when
    a process was killed.
    """
    if workers <= 1 or count < _ALONE_BELOW:
        for number, thing in enumerate(things, start=1):
            yield function(thing)
            progress(number / count)
        return
    executor = ProcessPoolExecutor(min(workers, count), multiprocessing.get_context("spawn"))
    try:
        for number, result in enumerate(executor.map(function, things), start=1):
            yield result
            progress(number / count)
    except BrokenProcessPool as error:
        raise EngineError(f"A process of the training was ended: {error}", code="ProcessDied", retriable=True) from None
    finally:
        executor.shutdown(cancel_futures=True)
