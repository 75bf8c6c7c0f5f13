"""A worker as a process of its own, for tests that kill it.

Its jobs import datasets by `runs.count_slowly`, or by the function that the dataset is named for.
"""

import contextlib
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import runs
from sqlalchemy import Engine

from speechsmith.asr.types import CorpusKind
from speechsmith.config import Settings
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import LostLease
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.executors.local import LocalExecutor
from speechsmith.jobs.presence import Presence
from speechsmith.jobs.work import Work
from speechsmith.jobs.worker import Worker, recover
from speechsmith.services.context import Context, utc_now
from speechsmith.store.blobs import Blobs, prefix
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, Transaction


def context(home: Path, store: Store, *, stall_s: float = 60.0) -> Context:
    """The data of a service in a folder."""
    settings = Settings(home=home, job_stall_s=stall_s)
    return Context(store=store, blobs=Blobs(str(home / "blobs"), home), settings=settings, scratch=home / "scratch")


def url_of(engine: Engine) -> str:
    """The URL of a store, as a setting would give it."""
    return engine.url.render_as_string(hide_password=False)


def queue(ctx: Context, resource_id, run: str = "count_slowly") -> Dataset:
    """A dataset and its job, in one write, as a request makes them."""
    now = ctx.now()
    dataset = Dataset(
        id=uuid4(),
        resource_id=resource_id,
        locale="en-US",
        display_name=run,
        created_at=now,
        last_action_at=now,
        kind=CorpusKind.LANGUAGE,
    )
    job = Job(
        id=uuid4(),
        resource_id=resource_id,
        kind=JobKind.IMPORT_DATASET,
        subject_id=dataset.id,
        created_at=now,
        not_before=now,
    )
    with ctx.store.write(resource_id) as tx:
        tx.table(Dataset).add(dataset)
        tx.jobs.add(job)
    return dataset


def _started(tx: Transaction, job: Job, now: datetime) -> None:
    tx.table(Dataset).put(tx.table(Dataset).get(job.subject_id).started(now))


def _failed(tx: Transaction, job: Job, now: datetime, failure) -> None:
    if dataset := tx.table(Dataset).find(job.subject_id):
        tx.table(Dataset).put(dataset.failed(now, failure))


def _publish(ctx: Context, job: Job, result: int, out: Path) -> None:
    blob = prefix(job.resource_id, "datasets", job.subject_id, str(job.attempt), "result")
    size = ctx.blobs.put(blob, out / "result")
    with ctx.store.write(EVERY_RESOURCE) as tx:
        done = tx.jobs.get(job.id).succeed(job)
        dataset = tx.table(Dataset).find(job.subject_id)
        if dataset is None:
            raise LostLease(job.id)
        tx.jobs.put(done)
        tx.table(Dataset).put(replace(dataset, folder=blob).succeeded(ctx.now()))
        file = File(
            id=uuid4(),
            resource_id=job.resource_id,
            owner_id=dataset.id,
            name="result",
            kind=FileKind.LANGUAGE_DATA,
            blob=blob,
            size_bytes=size,
            created_at=utc_now(),
        )
        tx.files.add([file])


def _run(task: tuple[str, Path], out: Path, progress) -> object:
    name, folder = task
    return getattr(runs, name)(folder, out, progress)


def _prepare(ctx: Context, job: Job) -> tuple[str, Path]:
    with ctx.store.read(job.resource_id) as tx:
        return tx.table(Dataset).get(job.subject_id).display_name, ctx.settings.home


WORK = {JobKind.IMPORT_DATASET: Work(started=_started, prepare=_prepare, run=_run, publish=_publish, failed=_failed)}


def start(home: Path, url: str, *, stall_s: float = 60.0) -> subprocess.Popen[bytes]:
    """Start a worker."""
    code = "import sys; sys.path[:] = sys.argv[4:]; import service; service.main()"
    return subprocess.Popen([sys.executable, "-c", code, str(home), url, str(stall_s), *sys.path])


def main() -> None:
    """What that process does."""
    home, url, stall_s = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ctx = context(home, Store(url), stall_s=stall_s)
    with contextlib.closing(Presence(home / "run")) as presence:
        recover(ctx, WORK, presence)
        Worker(ctx, WORK, LocalExecutor(), presence.owner, slots=2).run_until(stop)
    ctx.store.close()
