"""Servers behind a link that keep the service waiting."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from speechsmith.net.fetch import CHUNK_BYTES, FetchError, FetchPolicy, fetch

CHUNKS = 40


@pytest.fixture
def url() -> Iterator[str]:
    """A file of forty chunks."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(CHUNKS * CHUNK_BYTES))
            self.end_headers()
            self.wfile.write(b"x" * CHUNKS * CHUNK_BYTES)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/a"
        server.shutdown()
        thread.join()


def clock(seconds: int) -> Callable[[], float]:
    """Time that goes on by so much whenever somebody looks."""
    times = count(0, seconds)
    return lambda: float(next(times))


def test_a_server_that_drips_is_left_after_a_minute(url: str, tmp_path: Path) -> None:
    hungry = FetchPolicy(allow_private=True, least_bytes_per_s=CHUNK_BYTES)

    with pytest.raises(FetchError, match=r"comes too slowly: \d+ bytes in \d\d s") as caught:
        fetch(url, tmp_path / "a", hungry, clock=clock(7), sleep=lambda _: None)

    assert caught.value.code == "Unreachable"
    assert not (tmp_path / "a").exists()


def test_a_server_that_is_slow_but_steady_is_waited_for(url: str, tmp_path: Path) -> None:
    patient = FetchPolicy(allow_private=True, least_bytes_per_s=16)

    assert fetch(url, tmp_path / "a", patient, clock=clock(7), sleep=lambda _: None).bytes == CHUNKS * CHUNK_BYTES


def test_a_download_tells_how_far_it_is_so_that_a_long_one_is_not_taken_for_dead(url: str, tmp_path: Path) -> None:
    told: list[float] = []

    fetch(url, tmp_path / "a", FetchPolicy(allow_private=True), progress=told.append)

    assert len(told) >= CHUNKS
    assert told == sorted(told)
    assert told[-1] == 1.0
