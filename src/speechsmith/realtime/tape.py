"""What a turn is logged with: its sound, as it comes, and its phrases."""

import logging
import wave
from collections.abc import Callable
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


log = logging.getLogger(__name__)


class Tape:
    """The sound of one turn as a WAV file, and what was heard in it. Nothing is raised when it cannot be written."""

    def __init__(self, new_path: Callable[[], Path], sound: SoundFormat, began: datetime) -> None:
        self._phrases: list[Phrase] = []
        self._new_path, self._sound, self._began = new_path, sound, began
        self._path: Path | None = None
        self._bytes = 0
        self._rest = b""
        self._file: wave.Wave_write | None = None
        self._is_lost = False

    def write(self, samples: bytes) -> None:
        """More sound, cut anywhere."""
        if self._is_lost or self._bytes >= MOST_BYTES:
            return
        self._bytes += len(samples)
        if self._sound.is_float:  # WAV files of this kind are not what everybody reads
            samples = self._rest + samples
            whole = len(samples) - len(samples) % 4
            samples, self._rest = samples[:whole], samples[whole:]
            samples = audio.pcm(np.nan_to_num(np.frombuffer(samples, "<f4")))
        try:
            self._file = self._file or self._begun()
            self._file.writeframesraw(samples)
        except OSError as error:
            self._lose(error)

    def add(self, phrase: Phrase) -> None:
        """What was heard in it; of what comes after the last of the sound nothing is kept."""
        if not self._is_lost and self._bytes < MOST_BYTES:
            self._phrases.append(phrase)

    def record(self, id: UUID, book: LogBook, writer: Formatter, more: dict[str, str]) -> Record | None:
        """The turn is over; None where there is nothing of it.

        Args: more: members of the transcript beside what was heard.
        """
        if self._file is None or self._path is None or self._is_lost:
            return None
        try:
            self._file.close()
            size_bytes = self._path.stat().st_size
        except OSError as error:
            self._lose(error)
            return None
        duration = self._bytes / self._sound.bytes_per_second
        phrases = tuple(self._phrases)
        return Record(
            id=id,
            book=book,
            began=self._began,
            audio=self._path,
            size_bytes=size_bytes,
            duration=timedelta(seconds=duration),
            transcript=lambda: orjson.dumps(results.recording(phrases, duration, writer, detailed=True) | more),
        )

    def _begun(self) -> wave.Wave_write:
        self._path = self._new_path()
        file = wave.open(str(self._path), "wb")  # noqa: SIM115  # closed by record or lost
        width = 2 if self._sound.is_float else self._sound.bits // 8
        file.setparams((self._sound.channels, width, self._sound.rate_hz, 0, "NONE", ""))
        return file

    def _lose(self, error: OSError) -> None:
        """Nothing of it is kept; who speaks is heard all the same."""
        log.error("turn not logged errno=%s", error.errno)
        self._is_lost = True
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        with suppress(OSError):
            if self._path is not None:
                self._path.unlink(missing_ok=True)
