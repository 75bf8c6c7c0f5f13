"""Short audio that is recognized while its upload still arrives.

What is found so is only taken where it is of exactly the sound that the whole upload turned out to be: a file that has
something behind its samples, or is none that can be listened to as it comes, is recognized from its start.
"""

import threading
from collections.abc import Callable

from speechsmith.asr.segments import SegmentOptions
from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.decoding.events import Ended, Event, Failed, Found, Hearer, Listening
from speechsmith.decoding.live import Deliver, Live
from speechsmith.decoding.recording import Phrase
from speechsmith.realtime.messages import ProtocolError
from speechsmith.realtime.sound import Intake

WAIT_S = 60.0
MOST_BEHIND = 15.0  # seconds
_RIFF = b"RIFF"


class Early:
    """One upload. `feed` is called by whoever reads it, the object itself once by who wants the phrases."""

    def __init__(
        self, listen: Callable[[Listening, Deliver], Live], hearer: Hearer, *, alternatives: int, max_seconds: float
    ) -> None:
        """Args: max_seconds: of longer sound nothing is listened to, as it is refused."""
        self._listen, self._hearer = listen, hearer
        self._alternatives, self._max_seconds = alternatives, max_seconds
        self._intake = Intake()
        self._head = b""
        self._fed_bytes = 0
        self._live: Live | None = None
        self._is_lost = False
        self._phrases: list[Phrase] = []
        self._duration: float | None = None
        self._is_over = threading.Event()

    def feed(self, data: bytes) -> None:
        """More of the upload."""
        if self._is_lost:
            return
        try:
            self._hear(data)
        except ProtocolError:
            self._lose()

    def _hear(self, data: bytes) -> None:
        if len(self._head) < len(_RIFF):
            self._head += data
            if len(self._head) < len(_RIFF):
                return
            self._is_lost = not self._head.startswith(_RIFF)
            data = self._head
        samples = b"" if self._is_lost else self._intake.samples(data)
        sound = self._intake.sound
        if sound is None or self._is_lost:
            return
        self._fed_bytes += len(samples)
        if self._fed_bytes > self._max_seconds * sound.bytes_per_second:
            self._lose()
            return
        if self._live is None:
            wanted = Listening(sound, (self._hearer,), SegmentOptions(), self._alternatives, guesses=False)
            self._live = self._listen(wanted, self._take)
        self._live.feed(samples)
        if self._live.behind > MOST_BEHIND:  # it would only pile up here
            self._lose()

    def _take(self, event: Event) -> None:
        match event:
            case Found(phrase):
                self._phrases.append(phrase)
            case Ended(duration):
                self._duration = duration
                self._is_over.set()
            case Failed():
                self._is_over.set()

    def __call__(self, duration: float) -> list[Phrase] | None:
        """The phrases of the whole upload; None when it is not `duration` seconds of what was listened to."""
        if self._live is None or self._is_lost:
            return None
        self._live.finish()
        self._is_over.wait(WAIT_S)
        if self._duration is None or round(self._duration * SAMPLE_RATE_HZ) != round(duration * SAMPLE_RATE_HZ):
            self._lose()
            return None
        return self._phrases

    def _lose(self) -> None:
        """The whole upload will be recognized instead."""
        self._is_lost = True
        self.close()

    def close(self) -> None:
        """Nothing is wanted of it any more."""
        if self._live is not None:
            self._live.abandon()
