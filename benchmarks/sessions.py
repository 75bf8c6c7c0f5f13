"""Sessions that speak to a service at once, each on a line of its own, at real time."""

import asyncio
import random
from collections.abc import Sequence

from benchmarks.conversations import BYTES_PER_SECOND
from benchmarks.line import OVER, STUCK, Turn, Wish, dialled
from benchmarks.service import Service

DETAILED = Wish(is_detailed=True)  # the times of words tell when the first one ends
SPREAD = 2.0  # seconds over which sessions begin: nobody speaks in step with others
MOST_LINES = 5  # of a session: each is closed by a fault of the service
_SAMPLE_BYTES = 2


async def together(started: Service, sounds: Sequence[bytes]) -> list[list[Turn]]:
    """Speak all of these; the turns of each session, which is more than one when the service closed its line.

    Such a session dials again at once, and goes on with what is being said by then.

    Raises: RuntimeError: it happened too often; websockets' InvalidStatus: the service refused a line.
    """
    chance = random.Random(1)
    return await asyncio.gather(*(_session(started, sound, chance.uniform(0.0, SPREAD)) for sound in sounds))


async def _session(started: Service, sound: bytes, wait: float) -> list[Turn]:
    await asyncio.sleep(wait)
    now = asyncio.get_running_loop().time
    began, turns = now(), list[Turn]()
    for _ in range(MOST_LINES):
        said = round((now() - began) * BYTES_PER_SECOND / _SAMPLE_BYTES) * _SAMPLE_BYTES
        async with dialled(started.url, started.key, DETAILED) as line:
            turns.append(await line.speak(sound[said:]))
        if turns[-1].end in (OVER, STUCK):
            return turns
    raise RuntimeError(f"The service closed {MOST_LINES} lines of a session, the last one so: {turns[-1].end}")
