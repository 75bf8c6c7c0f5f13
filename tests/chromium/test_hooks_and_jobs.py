"""Pages that renew themselves while something comes of a web hook, and cancelling a job, in a real browser."""

import pytest

pytestmark = pytest.mark.slow

TOLD_MS = 60_000


def test_a_page_tells_what_came_of_a_hook_without_being_loaded_again_and_keeps_the_focus(studio):
    page = studio.signed_in()
    page.goto(f"{studio.base}/webhooks/new")
    page.fill("#displayName", "Nobody listens")
    page.fill("#webUrl", "http://127.0.0.1:9/hook")
    page.uncheck("#modelCompletion")
    page.click("button:text-is('Add')")
    page.wait_for_selector("text=Its receiver is asked now")
    page.evaluate("window.isTheSame = true")
    page.focus("#state a:text-is('Edit')")

    page.wait_for_selector("#state .state.failed >> nth=0", timeout=TOLD_MS)

    assert page.evaluate("window.isTheSame")
    assert page.is_visible("button:text-is('Ask again')")
    assert page.evaluate("document.activeElement.textContent") == "Edit"
    page.click("button:text-is('Ask again')")
    page.wait_for_selector("text=The receiver is asked again.")
    assert page.is_visible("text=Batch transcriptions: done or failed")
    assert not page.is_visible("text=Custom models:")


def test_a_job_can_be_looked_at_and_left_alone(studio):
    page = studio.signed_in()
    page.click("details.menu summary")
    page.click("details.menu a:has-text('Jobs of')")

    page.click("a[href$='/cancel']")

    assert page.is_visible("h1:has-text('Cancel the training of Parts?')")
    page.click("a:text-is('Let it go on')")
    assert page.is_visible("text=Not before")
