"""The Editor by keyboard: hear a recording, write what is said, accept, and go on."""

import pytest

from .filled import Studio

pytestmark = pytest.mark.slow


@pytest.fixture
def address(studio: Studio) -> str:
    """The first recording in the Editor."""
    return f"{studio.base}/projects/{studio.ids['id']}/datasets/editor/{studio.ids['edition']}/files/1"


def opened(studio, address, **options):
    page = studio.signed_in(**options)
    page.goto(address)
    page.wait_for_function("() => document.getElementById('sound').readyState >= 1")
    return page


def time(page):
    return page.evaluate("() => document.getElementById('sound').currentTime")


def is_paused(page):
    return page.evaluate("() => document.getElementById('sound').paused")


INK = """() => {
  const wave = document.getElementById('wave');
  const { data } = wave.getContext('2d').getImageData(0, 0, wave.width, wave.height);
  return data.filter((value, place) => place % 4 === 3 && value).length;
}"""


def test_the_sound_is_drawn_and_a_click_goes_there(studio, address):
    page = opened(studio, address)
    page.locator("#wave").wait_for(state="visible")
    page.wait_for_function(f"() => ({INK})() > 1000")

    box = page.locator("#wave").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    page.wait_for_function("() => document.getElementById('sound').currentTime > 0")

    total = page.evaluate("() => document.getElementById('sound').duration")
    assert time(page) == pytest.approx(total / 2, rel=0.05)


def test_keys_play_go_back_and_move_while_one_writes(studio, address):
    page = opened(studio, address)
    assert page.evaluate("() => document.activeElement.id") == "text"
    before = page.input_value("#text")

    page.keyboard.press("Alt+k")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 0.1")
    assert not is_paused(page)
    page.keyboard.press("Alt+k")
    page.wait_for_function("() => document.getElementById('sound').paused")
    page.evaluate("() => { document.getElementById('sound').currentTime = 2.5; }")
    page.keyboard.press("Alt+j")
    assert time(page) == pytest.approx(0.5, abs=0.1)
    page.keyboard.press("Alt+j")
    assert time(page) == 0
    assert page.input_value("#text") == before

    page.keyboard.press("Alt+n")
    page.wait_for_url("**/files/2")
    page.keyboard.press("Alt+p")
    page.wait_for_url("**/files/1")


def test_a_text_is_corrected_and_accepted_without_a_mouse(studio, address):
    page = opened(studio, address)
    page.keyboard.press("End")
    page.keyboard.type(" Thank you.")

    page.keyboard.press("Control+Enter")

    page.wait_for_url("**/files/2?began")
    page.goto(address)
    assert page.input_value("#text").endswith(" Thank you.")
    assert page.get_by_text("Accepted", exact=True).is_visible()
    page.get_by_role("button", name="Make it a draft again").click()
    page.get_by_text("Saved.").wait_for()


def test_what_was_written_is_not_lost_without_a_question(studio, address):
    page = opened(studio, address)
    page.keyboard.type("Something new. ")
    page.once("dialog", lambda dialog: dialog.dismiss())

    with page.expect_event("dialog") as asked:
        page.keyboard.press("Alt+n")

    assert asked.value.type == "beforeunload"
    assert page.url == address


def test_the_page_works_without_scripts(studio, address):
    page = studio.signed_in()
    bare = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    without = bare.new_page()
    without.goto(address)

    assert without.locator("#sound").is_visible()
    assert not without.locator("#keys").is_visible()
    assert not without.locator("#player").is_visible()
    without.get_by_role("button", name="Save").click()
    assert "saved=save" in without.url
