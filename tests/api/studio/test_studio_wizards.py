"""What the wizards have alike: answers of any length go on from step to step, and back."""

import pytest
from browser import Browser, Page

from bench import acoustic
from speechsmith.api.studio.wizard import MOST_ADDRESS
from speechsmith.client.entity import id_of
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.services import entities

LONGEST = ("漢字🎙é %&+\n" * 1_112)[:10_000]
"""As long as a description may be, of what is longest in an address."""


@pytest.fixture
def project(browser, projects):
    return browser.project(projects)


@pytest.fixture(params=["datasets", "models", "tests"])
def wizard(request, browser, project):
    """The address of a wizard, the kind of what it makes, and an answer for each of its steps before the last."""
    api, reference = browser.api, f"http://speech.test/speechtotext/v3.2/projects/{project.rpartition('/')[2]}"
    labels = {"displayName": "Long", "description": LONGEST}
    if request.param == "datasets":
        steps = [{"use": "training", "kind": "Language"}, {"location": "local"}, labels]
        return f"{project}/datasets/new", Dataset, steps
    data = api.dataset(acoustic({0: "send a gasket"}), displayName="Calls", project=reference)
    if request.param == "models":
        steps = [{"base": id_of(api.base())}, {"datasets": id_of(data)}, labels]
        return f"{project}/models/new", CustomModel, steps
    steps = [{"purpose": "evaluate"}, {"dataset": id_of(data)}, {"model": id_of(api.base())}, labels]
    return f"{project}/tests/new", Evaluation, steps


def form(page: Page, id: str = "") -> dict[str, str]:
    """What the form of a step, or another one of its page, sends unasked."""
    fields, is_it = {}, False
    for tag, attributes in page.tags:
        if tag == "form":
            is_it = attributes.get("id", "") == id and not attributes["action"].endswith("/sign-out")
        elif is_it and tag == "input" and attributes.get("type") == "hidden":
            fields[attributes["name"]] = attributes["value"]
    return fields


def go_on(browser: Browser, address: str, fields: dict[str, str]) -> Page:
    """Send a step, and see the next one, which has an address of its own if that is short enough."""
    answer = browser.call("POST", address, data=fields)
    if answer.status != 303:
        return answer
    assert len(answer.goes_to) < len(address) + MOST_ADDRESS
    return browser.open(answer.goes_to)


def newest(browser: Browser, kind: type) -> object:
    bench = browser.api.bench
    return entities.page(bench.ctx, bench.me, kind, top=1, newest_first=True).values[0]


def test_the_longest_description_goes_through_a_wizard_and_no_address_is_long(browser, wizard):
    address, kind, steps = wizard

    page = browser.open(address)
    for answers in steps:
        page = go_on(browser, address, form(page) | answers)
        assert page.status == 200, page.words
    assert browser.call("POST", address, data=form(page)).status == 303

    assert newest(browser, kind).description == LONGEST
    addresses = [a[name] for page in browser.seen for _, a in page.tags for name in ("href", "action") if name in a]
    assert max(map(len, addresses)) < len(address) + MOST_ADDRESS


def test_back_from_what_fits_no_address_loses_nothing(browser, wizard):
    address, kind, steps = wizard
    page = browser.open(address)
    for answers in steps:
        page = go_on(browser, address, form(page) | answers)

    back = go_on(browser, address, form(page, "back"))
    before = go_on(browser, address, form(back, "back"))

    assert back.title.startswith("Name and description")
    assert LONGEST in back.text
    assert before.status == 200
    assert form(before)["description"] == LONGEST
    assert not any("step=" in link for link in before.links)
    for answers in steps[-2:]:
        before = go_on(browser, address, form(before) | answers)
    assert browser.call("POST", address, data=form(before)).status == 303
    assert newest(browser, kind).description == LONGEST


def test_a_step_with_short_answers_has_an_address_that_can_be_opened_again(browser, wizard):
    address, _, steps = wizard
    page = browser.open(address)
    for answers in steps:
        short = answers | {"description": "Short."} if "description" in answers else answers
        sent = browser.call("POST", address, data=form(page) | short)
        page = browser.open(sent.goes_to)

    again = browser.open(sent.goes_to)

    assert again.title.startswith("Review")
    assert "Short." in again.words
    assert not form(page, "back")


def test_a_step_from_elsewhere_goes_nowhere(browser, wizard):
    address, _, steps = wizard

    assert browser.call("POST", address, data={"step": "2"} | steps[0]).status == 403


def test_one_character_too_many_is_told_at_its_step(browser, wizard):
    address, _, steps = wizard
    page = browser.open(address)
    for answers in steps[:-1]:
        page = go_on(browser, address, form(page) | answers)

    refused = go_on(browser, address, form(page) | steps[-1] | {"description": LONGEST + "x"})

    assert refused.status == 400
    assert refused.title.startswith("Error: Name and description")
    assert "10,000" in refused.words or "10000" in refused.words
    assert LONGEST + "x" in refused.text
