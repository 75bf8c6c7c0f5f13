"""Bytes of any sort to sound: every stretch of audio inside the house is a mono 16-bit PCM WAV file.

`convert` is the only door. It decodes what libsndfile or FFmpeg can read, mixes it to one channel, resamples it and
writes a WAV with a header of its own, in blocks, so that ten hours need no more memory than ten seconds. A header that
came with the bytes is never trusted, and a file that is already right is still written anew, sample for sample.
Behind the door `read`, `blocks` and `pcm_digest` may rely on what `convert` wrote.

FFmpeg would follow a play list to other files and to the network: only containers that hold their own sound are
let in, and it reads from an open file, never from a name.
"""

import hashlib
import os
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from speechsmith.asr import riff
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples

RATES_HZ = (8_000, SAMPLE_RATE_HZ)  # what `convert` leaves as it is
LOWEST_HZ, HIGHEST_HZ = 4_000, 384_000  # outside of it a rate is a damaged header, not a recording
BLOCK_SAMPLES = 1 << 18  # of all channels together: 1 MiB of float32
TOLERANCE = 0.1  # seconds that may be missing from a file before it counts as cut short
LARGEST_WAV_BYTES = 0xFFFF_FF00
CONTAINERS = "aac,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp3,mp4,ogg,wav,w64"
# FFmpeg's names of sample forms: their type, and what full scale is.
FORMS: dict[str, tuple[type, int]] = {"u8": (np.uint8, 128), "s16": (np.int16, 1 << 15), "s32": (np.int32, 1 << 31)}
FORMS |= {"flt": (np.float32, 1), "dbl": (np.float64, 1)}
SNDFILE_FORMATS = frozenset({"AIFF", "AU", "CAF", "FLAC", "MP3", "OGG", "RF64", "W64", "WAV", "WAVEX"})


class AudioError(Exception):
    """Bytes that cannot become audio. `code` is stable:

    NotAudio          neither library can decode it, or it holds no audio stream
    EmptyAudio        a sound file without a single sample
    AudioTooLong      longer than the caller allows
    ChannelMissing    the channel asked for is not there
    RateOutOfRange    a sample rate that no recording has
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type["AudioError"], tuple[str, str]]:
        return type(self), (self.code, str(self))


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a file says it is: format in words, rate, channels, and seconds where the header knows them."""

    format: str
    rate_hz: int
    channels: int
    duration: float | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """What `convert` did. `rate_hz` is the rate written, `channels` the number found, `changes` say it in words.

    `missing` is how many seconds the header promised beyond what there is: 0 for a file that is whole. What lies behind
    the end that the header tells is among the changes.
    """

    duration: float
    format: str
    rate_hz: int
    channels: int
    changes: tuple[str, ...]
    missing: float = 0.0


class _Source(Protocol):
    """An open sound file, read once from its start."""

    found: AudioFormat

    def chunks(self) -> Iterator[Samples]:
        """Yield (T, C) blocks. Raises: AudioError."""
        ...

    def missing(self) -> float: ...  # seconds promised and not found; asked after the last chunk

    def behind(self) -> float: ...  # seconds that lie behind the end that the header tells

    def damaged(self) -> int: ...  # packets that could not be decoded

    def close(self) -> None: ...


class _SndFile:
    """A file as libsndfile reads it. Raises: soundfile.SoundFileError when it cannot."""

    def __init__(self, path: Path) -> None:
        # As bytes, for a name may be any; elsewhere it is text in any case.
        self._file = soundfile.SoundFile(str(path) if sys.platform == "win32" else os.fsencode(path))
        if self._file.format not in SNDFILE_FORMATS:
            self._file.close()
            raise soundfile.SoundFileError(self._file.format)
        subtype = "" if self._file.format in {"FLAC", "MP3"} else f" {self._file.subtype}"
        name = self._file.format.replace("WAVEX", "WAV") + subtype.replace("MPEG_LAYER_III", "MP3")
        rate_hz, frames = self._file.samplerate, self._file.frames
        self._promised = frames if 0 < frames < 1 << 40 and self._file.format != "MP3" else 0
        self._cut, self._behind = riff.missing(path), riff.behind(path)
        if not frames and self._behind > TOLERANCE:  # FFmpeg reads on where the header has no length
            self._file.close()
            raise soundfile.SoundFileError("no length")
        self._heard = 0
        duration = frames / rate_hz if rate_hz and frames < 1 << 40 else None
        self.found = AudioFormat(name, rate_hz, self._file.channels, duration)

    def chunks(self) -> Iterator[Samples]:
        # A read that meets damage gives nothing of its block: FLAC, which can be damaged, is read in blocks of its own.
        frames = 4096 if self.found.format == "FLAC" else max(1, BLOCK_SAMPLES // self.found.channels)
        while True:
            try:
                block = self._file.read(frames, dtype="float32", always_2d=True)
            except soundfile.SoundFileError:
                return  # damaged from here on: `missing` tells how much
            if not len(block):
                return
            self._heard += len(block)
            yield block

    def missing(self) -> float:
        return max(0.0, self._cut, (self._promised - self._heard) / self.found.rate_hz)

    def behind(self) -> float:
        return self._behind

    def damaged(self) -> int:
        return 0

    def close(self) -> None:
        self._file.close()


class _FFmpeg:
    """The first audio stream of a file as FFmpeg reads it. Raises: av.error.FFmpegError when it cannot, AudioError."""

    def __init__(self, path: Path) -> None:
        self._file, self._damaged = path.open("rb"), 0
        try:
            only = {"format_whitelist": CONTAINERS}
            self._container: Any = av.open(self._file, options=only, metadata_errors="ignore")
        except av.error.FFmpegError:
            self._file.close()
            raise
        if not self._container.streams.audio or self._container.streams.audio[0].codec_context is None:
            self.close()
            raise AudioError("NotAudio", "The file holds no audio.")
        stream = self._container.streams.audio[0]
        duration = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
        context = stream.codec_context
        self.found = AudioFormat(str(context.name).upper(), context.sample_rate or 0, context.channels or 0, duration)

    def chunks(self) -> Iterator[Samples]:
        shape: tuple[int, int] | None = None
        for frames in self._decoded():
            for frame in frames:
                now = (frame.sample_rate, len(frame.layout.channels))
                if shape is None:  # only the decoder knows for certain: AAC may double the rate of its header
                    shape = now
                    self.found = AudioFormat(self.found.format, *shape, self.found.duration)
                if now != shape:
                    raise AudioError("NotAudio", "The sample rate or the number of channels changes midway.")
                yield _floats(frame, shape[1])

    def _decoded(self) -> Iterator[list[Any]]:
        packets = self._container.demux(self._container.streams.audio[0])
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except av.error.FFmpegError:  # the container is damaged from here on
                self._damaged += 1
                return
            try:
                yield packet.decode()
            except av.error.FFmpegError:  # the next packet may be whole
                self._damaged += 1

    def missing(self) -> float:
        return 0.0

    def behind(self) -> float:
        return 0.0

    def damaged(self) -> int:
        return self._damaged

    def close(self) -> None:
        self._container.close()
        self._file.close()


@contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    source: _Source
    try:
        source = _SndFile(path)
    except soundfile.SoundFileError:
        try:
            source = _FFmpeg(path)
        except av.error.FFmpegError as error:
            raise _not_audio(path) from error
    try:
        yield source
    finally:
        source.close()


def _not_audio(path: Path) -> AudioError:
    if path.stat().st_size == 0:
        return AudioError("EmptyAudio", "The file has 0 bytes.")
    return AudioError("NotAudio", "No audio could be decoded from the file: it is damaged or not a sound file.")


def probe(path: Path) -> AudioFormat:
    """What the file says it is, without decoding it. Its header may be wrong: only `convert` knows.

    Raises: AudioError (NotAudio, EmptyAudio).
    """
    with _opened(path) as source:
        return source.found


def convert(
    source: Path, target: Path, *, rate_hz: int | None = None, channel: int | None = None, max_seconds: float
) -> Conversion:
    """Decode `source` into the mono 16-bit PCM WAV file `target`, in constant memory.

    A rate of None keeps 8 and 16 kHz and brings any other to 16 kHz. Channels are averaged unless `channel` names one,
    counted from 0. Values that are not numbers become silence. A file that is shorter than its header says is taken
    for what is there; `missing` says how much is not. On a refusal no target is left.

    Raises: AudioError (NotAudio, EmptyAudio, AudioTooLong, ChannelMissing, RateOutOfRange).
    """
    try:
        with _opened(source) as opened:
            return _written(opened, target, rate_hz, channel, max_seconds)
    except AudioError:
        target.unlink(missing_ok=True)
        raise


def _written(source: _Source, target: Path, rate_hz: int | None, channel: int | None, max_seconds: float) -> Conversion:
    """Pump every block of the source through mixing, resampling and rounding into the target."""
    chunks = source.chunks()
    first = next(chunks, None)  # after it `found` holds what the decoder saw, no longer what the header said
    if first is None:
        if source.damaged() or source.missing() > TOLERANCE:
            raise AudioError("NotAudio", "Nothing of the audio could be decoded.")
        raise _no_samples()
    found = source.found
    _check(found, channel)
    out_hz = rate_hz or (found.rate_hz if found.rate_hz in RATES_HZ else SAMPLE_RATE_HZ)
    resampler = None if out_hz == found.rate_hz else soxr.ResampleStream(found.rate_hz, out_hz, 1, dtype="float32")
    longest = min(max_seconds, LARGEST_WAV_BYTES / (2 * out_hz))
    heard = not_numbers = clipped = 0
    with wave.open(str(target), "wb") as wav:
        wav.setparams((1, 2, out_hz, 0, "NONE", ""))
        block: Samples | None = first
        while block is not None:
            not_numbers += int(np.count_nonzero(np.isnan(block)))
            mono = _mixed(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), channel)
            heard += len(mono)
            if heard > longest * found.rate_hz:
                raise AudioError("AudioTooLong", f"The audio is longer than {longest:g} s; cut it into parts.")
            clipped += int(np.count_nonzero(np.abs(mono) > 1))
            wav.writeframesraw(pcm(mono if resampler is None else resampler.resample_chunk(mono)))
            block = next(chunks, None)
        if resampler is not None:
            wav.writeframesraw(pcm(resampler.resample_chunk(np.zeros(0, np.float32), last=True)))
        frames = wav.tell()
    if not frames:
        raise _no_samples()
    missing = source.missing() if source.missing() > TOLERANCE else 0.0
    changes = [*_format_changes(found, out_hz, channel)]
    changes += [f"cut short: {missing:.1f} s promised by its header are not there"] if missing else []
    behind = source.behind()
    changes += [f"{behind:.1f} s behind the end that its header tells left out"] if behind > TOLERANCE else []
    changes += [f"{source.damaged()} damaged packets left out"] if source.damaged() else []
    changes += [f"{not_numbers} samples that are not numbers set to zero"] if not_numbers else []
    changes += [f"{clipped} samples beyond full scale clipped"] if clipped > heard / 1000 else []
    return Conversion(frames / out_hz, found.format, out_hz, found.channels, tuple(changes), missing)


def _no_samples() -> AudioError:
    return AudioError("EmptyAudio", "The file is a sound file without a single sample.")


def _check(found: AudioFormat, channel: int | None) -> None:
    if not LOWEST_HZ <= found.rate_hz <= HIGHEST_HZ:
        message = f"The sample rate, {found.rate_hz} Hz, is outside {LOWEST_HZ} to {HIGHEST_HZ} Hz; use 16000 Hz."
        raise AudioError("RateOutOfRange", message)
    if channel is not None and not 0 <= channel < found.channels:
        raise AudioError("ChannelMissing", f"There is no channel {channel}: the audio has {found.channels}.")


def _format_changes(found: AudioFormat, out_hz: int, channel: int | None) -> Iterator[str]:
    if found.format != "WAV PCM_16":
        yield f"decoded from {found.format}"
    if found.channels > 1:
        yield f"{found.channels} channels mixed to one" if channel is None else f"channel {channel} taken"
    if found.rate_hz != out_hz:
        yield f"resampled from {found.rate_hz} Hz"


def _mixed(block: Samples, channel: int | None) -> Samples:
    """The mean of all channels of (T, C), or one channel, as (T,)."""
    if channel is not None:
        return np.ascontiguousarray(block[:, channel])
    return np.asarray(block.mean(axis=1), np.float32)


def read(path: Path, start: float = 0.0, stop: float | None = None) -> Samples:
    """The samples of a WAV that `convert` wrote, from `start` to `stop` seconds, at 16 kHz.

    An 8 kHz file is resampled in one piece: ask for minutes, not for hours; `blocks` is for those.
    """
    with wave.open(str(path), "rb") as wav:
        rate_hz, frames = wav.getframerate(), wav.getnframes()
        first = min(frames, max(0, round(start * rate_hz)))
        last = frames if stop is None else min(frames, max(first, round(stop * rate_hz)))
        wav.setpos(first)
        samples = from_pcm(wav.readframes(last - first))
    if rate_hz == SAMPLE_RATE_HZ or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), np.float32)


def blocks(path: Path, seconds: float) -> Iterator[Samples]:
    """The samples of a WAV that `convert` wrote, at 16 kHz, in pieces of about `seconds`, in constant memory."""
    with wave.open(str(path), "rb") as wav:
        rate_hz = wav.getframerate()
        resampler = None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1)
        while data := wav.readframes(max(1, round(seconds * rate_hz))):
            samples = from_pcm(data)
            if resampler is not None:
                samples = resampler.resample_chunk(samples)
            if len(samples):
                yield samples
        if resampler is not None and len(rest := resampler.resample_chunk(np.zeros(0, np.float32), last=True)):
            yield rest


def pcm_digest(path: Path) -> str:
    """SHA-256 of the samples of a WAV that `convert` wrote: equal for equal sound, whatever the files are called."""
    digest = hashlib.sha256()
    with wave.open(str(path), "rb") as wav:
        while data := wav.readframes(BLOCK_SAMPLES):
            digest.update(data)
    return digest.hexdigest()


def pcm(samples: Samples) -> bytes:
    """(T,) in [-1, 1] as 16-bit little endian. Dividing by 32768 and coming back here gives the same 16 bits."""
    return bytes(np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2").data)


def from_pcm(data: bytes) -> Samples:
    """16-bit little endian as (T,) in [-1, 1)."""
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def _floats(frame: Any, channels: int) -> Samples:
    """A frame of FFmpeg as (T, C) in [-1, 1]. Planar frames hold a plane for each channel, packed ones hold one.

    PyAV's own `to_ndarray` takes as many planes as it finds before a null pointer, and runs into foreign memory when
    there are more than eight channels: the test with twelve of them crashes with it.
    """
    name, is_planar = frame.format.packed.name, frame.format.is_planar
    if name not in FORMS:
        raise AudioError("NotAudio", f"Samples of the form {name} are not supported.")
    dtype, full_scale = FORMS[name]
    planes: list[NDArray[Any]] = [np.frombuffer(plane, dtype) for plane in frame.planes[:channels]]
    if is_planar:
        block = np.stack([plane[: frame.samples] for plane in planes], axis=1)  # (T, C)
    else:
        block = planes[0][: frame.samples * channels].reshape(-1, channels)  # (T, C)
    samples: Samples = block.astype(np.float32) / np.float32(full_scale)
    return samples - np.float32(1) if dtype is np.uint8 else samples
