"""What of this machine a process may use."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process may use here: cores, and memory in bytes, by the limits of its container if it has some."""

    cores: int
    memory_bytes: int


def here(root: Path = Path("/")) -> Machine:
    """This machine. Args: root: where `proc` and `sys` are."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _words(root / "sys/fs/cgroup/cpu.max")
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1.0, int(quota[0]) / int(quota[1])))
    memory = [int(line.split()[1]) * 1024 for line in lines_of(root / "proc/meminfo") if line.startswith("MemTotal:")]
    memory += [int(word) for word in _words(root / "sys/fs/cgroup/memory.max") if word.isdigit()]
    return Machine(int(cores), min(memory) if memory else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _words(path: Path) -> list[str]:
    return " ".join(lines_of(path)).split()


def lines_of(path: Path) -> list[str]:
    """What the system tells in a file; nothing where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
