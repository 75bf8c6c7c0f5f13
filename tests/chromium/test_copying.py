"""A model is copied in the browser, and its page tells when the copy is there, without being loaded again."""

import pytest

pytestmark = pytest.mark.slow

COPIED_MS = 60_000


def test_who_waits_for_a_copy_is_told_when_it_is_there_and_led_to_it(studio):
    page = studio.signed_in()
    model = f"{studio.base}/projects/{studio.ids['id']}/models/{studio.ids['model']}"
    page.goto(f"{model}/copy")
    for step in ("Speech resource", "Project"):
        page.get_by_role("button", name="Next").click()
        page.get_by_role("heading", name=step).wait_for()
    page.select_option("#project", studio.ids["id"])
    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_url(f"{model}?done=copying")
    page.evaluate("() => (document.body.dataset.isSame = 'yes')")

    page.wait_for_selector("#done[role=status]:has-text('The copy is done')", timeout=COPIED_MS)

    assert page.evaluate("() => document.body.dataset.isSame") == "yes"
    page.click("#done a")
    assert page.url.startswith(f"{studio.base}/projects/{studio.ids['id']}/models/")
    assert page.url != model
