"""What happens while a live recording is listened to; all times are seconds from its first sample.

The order is Began, any number of Partial, Found, and so on with the next phrase; Heard comes in between; Ended or
Failed comes last, once.
"""

from dataclasses import dataclass
from typing import TypeAlias

from speechsmith.asr.segments import SegmentOptions
from speechsmith.asr.types import PhraseList
from speechsmith.decoding.recording import Phrase
from speechsmith.engines.base import EngineError, ModelFiles


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Raw samples, little endian, the channels of a moment beside each other.

    `bits` is 8 (unsigned), 16, 24 or 32; `is_float` says that 32 bits are a floating-point number.
    """

    rate_hz: int
    channels: int = 1
    bits: int = 16
    is_float: bool = False

    @property
    def bytes_per_second(self) -> int:
        """Of all channels."""
        return self.rate_hz * self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class Hearer:
    """A model that recognizes the phrases of a recording. `phrases`: what is likely to be said in its locale."""

    locale: str
    model: ModelFiles
    phrases: PhraseList | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """What to listen for: how the sound comes, who recognizes it, and how it is cut into phrases.

    Of several hearers the surest is believed (`languages.chosen`): for each phrase anew, or, where the language
    `stays`, for the first that has words, and then for all. The first hearer guesses, and is believed where none is
    surer.
    `alternatives`: hypotheses for each phrase at most; `guesses`: whether anybody wants Partial.
    """

    sound: SoundFormat
    hearers: tuple[Hearer, ...]
    options: SegmentOptions
    alternatives: int = 1
    stays: bool = False
    guesses: bool = True

    @property
    def guesser(self) -> ModelFiles:
        """The model that guesses."""
        return self.hearers[0].model


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody has begun to speak at `start`."""

    start: float


@dataclass(frozen=True, slots=True)
class Partial:
    """What the open phrase seems to be up to `end`, in lexical form; the next one may differ."""

    start: float
    end: float
    lexical: str


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that will not change any more, as the model of a locale heard it; the best reading may have no words."""

    phrase: Phrase
    locale: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything up to `until` has been listened to: whoever spoke there is told of already, or goes on speaking."""

    until: float
    is_speaking: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The recording of `duration` seconds is over, and all of it told."""

    duration: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing more will come, for this reason. The recording may be sent again."""

    error: EngineError


Event: TypeAlias = Began | Partial | Found | Heard | Ended | Failed
