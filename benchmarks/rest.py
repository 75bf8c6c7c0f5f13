"""How soon lists are answered: GET /models with 100 models of 10,000, eight clients at once.

The models are written into the service's database; training ten thousand would take days. The clients are threads that
keep one connection each and read the answer to its end, without parsing it: what is measured is the service.
"""

import http.client
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid5

from benchmarks import service
from benchmarks.filled import NAMES, owner_and_base
from benchmarks.report import Run, Table, percentile
from speechsmith.domain.models import CustomModel
from speechsmith.domain.status import Status
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, sqlite_url

CLIENTS = 8
PAGE = 100
PACE = 0.5  # seconds between the requests of one client that is not in a hurry
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Round:
    """One round: seconds that each request took, wall seconds, and CPU seconds of the service."""

    latencies: list[float]
    wall: float
    cpu: float


def measure(run: Run) -> Iterator[Table]:
    """Latencies with clients that ask again at once, and with clients that ask twice a second."""
    count, duration = (300, 2.0) if run.is_quick else (10_000, 20.0)
    rows = []
    with tempfile.TemporaryDirectory() as folder, service.running(Path(folder) / "home") as started:
        fill(started, count)
        for name, pause in (("at once", 0.0), ("every 0.5 s", PACE)):
            _round(started, count, 1.0, pause)  # the first requests open connections and files
            rounds = [_round(started, count, duration, pause) for _ in range(run.repetitions)]
            rows.append([name, *_shown(rounds)])
    yield Table(
        f"List of {PAGE} models from {count:,}, {CLIENTS} clients",
        ("next request", "median", "p95", "p99", "worst", "requests/s", "CPU per request"),
        rows,
        (
            f"Each column is the median of {run.repetitions} rounds of {duration:.0f} s; `skip` is random.",
            "Target: p99 under 50 ms.",
        ),
    )


def fill(started: service.Service, count: int) -> None:
    """Put models into the database, each with two datasets and labels."""
    store = Store(sqlite_url(started.home / "speechsmith.db"))
    with store.write(EVERY_RESOURCE) as tx:
        owner_id, base_id = owner_and_base(tx, started.key)
        for number in range(count):
            created = BEGIN + timedelta(minutes=number)
            tx.table(CustomModel).add(
                CustomModel(
                    id=uuid5(NAMES, f"model {number}"),
                    resource_id=owner_id,
                    locale=service.LOCALE,
                    display_name=f"Model {number}",
                    description="Calls of the week, with the names of new products.",
                    custom_properties={"team": "clinic", "build": str(number)},
                    created_at=created,
                    last_action_at=created + timedelta(minutes=5),
                    status=Status.SUCCEEDED,
                    base_model_id=base_id,
                    dataset_ids=tuple(uuid5(NAMES, f"dataset {number} {part}") for part in range(2)),
                    weight_percent=60,
                    folder=f"models/{number}",
                )
            )
    store.close()


def _round(started: service.Service, count: int, duration: float, pause: float) -> Round:
    """All clients, for a number of seconds."""
    latencies: list[list[float]] = [[] for _ in range(CLIENTS)]
    end = time.monotonic() + duration
    threads = [
        threading.Thread(
            target=_client,
            args=(started, latencies[number].append),
            kwargs={"count": count, "end": end, "pause": pause, "seed": number},
        )
        for number in range(CLIENTS)
    ]
    began, cpu = time.monotonic(), started.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round([one for client in latencies for one in client], time.monotonic() - began, started.cpu() - cpu)


def _client(
    started: service.Service, took: Callable[[float], None], *, count: int, end: float, pause: float, seed: int
) -> None:
    chance = random.Random(seed)
    address = urlsplit(started.url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port)
    time.sleep(chance.random() * pause)
    while time.monotonic() < end:
        path = f"/speechtotext/v3.2/models?top={PAGE}&skip={chance.randrange(count - PAGE)}"
        before = time.perf_counter()
        connection.request("GET", path, headers={"Ocp-Apim-Subscription-Key": started.key})
        answer = connection.getresponse()
        body = answer.read()
        spent = time.perf_counter() - before
        if answer.status != http.client.OK or body.count(b'"baseModel"') != PAGE:
            raise RuntimeError(f"GET {path} answered {answer.status} and not {PAGE} models: {body[:200]!r}")
        took(spent)
        time.sleep(max(pause - spent, 0.0))
    connection.close()


def _shown(rounds: list[Round]) -> list[str]:
    def median(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, rounds))

    shares = (0.5, 0.95, 0.99, 1.0)
    taken = [median(lambda one, share=share: percentile(one.latencies, share)) for share in shares]  # type: ignore[misc]
    speed = median(lambda one: len(one.latencies) / one.wall)
    cpu = median(lambda one: one.cpu / len(one.latencies))
    return [*(f"{1000 * one:.0f} ms" for one in taken), f"{speed:.0f}", f"{1000 * cpu:.1f} ms"]
