"""Which owners of jobs are alive on this machine: one file for each, locked as long as its process lives.

The system lets go of the lock when the process ends, in whatever way, and a process that gets the same number does not
lock the file again. So whoever finds a file that can be locked knows that its owner is gone, and need not wait for its
leases to run out.
"""

import os
import re
import secrets
import socket
import sys
from pathlib import Path
from typing import BinaryIO


class Presence:
    """The mark of this process in a folder of this machine. `owner` is the name under which it holds jobs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:60]
        self.owner = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = folder
        self._file = self._path(self.owner).open("xb")
        lock(self._file)

    def gone(self) -> list[str]:
        """The owners that have marked this folder and live no more."""
        owners = sorted(path.stem for path in self._folder.glob("*.lock"))
        return [owner for owner in owners if owner != self.owner and self._is_gone(owner)]

    def forget(self, owner: str) -> None:
        """Remove the mark of an owner that is gone."""
        self._path(owner).unlink(missing_ok=True)

    def close(self) -> None:
        """This process holds no jobs any more."""
        self._file.close()
        self.forget(self.owner)

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"

    def _is_gone(self, owner: str) -> bool:
        try:
            with self._path(owner).open("r+b") as file:
                lock(file)
        except OSError:  # it is locked; or another one has tidied up
            return False
        return True


def living(folder: Path) -> list[str]:
    """The owners that have marked a folder and live, in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.lock")):
        try:
            with path.open("rb") as file:
                lock(file)
        except FileNotFoundError:  # it has just ended
            continue
        except OSError:
            found.append(path.stem)
    return found


def lock(file: BinaryIO) -> None:
    """Lock it until it is closed. Raises: OSError when another process has."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  # it exists on Windows only

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  # it exists on POSIX only

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
