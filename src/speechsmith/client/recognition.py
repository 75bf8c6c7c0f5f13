"""Speech in, recognized phrases out.

    recognizer = Recognizer(server, "http://127.0.0.1:8080/speech/recognition/conversation/cognitiveservices/v1",
                            Wish(language="en-US"))
    for phrase in recognizer.phrases([Stretch(0.0, pcm)]):
        print(phrase.display)

The service is asked by its short-audio route: a request for each stretch, which is why a stretch is at most a minute
long, and nothing is heard of a phrase before it is over. Only this file knows that.
"""

import io
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from speechsmith.client.collection import entity_of
from speechsmith.client.entity import Entity, Json, text
from speechsmith.client.transport import Transport, parts_of

RATE_HZ = 16_000
TICKS_PER_SECOND = 10_000_000
LONGEST, LONGEST_INTERACTIVE = 60.0, 15.0  # seconds of a stretch
_MOST_DIGITS = 16  # of ticks: thirty years
_HEADERS = {"Content-Type": f"audio/wav; codecs=audio/pcm; samplerate={RATE_HZ}"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound to be recognized: `pcm` is mono, 16 bit, little endian, of RATE_HZ, and begins `start` seconds after the
    recording does."""

    start: float
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """How speech is to be recognized and written; None leaves it to the service.

    `endpoint` is the id of a deployed model, which has a language of its own. `phrases` are likelier than elsewhere
    (Speechsmith takes them; the cloud's short-audio route passes them over). `profanity` is masked, removed or raw.
    `words` asks for the times of words. `logged` has audio and text kept by the service.
    """

    language: str | None = None
    endpoint: str | None = None
    phrases: tuple[str, ...] = ()
    profanity: str | None = None
    words: bool = False
    logged: bool = False

    @property
    def query(self) -> dict[str, str]:
        """As the short-audio route wants it."""
        asked = {
            "cid": self.endpoint,
            "language": self.language,
            "format": "detailed",
            "profanity": self.profanity,
            "wordLevelTimestamps": "true" if self.words else None,
            "storeAudio": "true" if self.logged else None,
            "phrases": ";".join(self.phrases) or None,
        }
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was recognized in a stretch. `result` is the contract's detailed result as it came, but for its times, which
    count from the start of the recording; `latency` is the seconds from the request to the answer."""

    result: Entity
    latency: float

    @property
    def best(self) -> Entity:
        """The first of the alternatives; empty where nothing was recognized."""
        found = self.result.get("NBest")
        first = found[0] if isinstance(found, list) and found else {}
        return first if isinstance(first, dict) else {}

    @property
    def display(self) -> str:
        """The text as written; "" where nothing was recognized."""
        return text(self.best, "Display") or text(self.result, "DisplayText")

    @property
    def start(self) -> float:
        """Seconds from the start of the recording."""
        return seconds(self.result, "Offset")

    @property
    def duration(self) -> float:
        """Seconds."""
        return seconds(self.result, "Duration")


@dataclass(frozen=True, slots=True)
class Recognizer:
    """Recognizes at one address, with one wish. Safe for threads; `session` names it to the service."""

    server: Transport
    address: str
    wish: Wish
    session: str = field(default_factory=lambda: uuid4().hex)

    @property
    def longest(self) -> float:
        """How many seconds a stretch may last at this address."""
        return LONGEST_INTERACTIVE if "/recognition/interactive/" in self.address else LONGEST

    def phrases(self, stretches: Iterable[Stretch]) -> Iterator[Phrase]:
        """What is recognized in each stretch, as soon as it is. Raises: ServiceError, Unreachable, ClientError."""
        root, _, given = self.address.partition("?")
        query = self.wish.query | dict(parse_qsl(given, keep_blank_values=True))
        url = f"{root}?{urlencode(query)}"
        headers = _HEADERS | {"X-ConnectionId": self.session}
        for stretch in stretches:
            began = self.server.clock()
            # What is kept of a request, if it is, would be kept twice.
            reply = self.server.call(
                "POST", url, content=_wav(stretch.pcm), headers=headers, is_harmless=not self.wish.logged
            )
            latency = self.server.clock() - began
            shifted = _later(entity_of(reply.body), round(stretch.start * TICKS_PER_SECOND))
            yield Phrase(entity_of(shifted), latency)


def root_of(address: str) -> str:
    """The server that an address is on, which is the one to send the key to. Raises: BadReference."""
    parts = parts_of(address)
    return f"{parts.scheme}://{parts.netloc}"


def seconds(timed: Entity, name: str) -> float:
    """A time of a result in seconds; the contract shows it as a number and as text. 0.0 where there is none."""
    return _ticks(timed, name) / TICKS_PER_SECOND


def _ticks(timed: Json, name: str) -> int:
    """A time of a result; 0 also where it is more than any recording has."""
    found = text(timed, name)
    return int(found) if found.isdecimal() and len(found) <= _MOST_DIGITS else 0


def _later(value: Json, ticks: int) -> Json:
    """The same result, with every `Offset` in it so much later."""
    if isinstance(value, list):
        return [_later(item, ticks) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {name: _later(member, ticks) for name, member in value.items()}
    if text(value, "Offset").isdecimal():
        moved["Offset"] = _ticks(value, "Offset") + ticks
    return moved


def _wav(pcm: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as wav:
        wav.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        wav.writeframes(pcm)
    return made.getvalue()
