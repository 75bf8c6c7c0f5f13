"""The pages about live recognition tell what the code has: addresses, parameters, close codes, limits."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import soundfile
from websockets.frames import CloseCode

from speechsmith.asr.segments import SegmentOptions
from speechsmith.asr.types import MAX_PHRASES
from speechsmith.cli import demo
from speechsmith.config import STREAMS_PER_CORE
from speechsmith.domain.errors import Invalid
from speechsmith.realtime import context, messages, server, sound, tape
from speechsmith.realtime.context import turn_options
from speechsmith.realtime.messages import Code
from speechsmith.tasks.results import ALTERNATIVES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "howto" / "live-recognition.md").read_text(encoding="utf-8")
REST = (DOCS / "reference" / "rest-api.md").read_text(encoding="utf-8")
LOGS = (DOCS / "howto" / "endpoint-logs.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
REST_WORDS = " ".join(REST.split())
MIB = 1 << 20
NUMBERS = {2: "two", 4: "four", 5: "five", 8: "eight", 10: "ten"}


def test_every_address_is_told():
    assert [path for path in server.LIVE_PATHS if f"| `{path}` |" not in REST] == []


def test_every_parameter_that_is_told_is_one():
    section = REST.partition("## Live speech")[2].partition("\n## ")[0]
    table = section.partition("| parameter | values |")[2].partition("\n\n")[0]
    told = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.partition(" | ")[0])}
    of_any_value = {"language", "cid"}

    assert of_any_value < told
    assert len(told) == 10
    for name in told - of_any_value:
        assert name in refused(name, "?")
    assert [word for word in (*context.FORMAT, *context.PROFANITY) if f"`{word}`" not in table] == []


def refused(name, value):
    """What is said of a value that does not fit."""
    with pytest.raises(Invalid) as error:
        turn_options(b"{}", {"language": "en-US", name: value}, None)
    return str(error.value)


def test_every_close_code_is_told():
    told = {int(code) for code in re.findall(r"^\| (\d{4}) \|", REST, re.MULTILINE)}

    assert told == {*Code, CloseCode.POLICY_VIOLATION}  # which the transport gives by itself


def test_the_limits_are_told():
    usual = SegmentOptions()
    pause = re.search(r"from (\S+ to [\d,]*\d)", refused("segmentationSilenceTimeoutMs", "0")).group(1)
    silence = re.search(r"from (\S+ to [\d,]*\d)", refused("initialSilenceTimeoutMs", "0")).group(1)
    limits = (
        f"of an API process | {server.MOST_LINES:,}, of one resource {server.MOST_LINES // 2:,} |",
        f"| a message | {messages.MOST_BYTES // MIB} MiB |",
        f"| a connection on which nothing comes | {server.IDLE_S / 60:.0f} minutes |",
        f"| a client that takes nothing of what it is sent | {server.SLOW_S:.0f} seconds |",
        f"once {server.MOST_BEHIND:.0f} seconds wait",
        f"who is speaking has {server.LAST_S:.0f} seconds to end",
        f"{1000 * usual.join:,.0f} unless set, {pause}. A phrase has at most {usual.longest:.0f} s",
        f"in time of the sound: {1000 * context.INITIAL_SILENCE:,.0f} unless set",
        f"at most {MAX_PHRASES:,} phrases",
        f"up to {NUMBERS[ALTERNATIVES]} alternatives",
        f"up to {NUMBERS[sound.MOST_CHANNELS]} channels",
        f"up to {NUMBERS[context.MOST_CANDIDATES]} locales",
        f"it is {NUMBERS[STREAMS_PER_CORE]} for each core",
    )

    assert [limit for limit in limits if limit not in WORDS] == []
    assert f"nothing has come for {server.IDLE_S / 60:.0f} minutes" in REST_WORDS
    assert f"A message has at most {messages.MOST_BYTES // MIB} MiB." in REST_WORDS
    assert f"{pause}: the silence that ends a phrase" in REST_WORDS
    assert f"{silence}: how long speech is waited for" in REST_WORDS
    assert f"(up to {tape.MOST_BYTES >> 30} GiB)" in LOGS


@pytest.mark.slow
def test_the_examples_for_python_run(tmp_path):
    pytest.importorskip("azure.cognitiveservices.speech")
    audio = sorted(Path(str(files("speechsmith") / "sample" / "test" / "audio")).iterdir())[:2]
    first, second = (soundfile.read(path, dtype="int16")[0] for path in audio)
    pause = np.zeros(32_000, np.int16)
    soundfile.write(tmp_path / "speech.wav", first, 16_000)
    soundfile.write(tmp_path / "meeting.wav", np.concatenate([first, pause, second, pause]), 16_000)
    program = "".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    (tmp_path / "page.py").write_text(program, encoding="utf-8")

    with demo.service(tmp_path / "home") as url:
        ran = subprocess.run(
            [sys.executable, "page.py"],
            env=os.environ | demo.environment_for(tmp_path / "home", url),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    assert (ran.returncode, ran.stderr) == (0, "")
    one, *meeting, chosen, answer = [line for line in ran.stdout.splitlines() if not line.startswith("...")]
    assert meeting[0] == one
    assert meeting[-1] == "ended: all is heard"
    assert "moltrino" in chosen  # the list has it
    assert json.loads(answer)["NBest"][0]["Words"]
