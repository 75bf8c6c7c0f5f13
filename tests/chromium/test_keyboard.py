"""The whole loop with the keyboard alone: Tab gets everywhere, and Enter, Space and the arrows use what is there."""

from dataclasses import dataclass
from typing import Any

import pytest

from .filled import SAMPLE, calls

pytestmark = pytest.mark.slow

MOST_STOPS = 60
"""More presses of Tab than that and nobody gets there."""
DONE_MS = 180_000


@dataclass(frozen=True)
class Keys:
    """Somebody at a page without a mouse."""

    page: Any

    def go_to(self, selector: str) -> None:
        wanted = self.page.locator(selector).first
        for _ in range(MOST_STOPS):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"nobody gets to {selector} on {self.page.url}")

    def follow(self, selector: str) -> None:
        """A link or a button that leads to another page."""
        self.go_to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def next(self) -> None:
        self.follow("button:text-is('Next')")

    def save(self) -> None:
        self.follow("button:text-is('Save and close')")

    def write(self, selector: str, text: str) -> None:
        self.go_to(selector)
        self.page.keyboard.type(text)

    def tick(self, label: str) -> None:
        self.go_to(f"input[type=checkbox]:near(:text-is('{label}'), 30)")
        self.page.keyboard.press("Space")

    def choose(self, selector: str) -> None:
        """One of several radio buttons, which are one stop for Tab."""
        wanted = self.page.locator(selector)
        self.go_to(f"input[name={wanted.get_attribute('name')}]:not([disabled])")
        self.page.keyboard.press("Space")
        for _ in range(MOST_STOPS):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {selector}")

    def section(self, name: str) -> None:
        self.follow(f".side a:text-is('{name}')")

    def wait_for_success(self) -> None:
        self.page.wait_for_selector(".state.succeeded", timeout=DONE_MS)


@pytest.fixture
def keys(studio):
    return Keys(studio.signed_in())


def uploaded(keys, kind, name, file, *, is_for_tests=False):
    """Go through the wizard. The file itself is chosen in a dialog of the system, which is not ours."""
    keys.section("Speech datasets")
    keys.follow("a:text-is('Upload data')")
    if is_for_tests:
        keys.follow("a:text-is('Testing data')")
    keys.choose(f"#kind-{kind}")
    keys.next()
    keys.go_to("#file")
    keys.page.set_input_files("#file", file)
    keys.page.wait_for_selector(f"#file-told:has-text('{file.name}')")
    keys.next()
    keys.write("#displayName", name)
    keys.next()
    keys.save()
    keys.wait_for_success()


def test_the_whole_loop_needs_no_mouse(keys, tmp_path):
    keys.follow("a:text-is('Create a new project')")
    keys.write("#displayName", "By keyboard")
    keys.follow("button:text-is('Create')")
    keys.follow("a:text-is('Go to project')")

    uploaded(keys, "Language", "Words", SAMPLE / "train" / "related-text.txt")
    uploaded(keys, "Acoustic", "Calls", calls(tmp_path), is_for_tests=True)

    keys.section("Train custom models")
    keys.follow("a:text-is('Train a new model')")
    keys.next()
    keys.tick("Words")
    keys.next()
    keys.write("#displayName", "Counter")
    keys.next()
    keys.save()
    keys.wait_for_success()

    keys.section("Test models")
    keys.follow("a:text-is('Create new test')")
    keys.next()
    keys.choose("input[name=dataset]:near(:text-is('Calls'), 30)")
    keys.next()
    keys.tick("Counter")
    keys.next()
    keys.write("#displayName", "Is it better")
    keys.next()
    keys.save()
    keys.wait_for_success()
    keys.section("Test models")
    keys.follow("a:text-is('Is it better')")
    assert keys.page.is_visible("h2:text-is('Word error rates')")

    keys.section("Deploy models")
    keys.follow("a:text-is('Deploy model')")
    keys.write("#displayName", "Hotline")
    keys.choose("input[name=model]:near(:text-is('Counter'), 30)")
    keys.follow("button:text-is('Add')")
    keys.wait_for_success()
    if not keys.page.locator("a:text-is('Try it')").count():
        keys.follow("a:text-is('Hotline')")
    keys.follow("a:text-is('Try it')")
    keys.go_to("#start, button:text-is('Start the microphone')")
