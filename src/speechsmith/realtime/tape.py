"""What a turn is logged with: its sound, as it comes, and its phrases."""

import wave
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import orjson

from speechsmith.asr import audio
from speechsmith.asr.display import Formatter
from speechsmith.decoding.events import SoundFormat
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.logs import LogBook, Record
from speechsmith.realtime import results

MOST_BYTES = 2 << 30
"""Of a turn: what comes later is heard, and not logged. A WAV file can hold twice as much."""


class Tape:
    """The sound of one turn as a WAV file, and what was heard in it."""

    def __init__(self, path: Path, sound: SoundFormat, began: datetime) -> None:
        self.phrases: list[Phrase] = []
        self._path, self._sound, self._began = path, sound, began
        self._bytes = 0
        self._rest = b""
        self._file = wave.open(str(path), "wb")  # noqa: SIM115  # closed by record or discard
        width = 2 if sound.is_float else sound.bits // 8
        self._file.setparams((sound.channels, width, sound.rate_hz, 0, "NONE", ""))

    def write(self, samples: bytes) -> None:
        """More sound, cut anywhere."""
        if self._bytes >= MOST_BYTES:
            return
        self._bytes += len(samples)
        if self._sound.is_float:  # WAV files of this kind are not what everybody reads
            samples = self._rest + samples
            whole = len(samples) - len(samples) % 4
            samples, self._rest = samples[:whole], samples[whole:]
            samples = audio.pcm(np.nan_to_num(np.frombuffer(samples, "<f4")))
        self._file.writeframesraw(samples)

    def record(self, id: UUID, book: LogBook, writer: Formatter, more: dict[str, str]) -> Record:
        """The turn is over. Args: more: members of the transcript beside what was heard."""
        self._file.close()
        duration = self._bytes / self._sound.bytes_per_second
        phrases = tuple(self.phrases)
        return Record(
            id=id,
            book=book,
            began=self._began,
            audio=self._path,
            size_bytes=self._path.stat().st_size,
            duration=timedelta(seconds=duration),
            transcript=lambda: orjson.dumps(results.recording(phrases, duration, writer, detailed=True) | more),
        )

    def discard(self) -> None:
        """Nothing of it is kept."""
        with suppress(OSError):
            self._file.close()
            self._path.unlink(missing_ok=True)
