"""Functions that the tests run in a child: they are found there by name, and this module is light to import."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from speechsmith.sandbox import Limits, Sandbox


class Picky(Exception):
    """An exception that cannot be rebuilt from its arguments."""

    def __init__(self, what: str, *, where: str) -> None:
        super().__init__(f"{what} at {where}")


def add(a: int, b: int) -> int:
    return a + b


def process_id() -> int:
    return os.getpid()


def variables() -> dict[str, str]:
    return dict(os.environ)


def eat(size: int) -> int:
    return len(bytearray(size))


def burn() -> NoReturn:
    while True:
        pass


def wait_for_ever() -> NoReturn:
    while True:
        signal.pause()


def write(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for _ in range(size // 65536):
            file.write(bytes(65536))


def open_many(path: Path, count: int) -> int:
    return len([path.open("rb") for _ in range(count)])


def refuse() -> NoReturn:
    raise ValueError("line 3: not a number")


def refuse_pickily() -> NoReturn:
    raise Picky("no comma", where="line 3")


def say(text: str) -> str:
    print(text, flush=True)
    os.write(1, text.encode())
    os.write(2, text.encode())
    return text


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def leave(status: int) -> None:
    sys.exit(status)


def unpicklable() -> object:
    return lambda: None


def spend(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def add_in_a_grandchild(a: int, b: int) -> int:
    with Sandbox(Limits()) as box:
        return box.call(add, a, b)


def hold_the_lock_in_a_child(note: Path) -> None:
    """Start a child that sits in a C call without releasing the interpreter's lock, and be told its id."""
    with Sandbox(Limits()) as box:
        box.call(sit_in_c, note)


def sit_in_c(note: Path) -> None:
    note.with_suffix(".part").write_text(str(os.getpid()), encoding="utf-8")
    note.with_suffix(".part").rename(note)
    ctypes.PyDLL(None).sleep(60)  # PyDLL keeps the lock


def codecs_and_arrays() -> str:
    import av  # noqa: PLC0415  # what the readers of audio import, under their limits
    import numpy as np  # noqa: PLC0415
    import soundfile  # noqa: PLC0415
    import soxr  # noqa: PLC0415

    soxr.resample(np.random.default_rng(0).normal(size=80_000), 8000, 16000)
    (np.ones((300, 300)) @ np.ones((300, 300))).sum()
    return f"{av.__name__} {soundfile.__name__}"
