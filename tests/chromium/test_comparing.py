"""Tests of models are ticked and compared; what the pages do by themselves takes nothing away from who ticks."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def page(studio):
    page = studio.signed_in()
    page.goto(f"{studio.base}/projects/{studio.ids['id']}/tests")
    return page


def test_what_is_ticked_is_compared_and_marks_go_off_at_once(studio, page):
    page.check(f"#test-{studio.ids['test']}")
    page.click("text=Compare what is ticked")
    page.wait_for_url(f"**/compare?test={studio.ids['test']}")

    assert page.locator("#words tbody tr").count() == 2
    page.uncheck("#show-del")
    assert page.get_attribute("#words", "class").split() == ["no-del"]


def test_a_tick_outlives_the_renewal_of_the_list(studio, page):
    box = f"#test-{studio.ids['test']}"
    page.check(box)

    page.evaluate("() => document.getElementById('list').setAttribute('data-former', '')")
    page.evaluate("() => htmx.ajax('GET', location.href, {target: '#list', select: '#list', swap: 'outerHTML'})")

    page.wait_for_selector("#list:not([data-former])")
    assert page.is_checked(box)
