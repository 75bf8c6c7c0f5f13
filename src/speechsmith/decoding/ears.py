"""What happens inside a listening process: sound comes in, phrases are found in it, and guesses are made meanwhile.

Theory. The process has an *ear* for each live recording. An ear holds no guesser while nobody speaks: one is lent to it
when speech begins, and goes back to the shelf when the phrase is over. The process works in slices of BLOCK seconds,
one ear after another, so that nobody waits long for anybody.

What an ear finds depends on the samples alone. The sound is taken in blocks of BLOCK, however it came; resampled and
rounded as `audio.convert` does it; and cut as `asr.segments` cuts a file. So the phrases are those of a batch.

A phrase is told in pieces, and when it is over. The last piece is told as soon as it pauses, as one that may have
ended, so that somebody can begin to recognize it; if it goes on it is told again, from the same start. What is
recognized of phrases is not decided here: a guess is all that is made of them.

Messages to the process are tuples of a name and arguments, and so are the answers; see `Ears.obey`, and `Told`.
"""

import os
import pickle
import queue
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import numpy as np
import soxr

from speechsmith.asr import audio
from speechsmith.asr.segments import Segment, Segmenter
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.children import Channel, to_parent
from speechsmith.decoding.events import Listening, SoundFormat
from speechsmith.decoding.process import guesser
from speechsmith.engines.base import EngineError, Guesser, ModelFiles
from speechsmith.traces import trace_of

BLOCK = 0.1  # seconds
SETTLED = 0.5  # seconds of silence after which a phrase may have ended; people pause for less than that in them
CATCH_UP = 3  # blocks that a guesser which is behind hears at once
KEPT = 2.0  # seconds of silence that are kept, as speech is noticed after it has begun

GuesserLoader: TypeAlias = Callable[[ModelFiles], Guesser]  # found in the child by its name: a function of a module
Told: TypeAlias = tuple[str, int, tuple[Any, ...]]
"""What, which ear, and the arguments:

began    start
guess    start, end, lexical
piece    a Segment that may be a piece of the phrase, and its sound as 16-bit samples at 16 kHz
over     the phrase, a Segment, all of whose pieces were told
heard    seconds, whether somebody is speaking
ended    seconds
failed   the exception, and where a fault of ours happened, for the log; empty when it is none
"""


class Shelf:
    """Guessers that nobody needs at the moment. As many were made as have spoken at once: making one takes a third of
    a second, in which nobody else is listened to. So the last one used stays for whoever comes next.
    """

    def __init__(self, guesser_loader: GuesserLoader) -> None:
        self._guesser_loader = guesser_loader
        self._free: dict[ModelFiles, list[Guesser]] = {}
        self._last: ModelFiles | None = None

    def take(self, model: ModelFiles) -> Guesser:
        """One for this speaker alone, ready to start. Raises: EngineError."""
        free = self._free.get(model)
        return free.pop() if free else self._guesser_loader(model)

    def put(self, model: ModelFiles, guesser: Guesser) -> None:
        """It may be taken again."""
        self._last = model
        self._free.setdefault(model, []).append(guesser)

    def keep_for(self, listeners: Counter[ModelFiles]) -> None:
        """Let go of what so many listeners with each model cannot need."""
        needed = {model: max(listeners[model], model == self._last) for model in self._free}
        self._free = {model: free[: needed[model]] for model, free in self._free.items() if needed[model]}


class Ear:
    """One live recording. `tell` is called with what happens."""

    def __init__(self, wanted: Listening, shelf: Shelf, tell: Callable[..., None]) -> None:
        self._wanted, self._shelf, self._tell = wanted, shelf, tell
        self._source = Source(wanted.sound)
        self._segmenter = Segmenter(wanted.options)
        self._sound: Samples = np.zeros(0, np.float32)  # from `_start` on
        self._start = 0  # sample
        self._guesser: Guesser | None = None
        self._pieces: dict[float, Segment] = {}  # that were told, by where they start
        self._spoken: float | None = None  # where the phrase that is being guessed begins
        self._guessed = 0  # samples that the guesser has heard, up to
        self._guess = ""
        self.is_finished = False

    @property
    def model(self) -> ModelFiles:
        """What it listens with."""
        return self._wanted.guesser

    @property
    def has_work(self) -> bool:
        """Whether a slice would do anything."""
        return not self.is_finished and (self._source.has_block or self._is_behind)

    def accept(self, data: bytes) -> None:
        """More of the recording, as it came."""
        self._source.add(data)

    def finish(self) -> None:
        """No more will come."""
        self._source.finish()

    def work(self) -> None:
        """A slice. Raises: EngineError."""
        if self._source.has_block:
            samples, is_last = self._source.block()
            self._sound = np.concatenate([self._sound, samples])
            over = self._segmenter.hear(samples)
            for segment in [*over, *(self._segmenter.finish() if is_last else ())]:
                self._end(segment)
            if is_last:
                self._let_go()
                self.is_finished = True
                self._tell("ended", self._segmenter.heard)
                return
            self._listen()
            self._tell("heard", self._segmenter.heard, self._segmenter.open is not None)
        self._guess_on()
        self._forget()

    def close(self) -> None:
        """Give back what is lent."""
        self._let_go()
        self.is_finished = True

    def give_up(self) -> None:
        """Something broke, perhaps what is lent: a guesser may stay broken, so nobody gets it again."""
        self._guesser = None
        self.is_finished = True

    def _listen(self) -> None:
        """What the sound up to now says of the phrase that is open."""
        found = self._segmenter.open
        if found is None:
            if self._segmenter.since is None:
                self._let_go()
            return
        self._begin(found)
        *over, last = found.pieces
        for piece in over:
            self._tell_piece(piece)
        if self._segmenter.heard - last.end + self._wanted.options.pad >= self._enough_silence(last):
            self._tell_piece(last)

    def _enough_silence(self, last: Segment) -> float:
        """Seconds after which a piece is recognized: soon where a breath ends it, as it is one whatever comes."""
        options = self._wanted.options
        return options.breath if last.duration - 2 * options.pad >= options.piece else SETTLED

    def _begin(self, found: Segment) -> None:
        if self._spoken == found.start:
            return
        if self._spoken is None:
            self._tell("began", found.start)
        if self._guesser is None and self._wanted.guesses:
            self._guesser = self._shelf.take(self.model)
        if self._guesser is not None:
            self._guesser.start()
        self._spoken, self._guessed, self._guess = found.start, round(found.start * SAMPLE_RATE_HZ), ""

    def _tell_piece(self, piece: Segment) -> None:
        if self._pieces.get(piece.start) == piece:
            return
        self._pieces[piece.start] = piece
        start, stop = round(piece.start * SAMPLE_RATE_HZ), round(piece.end * SAMPLE_RATE_HZ)
        self._tell("piece", piece, audio.pcm(self._sound[max(0, start - self._start) : stop - self._start]))

    def _end(self, phrase: Segment) -> None:
        if self._spoken is None:  # it was over before it was noticed
            self._tell("began", phrase.start)
        for piece in phrase.pieces:
            self._tell_piece(piece)
        self._tell("over", phrase)
        self._spoken, self._pieces = None, {}

    @property
    def _is_behind(self) -> bool:
        return self._guesser is not None and self._spoken is not None and self._guessed < self._until

    @property
    def _until(self) -> int:
        """How far the guesser may hear: not into the silence behind the phrase."""
        found = self._segmenter.open
        end = self._segmenter.heard if found is None else min(found.end, self._segmenter.heard)
        return round(end * SAMPLE_RATE_HZ)

    def _guess_on(self) -> None:
        if not self._is_behind or self._guesser is None or self._spoken is None:
            return
        stop = min(self._until, self._guessed + round(CATCH_UP * BLOCK * SAMPLE_RATE_HZ))
        self._guesser.accept(self._sound[self._guessed - self._start : stop - self._start])
        self._guessed = stop
        guess = self._guesser.guess()
        if guess and guess != self._guess:
            self._guess = guess
            self._tell("guess", self._spoken, stop / SAMPLE_RATE_HZ, guess)

    def _let_go(self) -> None:
        if self._guesser is not None:
            self._shelf.put(self.model, self._guesser)
        self._guesser, self._spoken = None, None

    def _forget(self) -> None:
        """Drop the sound that nothing can need any more."""
        since = self._segmenter.since
        needed = self._segmenter.heard - KEPT if since is None else since - KEPT
        start = max(self._start, round(needed * SAMPLE_RATE_HZ))
        self._sound, self._start = self._sound[start - self._start :], start


class Source:
    """Bytes of any lengths as blocks of samples at 16 kHz: mixed, resampled and rounded as `audio.convert` does it."""

    def __init__(self, sound: SoundFormat) -> None:
        self._sound = sound
        self._frame_bytes = sound.channels * sound.bits // 8
        self._block_bytes = round(sound.rate_hz * BLOCK) * self._frame_bytes
        self._bytes = bytearray()
        self._is_finished = False
        self._resampler = (
            None
            if sound.rate_hz == SAMPLE_RATE_HZ
            else soxr.ResampleStream(sound.rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
        )

    def add(self, data: bytes) -> None:
        """More bytes."""
        self._bytes += data

    def finish(self) -> None:
        """No more bytes."""
        self._is_finished = True

    @property
    def has_block(self) -> bool:
        """Whether there is a whole one, or the last one."""
        return self._is_finished or len(self._bytes) >= self._block_bytes

    def block(self) -> tuple[Samples, bool]:
        """The next block as (T,), and whether it is the last one."""
        is_last = self._is_finished and len(self._bytes) <= self._block_bytes
        data = bytes(self._bytes[: self._block_bytes])
        del self._bytes[: self._block_bytes]
        samples = samples_of(data[: len(data) - len(data) % self._frame_bytes], self._sound)
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples, last=is_last), np.float32)
        return audio.from_pcm(audio.pcm(samples)), is_last


def samples_of(data: bytes, sound: SoundFormat) -> Samples:
    """Whole frames as (T,) mono: the mean of the channels; what is not a number is silence."""
    match sound.bits:
        case 8:
            flat = (np.frombuffer(data, "u1").astype(np.float32) - np.float32(128)) / np.float32(128)
        case 16:
            flat = audio.from_pcm(data)
        case 24:
            padded = np.zeros((len(data) // 3, 4), np.uint8)
            padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            flat = padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case _ if sound.is_float:
            flat = np.nan_to_num(np.frombuffer(data, "<f4").astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
        case _:
            flat = np.frombuffer(data, "<i4").astype(np.float32) / np.float32(2**31)
    return np.asarray(flat.reshape(-1, sound.channels).mean(axis=1), np.float32)


@dataclass
class Ears:
    """All ears of this process; `send` tells the parent."""

    send: Callable[[Told], None]
    guesser_loader: GuesserLoader = guesser
    _ears: dict[int, Ear] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.guesser_loader)

    def obey(self, order: str, number: int, *given: Any) -> None:
        """open (a Listening), sound (bytes), finish or close the ear of a number; what is unknown is passed over."""
        if order == "open":
            self._open(number, *given)
        elif (ear := self._ears.get(number)) is not None:
            match order:
                case "sound":
                    ear.accept(*given)
                case "finish":
                    ear.finish()
                case "close":
                    self._close(number)

    @property
    def has_work(self) -> bool:
        """Whether any ear has."""
        return any(ear.has_work for ear in self._ears.values())

    def work(self) -> None:
        """A slice for each ear that has work."""
        for number, ear in list(self._ears.items()):
            if ear.has_work:
                try:
                    ear.work()
                except Exception as error:  # noqa: BLE001  # of one recording, whatever it is
                    ear.give_up()
                    self._fail(number, error)
                if ear.is_finished:
                    self._close(number)

    def _open(self, number: int, wanted: Listening) -> None:
        try:
            self._ears[number] = Ear(wanted, self._shelf, lambda what, *given: self.send((what, number, given)))
        except Exception as error:  # noqa: BLE001  # of one recording, whatever it is
            self._fail(number, error)

    def _fail(self, number: int, error: Exception) -> None:
        if isinstance(error, EngineError):
            self.send(("failed", number, (error, "")))
            return
        told = EngineError(f"Listening failed: {type(error).__name__}.", code="ListeningFailed", retriable=True)
        self.send(("failed", number, (told, trace_of(error))))  # nobody reads what a child writes

    def _close(self, number: int) -> None:
        self._ears.pop(number).close()
        self._shelf.keep_for(Counter(ear.model for ear in self._ears.values()))


def serve() -> NoReturn:
    """What the child does until its parent ends."""
    parent = to_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(parent, inbox), daemon=True).start()
    guesser_loader = pickle.loads(inbox.get())
    ears = Ears(lambda told: parent.send(pickle.dumps(told)), guesser_loader)
    while True:
        for order in _orders(inbox, wait=not ears.has_work):
            ears.obey(*order)
        ears.work()


def _orders(inbox: "queue.SimpleQueue[bytes]", *, wait: bool) -> Iterator[tuple[Any, ...]]:
    if wait:
        yield pickle.loads(inbox.get())
    while not inbox.empty():
        yield pickle.loads(inbox.get())


def _receive(parent: Channel, inbox: "queue.SimpleQueue[bytes]") -> NoReturn:
    while (message := parent.receive()) is not None:
        inbox.put(message)
    os._exit(0)  # the parent is gone: nobody listens
