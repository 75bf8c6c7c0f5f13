"""A listening process from within: who is lent a decoder, and how many are made."""

from pathlib import Path

import numpy as np
import soundfile

from bench import VOICE
from speechsmith.asr import audio
from speechsmith.asr.segments import SegmentOptions, segments
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.decoding.ears import Ears, Told
from speechsmith.decoding.events import Hearer, Listening, SoundFormat
from speechsmith.engines.base import EngineError, ModelFiles


def wanted(model: str) -> Listening:
    hearer = Hearer("en-US", ModelFiles("mute", Path(model)))
    return Listening(SoundFormat(SAMPLE_RATE_HZ), (hearer,), SegmentOptions())


WANTED, OTHER = wanted("/nowhere"), wanted("/elsewhere")
SPEAKERS = 4


class Mute:
    """Guesses nothing; counts how many of it are made."""

    made = 0

    def __init__(self, model: ModelFiles) -> None:
        type(self).made += 1

    def start(self) -> None: ...

    def accept(self, samples: Samples) -> None: ...

    def guess(self) -> str:
        return ""


def phrase() -> bytes:
    """Somebody speaks, and then nobody does for long enough."""
    samples, _ = soundfile.read(VOICE, dtype="float32")
    return audio.pcm(np.concatenate([samples[: 2 * SAMPLE_RATE_HZ], np.zeros(2 * SAMPLE_RATE_HZ, np.float32)]))


def spoken(ears: Ears, numbers: range) -> None:
    """All of these speak a phrase at once."""
    for number in numbers:
        ears.obey("sound", number, phrase())
    while ears.has_work:
        ears.work()


def test_as_many_decoders_are_made_as_speak_at_once_however_often_they_do() -> None:
    class Counted(Mute):
        made = 0

    ears = Ears(lambda told: None, Counted)
    for number in range(SPEAKERS):
        ears.obey("open", number, WANTED)
    for _ in range(3):
        spoken(ears, range(SPEAKERS))

    assert Counted.made == SPEAKERS


def test_with_those_who_listened_go_the_decoders_that_the_others_do_not_need() -> None:
    class Counted(Mute):
        made = 0

    ears = Ears(lambda told: None, Counted)
    for number in range(SPEAKERS):
        ears.obey("open", number, WANTED)
    spoken(ears, range(SPEAKERS))
    for number in range(1, SPEAKERS):
        ears.obey("close", number)
    spoken(ears, range(1))
    assert Counted.made == SPEAKERS

    ears.obey("open", 1, WANTED)
    spoken(ears, range(2))
    assert Counted.made == SPEAKERS + 1


def test_the_last_decoder_stays_for_whoever_comes_next_with_its_model() -> None:
    class Counted(Mute):
        made = 0

    def listened_with(model: Listening) -> int:
        ears.obey("open", 0, model)
        spoken(ears, range(1))
        ears.obey("close", 0)
        return Counted.made

    ears = Ears(lambda told: None, Counted)

    assert [listened_with(model) for model in (WANTED, WANTED, OTHER, OTHER, WANTED)] == [1, 1, 2, 2, 3]


def test_a_decoder_that_broke_is_lent_to_nobody_again() -> None:
    class Brittle(Mute):
        made = 0

        def __init__(self, model: ModelFiles) -> None:
            super().__init__(model)
            self._is_broken = self.made == 1

        def accept(self, samples: Samples) -> None:
            if self._is_broken:
                raise EngineError("It is broken.", code="DecodingFailed")

    told: list[Told] = []
    ears = Ears(told.append, Brittle)
    for number in range(2):
        ears.obey("open", number, WANTED)
    for number in range(2):
        spoken(ears, range(number, number + 1))
        ears.obey("finish", number)
        while ears.has_work:
            ears.work()

    ends = [(what, number) for what, number, _ in told if what in ("failed", "ended")]
    assert ends == [("failed", 0), ("ended", 1)]
    assert Brittle.made == 2


def test_a_recording_that_cannot_be_begun_fails_alone() -> None:
    told: list[Told] = []
    ears = Ears(told.append, Mute)
    impossible = Listening(SoundFormat(SAMPLE_RATE_HZ, channels=0), WANTED.hearers, SegmentOptions())

    ears.obey("open", 0, impossible)
    ears.obey("sound", 0, bytes(100))
    ears.obey("open", 1, Listening(SoundFormat(0), WANTED.hearers, SegmentOptions()))
    ears.obey("open", 2, WANTED)
    ears.obey("finish", 2)
    while ears.has_work:
        ears.work()

    ends = {(what, number) for what, number, _ in told if what in ("failed", "ended")}
    assert ends == {("failed", 0), ("failed", 1), ("ended", 2)}


def test_the_pieces_of_a_phrase_are_told_while_it_is_spoken_and_are_those_of_a_file() -> None:
    samples, _ = soundfile.read(VOICE, dtype="float32")
    voice, silence = samples[: 4 * SAMPLE_RATE_HZ], np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
    sound = audio.from_pcm(audio.pcm(np.concatenate([voice, silence, voice, silence, voice, *[silence] * 4])))
    told: list[Told] = []
    ears = Ears(told.append, Mute)
    ears.obey("open", 1, WANTED)
    ears.obey("sound", 1, audio.pcm(sound))
    while ears.has_work:
        ears.work()

    (phrase,) = (given[0] for what, _, given in told if what == "over")
    assert [phrase] == list(segments([sound]))
    assert len(phrase.pieces) > 1
    pieces = [given for what, _, given in told if what == "piece"]
    last = {piece.start: (piece, len(heard)) for piece, heard in pieces}
    assert [last[piece.start] for piece in phrase.pieces] == [
        (piece, 2 * (round(piece.end * SAMPLE_RATE_HZ) - round(max(0.0, piece.start) * SAMPLE_RATE_HZ)))
        for piece in phrase.pieces
    ]
    kinds = [what for what, _, given in told if what == "piece" or (what == "heard" and given[0] > 9.0)]
    assert kinds.index("piece") < kinds.index("heard")  # the first is told long before the phrase is over


def test_nothing_is_told_in_vain_of_a_short_pause_in_a_short_phrase() -> None:
    samples, _ = soundfile.read(VOICE, dtype="float32")
    voice, silence = samples[: round(1.4 * SAMPLE_RATE_HZ)], np.zeros(round(0.4 * SAMPLE_RATE_HZ), np.float32)
    told: list[Told] = []
    ears = Ears(told.append, Mute)
    ears.obey("open", 1, WANTED)
    ears.obey("sound", 1, audio.pcm(np.concatenate([voice, silence, voice, *[silence] * 4])))
    while ears.has_work:
        ears.work()

    (phrase,) = (given[0] for what, _, given in told if what == "over")
    assert phrase.duration > 2.8  # both halves are in it
    assert [given[0] for what, _, given in told if what == "piece"] == phrase.pieces
