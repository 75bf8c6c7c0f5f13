"""Child processes of ours, and the messages that they exchange with their parent.

Theory. A child is a bare interpreter that is started with `exec`, never a fork of this process, whose threads and locks
it would copy; it has none of its open files, and two pipes. A message is any bytes behind an eight-byte length.

A child sees the end of its input when its parent dies, in whatever way. On Linux the kernel itself delivers that end as
a signal, SIGIO, which ends a process by default, so that a library that holds the interpreter's lock for seconds cannot
delay it. PR_SET_PDEATHSIG would not do: it fires when the *thread* ends that started the child.
"""

import contextlib
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

ONE_THREAD: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""As many children run at once as there are cores, and each thread of a BLAS reserves address space."""

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Channel:
    """The two pipes, seen from one side."""

    incoming: BinaryIO
    outgoing: BinaryIO

    def send(self, message: bytes) -> None:
        """Raises: BrokenPipeError when the other side has ended."""
        self.outgoing.write(_LENGTH.pack(len(message)))
        self.outgoing.write(message)
        self.outgoing.flush()

    def receive(self, most: int | None = None) -> bytes | None:
        """The next message; None when the other side has ended, or claims one of more than `most` bytes."""
        head = self.incoming.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(head)
        if most is not None and length > most:
            return None
        message = self.incoming.read(length)
        return message if len(message) == length else None

    def close(self) -> None:
        """Let go of both pipes."""
        for pipe in (self.outgoing, self.incoming):
            with contextlib.suppress(BrokenPipeError):  # of bytes that were never read
                pipe.close()


@dataclass(frozen=True, slots=True)
class Child:
    """A child process as its parent holds it."""

    process: "subprocess.Popen[bytes]"
    channel: Channel


def start(module: str, environment: Mapping[str, str], *, new_session: bool = False) -> Child:
    """Start a child that calls `serve()` of a module. Its standard error is thrown away: users' words come there."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-I", "-X", "utf8", "-c"),
            f"import sys; sys.path[:] = sys.argv[1:]; from {module} import serve; serve()",
            *(entry or os.getcwd() for entry in sys.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=new_session,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return Child(process, Channel(process.stdout, process.stdin))  # type: ignore[arg-type]  # they are binary files


def how_ended(status: int) -> str:
    """What the exit status of a child tells: "was killed by SIGKILL"."""
    if status >= 0:
        return f"left with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:  # real-time signals have no names
        return f"was killed by signal {-status}"


def to_parent() -> Channel:
    """The child's side. Standard input and output are taken away: a library that prints must not write messages."""
    channel = Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return channel


def signal_end(channel: Channel, *, on: bool = True, to_group: bool = False) -> None:
    """Let the kernel kill this process, or its whole group, when its parent ends; only while no message may come."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415  # it exists on POSIX only

        flags = fcntl.fcntl(channel.incoming, fcntl.F_GETFL)
        fcntl.fcntl(channel.incoming, fcntl.F_SETOWN, -os.getpgrp() if to_group else os.getpid())
        fcntl.fcntl(channel.incoming, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)
