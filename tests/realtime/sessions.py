"""Sessions in the state that a test needs, and what their listener may tell."""

from itertools import count
from uuid import UUID

from frames import audio, paths, text, told, wav_header

from speechsmith.asr.display import Formatter
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.events import Began, Event, Found, Partial
from speechsmith.decoding.recording import Phrase
from speechsmith.realtime.session import Session, Turn

PATH = "/speech/recognition/{}/cognitiveservices/v1"
ANSWERS = Turn(Formatter("en-US"), "en-US", "the-model")
SECOND = bytes(32_000)  # of 16 kHz
BEGAN, GUESS = Began(1.0), Partial(1.0, 1.5, "thank")
THANKS = Found(
    Phrase(0.75, 1.75, (Hypothesis((Word("thank", 1.0, 1.3, 0.9), Word("you", 1.3, 1.5, 0.9)), 0.9),)), "en-US"
)
NOTHING = Found(Phrase(0.75, 1.75, (Hypothesis((), 0.0),)), "en-US")
END = ["speech.endDetected", "speech.phrase", "turn.end"]


def session(mode: str = "conversation", **query: str) -> Session:
    ids = count(1)
    return Session(PATH.format(mode), {"language": "en-US"} | query, lambda: UUID(int=next(ids)))


def listening(mode: str = "conversation", context=None, answers: Turn = ANSWERS, **query: str) -> Session:
    """A session whose turn 1, with the id "a", has had two seconds of sound."""
    one = session(mode, **query)
    one.receive(text("speech.context", "a", context))
    one.started(1, answers)
    assert paths(one.receive(audio("a", wav_header() + 2 * SECOND))) == ["Listen", "Feed"]
    return one


def heard(one: Session, *events: Event, turn: int = 1) -> list:
    return [action for event in events for action in one.heard(turn, event)]


def body(actions: list, path: str) -> dict:
    """Of the last message of that path."""
    return [one[1] for one in told(actions) if isinstance(one, tuple) and one[0] == path][-1]
