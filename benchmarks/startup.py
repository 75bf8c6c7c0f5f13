"""How long a command line takes before it answers: a Python that does nothing, click with nothing in it, `spx --help`,
and `spx csr model list` against a service on this machine."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import service
from benchmarks.report import Run, Table

RUNS = 40  # of each program in a repetition
TARGET = 0.1  # seconds, `spx --help`
_CLICK = """
import click

@click.group()
def group(): pass

@group.command()
@click.option("--name", help="A name.")
def command(name): pass

group()
"""
_SPX = "from speechsmith.cli.main import spx; spx()"
HELP, LIST = "spx --help", "spx csr model list"
PROGRAMS: dict[str, list[str]] = {
    "python -c pass": ["-c", "pass"],
    "bare click program, --help": ["-c", _CLICK, "--help"],
    HELP: ["-c", _SPX, "--help"],
    LIST: ["-c", _SPX, "csr", "model", "list"],
}


def measure(run: Run) -> Iterator[Table]:
    """Wall and CPU milliseconds of each program, from its start to its end, by turns."""
    times = 3 if run.is_quick else RUNS * run.repetitions
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder, service.running(Path(folder) / "home") as started:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("SPEECHSMITH_")}
        environment = mine | {
            "SPEECHSMITH_ENDPOINT": started.url,
            "SPEECHSMITH_KEY": started.key,
            "SPEECHSMITH_HOME": folder,
        }
        for _ in range(times + 1):
            for name, words in PROGRAMS.items():
                taken[name].append(_timed([sys.executable, *words], environment, Path(folder)))
    warm = {name: samples[1:] for name, samples in taken.items()}  # the first finds no compiled modules
    rows = [
        [name, _ms(statistics.median(wall for wall, _ in samples)), _ms(statistics.median(cpu for _, cpu in samples))]
        for name, samples in warm.items()
    ]
    yield Table(
        "Start-up",
        ("program", "wall", "CPU"),
        rows,
        (
            f"Median of {times}, the programs by turns; the models listed are none.",
            f"Target: `{HELP}` under {_ms(TARGET)}.",
        ),
    )


def _timed(command: list[str], environment: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a program. Raises: CalledProcessError when it fails."""
    before, began = _children_cpu(), time.perf_counter()
    subprocess.run(command, env=dict(environment), cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began, _children_cpu() - before


def _children_cpu() -> float:

    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _ms(value: float) -> str:
    return f"{1000 * value:,.0f} ms"
