"""The page about web hooks: what it says is so, and its example verifies what is sent."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from speechsmith.domain.deliveries import BACK_OFF, addressed, requested
from speechsmith.domain.webhooks import EVENTS, NOUNS, WebHook
from speechsmith.services.deliveries import ANSWER_S, KEPT, MOST_KEPT
from speechsmith.services.webhooks import MOST_WAITING

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "web-hooks.md").read_text(encoding="utf-8")
NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def is_genuine():
    """The example of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "web-hooks.md", "exec"), names)
    return names["is_genuine"]


def sent(at: float, secret: str = "schlüssel"):
    labels = {"display_name": "x", "created_at": NOW, "last_action_at": NOW, "api_version": "v3.2", "root": "http://r"}
    hook = WebHook(id=uuid4(), resource_id=uuid4(), web_url="http://x", events=(), **labels)
    delivery = addressed(hook, "modelCreation", id=uuid4(), now=NOW, entity="http://r/größe")
    return requested(delivery, hook.web_url, secret, datetime.fromtimestamp(at, UTC))


def test_the_example_knows_what_was_sent_from_what_was_not(is_genuine):
    request = sent(time.time())

    assert is_genuine("schlüssel", request.headers, request.body)
    assert not is_genuine("schlüssel", request.headers, request.body + b" ")
    assert not is_genuine("other", request.headers, request.body)
    assert not is_genuine("schlüssel", request.headers | {"webhook-id": str(uuid4())}, request.body)
    moved = str(int(request.headers["webhook-timestamp"]) + 1)
    assert not is_genuine("schlüssel", request.headers | {"webhook-timestamp": moved}, request.body)


def test_the_example_refuses_what_is_old(is_genuine):
    old = sent(time.time() - 600)

    assert not is_genuine("schlüssel", old.headers, old.body)


def test_every_header_and_event_is_on_the_page():
    for name in sent(0).headers:
        assert name == "Content-Type" or f"`{name}`" in PAGE
    for noun in NOUNS.values():
        assert f"`{noun}Creation`" in PAGE
    for moment in ("Processing", "Completion", "Deletion"):
        assert f"`{moment}`" in PAGE
    assert {"ping", "challenge"} < EVENTS


def test_every_reason_is_on_the_page():
    source = Path(__file__).parents[2] / "src" / "speechsmith"
    files = ("domain/deliveries.py", "jobs/courier.py", "net/post.py", "net/fetch.py")
    text = "".join((source / file).read_text(encoding="utf-8") for file in files)
    codes = set(re.findall(r"(?:Failure|FetchError)\(\s*\"(\w+)\"", text)) - {"TooLarge"}  # nothing is fetched

    assert len(codes) >= 8
    assert [code for code in codes if f"`{code}`" not in PAGE] == []


def test_the_figures_are_those_of_the_code():
    waits = ("2 s", "10 s", "1 min", "10 min", "1 h", "3 h", "12 h")
    units = {"s": 1, "min": 60, "h": 3600}
    assert [timedelta(seconds=int(n) * units[unit]) for n, unit in map(str.split, waits)] == list(BACK_OFF)
    assert re.sub(r"\s+", " ", "after 2 s, 10 s, 1 min, 10 min, 1 h, 3 h and 12 h") in re.sub(r"\s+", " ", PAGE)
    assert f"within {ANSWER_S:.0f} seconds" in PAGE
    assert (KEPT.days, "seven days" in PAGE) == (7, True)
    assert f"{MOST_KEPT:,} deliveries" in PAGE
    assert f"{MOST_WAITING} deliveries wait" in PAGE
