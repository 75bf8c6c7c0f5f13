"""What a figure is asked, and what it answers: runs, tables in Markdown, and the machine that they were made on."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

DATA = Path(__file__).parents[2] / "shared" / "data"
LIBRARIES = ("speechsmith", "pocketsphinx", "numpy", "sqlalchemy", "uvicorn")


class Skipped(Exception):
    """A figure cannot be made here; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """How to measure. `is_quick`: tiny inputs, to see that it works; such figures say nothing."""

    data: Path
    repetitions: int = 3
    is_quick: bool = False

    def required(self, path: str) -> Path:
        """A file or folder of the data. Raises: Skipped."""
        found = self.data / path
        if not found.exists():
            raise Skipped(f"{found} is missing; name the folder of recordings with --data")
        return found


def data_folder() -> Path:
    """Where the recordings are unless told."""
    return Path(os.environ.get("SPEECHSMITH_REAL_SPEECH", DATA))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title, and what must be known to read them."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()

    def markdown(self) -> str:
        """The table as Markdown; the first column is text, the others are numbers."""
        lines = [f"### {self.title}", "", _row(self.header), _row(["---", *["---:"] * (len(self.header) - 1)])]
        lines += [_row(row) for row in self.rows]
        lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)  # rounded up
    return ordered[max(rank, 1) - 1]


def seconds(value: float) -> str:
    """A time as tables show it."""
    return f"{value:,.1f} s" if value < 100 else f"{value:,.0f} s"


def milliseconds(value: float) -> str:
    """A short time, of seconds, as tables show it."""
    return f"{1000 * value:,.0f} ms"


def megabytes(size: float) -> str:
    """Bytes as tables show them."""
    return f"{size / 1e6:,.0f} MB"


def load() -> str:
    """How busy the machine is with everything that runs on it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def machine() -> str:
    """The machine, the versions and the date, as a list in Markdown."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    memory = psutil.virtual_memory().total / 1e9
    return "\n".join(
        (
            f"- machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.platform()}",
            f"- versions: Python {platform.python_version()}, {versions}",
            f"- date: {datetime.now(UTC):%Y-%m-%d}",
            f"- load average over the minute before: {load()}",
        )
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
