"""A worker in a process of its own loses nothing, whatever is killed and whenever."""

import random
import signal
import threading
import time

import psutil
import pytest
import service

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.jobs import LEASE, JobState
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.status import Status
from speechsmith.services.context import utc_now
from speechsmith.store.scope import EVERY_RESOURCE
from waiting import until

pytestmark = pytest.mark.slow


class Home:
    """A service whose worker is started and killed."""

    def __init__(self, folder, store) -> None:
        self.folder = folder
        self.ctx = service.context(folder, store)
        self.resource_id = self.ctx.new_id()
        self.worker = None
        with store.write(EVERY_RESOURCE) as tx:
            resource = SpeechResource(
                id=self.resource_id, name="r", region="r", key1_digest="1", key2_digest="2", created_at=utc_now()
            )
            tx.resources.add(resource)

    def start(self, **options) -> None:
        self.worker = service.start(self.folder, service.url_of(self.ctx.store.engine), **options)

    def end(self, number=signal.SIGKILL) -> None:
        self.worker.send_signal(number)
        self.worker.wait(timeout=30)

    def queue(self, run="count_slowly") -> Dataset:
        return service.queue(self.ctx, self.resource_id, run)

    def job(self, dataset):
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.jobs.of(dataset.id)

    def dataset(self, dataset):
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.table(Dataset).find(dataset.id)

    def attempts(self) -> list[int]:
        """The ids of the processes that have worked so far."""
        try:
            return [int(line) for line in (self.folder / "attempts").read_text(encoding="utf-8").split()]
        except FileNotFoundError:
            return []

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def until(self, holds, seconds: float = 60) -> float:
        return until(holds, seconds=seconds)


def lives(id: int) -> bool:
    """Whether a process does anything; one that waits for its end to be noticed does not."""
    try:
        return psutil.Process(id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _home(tmp_path, store):
    home = Home(tmp_path, store)
    yield home
    if home.worker and home.worker.poll() is None:
        home.end()


@pytest.fixture
def home(tmp_path, sqlite_store):
    yield from _home(tmp_path, sqlite_store)


@pytest.fixture
def home_on_both(tmp_path, store):
    yield from _home(tmp_path, store)


def test_a_worker_that_is_killed_and_started_again_goes_on_at_once(home_on_both):
    home = home_on_both
    home.start()
    dataset = home.queue()
    home.until(home.attempts)
    home.end(signal.SIGKILL)

    begin = utc_now()
    home.start()
    home.until(lambda: len(home.attempts()) == 2)
    assert utc_now() - begin < LEASE
    home.open_gate()
    home.until(lambda: home.dataset(dataset).status is Status.SUCCEEDED)

    with home.ctx.store.read(home.resource_id) as tx:
        (file,) = tx.files.of(dataset.id)
    assert home.ctx.blobs.path(file.blob).read_text(encoding="utf-8") == "done"
    assert home.job(dataset).attempt == 2
    assert not lives(home.attempts()[0])


def test_a_child_that_is_killed_is_replaced(home):
    home.start()
    dataset = home.queue()
    home.until(home.attempts)

    psutil.Process(home.attempts()[0]).kill()
    home.open_gate()
    home.until(lambda: home.dataset(dataset).status is Status.SUCCEEDED)

    assert (home.job(dataset).attempt, home.job(dataset).crashes) == (2, 1)


def test_a_job_whose_entity_is_deleted_stops_within_five_seconds(home):
    home.start()
    dataset = home.queue()
    home.until(home.attempts)

    with home.ctx.store.write(home.resource_id) as tx:
        tx.jobs.put(tx.jobs.of(dataset.id).cancel())
        tx.table(Dataset).delete(dataset.id)
    home.until(lambda: home.job(dataset).state is JobState.CANCELLED, seconds=5)

    assert not lives(home.attempts()[0])
    home.until(lambda: not list((home.folder / "scratch" / "jobs").glob("*/*")))


def test_a_job_that_hangs_is_ended_and_counts_as_crashed(home):
    home.start(stall_s=2.0)
    dataset = home.queue()

    home.until(lambda: home.job(dataset).crashes == 1)

    assert home.dataset(dataset).status is Status.RUNNING
    assert not any(lives(id) for id in home.attempts())


def test_a_worker_that_is_told_to_stop_gives_its_jobs_back_and_leaves_nothing(home):
    home.start()
    dataset = home.queue()
    home.until(home.attempts)

    begin = time.monotonic()
    home.end(signal.SIGTERM)

    assert time.monotonic() - begin < 5
    assert home.worker.returncode == 0
    assert (home.job(dataset).state, home.job(dataset).crashes) == (JobState.WAITING, 0)
    assert not lives(home.attempts()[0])
    assert list((home.folder / "run").iterdir()) == []


def test_a_new_job_is_noticed_soon(home):
    home.open_gate()
    home.start()
    first = home.queue()
    home.until(lambda: home.dataset(first).status is Status.SUCCEEDED)

    second = home.queue()

    assert home.until(lambda: home.job(second).state is not JobState.WAITING) < 2


def test_killed_again_and_again_at_any_moment_nothing_is_lost(home_on_both):
    home, rng = home_on_both, random.Random(1)
    home.open_gate()
    datasets = [home.queue() for _ in range(12)]

    for _ in range(8):
        home.start()
        threading.Event().wait(rng.uniform(0.3, 2.5))  # the moment is what is tested
        home.end(signal.SIGKILL)
    home.start()
    home.until(lambda: all(home.job(dataset).state.is_final for dataset in datasets), seconds=120)

    with home.ctx.store.read(home.resource_id) as tx:
        for dataset in datasets:
            assert tx.table(Dataset).get(dataset.id).status is Status.SUCCEEDED
            (file,) = tx.files.of(dataset.id)
            assert home.ctx.blobs.path(file.blob).read_text(encoding="utf-8") == "done"
        assert max(tx.jobs.of(dataset.id).attempt for dataset in datasets) > 1  # it was cut off in the middle
    assert len(list((home.folder / "run").iterdir())) == 1
