"""The history on the page of an endpoint: who has given it which model, and what came of it."""

import re

import pytest
from browser import Page
from test_studio_endpoints import HOSTILE, Deploy

from speechsmith.api.auth import KEY_HEADER
from speechsmith.services import endpoints, resources
from speechsmith.store.scope import EVERY_RESOURCE


@pytest.fixture
def deploy(browser, projects):
    return Deploy(browser, browser.project(projects))


def told(page: Page) -> list[tuple[str, ...]]:
    """The steps: what was done, with which model, by whom, what came of it; a moment is NOW."""
    section = page.words.partition("What came of it ")[2].partition(" The service knows keys")[0]
    section = re.sub(r"\d+ \w{3} \d{4}, \d\d:\d\d UTC", "NOW", section)
    return re.findall("What(.+?)Model(.+?)By(.+?)What came of it(.+?) ?(?=NOW What|$| Show)", section)


def changed(deploy: Deploy, address: str, model: str) -> None:
    deploy.press(address, "model", model=model)
    deploy.browser.api.bench.work_off()


def test_each_step_tells_what_was_done_with_which_model_and_by_whom(deploy):
    mine = deploy.model()
    address = deploy.added()
    changed(deploy, address, mine)
    deploy.press(address, "suspend")
    uri = f"/endpoints/{address.rpartition('/')[2]}"
    api = deploy.browser.api
    token = api.post("/sts/v1.0/issueToken?scope=speechservicesmanagement", checked=False).text
    second = api.post(f"{uri}:resume", headers={KEY_HEADER: api.bench.tenant.key2})
    api.bench.work_off()
    bearer = api.without_key().post(f"{uri}:suspend", headers={"Authorization": f"Bearer {token}"})

    page = deploy.browser.open(address)

    assert (second.status_code, bearer.status_code) == (200, 200)
    base = deploy.browser.api.base()["displayName"]
    assert told(page) == [
        ("Suspended", "Mine", "With a token, by REST", "Answers nobody"),
        ("Resumed", "Mine", "With key 2, by REST", "In place since NOW"),
        ("Suspended", "Mine", "With key 1, in Studio", "Answered nobody until NOW"),
        ("Model changed", "Mine", "With key 1, in Studio", "In place from NOW until NOW"),
        ("Deployed", base, "With key 1, in Studio", "In place from NOW until NOW"),
    ]
    assert f"{deploy.project}/models/{mine}" in page.links
    assert "not kept" not in page.words


def test_what_is_under_way_and_what_has_failed_is_told(deploy):
    mine = deploy.model()
    address = deploy.added()
    for folder in (deploy.browser.api.bench.folder / "models").iterdir():
        (folder / "broken").touch()

    deploy.press(address, "model", model=mine)
    waiting = told(deploy.browser.open(address))
    deploy.browser.api.bench.work_off()
    failed = told(deploy.browser.open(address))

    assert waiting[0] == ("Model changed", "Mine", "With key 1, in Studio", "Under way")
    assert re.match("Failed.+damaged", failed[0][3])
    assert failed[1][3].startswith("In place since")


def test_a_model_that_is_deleted_is_said_to_be(deploy):
    mine = deploy.model()
    address = deploy.added(model=mine)
    changed(deploy, address, deploy.base())
    deploy.browser.api.delete(f"/models/{mine}")

    page = deploy.browser.open(address)

    assert [step[1] for step in told(page)] == [deploy.browser.api.base()["displayName"], "A model that is deleted"]
    assert f"{deploy.project}/models/{mine}" not in page.links


def test_the_newest_stand_on_the_page_and_all_are_asked_for(deploy):
    address = deploy.added()
    bench = deploy.browser.api.bench
    (endpoint,) = deploy.kept()
    for _ in range(6):
        endpoints.suspend(bench.ctx, bench.me, endpoint.id)
        endpoints.resume(bench.ctx, bench.me, endpoint.id)
        bench.work_off()

    few, every = deploy.browser.open(address), deploy.browser.open(f"{address}?history=all")

    assert (few.words.count("What came of it"), every.words.count("What came of it")) == (1 + 10, 1 + 13)
    assert "?history=all#history" in few.links
    assert "Show 3 older" in few.words
    assert {step[2] for step in told(few)} == {"Not known"}
    assert len(told(every)) == 13


def test_an_endpoint_that_is_older_than_its_history_says_so(deploy):
    address = deploy.added()
    bench = deploy.browser.api.bench
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.deployments.forget(deploy.kept()[0].id)

    assert "What this endpoint was given before is not kept." in deploy.browser.open(address).words
    changed(deploy, address, deploy.model())
    assert "Older steps are not kept." in deploy.browser.open(address).words


def test_a_key_that_is_renewed_stays_what_it_was_and_no_key_is_shown(deploy):
    address = deploy.added()
    bench = deploy.browser.api.bench
    resources.rotate_key(bench.ctx, name="first", which=1)
    deploy.browser.cookies.clear()
    deploy.browser.sign_in(bench.tenant.key2)

    page = deploy.browser.open(address)

    assert told(page)[0][2] == "With key 1, in Studio"
    assert bench.tenant.resource.key1_digest not in page.html


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_of_a_model_is_text_and_nothing_else(deploy, text):
    address = deploy.added(model=deploy.model(text))

    page = deploy.browser.open(address)

    assert text in page.text
    assert not page.all("img")
