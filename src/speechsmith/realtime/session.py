"""One connection of a Speech SDK as a state machine: frames and events in, actions out; no socket, clock or thread.

Theory of operation. A connection is a row of turns. The client opens one with speech.context, sends sound, and ends it
with a sound message of no length; the service answers with turn.start, what it hears, and turn.end. Between turns, and
within, there may be long silence. Whoever drives a Session gives it each frame as it comes (`receive`), each event of
the listener (`heard`), and does the actions it is given, in their order:

    Begin     find the model that the turn asks for, then call `started` or `refused`; best read no frames meanwhile
    Listen    start a listener for the turn, with this sound
    Feed      give it these samples
    Finish    there are no more
    Abandon   stop it, and drop what it still has; each turn that had a listener ends with this
    Send      a text message
    Close     end the connection; nothing comes after it

Turns have numbers, from 1. What takes time (finding a model, listening) bears the number of its turn both ways, and
what comes for a turn that is over changes nothing: so neither a late event nor a late model can get into the next one.
There is one listener at most, the one of the last Listen: Feed, Finish and Abandon are for it.

    state       | speech.context | sound      | end of sound    | started             | last event
    ------------+----------------+------------+-----------------+---------------------+-------------------------
    idle        | -> finding     | ignored    | ignored         | ignored             | ignored
    finding     | -> finding     | kept       | kept            | -> listening (fed)  | ignored
    listening   | -> finding     | fed        | -> finishing    | ignored             | -> idle (interactive)
    finishing   | -> finding     | ignored    | ignored         | ignored             | -> idle
    closed      | nothing does anything any more

speech.context in a running turn gives that up without a word. A message that makes no sense, a refusal and a failure
of the listener close the connection with a reason; a wish to stop (`drain`) closes it once it is idle. speech.config,
telemetry and unknown messages change nothing, nor does sound with the id of another turn than the running one.

An interactive turn is over with its first phrase, or once nobody has spoken for the initial silence, in time of the
sound. Other turns go on to the end of the sound; an initial silence is told in them only when the client has set one,
once. Whether somebody has spoken in time is told by where speech begins, not by when that is noticed: so the bytes may
arrive in any pieces, and the answer is the same.

Offsets count from the first sample of the turn, and Offset + Duration of a phrase tells the client that all up to there
is done: it sends the rest again when the connection breaks. So they are exact; phrases end where a frame of the voice
detector begins, so that the rest is cut as it would have been; and the phrase that closes the sound stands at its very
end.

The listener is started when there is enough sound for a phrase: the SDKs often end with a turn of a few bytes, which is
answered without one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from speechsmith.asr.display import Formatter
from speechsmith.asr.segments import floor_to_frame
from speechsmith.decoding.events import Began, Ended, Event, Failed, Found, Heard, Partial, SoundFormat
from speechsmith.domain.errors import Invalid
from speechsmith.realtime import results
from speechsmith.realtime.context import Mode, TurnOptions, path_mode, turn_options
from speechsmith.realtime.messages import Code, Message, ProtocolError, clipped, parse, text
from speechsmith.realtime.sound import Intake

SHORTEST = 0.05  # seconds: less sound has no phrase, see SegmentOptions.min_speech
NOTICED = 0.5  # seconds after which a listener has told of whoever has begun to speak
STOPPING = "The service is stopping. Connect again."


@dataclass(frozen=True, slots=True)
class Send:
    """A message for the client."""

    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """Find what this turn asks for."""

    turn: int
    options: TurnOptions


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen to sound of this form, as the options of the turn say."""

    turn: int
    sound: SoundFormat


@dataclass(frozen=True, slots=True)
class Feed:
    """Samples, in the form that was told. They may be cut anywhere, even within a sample."""

    samples: bytes


@dataclass(frozen=True, slots=True)
class Finish:
    """No more samples."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Nobody waits for what is still to be heard."""


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the connection. The reason fits into a close frame."""

    code: Code
    reason: str


Action: TypeAlias = Send | Begin | Listen | Feed | Finish | Abandon | Close


@dataclass(frozen=True, slots=True)
class Turn:
    """What answers a turn: how it writes, its locale, the id of the model, and a sentence for the client or ""."""

    formatter: Formatter
    locale: str
    model: str
    notice: str = ""


class Session:
    """One connection. See the module for what it takes and gives."""

    def __init__(self, path: str, query: Mapping[str, str], new_id: Callable[[], UUID]) -> None:
        """Args: path, query: of the address that the client has called, decoded."""
        self._mode = path_mode(path)
        self._query = query
        self._new_id = new_id
        self._turn: _Running | None = None
        self._turns = 0
        self._is_draining = False
        self._is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether no turn is running."""
        return self._turn is None

    def receive(self, frame: str | bytes) -> list[Action]:
        """A frame has come."""
        if self._is_closed:
            return []
        try:
            message = parse(frame)
            if message.path == "speech.context":
                return self._opened(message)
            return self._sound(message) if message.path == "audio" else []
        except (ProtocolError, Invalid) as error:
            return self._closed(Code.REFUSED, str(error))

    def started(self, turn: int, answers: Turn, *others: Turn) -> list[Action]:
        """The model of a turn is found, or those of all the languages that may be spoken, each of another locale."""
        running = self._running(turn)
        if running is None or running.answers is not None:
            return []
        running.answers = answers
        running.by_locale = {one.locale: one for one in (answers, *others)}
        return self._advanced(running)

    def refused(self, turn: int, reason: str, code: Code = Code.REFUSED) -> list[Action]:
        """The turn cannot be answered, or not any more."""
        return self._closed(code, reason) if self._running(turn) else []

    def heard(self, turn: int, event: Event) -> list[Action]:
        """The listener of a turn tells something."""
        running = self._running(turn)
        if running is None or not running.is_listening:
            return []
        match event:
            case Began(start):
                return self._began(running, start)
            case Partial():
                return running.hypothesis(event)
            case Found():
                return self._found(running, event)
            case Heard(until, is_speaking):
                return [] if is_speaking else self._silent(running, until - NOTICED)
            case Ended():
                return self._over(running, running.last_words())
            case Failed(error):
                return self._closed(Code.FAILED if error.retriable else Code.REFUSED, str(error))

    def drain(self) -> list[Action]:
        """The service is stopping: the running turn may end, and there will be no other."""
        self._is_draining = True
        return [] if self._turn else self.cut_off()

    def cut_off(self) -> list[Action]:
        """The service stops, and waits for no turn."""
        return [] if self._is_closed else self._closed(Code.LEAVING, STOPPING)

    def _opened(self, message: Message) -> list[Action]:
        if not message.request_id:
            raise ProtocolError("speech.context has no X-RequestId, which names the turn.")
        if self._is_draining:
            return self._closed(Code.LEAVING, STOPPING)
        options = turn_options(message.body, self._query, self._mode)
        given_up = self._given_up()
        self._turns += 1
        self._turn = _Running(self._turns, message.request_id, options, self._new_id)
        tag = {"context": {"serviceTag": self._new_id().hex}}
        return [*given_up, self._turn.send("turn.start", tag), Begin(self._turns, options)]

    def _sound(self, message: Message) -> list[Action]:
        running = self._turn
        if running is None or running.id != message.request_id or running.is_complete:
            return []
        if not message.is_binary:
            raise ProtocolError("Audio comes in binary messages.")
        running.take(message)
        return self._advanced(running)

    def _advanced(self, running: "_Running") -> list[Action]:
        """What can be done now that sound, its end or the model has come."""
        if running.answers is None:
            return []
        actions = running.fed()
        if running.is_complete and running.is_listening:
            actions.append(Finish())
        elif running.is_complete:
            actions += self._over(running, running.last_words())
        return actions

    def _began(self, running: "_Running", start: float) -> list[Action]:
        actions = self._silent(running, start)
        return actions + running.speech_began(start) if self._turn is running else actions

    def _silent(self, running: "_Running", until: float) -> list[Action]:
        """Nobody has begun to speak before then, or it came to nothing: a click begins like a word."""
        if running.patience is None or until < running.patience:
            return []
        silence, running.patience = results.initial_silence(running.patience), None
        if not running.options.is_interactive:
            return [running.phrase(silence)]
        return self._over(running, running.last_phrase(silence))

    def _found(self, running: "_Running", event: Found) -> list[Action]:
        shown, running.patience = running.shown(event), None
        if not running.options.is_interactive:
            return [running.phrase(shown)]
        return self._over(running, running.last_phrase(shown))

    def _over(self, running: "_Running", said: list[Action]) -> list[Action]:
        actions = [*said, running.send("turn.end", {}), *self._given_up()]
        return actions + self._closed(Code.LEAVING, STOPPING) if self._is_draining else actions

    def _given_up(self) -> list[Action]:
        """There is no turn from here on."""
        turn, self._turn = self._turn, None
        return [Abandon()] if turn and turn.is_listening else []

    def _running(self, turn: int) -> "_Running | None":
        return self._turn if self._turn and self._turn.number == turn else None

    def _closed(self, code: Code, reason: str) -> list[Action]:
        self._is_closed = True
        return [*self._given_up(), Close(code, clipped(reason))]


class _Running:
    """The turn that is running: what has come of it, and the messages that tell of it."""

    def __init__(self, number: int, id: str, options: TurnOptions, new_id: Callable[[], UUID]) -> None:
        self.number = number
        self.id = id
        self.options = options
        self.answers: Turn | None = None  # of several, the one that was believed last
        self.by_locale: Mapping[str, Turn] = {}
        self.kept = bytearray()  # samples that are not fed yet
        self.is_complete = False  # the end of the sound has come
        self.is_listening = False
        self.patience = options.initial_silence  # None once a phrase is found
        self._intake = Intake()
        self._received_bytes = 0
        self._has_begun = False
        self._new_id = new_id
        self._phrase_id, self._shown = new_id(), ""

    def take(self, message: Message) -> None:
        """Raises: ProtocolError."""
        if not message.body:
            self.is_complete = True
            return
        samples = self._intake.samples(message.body, message.headers.get("content-type", ""))
        self.kept += samples
        self._received_bytes += len(samples)

    def fed(self) -> list[Action]:
        """Hand on what is kept, once it is worth a listener."""
        sound = self._intake.sound
        actions: list[Action] = []
        if sound and not self.is_listening and len(self.kept) >= SHORTEST * sound.bytes_per_second:
            self.is_listening = True
            actions.append(Listen(self.number, sound))
        if self.is_listening and self.kept:
            actions.append(Feed(bytes(self.kept)))
            self.kept.clear()
        return actions

    @property
    def received(self) -> float:
        """Seconds of sound that have come."""
        sound = self._intake.sound
        return self._received_bytes / sound.bytes_per_second if sound else 0.0

    def speech_began(self, start: float) -> list[Action]:
        if self._has_begun:
            return []
        self._has_begun = True
        return [self.send("speech.startDetected", {"Offset": results.times(start, start)["Offset"]})]

    def hypothesis(self, event: Partial) -> list[Action]:
        assert self.answers is not None
        shown = self.answers.formatter.lexical(event.lexical.split())
        if shown in ("", self._shown):
            return []
        self._shown = shown
        path = "speech.fragment" if self.options.mode is Mode.DICTATION else "speech.hypothesis"
        body = {"Id": self._phrase_id.hex} | results.hypothesis(shown, event.start, event.end)
        return [self.send(path, body | self._who())]

    def shown(self, event: Found) -> dict[str, Any]:
        self.answers = self.by_locale[event.locale]
        phrase, options = event.phrase, self.options
        return results.phrase(
            phrase.hypotheses,
            phrase.start,
            floor_to_frame(phrase.end),
            self.answers.formatter,
            detailed=options.detailed,
            word_times=options.word_times,
            word_confidences=options.word_confidences,
        )

    def phrase(self, shown: Mapping[str, Any]) -> Send:
        assert self.answers is not None
        body = {"Id": self._phrase_id.hex, **shown, "Channel": 0, **self._who(), "Model": self.answers.model}
        if best := shown.get("NBest"):
            body["DisplayText"] = best[0]["Display"]
        if self.answers.notice:
            body["Notice"] = self.answers.notice
        self._phrase_id, self._shown = self._new_id(), ""
        return self.send("speech.phrase", body)

    def last_phrase(self, shown: Mapping[str, Any]) -> list[Action]:
        """The client stops sending on endDetected: it comes first."""
        return [
            self.send("speech.endDetected", {"Offset": shown["Offset"] + shown["Duration"]}),
            self.phrase(shown),
        ]

    def last_words(self) -> list[Action]:
        """What is said at the end of the sound."""
        if self.options.is_interactive:  # a phrase would have been the end of the turn
            return self.last_phrase(results.initial_silence(self.received))
        closing = self.last_phrase(results.end_of_audio(self.received))
        return closing if self._has_begun else closing[1:]  # a user sees an end of speech only after its start

    def send(self, path: str, body: Mapping[str, Any]) -> Send:
        return Send(text(path, self.id, body))

    def _who(self) -> dict[str, Any]:
        """What language detection and ConversationTranscriber look for; voices are not told apart here."""
        assert self.answers is not None
        language = {"PrimaryLanguage": {"Language": self.answers.locale}} if self.options.candidates else {}
        return language | ({"SpeakerId": "Unknown"} if self.options.speakers else {})
