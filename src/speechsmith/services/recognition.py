"""Recognizing at once, for a caller who waits or still speaks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr.audio import AudioError, convert
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import MAX_PHRASE_LENGTH, SAMPLE_RATE_HZ, PhraseList
from speechsmith.decoding.events import Listening
from speechsmith.decoding.live import Deliver, Live, LivePool
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase, transcribe
from speechsmith.domain.errors import Invalid
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.sandbox import Limits, Sandbox, SandboxError, SandboxTimeout

MOST_WRITTEN = 5 * MAX_PHRASE_LENGTH
IDLE_S = 300.0
"""Seconds after which a process that nobody needs is ended, and its models are let go."""
_LIMITS = Limits(cpu_s=30.0, wall_s=60.0)  # for a minute of audio: one slow file holds up all who come after it


@dataclass(frozen=True, slots=True)
class Heard:
    """The phrases of a recording of `duration` seconds; `recording` is the WAV file of it, if that was to be kept."""

    duration: float
    phrases: list[Phrase]
    recording: Path | None = None


class Recognition:
    """The warm parts: decode processes, and one that reads foreign audio. Safe for all threads; close it when done."""

    def __init__(self, processes: int, limits: Limits = _LIMITS) -> None:
        """Args: limits: of the process that reads foreign audio."""
        self._pool = DecodePool(processes, idle_s=IDLE_S)
        self._live = LivePool(processes, self._pool, idle_s=IDLE_S)
        self._box = Sandbox(limits)

    def recognize(
        self,
        audio: Path,
        model: ModelFiles,
        *,
        max_seconds: float,
        alternatives: int = 1,
        phrases: PhraseList | None = None,
        keep: bool = False,
        early: Callable[[float], list[Phrase] | None] | None = None,
    ) -> Heard:
        """Recognize a file in any format. Raises: Invalid when it cannot be read; EngineError.

        Args: keep: the caller wants the recording as it was recognized, a file beside `audio` that is then his; early:
            what was recognized of it before it was complete, if that was so many seconds.
        """
        with self._canonical(audio, max_seconds) as (wav, duration):
            found = early(duration) if early else None
            if found is None:
                found = list(transcribe(wav, model, self._pool, alternatives=alternatives, phrases=phrases))
            return Heard(duration, found, wav.rename(audio.with_suffix(".recording.wav")) if keep else None)

    def listen(self, wanted: Listening, deliver: Deliver) -> Live:
        """Begin to listen to live speech; see `LivePool.open`. Raises: EngineError."""
        return self._live.open(wanted, deliver)

    @contextmanager
    def _canonical(self, audio: Path, max_seconds: float) -> Iterator[tuple[Path, float]]:
        wav = audio.with_suffix(".canonical.wav")
        try:
            conversion = self._box.call(convert, audio, wav, rate_hz=SAMPLE_RATE_HZ, max_seconds=max_seconds)
            yield wav, conversion.duration
        except AudioError as error:
            raise Invalid(error.code, f"The audio cannot be recognized: {error}") from None
        except SandboxTimeout as error:  # processor time has a limit of its own: it is not the audio that is slow
            raise EngineError(f"The machine is too busy: {error}", code="DecodingTooSlow", retriable=True) from None
        except SandboxError as error:
            raise Invalid("InvalidPayload", f"The audio could not be decoded: {error}") from None
        finally:
            wav.unlink(missing_ok=True)

    def close(self) -> None:
        """End all processes."""
        self._live.close()
        self._pool.close()
        self._box.close()


def expected(phrases: Iterable[str], weight: float, locale: str) -> PhraseList | None:
    """What a caller expects to hear, in the lexical form of the locale; None when that is nothing.

    Blank phrases and those without a word, such as "--", are passed over, and twice the same is once.

    Raises: Invalid: the weight (target `phrasesWeight`) or the phrases (`phrases`) are out of PhraseList's bounds.
    """
    _within_bounds((), weight, "phrasesWeight")
    spoken = tuple(dict.fromkeys(filter(None, (_spoken(phrase, weight, locale) for phrase in phrases))))
    found = _within_bounds(spoken, weight, "phrases")
    return found if spoken and weight else None


def _spoken(phrase: str, weight: float, locale: str) -> str:
    """One of many: what is too long is refused before the others have been brought into words, which takes a while."""
    if len(phrase) > MOST_WRITTEN:
        rule = f"A phrase is written with at most {MOST_WRITTEN:,} characters, not {len(phrase):,}; shorten it."
        raise Invalid("InvalidParameterValue", rule, target="phrases")
    if spoken := normalizer(locale).lexical(phrase):
        _within_bounds((spoken,), weight, "phrases")
    return spoken


def _within_bounds(phrases: tuple[str, ...], weight: float, target: str) -> PhraseList:
    try:
        return PhraseList(phrases, weight)
    except ValueError as error:
        raise Invalid("InvalidParameterValue", str(error), target=target) from None
