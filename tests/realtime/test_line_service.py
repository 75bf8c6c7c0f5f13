"""A service as it is started, with the engine that is built in: told to stop, and with its processes killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import soundfile
from websockets.sync.client import connect
from wire import PATH, PATIENCE_S, RATE, SILENCE, Caller, children, texts

from speechsmith.api.auth import KEY_HEADER
from speechsmith.realtime.session import STOPPING
from waiting import until

pytestmark = pytest.mark.slow


@dataclass
class Started:
    """A running service."""

    process: "subprocess.Popen[str]"
    address: str
    key: str
    log: Path

    def dial(self, mode: str = "conversation") -> connect:
        """A call to be entered."""
        url = self.address.replace("http", "ws", 1) + PATH.format(mode=mode) + "?language=en-US"
        return connect(url, additional_headers={KEY_HEADER: self.key}, proxy=None, ping_interval=None, close_timeout=1)

    def children(self, module: str) -> list[int]:
        """Its processes of a module."""
        return children(module, self.process.pid)


@pytest.fixture
def started(tmp_path) -> Iterator[Started]:
    """A service with two decode processes."""
    command = [sys.executable, "-m", "speechsmith", "serve", "--home", str(tmp_path / "home"), "--port", "0"]
    environment = os.environ | {"SPEECHSMITH_DECODE_PROCESSES": "2", "SPEECHSMITH_MOST_LIVE_STREAMS": "8"}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8", env=environment) as process,
    ):
        try:
            assert process.stdout is not None
            told = (line.strip() for line in process.stdout)
            address = next(line for line in told if line.startswith("Speechsmith is ready")).rpartition(" ")[2]
            key = next(line for line in told if line.startswith("Key of the resource")).rpartition(" ")[2]
            yield Started(process, address, key, tmp_path / "log")
        finally:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def sentence() -> bytes:
    """A sentence of the packaged speech, and silence behind it."""
    with as_file(files("speechsmith") / "sample") as sample:
        data, rate = soundfile.read(sample / "test" / "audio" / "test_01.wav", dtype="int16")
    assert rate == RATE
    return data.tobytes() + SILENCE * 2


def spoken(started: Started, sentence: bytes) -> list[str]:
    """What one turn of a new connection gives."""
    with started.dial() as socket:
        caller = Caller(socket)
        caller.say("A1", sentence)
        return texts(caller.until("turn.end"))


def test_a_service_that_is_stopped_hears_out_who_speaks_and_tells_all_others(started, sentence):
    expected = spoken(started, sentence)
    with started.dial() as speaking, started.dial() as idle:
        caller = Caller(speaking)
        caller.context("A1")
        caller.sound("A1", sentence[: len(sentence) // 2], first=True)
        caller.until("speech.startDetected")

        started.process.send_signal(signal.SIGTERM)
        left = Caller(idle).closed()
        caller.sound("A1", sentence[len(sentence) // 2 :])
        caller.end("A1")
        told = caller.until("turn.end")
        closed = caller.closed()

    assert expected
    assert texts(told) == expected
    assert left == closed == (1001, STOPPING)
    assert started.process.wait(PATIENCE_S) == 0
    log = started.log.read_text(encoding="utf-8")
    assert "ERROR" not in log
    assert started.key not in log
    assert not any(word in log for word in (expected[0], "language=", "Traceback"))


def test_a_listening_process_that_is_killed_ends_its_own_sessions_and_no_other(started, sentence):
    with started.dial() as one, started.dial() as other:
        callers = {}
        for socket in (one, other):
            before = set(started.children("decoding.ears"))
            caller = Caller(socket)
            caller.context("A1")
            caller.sound("A1", sentence[: len(sentence) // 2], first=True)
            caller.until("speech.startDetected")
            (its_own,) = set(started.children("decoding.ears")) - before
            callers[its_own] = caller
        (first, victim), (_, survivor) = callers.items()

        os.kill(first, signal.SIGKILL)
        code, reason = victim.closed()
        survivor.sound("A1", sentence[len(sentence) // 2 :])
        survivor.end("A1")

        assert code == 1011
        assert "Connect again" in reason
        assert texts(survivor.until("turn.end")) == spoken(started, sentence)


def test_a_decode_process_that_is_killed_costs_no_word(started, sentence):
    expected = spoken(started, sentence)
    with started.dial() as socket:
        caller = Caller(socket)
        caller.context("A1")
        caller.sound("A1", sentence[: len(sentence) // 2], first=True)
        caller.until("speech.startDetected")
        for pid in started.children("sandbox"):
            os.kill(pid, signal.SIGKILL)
        caller.sound("A1", sentence[len(sentence) // 2 :])
        until(lambda: started.children("sandbox"), seconds=PATIENCE_S)
        for pid in started.children("sandbox"):
            os.kill(pid, signal.SIGKILL)
        caller.end("A1")

        assert expected
        assert texts(caller.until("turn.end")) == expected
