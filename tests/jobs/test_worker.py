"""What one worker does, turn by turn, in a world without trouble."""

import logging
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta

import pytest
from world import STALL_S, Inline, Scripted, World

from speechsmith.domain.jobs import LEASE, LONG, JobKind, JobProgress, JobState
from speechsmith.domain.status import Status
from speechsmith.executors.base import Died, Finished, Progressed, Raised


class OneJob(World):
    """A world of one worker and one job, whose attempts are given beforehand."""

    def __init__(self, scratch, *attempts: Scripted) -> None:
        super().__init__(0, scratch, trouble=0.0, workers=1)
        self.attempts = list(attempts)
        self.failures = []
        self.create()

    @property
    def job(self):
        return next(iter(self.store.jobs.values()))

    @property
    def status(self):
        return self.store.entities.get(self.job.subject_id)

    def start(self, run, job, out, wake):
        out.joinpath("made").touch()
        return self.attempts.pop(0)

    def failed(self, tx, job, now, failure):
        super().failed(tx, job, now, failure)
        self.failures.append(failure)

    def steps(self, count: int, seconds: float = 1.0) -> None:
        self.acting = self.staff[0].owner
        for _ in range(count):
            self.now += timedelta(seconds=seconds)
            self.staff[0].step()
        self.acting = ""


class Later(Inline):
    """Threads that get on only when they are told to."""

    def __init__(self) -> None:
        self.waiting = []

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, function, args))
        return future

    def go_on(self) -> None:
        future, function, args = self.waiting.pop(0)
        done = super().submit(function, *args)
        future.set_exception(done.exception()) if done.exception() else future.set_result(done.result())


class Told(Scripted):
    """An attempt that tells what it is given, one event a turn."""

    def __init__(self, *events) -> None:
        super().__init__(None, 0)
        self.events = list(events)

    def poll(self):
        return [self.events.pop(0)] if self.events else super().poll() if self.last else []


@pytest.fixture
def one_job(tmp_path):
    return lambda *attempts: OneJob(tmp_path, *attempts)


def test_a_job_runs_and_its_entity_succeeds(tmp_path, one_job):
    world = one_job(Scripted(None, 2))
    world.attempts[0].last = Finished(world.job.subject_id)

    world.steps(1)
    assert (world.job.state, world.status) == (JobState.RUNNING, Status.RUNNING)
    world.steps(4)

    assert (world.job.state, world.status) == (JobState.DONE, Status.SUCCEEDED)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_progress_is_written_and_never_goes_back(one_job):
    world = one_job(Told(Progressed("reading", 0.2), Progressed("training", 0.7), Progressed("testing", 0.6)))

    world.steps(3)
    assert world.job.progress == JobProgress("training", 0.7)
    world.steps(1)
    assert world.job.progress == JobProgress("testing", 0.7)


def test_a_job_that_runs_long_keeps_its_lease(one_job):
    world = one_job(Told())

    for _ in range(12):
        world.steps(1, seconds=LEASE.total_seconds() / 4)
        assert world.job.lease_until > world.now

    assert world.job.attempt == 1


def test_a_slow_disk_or_blob_store_does_not_let_the_lease_run_out(one_job):
    world = one_job(Told())
    world.attempts[0].events.append(Finished(world.job.subject_id))
    world.staff[0].pool = later = Later()

    for _ in ("preparing", "publishing"):
        for _ in range(12):
            world.steps(1, seconds=LEASE.total_seconds() / 4)
            assert world.job.lease_until > world.now
        world.acting = world.staff[0].owner
        later.go_on()
        world.steps(1)

    assert (world.job.state, world.job.attempt) == (JobState.DONE, 1)


def test_what_is_deleted_while_it_is_published_stays_deleted(one_job):
    world = one_job(Told())
    world.attempts[0].events.append(Finished(world.job.subject_id))
    world.staff[0].pool = later = Later()
    world.steps(1)
    later.go_on()
    world.steps(2)

    world.delete()
    world.steps(2)
    assert world.job.state is JobState.RUNNING
    later.go_on()
    world.steps(1)

    assert (world.job.state, world.status, world.published) == (JobState.CANCELLED, None, [])


def test_after_the_machine_has_slept_the_job_goes_on(one_job):
    world = one_job(Told())
    world.steps(2)

    world.steps(3, seconds=3600)

    assert (world.job.attempt, world.job.state) == (1, JobState.RUNNING)
    assert world.job.lease_until > world.now


def test_a_clock_that_is_set_back_does_not_stop_the_beats(one_job):
    world = one_job(Told())
    world.steps(2)

    world.steps(1, seconds=-3600)

    assert world.job.lease_until == world.now + LEASE


def test_a_refusal_of_the_work_is_the_entitys_failure(one_job):
    world = one_job(Told(Raised("NothingToLearn", "The dataset has no line of text.")))

    world.steps(2)

    assert (world.job.state, world.status) == (JobState.FAILED, Status.FAILED)
    assert [(failure.code, failure.message) for failure in world.failures] == [
        ("NothingToLearn", "The dataset has no line of text.")
    ]


def test_a_fault_of_ours_names_the_job_and_its_trace_is_only_logged(one_job, caplog):
    world = one_job(Told(Raised(None, "", trace="File engine.py, line 3\nValueError")))

    world.steps(2)

    (failure,) = world.failures
    assert failure.code == "InternalServerError"
    assert str(world.job.id) in failure.message
    assert "engine.py" not in failure.message
    assert "engine.py" in caplog.text


@pytest.mark.parametrize("last", [Died("was killed by SIGSEGV"), Raised("EngineError", "no memory", is_retriable=True)])
def test_a_death_is_tried_again_and_given_up_the_third_time(one_job, last):
    world = one_job(*(Told(last) for _ in range(3)))

    world.steps(40)

    assert (world.job.state, world.job.crashes, world.status) == (JobState.FAILED, 3, Status.FAILED)
    assert [failure.code for failure in world.failures] == ["EngineError" if isinstance(last, Raised) else "JobCrashed"]


def test_the_failure_after_crashes_says_what_happened(one_job):
    world = one_job(*(Told(Died("was killed by SIGSEGV")) for _ in range(3)))

    world.steps(40)

    assert "was killed by SIGSEGV; it was tried 3 times" in world.failures[0].message


def test_a_retry_leaves_the_status_running(one_job):
    world = one_job(Told(Died("left with status 1")))

    world.steps(2)

    assert (world.job.state, world.status) == (JobState.WAITING, Status.RUNNING)


def test_a_job_that_reports_nothing_is_killed_and_counts_as_a_crash(one_job):
    attempt = Told(Progressed("training", 0.1))
    world = one_job(attempt)

    world.steps(int(STALL_S))
    assert world.job.state is JobState.RUNNING
    world.steps(4)

    assert (world.job.state, world.job.crashes) == (JobState.WAITING, 1)
    assert attempt.is_dead


def test_a_deleted_entitys_job_is_killed_and_cancelled_at_the_next_turns(one_job):
    attempt = Told()
    world = one_job(attempt)
    world.steps(2)

    world.delete()
    world.steps(2, seconds=0.25)

    assert (world.job.state, world.status) == (JobState.CANCELLED, None)
    assert attempt.is_dead


def test_a_result_that_comes_after_the_delete_is_not_published(one_job):
    world = one_job(Told(Progressed("testing", 0.9)))
    world.attempts[0].events.append(Finished(world.job.subject_id))
    world.steps(2)

    world.delete()
    world.steps(3)

    assert (world.job.state, world.published) == (JobState.CANCELLED, [])


def test_no_more_jobs_run_than_there_are_slots_and_the_urgent_come_first(tmp_path):
    world = OneJob(tmp_path, *(Told() for _ in range(2)))
    world.store.jobs.clear()
    for _ in range(6):
        world.create(JobKind.IMPORT_DATASET)
    urgent = sorted(world.store.jobs.values(), key=lambda job: (job.priority, job.created_at, job.id))

    world.steps(3)

    running = {job.id for job in world.store.jobs.values() if job.state is JobState.RUNNING}
    assert running == {job.id for job in urgent[:2]}


def test_beside_long_jobs_there_is_room_for_one_that_is_not(tmp_path):
    world = OneJob(tmp_path, *(Told() for _ in range(3)))
    world.store.jobs.clear()
    for kind in (JobKind.TRAIN_MODEL, JobKind.EVALUATE, JobKind.TRANSCRIBE):
        world.create(kind)
    world.steps(2)
    for kind in (JobKind.IMPORT_DATASET, JobKind.DEPLOY):
        world.create(kind)
    waited = Counter(job.kind in LONG for job in world.store.jobs.values() if job.state is JobState.RUNNING)

    world.steps(2)

    running = Counter(job.kind in LONG for job in world.store.jobs.values() if job.state is JobState.RUNNING)
    assert (waited, running) == ({True: 2}, {True: 2, False: 1})


def test_a_job_that_cannot_start_fails_and_lets_the_others_pass(one_job, caplog):
    world = one_job(Told())
    world.store.entities[world.job.subject_id] = Status.SUCCEEDED

    world.steps(1)

    assert (world.job.state, world.status) == (JobState.FAILED, Status.SUCCEEDED)
    assert "cannot start" in caplog.text


def test_what_ends_while_the_database_is_away_is_written_when_it_is_back(one_job):
    world = one_job(Told(Raised("NothingToLearn", "x")))
    world.steps(1)
    write, world.store.write = world.store.write, None

    with pytest.raises(TypeError):
        world.steps(1)
    world.store.write = write
    world.steps(1)

    assert world.job.state is JobState.FAILED


def test_one_line_is_logged_for_each_finished_job(one_job, caplog):
    caplog.set_level(logging.INFO)
    world = one_job(Told(Raised("NothingToLearn", "secret words")))

    world.steps(2)

    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"job failed kind={world.job.kind} job={world.job.id}")
    assert line.endswith("attempt=1 seconds=1.0 code=NothingToLearn")


def test_a_turn_that_breaks_is_logged_by_its_place_and_without_its_words(one_job, caplog):
    world, stop, words = one_job(), threading.Event(), " ".join(["the", "words", "of", "a", "user"])

    @contextmanager
    def broken(scope):
        stop.set()
        raise RuntimeError(words)
        yield

    world.store.read = world.store.write = broken
    world.staff[0].run_until(stop)

    assert "turn failed" in caplog.text
    assert "builtins.RuntimeError" in caplog.text
    assert "test_worker.py" in caplog.text
    assert words not in caplog.text
