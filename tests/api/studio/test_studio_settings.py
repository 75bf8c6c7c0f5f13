"""The settings of a Speech resource in the browser: its limits and use, and its keys."""

import re

import pytest
from browser import Browser

from speechsmith.api.studio.settings import NOUNS
from speechsmith.services import resources
from speechsmith.services.limits import COUNTED


@pytest.fixture
def settings(browser):
    """The address of the settings."""
    return f"/studio/{browser.api.bench.me}/settings"


def test_everything_that_is_counted_has_a_name():
    assert set(NOUNS) == set(COUNTED)


def test_the_settings_tell_what_there_is_and_what_there_may_be(browser, projects, settings):
    browser.project(projects)

    free = browser.open(settings)
    limits = {"max_entities": "projects=7", "max_requests": 40, "request_window_s": 8.0, "max_training_hours": 20.0}
    bound = Browser(browser.api.under(**limits), cookies=browser.cookies).open(settings)

    assert "Projects There are1There may beAny number" in free.words
    assert "Requests to the REST API are not limited." in free.words
    assert "Projects There are1There may be7" in bound.words
    assert "At most 40 requests to the REST API within 8 s. A model may learn from 20 hours of audio." in bound.words
    assert settings in browser.open(projects).links


@pytest.mark.parametrize(("number", "other"), [(1, 2), (2, 1)])
def test_a_key_is_renewed_and_shown_once(browser, settings, number, other):
    tenant = browser.api.bench.tenant
    former, stays = (getattr(tenant, f"key{which}") for which in (number, other))
    assert "opens nothing from then on" in browser.open(f"{settings}/keys/{number}").words

    page = browser.send(f"{settings}/keys/{number}")

    (new,) = set(re.findall(r"\b[0-9a-f]{32}\b", page.text))
    assert new not in (former, stays)
    fresh = [Browser(browser.api) for _ in range(3)]
    assert fresh[0].send("/studio/sign-in", key=new).status == 303
    assert fresh[1].send("/studio/sign-in", key=stays).status == 303
    assert fresh[2].send("/studio/sign-in", key=former).status == 401
    assert all(new not in seen.html for seen in browser.seen if seen is not page)


def test_who_was_signed_in_with_a_key_that_is_renewed_is_signed_out(browser, settings):
    browser.send(f"{settings}/keys/2")
    assert browser.call("GET", settings).status == 200
    browser.send(f"{settings}/keys/1")

    assert "/sign-in" in browser.call("GET", settings).goes_to


@pytest.mark.parametrize("number", ["0", "3", "99999999999"])
def test_there_are_two_keys(browser, settings, number):
    token = browser.open(f"{settings}/keys/1").token

    assert browser.open(f"{settings}/keys/{number}").status == 404
    assert browser.call("POST", f"{settings}/keys/{number}", data={"token": token}).status == 404


def test_the_keys_of_another_resource_cannot_be_renewed(browser, settings):
    made = resources.create(browser.api.bench.ctx, name="other", region="there")
    theirs = f"/studio/{made.resource.id}/settings"
    token = browser.open(f"{settings}/keys/1").token

    assert browser.open(theirs).status == 404
    assert browser.call("POST", f"{theirs}/keys/1", data={"token": token}).status == 404
    assert Browser(browser.api).send("/studio/sign-in", key=made.key1).status == 303
