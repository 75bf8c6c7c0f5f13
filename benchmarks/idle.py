"""Memory of a service that nobody uses: API and worker a minute after their start, no model loaded."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import service
from benchmarks.report import Run, Table, megabytes, seconds
from benchmarks.watch import pss

REST = 60.0  # seconds


def measure(run: Run) -> Iterator[Table]:
    """The processes of an idle service, each with its memory, and what it computes in that minute."""
    samples: list[dict[str, float]] = []
    rest = 2.0 if run.is_quick else REST
    for _ in range(run.repetitions):
        with tempfile.TemporaryDirectory() as folder, service.running(Path(folder) / "home") as started:
            before = started.cpu()
            time.sleep(rest)
            samples.append(_memory(started) | {"CPU": started.cpu() - before})
    rows = [
        [name, megabytes(statistics.median(sample[name] for sample in samples))] for name in ("API", "worker", "others")
    ]
    totals = [sum(sample.values()) - sample["CPU"] for sample in samples]
    yield Table(
        "Idle service",
        ("process", "memory (PSS)"),
        [*rows, ["**together**", f"**{megabytes(statistics.median(totals))}**"]],
        (
            f"{rest:.0f} s after the start, median of {run.repetitions}: {', '.join(map(megabytes, totals))}.",
            f"CPU in that time: {seconds(statistics.median(sample['CPU'] for sample in samples))}.",
            "Target: under 250 MB.",
        ),
    )


def _memory(started: service.Service) -> dict[str, float]:
    """Bytes of API, worker and whatever else runs."""
    found = {"API": 0.0, "worker": 0.0, "others": 0.0}
    for process in started.processes():
        name = {started.pid: "API", started.worker_pid: "worker"}.get(process.pid, "others")
        found[name] += pss(process)
    return found
