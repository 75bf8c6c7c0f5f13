"""1 GB in blocks of 8 MiB, one after the other: as the script of Studio sends it, and as REST is asked to.

The blocks are made as they are sent and lie nowhere here; no two are alike. They are random bytes, since what is
measured ends when they have arrived and are joined: what an import makes of its data is the worker's affair.
"""

import base64
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx2
import numpy as np
import psutil  # type: ignore[import-untyped]

from benchmarks import service
from benchmarks.report import Run, Table, megabytes, seconds
from benchmarks.studio import sent, sign_in, token_of
from benchmarks.watch import Watch
from speechsmith.api.studio.guard import TOKEN_HEADER
from speechsmith.client.entity import text
from speechsmith.services.datasets import MAX_BLOCK_BYTES

BLOCKS = 128  # together 1.07 GB
MOST_GROWTH = 8e6
"""Bytes of memory that each further GB may cost: no block stays."""

Send = Callable[[str, bytes], None]


def measure(run: Run) -> Iterator[Table]:
    """A way on a service of its own, one after the other."""
    count = 6 if run.is_quick else BLOCKS
    rows = [_measured(name, way, count) for name, way in WAYS.items()]
    header = ("way", "sent", "wall", "MB/s", "CPU of the API", "before", "most", "after", "slope")
    remarks = (
        "Memory is that of the API process (PSS), looked at five times a second.",
        "The slope is that of a line through the second half of the sending: MB for each further GB.",
        "Putting the blocks together, in the end, is in the time and in the most.",
        f"Target: a slope under {MOST_GROWTH / 1e6:.0f} MB for each GB.",
        "The client makes the blocks and sends them from the same machine, so it takes a part of its processors.",
    )
    yield Table(f"{count} blocks of {MAX_BLOCK_BYTES >> 20} MiB", header, rows, remarks)


def _measured(name: str, way: "Way", count: int) -> Sequence[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        service.running(Path(folder) / "home") as started,
        httpx2.Client(base_url=started.url, timeout=120.0) as client,
    ):
        send, commit = way(started, client)
        content = bytearray(random.Random(0).randbytes(MAX_BLOCK_BYTES))
        with Watch(lambda: [psutil.Process(started.pid)]) as watch:
            names = []
            for number in range(count):
                content[:8] = number.to_bytes(8, "big")
                names.append(base64.b64encode(f"{number:06}-{number:016x}".encode()).decode())
                send(names[-1], bytes(content))
            sending = list(watch.memory)
            commit(names)
    size = count * MAX_BLOCK_BYTES
    memory = [found for _, found in watch.memory]
    return (
        name,
        megabytes(size),
        seconds(watch.wall),
        f"{size / 1e6 / watch.wall:,.0f}",
        seconds(watch.cpu),
        *(megabytes(found) for found in (memory[0], max(memory), memory[-1])),
        f"{slope(sending) * sending[-1][0] / size * 1e9 / 1e6:+.1f} MB",
    )


def slope(memory: Sequence[tuple[float, int]]) -> float:
    """Bytes a second by which memory grows in the second half, by least squares; 0 where there is next to nothing."""
    settled = memory[len(memory) // 2 :]
    if len(settled) < 2:
        return 0.0
    times, sizes = zip(*settled, strict=True)
    return float(np.polyfit(times, sizes, 1)[0])


def _in_studio(started: service.Service, browser: httpx2.Client) -> tuple[Send, Callable[[list[str]], None]]:
    """What the wizard and the script of Studio ask for."""
    sign_in(browser, started.key)
    projects = f"/studio/{started.client.resource_id()}/projects"
    made = sent(browser, f"{projects}/new", displayName="Large", locale=service.LOCALE)
    project = f"{projects}/{made.rpartition('made=')[2]}"
    answers = {"use": "training", "kind": "Acoustic", "location": "local", "displayName": "Large"}
    address = sent(browser, f"{project}/datasets/new", **answers)
    headers = {"Accept": "application/json", TOKEN_HEADER: token_of(browser, address)}

    def send(name: str, content: bytes) -> None:
        answer = browser.put(f"{address}/blocks?blockid={quote(name)}", content=content, headers=headers)
        assert answer.status_code == httpx2.codes.OK, answer.text

    def commit(names: list[str]) -> None:
        sent(browser, address, blocks=" ".join(names))

    return send, commit


def _by_rest(started: service.Service, client: httpx2.Client) -> tuple[Send, Callable[[list[str]], None]]:
    """What a client of the contract asks for."""
    client.headers["Ocp-Apim-Subscription-Key"] = started.key
    made = started.client.datasets.create(display_name="Large", locale=service.LOCALE, kind="Acoustic")
    address = text(made, "self")

    def send(name: str, content: bytes) -> None:
        answer = client.put(f"{address}/blocks?blockid={quote(name)}", content=content)
        assert answer.is_success, answer.text

    def commit(names: list[str]) -> None:
        answer = client.post(f"{address}/blocks:commit", json=[{"kind": "Latest", "id": name} for name in names])
        assert answer.is_success, answer.text

    return send, commit


Way = Callable[[service.Service, httpx2.Client], tuple[Send, Callable[[list[str]], None]]]
WAYS: dict[str, Way] = {"Studio": _in_studio, "REST": _by_rest}
