"""Functions that the tests run as the work of a job: they are found here by name; the module is light to import."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from speechsmith.engines.base import EngineError
from speechsmith.tasks.base import TaskError


class Spoiled:
    """A result that can be sent and not received."""

    def __reduce__(self):
        return int, ("not a number",)


AUTOGROUP = Path("/proc/self/autogroup")


def write_and_count(task: int, out: Path, progress) -> int:
    progress("counting", 0.5)
    (out / "count").write_text(str(task), encoding="utf-8")
    print("words of a user")
    return task + 1


def report_often(task, out: Path, progress) -> int:
    reports = 0
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        progress("working", 1 - (end - time.monotonic()))
        reports += 1
    progress("ending", 0.1)
    return reports


def look_around(task, out: Path, progress) -> dict:
    open_files = sorted(os.listdir("/proc/self/fd")) if sys.platform == "linux" else []
    return {
        "variables": dict(os.environ),
        "niceness": os.nice(0),
        "session_niceness": AUTOGROUP.read_text().split()[-1] if AUTOGROUP.is_file() else None,
        "open_files": open_files,
        "session": os.getsid(0),
        "id": os.getpid(),
    }


def refuse(task, out: Path, progress) -> NoReturn:
    raise TaskError("NothingToLearn", "The dataset has no line of text.")


def fail_in_the_engine(task: bool, out: Path, progress) -> NoReturn:
    raise EngineError("The engine is out of memory.", retriable=task)


def break_down(task: str, out: Path, progress) -> NoReturn:
    try:
        int(task)
    except ValueError as error:
        raise KeyError(task) from error


def spoil(task, out: Path, progress) -> Spoiled:
    return Spoiled()


def return_what_cannot_be_sent(task, out: Path, progress):
    return lambda: None


def die(task: int, out: Path, progress) -> None:
    os.kill(os.getpid(), task)


def leave(task: int, out: Path, progress) -> None:
    sys.exit(task)


def wait_for_ever(task: Path, out: Path, progress) -> NoReturn:
    """Wait, with a child that waits too; both are noted in the folder."""
    _note(task)
    while True:
        signal.pause()


def wait_with_the_lock(task: Path, out: Path, progress) -> None:
    """As `wait_for_ever`, in a C call that keeps the interpreter's lock."""
    _note(task)
    ctypes.PyDLL(None).sleep(600)


def leave_a_child(task, out: Path, progress) -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def count_slowly(task: Path, out: Path, progress) -> int:
    """Note the attempt, wait until the gate is opened, and write a file."""
    with (task / "attempts").open("a", encoding="utf-8") as attempts:
        attempts.write(f"{os.getpid()}\n")
    while not (task / "gate").exists():
        time.sleep(0.02)
    (out / "result").write_text("done", encoding="utf-8")
    return 1


def _note(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "processes.part").write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    (folder / "processes.part").rename(folder / "processes")
