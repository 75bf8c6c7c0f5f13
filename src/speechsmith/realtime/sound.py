"""How the sound of a turn comes: the first bytes of it may be the header of a WAV file, else it is raw.

The header tells rate, channels and bits; its sizes mean nothing, as the sound is not over yet. It may come in pieces,
and with samples behind it. Without one the sound is 16 kHz, mono, 16 bit, unless Content-Type names another rate.
"""

from collections.abc import Mapping

from speechsmith.asr import riff
from speechsmith.asr.audio import HIGHEST_HZ, LOWEST_HZ
from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.decoding.events import SoundFormat
from speechsmith.realtime.messages import ProtocolError

MOST_HEADER_BYTES = 4096
MOST_CHANNELS = 8
BITS = {riff.PCM: (8, 16, 24, 32), riff.FLOAT: (32,)}
WAV = frozenset({"audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave"})


class Intake:
    """Takes the sound of one turn as it comes. `sound` is its format, None while the header is not complete."""

    def __init__(self) -> None:
        self.sound: SoundFormat | None = None
        self._head = b""
        self._raw: SoundFormat | None = None

    def samples(self, payload: bytes, content_type: str = "") -> bytes:
        """The bytes of samples in the next piece.

        Args: content_type: of the message; that of the first counts.
        Raises: ProtocolError: the sound is in a form that is not taken here, or its header makes no sense.
        """
        if self.sound is not None:
            return payload
        if self._raw is None:
            self._raw = _raw(content_type)
        self._head += payload
        if not self._head.startswith(b"RIFF"[: len(self._head)]):
            self.sound = self._raw
            return self._head
        try:
            found = riff.opening(self._head)
        except ValueError as error:
            raise ProtocolError(str(error)) from None
        if (found.start if found else len(self._head)) > MOST_HEADER_BYTES:
            raise ProtocolError(f"The header of the WAV file has no samples within {MOST_HEADER_BYTES} bytes.")
        if found is None:
            return b""
        if found.bits not in BITS.get(found.tag, ()):
            raise ProtocolError(
                "WAV samples are PCM of 8, 16, 24 or 32 bits, or floating point of 32, "
                f"not format {found.tag} with {found.bits}; convert them."
            )
        self.sound = _checked(SoundFormat(found.rate_hz, found.channels, found.bits, is_float=found.tag == riff.FLOAT))
        return self._head[found.start :]


def _raw(content_type: str) -> SoundFormat:
    """How samples without a header come. Raises: ProtocolError: the type is none of WAV, or of another codec."""
    kind, parameters = _parts(content_type or "audio/x-wav")
    if kind not in WAV or parameters.get("codecs", "audio/pcm").lower() not in ("audio/pcm", "1"):
        raise ProtocolError(f"Audio comes as WAV or raw PCM, not as '{content_type[:40]}'; decode it before sending.")
    rate = parameters.get("samplerate", str(SAMPLE_RATE_HZ))
    if not (rate.isascii() and rate.isdecimal() and len(rate) <= 6):
        raise ProtocolError(f"samplerate in Content-Type is a number such as 16000, not '{rate[:20]}'.")
    return _checked(SoundFormat(int(rate)))


def _parts(content_type: str) -> tuple[str, Mapping[str, str]]:
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    named = (parameter.partition("=") for parameter in parameters)
    return kind.lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in named}


def _checked(sound: SoundFormat) -> SoundFormat:
    if not LOWEST_HZ <= sound.rate_hz <= HIGHEST_HZ:
        raise ProtocolError(f"The sample rate is from {LOWEST_HZ:,} to {HIGHEST_HZ:,} Hz, not {sound.rate_hz:,}.")
    if not 1 <= sound.channels <= MOST_CHANNELS:
        raise ProtocolError(f"Audio has 1 to {MOST_CHANNELS} channels, not {sound.channels}.")
    return sound
