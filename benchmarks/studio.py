"""How long each page of Studio takes where a resource has much of everything, and what a first visit loads.

Wall time of a request on an idle service, as a browser next to it would see it, without what the browser then does.
"""

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from benchmarks import filled, service
from benchmarks.report import Run, Table, milliseconds
from speechsmith.api.studio.pages import PAGES, Page
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.webhooks import WebHook

COUNT = 10_000
MOST = 0.150
"""Seconds that a page may take."""
BLOCKS = 100


def measure(run: Run) -> Iterator[Table]:
    """Pages, and the first visit."""
    count = 200 if run.is_quick else COUNT
    with (
        tempfile.TemporaryDirectory() as folder,
        service.running(Path(folder) / "home") as started,
        httpx2.Client(base_url=started.url, timeout=60.0) as browser,
    ):
        yield _first_visit(browser)
        sign_in(browser, started.key)
        world = filled.filled(started.home, started.url, started.key, count, BLOCKS)
        yield _pages(run, browser, world)


def address(page: Page, world: filled.Filled) -> str:
    """The address of a page, about the first of each kind."""
    ids = {
        "resource": world.resource_id,
        "id": filled.id(Project, 0),
        "dataset": filled.id(Dataset, 0),
        "model": filled.id(CustomModel, 0),
        "test": filled.id(Evaluation, 0),
        "edition": filled.id(Edition, 0),
        "endpoint": filled.id(Endpoint, 0),
        "hook": filled.id(WebHook, 0),
        "job": filled.part(filled.id(CustomModel, 0), 0),  # none: all of them are finished
        "file": filled.part(filled.id(Dataset, 0), 0),
        "number": 1,
    }
    return "/studio" + re.sub(r"\{(\w+)(?::\w+)?\}", lambda named: str(ids[named[1]]), page.path)


def _pages(run: Run, browser: httpx2.Client, world: filled.Filled) -> Table:
    rows, slow, unseen = [], [], []
    for page in PAGES:
        if page.method != "GET":
            continue
        times, size = [], 0
        for _ in range(run.repetitions + 1):  # the first reads the template
            began = time.perf_counter()
            answer = browser.get(address(page, world))
            times.append(time.perf_counter() - began)
            size = len(answer.content)
        if "text/html" not in answer.headers.get("content-type", "") or answer.status_code != httpx2.codes.OK:
            unseen.append(f"{page.name} ({answer.status_code})")
            continue
        median = statistics.median(times[1:])
        slow += [page.name] if median > MOST else []
        rows.append((page.name, milliseconds(median), milliseconds(max(times)), f"{size / 1024:,.0f} KB"))
    return Table(
        "Pages",
        ("page", "median", "slowest", "HTML"),
        rows,
        (
            f"There are {world.count:,} of each kind, half in the project that is shown; so many utterances, and logs.",
            f"Median of {run.repetitions}; the slowest counts the first, which reads the template.",
            f"Over {milliseconds(MOST)}: {', '.join(slow) or 'none'}.",
            f"Files, forwards, and what has nothing behind it here: {', '.join(unseen) or 'none'}.",
        ),
    )


def _first_visit(browser: httpx2.Client) -> Table:
    """The page to sign in on, with all that it names, compressed as it is sent."""
    page = browser.get("/studio/sign-in")
    named = dict.fromkeys(re.findall(r'(?:src|href)="(/studio/files/[^"]+)"', page.text))
    sizes = {"the page": _sent(browser, "/studio/sign-in")}
    sizes |= {address.rpartition("/")[2]: _sent(browser, address) for address in named}
    rows = [(name, f"{size / 1024:,.1f} KB") for name, size in sizes.items()]
    return Table("First visit", ("file", "sent"), [*rows, ("all", f"{sum(sizes.values()) / 1024:,.1f} KB")])


def _sent(browser: httpx2.Client, address: str) -> int:
    """Bytes of a body as it was sent."""
    with browser.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw())


def sign_in(browser: httpx2.Client, key: str) -> None:
    """Sign in with a key, as people do."""
    sent(browser, "/studio/sign-in", key=key)


def sent(browser: httpx2.Client, path: str, **fields: str) -> str:
    """Send the form of a page; the address to which that leads."""
    answer = browser.post(path, data={"token": token_of(browser, path), **fields})
    assert answer.status_code == httpx2.codes.SEE_OTHER, answer.status_code
    return answer.headers["location"]


def token_of(browser: httpx2.Client, path: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="token" value="([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1]
