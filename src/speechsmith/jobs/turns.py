"""A loop of turns that outlives the errors of a turn."""

import logging
import threading
from collections.abc import Callable

from speechsmith.traces import trace_of

RETRY_S = 1.0

log = logging.getLogger(__name__)


def take_turns(
    step: Callable[[], None], *, stop: threading.Event, wake: threading.Event, every_s: float, owner: str
) -> None:
    """Call `step` at least every so many seconds, and at once when `wake` is set, until `stop` is.

    When a turn fails, since the database is away, the next one goes on from there.
    """
    while not stop.is_set():
        wake.clear()
        try:
            step()
            wake.wait(every_s)
        except Exception as error:  # noqa: BLE001 - what is held stays held
            log.error("turn failed owner=%s\n%s", owner, trace_of(error))
            stop.wait(RETRY_S)
