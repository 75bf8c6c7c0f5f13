"""The executor of this machine: a process for each run, and every end of it is told."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import runs

from speechsmith.executors.base import Died, Finished, Progressed, Raised
from speechsmith.executors.local import LocalExecutor

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path):
    attempts = []

    def start(run, task=None):
        attempt = Followed(run, task, tmp_path)
        attempts.append(attempt)
        return attempt

    yield start
    for attempt in attempts:
        attempt.attempt.kill()
        attempt.end()


class Followed:
    """An attempt whose events are collected."""

    def __init__(self, run, task, out) -> None:
        self.events = []
        self.news = threading.Event()
        self.attempt = LocalExecutor().start(run, task, out, self.news.set)

    def end(self):
        """The last event."""
        deadline = time.monotonic() + 60
        while not (self.events and not isinstance(self.events[-1], Progressed)):
            assert self.news.wait(deadline - time.monotonic())
            self.news.clear()
            self.events += self.attempt.poll()
        return self.events[-1]


def noted(folder: Path) -> list[psutil.Process]:
    """The processes of a run that waits, once it does."""
    deadline = time.monotonic() + 60
    while not (folder / "processes").exists():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
    return [psutil.Process(int(id)) for id in (folder / "processes").read_text(encoding="utf-8").split()]


def are_gone(processes: list[psutil.Process], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def test_a_run_gives_its_progress_its_result_and_its_files(start, tmp_path):
    attempt = start(runs.write_and_count, 41)

    assert attempt.end() == Finished(42)
    assert attempt.events == [Progressed("counting", 0.5), Finished(42)]
    assert (tmp_path / "count").read_text(encoding="utf-8") == "41"


def test_progress_is_thinned_out_and_never_goes_back(start):
    attempt = start(runs.report_often)

    reports = attempt.end().result
    told = attempt.events[:-1]
    fractions = [event.fraction for event in told]
    assert reports > 100
    assert len(told) <= 5
    assert told[-1].stage == "ending"
    assert fractions == sorted(fractions)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_child_has_nothing_of_its_parent(start, monkeypatch, tmp_path):
    monkeypatch.setenv("SPEECHSMITH_DATABASE_URL", "postgresql://user:secret@host/")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SPEECHSMITH_CACHE", "/cache")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")

    with (tmp_path / "file").open("w"):
        seen = start(runs.look_around).end().result

    assert [name for name in seen["variables"] if name.startswith(("SPEECHSMITH", "AWS"))] == ["SPEECHSMITH_CACHE"]
    assert seen["variables"]["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["niceness"] == min(19, os.nice(0) + 10)
    assert seen["session_niceness"] in {None, "10"}  # where Linux shares the processor among sessions, this counts
    assert len(seen["open_files"]) <= 7  # the standard three, two pipes, /dev/null, and the folder that is listed
    assert seen["session"] == seen["id"] != os.getsid(0)


def test_refusals_come_with_their_code(start):
    assert start(runs.refuse).end() == Raised("NothingToLearn", "The dataset has no line of text.")
    for retriable in (True, False):
        told = start(runs.fail_in_the_engine, retriable).end()
        assert told == Raised("EngineError", "The engine is out of memory.", retriable)


def test_a_fault_comes_with_its_trace_and_without_words(start):
    raised = start(runs.break_down, "words of a user").end()

    assert raised.code is None
    assert "in break_down" in raised.trace
    assert raised.trace.index("ValueError") < raised.trace.index("KeyError")
    assert "words of a user" not in raised.trace


@pytest.mark.parametrize("run", [runs.spoil, runs.return_what_cannot_be_sent])
def test_a_result_that_cannot_travel_is_a_fault(start, run):
    assert start(run).end().code is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_death_names_its_signal(start, number):
    assert start(runs.die, number).end() == Died(f"was killed by {number.name}")


def test_a_run_that_leaves_the_interpreter_is_a_death(start):
    assert start(runs.leave, 3).end() == Died("left with status 3")


def test_kill_ends_the_child_and_what_it_has_started(start, tmp_path):
    attempt = start(runs.wait_for_ever, tmp_path)
    processes = noted(tmp_path)

    attempt.attempt.kill()

    assert attempt.end() == Died("was killed by SIGKILL")
    assert are_gone(processes)
    attempt.attempt.kill()  # and nothing happens


def test_nothing_that_a_run_has_started_is_left_when_its_end_is_told(start):
    finished = start(runs.leave_a_child).end()

    assert not psutil.pid_exists(finished.result) or are_gone([psutil.Process(finished.result)])


@pytest.mark.parametrize("run", ["wait_for_ever", "wait_with_the_lock"])
def test_the_whole_tree_dies_with_its_parent(tmp_path, run):
    code = (
        "import sys, pathlib, threading; sys.path[:] = sys.argv[2:]; import runs\n"
        "from speechsmith.executors.local import LocalExecutor\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        f"attempt = LocalExecutor().start(runs.{run}, folder, folder, bool)\n"
        "threading.Event().wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), *sys.path])
    processes = noted(tmp_path)

    parent.kill()
    parent.wait()

    assert are_gone(processes)
