"""Studio against clients that send what no page of it would, or leave in the middle."""

import asyncio
import logging
from typing import Any

import pytest
from browser import Browser

from bench import Bench
from speechsmith.api import bodies
from speechsmith.api.studio.guard import TOKEN_HEADER

ENDLESS = "1" * 5_000


@pytest.fixture
def project(browser, projects):
    """The address of a project, and how REST names it."""
    address = browser.project(projects)
    return address, {"self": f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"}


def left(bench: Bench) -> list[Any]:
    """What lies where files are written before they are kept."""
    return list(bench.ctx.incoming.iterdir())


def half_sent(browser: Browser, method: str, path: str, headers: dict[str, str], *, leaves: bool = True) -> list[Any]:
    """Send the head of a request and a piece of its body, and go, or stay silent; returns what was answered."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    named = {"host": "speech.test", "cookie": cookies, **headers}
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
        "server": ("speech.test", 80),
        "client": ("127.0.0.1", 1),
    }
    heard: list[Any] = [{"type": "http.request", "body": b"half", "more_body": True}]
    if leaves:
        heard.append({"type": "http.disconnect"})
    answered: list[Any] = []

    async def receive() -> Any:
        return heard.pop(0) if heard else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        answered.append(message)

    browser.api.runner.run(browser.api.app(scope, receive, send))
    return answered


def test_who_leaves_within_a_block_is_no_fault_and_leaves_nothing(browser, project, caplog):
    caplog.set_level(logging.INFO)
    answers = {"use": "training", "kind": "Language", "location": "local", "displayName": "Words"}
    token = browser.open(project[0]).token
    address = browser.call("POST", f"{project[0]}/datasets/new", data=answers | {"token": token}).goes_to
    caplog.clear()

    answered = half_sent(browser, "PUT", f"{address}/blocks?blockid=QUJD", {TOKEN_HEADER: token})

    assert answered == []
    assert "client left" in caplog.text
    assert "status=500" not in caplog.text
    assert "fault" not in caplog.text
    assert left(browser.api.bench) == []
    listed = browser.call("GET", f"{address}/blocks", headers={"Accept": "application/json"}).response
    assert listed.json() == {"blocks": []}


def test_who_leaves_within_a_form_is_no_fault(browser, projects, caplog):
    caplog.set_level(logging.INFO)

    answered = half_sent(browser, "POST", f"{projects}/new", {"content-type": "application/x-www-form-urlencoded"})

    assert answered == []
    assert "client left" in caplog.text
    assert "status=500" not in caplog.text


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_who_never_comes_to_the_end_of_a_form_is_told_and_left(stranger, monkeypatch, is_signed_in):
    monkeypatch.setattr(bodies, "MOST_S", 0.05)
    if is_signed_in:
        stranger.sign_in(stranger.api.bench.tenant.key1)

    answered = half_sent(
        stranger, "POST", "/studio/sign-in", {"content-type": "application/x-www-form-urlencoded"}, leaves=False
    )

    head, body = answered
    assert head["status"] == 408
    assert (b"connection", b"close") in head["headers"]
    assert b"did not come within 0.05 seconds" in body["body"]


def test_a_block_may_take_longer_than_a_form(browser, project, monkeypatch):
    answers = {"use": "training", "kind": "Language", "location": "local", "displayName": "Words"}
    token = browser.open(project[0]).token
    address = browser.call("POST", f"{project[0]}/datasets/new", data=answers | {"token": token}).goes_to
    monkeypatch.setattr(bodies, "MOST_S", 0.0)

    async def in_turns(*pieces: bytes):
        for piece in pieces:
            await asyncio.sleep(0)  # no time passes, but others have their turn, and see what is late
            yield piece

    script = {TOKEN_HEADER: token, "Accept": "application/json"}
    block = in_turns(b"please ", b"send\n")
    sent = browser.call("PUT", f"{address}/blocks?blockid=QUJD", content=block, headers=script)
    form = in_turns(f"token={token}&".encode(), b"blocks=QUJD")
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    late = browser.call("POST", address, content=form, headers=media)

    assert (sent.status, late.status) == (200, 408)


@pytest.mark.parametrize("origin", ["http://[", "http://]", "null", "http:", "http://", "", "http://speech.test.evil"])
def test_an_origin_that_is_not_ours_sends_nothing_however_it_is_written(browser, projects, origin):
    sent = browser.call("POST", f"{projects}/new", headers={"Origin": origin})

    assert sent.status == 403


@pytest.mark.parametrize("host", ["[", "a]:b", "speech.test/studio/x?"])
def test_a_host_that_is_none_is_no_fault(browser, projects, host):
    assert browser.call("GET", projects, headers={"Host": host}).status == 200


@pytest.mark.parametrize("page", [f"000000001{'9' * 25}", f"000000001{ENDLESS}", "1000001", "0", "-1", "x"])
def test_what_is_no_number_of_a_page_is_the_first_page(browser, projects, project, page):
    shown = browser.call("GET", projects, params={"page": page})

    assert shown.status == 200
    assert "Calls" in shown.words


@pytest.mark.parametrize("step", ["0044", f"004{'9' * 20}", f"001{ENDLESS}", "5", "0", "x"])
def test_what_is_no_number_of_a_step_is_the_first_step(browser, project, step):
    answers = {"use": "training", "kind": "Language", "location": "local", "displayName": "Words"}

    shown = browser.call("GET", f"{project[0]}/datasets/new", params={"step": step} | answers)

    assert shown.status == 200
    assert shown.title.startswith("Data type")


@pytest.mark.parametrize("number", ["0", "3", "9" * 30, ENDLESS, "x"])
def test_there_is_no_key_of_such_a_number(browser, projects, number):
    assert browser.call("GET", f"{projects.rpartition('/')[0]}/settings/keys/{number}").status == 404


@pytest.mark.parametrize("wished", ["bytes=99999999999-", "bytes=x-y", "bytes=0-9", ""])
def test_a_bundle_leaves_nothing_behind_whatever_part_of_it_is_asked_for(browser, project, wished):
    made = browser.api.done(browser.api.make("models", text="torx", project=project[1]))
    address = f"{project[0]}/models/{made['self'].rpartition('/')[2]}/bundle"

    for method in ("GET", "HEAD"):
        assert browser.call(method, address, headers={"Range": wished} if wished else {}).status < 500
        assert left(browser.api.bench) == []


def test_as_many_datasets_can_be_ticked_as_are_offered(browser, project):
    ticked = [f"{number:08}-0000-4000-8000-000000000000" for number in range(200)]
    token = browser.open(project[0]).token

    sent = browser.call("POST", f"{project[0]}/models/new", data={"token": token, "datasets": ticked})

    assert "cannot be read" not in sent.words
    assert "Select one of the baseline models." in sent.words
