"""A service listens to as many as its machine was found to hold, and to nobody beyond."""

import re
from contextlib import contextmanager
from dataclasses import replace
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from speechsmith import machine
from speechsmith.cli import demo
from speechsmith.realtime.server import LIVE_PATHS
from speechsmith.services import capacity
from speechsmith.services.capacity import Measured
from waiting import until

COSTLY = Measured(
    audio_s=20.0,
    cpu_per_second=1.0,
    telephone_cpu_per_second=1.0,
    guess_cpu_per_second=1.0,
    detect_cpu_per_second=0.1,
    memory_bytes=1_000_000_000,
    listener_bytes=100_000_000,
    guesser_bytes=100_000_000,
)
CONTEXT = "Path: speech.context\r\nX-RequestId: 1\r\n\r\n{}"
HEAD = b"Path: audio\r\nX-RequestId: 1\r\n"
SILENCE = len(HEAD).to_bytes(2, "big") + HEAD + bytes(6400)


@contextmanager
def line(environment):
    """A connection that may speak."""
    address = environment["SPEECHSMITH_ENDPOINT"].replace("http:", "ws:") + f"{LIVE_PATHS[1]}?language=en-US"
    with connect(address, additional_headers={"Ocp-Apim-Subscription-Key": environment["SPEECHSMITH_KEY"]}) as opened:
        yield opened


@pytest.mark.slow
def test_one_more_than_was_measured_is_refused_until_somebody_is_done(tmp_path):
    plan = replace(capacity.planned(machine.here(), COSTLY), live_streams=1)
    capacity.keep(tmp_path, plan)

    with demo.service(tmp_path) as url:
        told = lambda: urlopen(f"{url}/metrics", timeout=60).read().decode()  # noqa: E731
        environment = demo.environment_for(tmp_path, url)
        assert "speechsmith_live_streams_most 1.0" in told()
        with line(environment) as first:
            first.send(CONTEXT)
            first.send(SILENCE)
            until(lambda: 'speechsmith_live_streams{state="speaking"} 1.0' in told())

            with pytest.raises(InvalidStatus) as refused, line(environment):
                pass

            assert refused.value.response.status_code == 429
            assert refused.value.response.headers["Retry-After"]
            assert b"listens to 1 at once" in refused.value.response.body
            assert "speechsmith_live_streams_refused_total 1.0" in told()

        until(lambda: 'speechsmith_live_streams{state="speaking"} 0.0' in told())
        with line(environment) as second:
            second.send(CONTEXT)
            assert "turn.start" in second.recv(timeout=60)

    log = (tmp_path / "service.log").read_text(encoding="utf-8")
    assert re.search(r"live streams most=1: measured, as capacity\.json in the home says", log)
