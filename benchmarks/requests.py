"""What each list and each get costs the process that answers it, beside an empty route of FastAPI on the same server.

One client, one connection that stays open. Both are CPU time, so what else runs on the machine changes little; and the
empty route is asked again before each operation, so that their ratio is of the same moment.
"""

import contextlib
import http.client
import importlib.util
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from benchmarks import service
from benchmarks.filled import Filled, filled
from benchmarks.report import Run, Skipped, Table
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.call import V3_2
from speechsmith.api.operations import OPERATIONS, Operation

BASE = "/speechtotext/v3.2"
PAGE = 100
AT_ONCE = 50
"""How many requests are sent between two looks at the clock."""

GETS = [operation for operation in OPERATIONS if operation.method == "GET" and V3_2 in operation.versions]
UNPAGED = ("Models_ListBaseModels", "Datasets_GetBlocks")
"""Lists that are shown whole."""


@dataclass
class Asker:
    """A client of one server: one connection, and the CPU seconds of the process at its other end."""

    url: str
    pid: int
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port)

    def ask(self, path: str) -> bytes:
        """The body of the answer. Raises: RuntimeError when it is not 200."""
        self._connection.request("GET", path, headers=self.headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"GET {path} answered {answer.status}: {body[:200]!r}")
        return body

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def cpu(self) -> float:
        """CPU seconds so far, user and system."""
        if sys.platform == "linux":  # to the nanosecond, where cpu_times counts in hundredths of a second
            return time.clock_gettime(~self.pid << 3 | 2)  # the clock that clock_getcpuclockid(3) names
        spent = psutil.Process(self.pid).cpu_times()
        return float(spent.user + spent.system)

    def cost(self, path: Callable[[], str], span: float) -> float:
        """CPU seconds of one request: as many are sent as take this many CPU seconds together."""
        for _ in range(AT_ONCE):
            self.ask(path())
        began, sent, spent = self.cpu(), 0, 0.0
        while spent < span:
            for _ in range(AT_ONCE):
                self.ask(path())
            sent += AT_ONCE
            spent = self.cpu() - began
        return spent / sent


@dataclass
class Costs:
    """What one operation took in each repetition: CPU seconds, the same in empty routes, and those of unseen rows."""

    cpu: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)


def measure(run: Run) -> Iterator[Table]:
    """Lists, and what is asked for by itself."""
    if importlib.util.find_spec("fastapi") is None:
        raise Skipped("FastAPI, which is measured too, is not installed; pip install '.[dev]'")
    count, span = (PAGE * 2, 0.03) if run.is_quick else (1_000, 0.2)
    costs = {operation.id: Costs() for operation in GETS}
    empty = Costs()
    with (
        tempfile.TemporaryDirectory() as folder,
        service.running(Path(folder) / "home") as started,
        empty_route() as nothing,
        contextlib.closing(Asker(started.url, started.pid, {KEY_HEADER: started.key})) as served,
    ):
        world = filled(started.home, started.url, started.key, count, PAGE)
        for repetition in range(run.repetitions):
            if repetition:
                world.reword(repetition)
            for operation in filter(is_of_entities, GETS):
                costs[operation.id].unseen.append(_unseen(operation, world, served))
            for operation in GETS:
                route = nothing.cost(lambda: "/", span / 3)
                path = _paths(operation, world)
                _check(operation, served.ask(path()))
                cpu = served.cost(path, span)
                empty.cpu.append(route)
                costs[operation.id].cpu.append(cpu)
                costs[operation.id].times.append(cpu / route)
    yield from _tables(run, count, costs, statistics.median(empty.cpu))


@contextlib.contextmanager
def empty_route() -> Iterator[Asker]:
    """FastAPI with an empty route, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            with contextlib.closing(Asker(process.stdout.readline().strip(), process.pid)) as nothing:
                yield nothing
        finally:
            process.terminate()


def is_list(operation: Operation) -> bool:
    """Whether an operation shows many things, and not one or the locales."""
    return ("_List" in operation.id and "Locales" not in operation.id) or operation.id in UNPAGED


def is_of_entities(operation: Operation) -> bool:
    """Whether it is a whole collection, of which the service remembers what it has shown."""
    return "{" not in operation.path and is_list(operation) and operation.id not in UNPAGED


def _paths(operation: Operation, world: Filled) -> Callable[[], str]:
    """What is asked for: another page, or another entity, each time, and the same in each run."""
    chance = random.Random(operation.id)
    most = world.total(operation.path) - PAGE

    def path() -> str:
        address = f"{BASE}{world.address(operation.path, chance)}"
        if not is_list(operation) or operation.id in UNPAGED:
            return address
        skip = "" if operation.path.endswith("logs") else f"&skip={chance.randint(0, most)}"
        return f"{address}?top={PAGE}{skip}"

    return path


def _unseen(operation: Operation, world: Filled, served: Asker) -> float:
    """CPU seconds of a page of which nothing has been shown since it was written: the mean over the whole list."""
    pages = [f"{BASE}{operation.path}?top={PAGE}&skip={skip}" for skip in range(0, world.count, PAGE)]
    began = served.cpu()
    for page in pages:
        served.ask(page)
    return (served.cpu() - began) / len(pages)


def _check(operation: Operation, body: bytes) -> None:
    """Raises: RuntimeError for a page that is not full."""
    if is_list(operation):
        values = next(value for value in json.loads(body).values() if isinstance(value, list))
        if operation.id != "Models_ListBaseModels" and len(values) != PAGE:
            raise RuntimeError(f"{operation.id} shows {len(values)}, not {PAGE}.")


def _tables(run: Run, count: int, costs: dict[str, Costs], empty: float) -> Iterator[Table]:
    lists = [operation for operation in GETS if is_list(operation)]
    others = [operation for operation in GETS if not is_list(operation)]
    yield Table(
        f"CPU of a list, {PAGE} of {count:,}",
        ("operation", "CPU", "times the empty route", "CPU, rows not seen before"),
        [
            ["empty FastAPI route", milliseconds(empty), "1", ""],
            *(
                [operation.id, *_row(costs[operation.id]), _median(costs[operation.id].unseen)]
                for operation in sorted(lists, key=lambda one: -statistics.median(costs[one.id].times))
            ),
        ],
        (f"Median of {run.repetitions}.",),
    )
    yield Table(
        f"CPU of anything else, one of {count:,}",
        ("operation", "CPU", "times the empty route"),
        [
            ["empty FastAPI route", milliseconds(empty), "1"],
            *(
                [operation.id, *_row(costs[operation.id])]
                for operation in sorted(others, key=lambda one: -statistics.median(costs[one.id].times))
            ),
        ],
        (f"Median of {run.repetitions}.",),
    )


def _row(costs: Costs) -> list[str]:
    return [milliseconds(statistics.median(costs.cpu)), f"{statistics.median(costs.times):.1f}"]


def _median(values: list[float]) -> str:
    return milliseconds(statistics.median(values)) if values else ""


def milliseconds(value: float) -> str:
    """A time as these tables show it."""
    return f"{1000 * value:.2f} ms"
