"""Standard streams: what others have named is shown, not obeyed, and what is no text breaks nothing."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from client.service import Answer
from speechsmith.cli.streams import Shown
from waiting import until

VOICE = Path(str(files("speechsmith") / "sample" / "test" / "audio" / "test_01.wav"))
PROJECTS = "/speechtotext/v3.1/projects"


@pytest.fixture
def program(alone, service):
    """Run the program `spx` for the scripted service, as a process of its own."""
    environment = os.environ | {"SPEECHSMITH_ENDPOINT": service.root, "SPEECHSMITH_KEY": "secret-key"}
    start = [sys.executable, "-c", "from speechsmith.cli.main import spx; spx()"]

    def call(*words, **how):
        return subprocess.run([*start, *words], check=False, capture_output=True, env=environment, timeout=60, **how)

    call.start, call.environment = start, environment
    return call


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\x1b]0;x\x07b\x9b2J\x7f", r"a\u001b]0;x\u0007b\u009b2J\u007f"),
        ("\ttwo\nlines\r", "\ttwo\nlines\r"),
        ("\x1b[33mwarning\x1b[0m \x1b[2J", "\x1b[33mwarning\x1b[0m \\u001b[2J"),
        ("\ud800 é", r"\ud800 é"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(written, shown):
    kept = io.BytesIO()
    stream = Shown(kept, "utf-8", "backslashreplace", newline="")

    assert stream.write(written) == len(written)

    stream.flush()
    assert kept.getvalue().decode() == shown


def test_a_message_of_a_server_does_not_command_the_terminal(program, service):
    service.on("GET", PROJECTS, Answer({"code": "Bad\x1b[2J", "message": "No\x1b]0;gone\x07\x9b2J \ud800"}, 400))

    done = program("csr", "project", "list")

    assert done.returncode == 1
    assert b"\x1b" not in done.stderr
    assert "\x9b".encode() not in done.stderr
    assert rb"No\u001b]0;gone\u0007\u009b2J \ud800 (Bad\u001b[2J)" in done.stderr


def test_an_answer_that_is_no_text_stays_json(program, service):
    service.on("GET", PROJECTS, Answer({"values": [{"self": "http://x/1", "displayName": "\ud800"}]}))

    done = program("csr", "project", "list", "--output", "json", "kept.json")

    assert (done.returncode, json.loads(done.stdout)["values"][0]["displayName"]) == (0, "\ud800")
    assert json.loads(Path("kept.json").read_text("utf-8"))["values"][0]["displayName"] == "\ud800"


def test_a_file_may_have_any_name(program, service, alone):
    shutil.copy(VOICE, os.fsencode(alone) + b"/\xff\x1b[2J.wav")
    path = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US&format=detailed"
    service.on("POST", path, Answer({"RecognitionStatus": "Success", "Offset": 0, "Duration": 1, "NBest": []}))

    done = program("recognize", "--files", "*.wav")

    assert done.returncode == 0
    assert json.loads(done.stdout)["values"][0]["source"] == "\udcff\x1b[2J.wav"
    assert rb"Recognizing \udcff\u001b[2J.wav" in done.stderr


def test_words_that_are_no_text_are_refused(program, service):
    for words in (["create", "--language", "en-US", "--name"], ["status", "--project"], ["list", "--filter"]):
        done = program("csr", "project", *words, b"\xff")

        assert (done.returncode, service.asked) == (2, [])
        assert b"ERROR: " in done.stderr
        assert b"is not text in UTF-8" in done.stderr


def test_closed_streams_are_no_fault(program, service):
    service.on("GET", PROJECTS, Answer({"values": []}))

    closed = subprocess.run(
        ["/bin/sh", "-c", '"$@" <&- >&- 2>&-', "sh", *program.start, "csr", "project", "list"],
        env=program.environment,
        timeout=60,
        check=False,
    )
    silent = subprocess.run(
        ["/bin/sh", "-c", '"$@" <&-', "sh", *program.start, "recognize", "--file", "-"],
        env=program.environment,
        timeout=60,
        check=False,
        capture_output=True,
    )

    assert closed.returncode == 0
    assert silent.returncode == 2
    assert b"The file has 0 bytes" in silent.stderr


def test_who_is_told_to_end_leaves_nothing_behind(program, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    with subprocess.Popen(
        [*program.start, "recognize", "--file", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environment | {"TMPDIR": str(scratch)},
    ) as running:
        until(lambda: list(scratch.iterdir()), seconds=60)
        running.send_signal(signal.SIGTERM)
        code = running.wait(60)

    assert code == 130
    assert list(scratch.iterdir()) == []
