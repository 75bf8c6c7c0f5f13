"""The service that a user starts, with a resource, a client, and the processes that it consists of."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from benchmarks.watch import tree
from speechsmith.client.client import Client
from speechsmith.client.collection import Jobs
from speechsmith.client.entity import Entity, has_failed, id_of, is_done, part, text

READY = "Speechsmith is ready: "
LOCALE = "en-US"
POLL = 0.2  # seconds
LIMIT = 4 * 3600.0  # seconds; the longest figure takes far less


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it keeps its data, how to reach it, and a client that has a key."""

    home: Path
    url: str
    key: str
    pid: int
    worker_pid: int
    client: Client

    @property
    def cache(self) -> Path:
        """Where the engines keep what can be made again."""
        return self.home / "cache"

    def processes(self) -> Iterable[psutil.Process]:
        """All of it: API, worker, and what the worker has started."""
        return tree(self.pid)

    def job_processes(self) -> Iterable[psutil.Process]:
        """The processes of the jobs that run, without API and worker."""
        return list(tree(self.worker_pid))[1:]

    def cpu(self) -> float:
        """CPU seconds that its living processes have taken so far."""
        times = [process.cpu_times() for process in self.processes()]
        return float(sum(spent.user + spent.system for spent in times))

    def upload(self, path: Path, kind: str) -> str:
        """A dataset of a file, once it is Succeeded; its URL."""
        made = self.client.datasets.upload(
            path, display_name=path.name, locale=LOCALE, kind=kind, seen=lambda _done, _total: None
        )
        return text(self.finished(self.client.datasets, made), "self")

    def finished(self, collection: Jobs, entity: Entity) -> Entity:
        """The entity once it is Succeeded, seen at most 0.2 s later. Raises: RuntimeError when it Failed."""
        end = time.monotonic() + LIMIT
        while not is_done(entity) and time.monotonic() < end:
            time.sleep(POLL)
            entity = collection.get(id_of(entity))
        if has_failed(entity) or not is_done(entity):
            error = part(part(entity, "properties"), "error")
            raise RuntimeError(f"{text(entity, 'self')} is {text(entity, 'status')}: {text(error, 'message')}")
        return entity


@contextlib.contextmanager
def running(home: Path, **settings: object) -> Iterator[Service]:
    """A service with an empty home, and a cache of its own, so that a first use is one.

    `settings` are those of `speechsmith.config`, by their names; the others are as they come.

    Raises: RuntimeError when it does not start.
    """
    home.mkdir(parents=True)
    mine = {name: value for name, value in os.environ.items() if not name.startswith("SPEECHSMITH_")}
    asked = {f"SPEECHSMITH_{name.upper()}": str(value) for name, value in settings.items()}
    environment = mine | {"SPEECHSMITH_CACHE": str(home / "cache")} | asked
    command = [sys.executable, "-m", "speechsmith", "serve", "--home", str(home), "--port", "0"]
    with (
        (home / "service.log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, encoding="utf-8") as process,
    ):
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.startswith(READY)), None)
            if line is None:
                reason = (home / "service.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"The service did not start:\n{reason}")
            url = line.removeprefix(READY).strip()
            key = _new_resource(home)
            with Client(f"{url}/speechtotext/v3.2", key) as client:
                yield Service(home, url, key, process.pid, _worker_of(process.pid), client)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=40)
            process.kill()


def _worker_of(pid: int) -> int:
    """The process that takes jobs, started by the one that serves."""
    return int(next(child.pid for child in psutil.Process(pid).children() if "worker" in child.cmdline()))


def _new_resource(home: Path) -> str:
    """A Speech resource; its key."""
    command = [sys.executable, "-m", "speechsmith", "resource", "create"]
    command += ["--home", str(home), "--name", "benchmark", "--json"]
    made = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return str(made["key1"])
