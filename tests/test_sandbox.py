"""The sandbox: functions run in a child, and whatever happens there is an exception here."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import sandboxed as child
from speechsmith.sandbox import KEPT_VARIABLES, Limits, Sandbox, SandboxDied, SandboxTimeout

MB = 1 << 20


@pytest.fixture
def box():
    with Sandbox() as box:
        yield box


def test_a_function_runs_in_another_process_which_is_used_again(box):
    first, second = box.call(child.process_id), box.call(child.process_id)

    assert box.call(child.add, 2, b=3) == 5
    assert first == second != os.getpid()


def test_an_exception_of_the_function_comes_through_with_the_childs_traceback(box):
    with pytest.raises(ValueError, match="line 3: not a number") as caught:
        box.call(child.refuse)

    assert "in refuse" in "".join(caught.value.__notes__)


def test_an_exception_that_does_not_survive_the_journey_arrives_as_its_words(box):
    with pytest.raises(RuntimeError, match="Picky: no comma at line 3"):
        box.call(child.refuse_pickily)


def test_a_value_that_cannot_be_sent_is_an_error_and_not_a_hang(box):
    with pytest.raises(Exception, match="pickle"):
        box.call(child.unpicklable)

    assert box.call(child.add, 1, 1) == 2


def test_what_the_function_prints_does_not_reach_the_answers(box, capfd):
    assert box.call(child.say, "hello") == "hello"
    assert capfd.readouterr() == ("", "")


def test_too_much_memory_is_told_and_the_next_call_works():
    with Sandbox(Limits(memory_bytes=512 * MB)) as box:
        assert box.call(child.eat, 100 * MB) == 100 * MB
        with pytest.raises(SandboxDied) as caught:
            box.call(child.eat, 600 * MB)
        assert box.call(child.add, 1, 1) == 2

    assert caught.value.reason == "memory"


@pytest.mark.slow
def test_too_much_processor_time_is_told_and_each_call_has_its_own():
    with Sandbox(Limits(cpu_s=1)) as box:
        for _ in range(3):
            box.call(child.spend, 0.5)
        with pytest.raises(SandboxDied) as caught:
            box.call(child.burn)

    assert caught.value.reason == "cpu"


def test_a_file_that_grows_too_large_is_told(tmp_path):
    with Sandbox(Limits(file_bytes=MB)) as box, pytest.raises(SandboxDied) as caught:
        box.call(child.write, tmp_path / "bomb", 2 * MB)

    assert caught.value.reason == "file size"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert (tmp_path / "bomb").stat().st_size <= MB


def test_too_many_open_files_are_the_functions_own_error():
    with Sandbox(Limits(open_files=32)) as box, pytest.raises(OSError, match="open files"):
        box.call(child.open_many, Path(__file__), 40)


def test_a_function_that_hangs_is_ended_and_the_next_call_works(box):
    with pytest.raises(SandboxTimeout, match=r"0\.3 s"):
        box.call_within(0.3, child.wait_for_ever)

    assert box.call(child.add, 1, 1) == 2


def test_a_child_that_was_killed_while_it_waited_costs_no_call(box):
    idle = psutil.Process(box.call(child.process_id))
    idle.kill()
    psutil.wait_procs([idle], timeout=10)

    assert box.call(child.add, 2, b=3) == 5


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_names_its_signal_and_the_next_call_works(box, number):
    with pytest.raises(SandboxDied, match=number.name):
        box.call(child.die, number)

    assert box.call(child.add, 1, 1) == 2


def test_a_function_that_leaves_the_interpreter_is_a_death(box):
    with pytest.raises(SandboxDied, match="status 3"):
        box.call(child.leave, 3)


def test_the_child_gets_no_variables_but_the_kept_ones(box, monkeypatch):
    monkeypatch.setenv("SPEECHSMITH_DATABASE", "postgresql://user:secret@host/")
    monkeypatch.setenv("LANG", "C.UTF-8")

    seen = box.call(child.variables)

    assert seen["LANG"] == "C.UTF-8"
    assert set(seen) <= {*KEPT_VARIABLES, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}


def test_a_child_can_have_a_sandbox_of_its_own(box):
    assert box.call(child.add_in_a_grandchild, 2, 3) == 5


def test_threads_take_turns(box):
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda i: box.call(child.add, i, 1), range(20))) == list(range(1, 21))


def test_the_codecs_and_numpy_work_under_the_standard_limits(box):
    assert box.call(child.codecs_and_arrays) == "av soundfile"


def test_stop_gives_the_memory_back_until_the_next_call(box):
    first = box.call(child.process_id)

    box.stop()

    assert not psutil.pid_exists(first)
    assert box.call(child.process_id) != first


def test_close_ends_a_call_that_is_running_and_refuses_another():
    box = Sandbox()
    box.call(child.add, 1, 1)
    reasons = []

    def hang() -> None:
        with pytest.raises(SandboxDied) as caught:
            box.call(child.wait_for_ever)
        reasons.append(caught.value.reason)

    thread = threading.Thread(target=hang)
    thread.start()
    box.close()
    thread.join(timeout=10)

    assert reasons == ["closed"]
    with pytest.raises(SandboxDied, match="closing"):
        box.call(child.add, 1, 1)


@pytest.mark.slow
def test_a_child_dies_with_its_parent_even_while_it_holds_the_interpreters_lock(tmp_path):
    note = tmp_path / "child"
    code = "import sys, pathlib; sys.path[:] = sys.argv[2:]; import sandboxed; "
    code += "sandboxed.hold_the_lock_in_a_child(pathlib.Path(sys.argv[1]))"
    parent = subprocess.Popen([sys.executable, "-c", code, str(note), *sys.path])
    deadline = time.monotonic() + 30
    while not note.exists() and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    grandchild = psutil.Process(int(note.read_text(encoding="utf-8")))

    parent.kill()
    parent.wait()

    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
