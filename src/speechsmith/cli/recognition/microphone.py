"""The microphone, by the library `sounddevice`, which is installed with `speechsmith[microphone]`."""

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import click

from speechsmith.asr import audio
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples

_BLOCK_SAMPLES = SAMPLE_RATE_HZ // 10
_DEAF = 5.0  # seconds without a block: the device has gone


def listening(device: str, *, seconds: float | None, is_over: Callable[[], bool]) -> Iterator[Samples]:
    """What the microphone hears, (T,) each at 16 kHz, for so many seconds or until it is over.

    Args: device: its number, its name or a part of it; "" is the default one.

    Raises: UsageError: there is no such device, or nothing that could listen to it.
    """
    library = _library()
    heard: queue.Queue[bytes] = queue.Queue()
    try:
        stream = library.RawInputStream(
            samplerate=SAMPLE_RATE_HZ,
            blocksize=_BLOCK_SAMPLES,
            channels=1,
            dtype="int16",
            device=int(device) if device.isdecimal() else device or None,
            callback=lambda data, *_: heard.put(bytes(data)),
        )
    except (ValueError, library.PortAudioError) as error:
        which = f"The microphone '{device}'" if device else "A microphone"
        raise click.UsageError(f"{which} cannot be opened: {error}. {_devices(library)}") from error
    return _blocks(stream, heard, float("inf") if seconds is None else seconds, is_over)


def _blocks(stream: Any, heard: "queue.Queue[bytes]", seconds: float, is_over: Callable[[], bool]) -> Iterator[Samples]:
    left = seconds * SAMPLE_RATE_HZ
    with stream:
        while left > 0:
            if is_over():
                stream.stop()
            try:  # what was heard before it was over is yet to come
                data = heard.get(timeout=0 if is_over() else _DEAF)
            except queue.Empty:
                if is_over():
                    return
                raise click.UsageError("The microphone has stopped sending sound. Is it still connected?") from None
            block = audio.from_pcm(data)
            left -= len(block)
            yield block


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the listening, not the program, which still tells what was said by then; a second one ends it."""
    asked = Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _library() -> Any:
    try:
        import sounddevice  # noqa: PLC0415 - an extra, and it looks for devices when it is loaded
    except ImportError:
        raise click.UsageError(
            "A microphone needs the library sounddevice: pip install 'speechsmith[microphone]'. "
            "A file is recognized without it: --file FILE."
        ) from None
    except OSError as error:
        raise click.UsageError(
            f"A microphone needs PortAudio ({error}); on Debian and Ubuntu: apt install libportaudio2. "
            "A file is recognized without it: --file FILE."
        ) from None
    return sounddevice


def _devices(library: Any) -> str:
    names = [f"{place} {one['name']}" for place, one in enumerate(library.query_devices()) if one["max_input_channels"]]
    return f"There are: {'; '.join(names)}." if names else "This machine has no device that records."
