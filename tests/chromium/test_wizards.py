"""Every wizard from its first step to its last, with the mouse, on what people really said."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

DONE_MS = 240_000
HEARD_MS = 60_000
SET = "asterisk_ivr_dev"
RECORDINGS = 4
SENTENCES = 300


@dataclass(frozen=True)
class Mouse:
    """Somebody at a page with a mouse."""

    page: Any

    def click(self, text: str) -> None:
        """A link or a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.click(f":is(a, button):text-is('{text}') >> visible=true")

    def next(self) -> None:
        self.click("Next")

    def named(self, name: str) -> None:
        """The step that most wizards have."""
        self.page.fill("#displayName", name)
        self.next()

    def is_done(self) -> None:
        self.page.wait_for_selector(".state.succeeded >> visible=true", timeout=DONE_MS)

    def goes_to(self, section: str) -> None:
        self.click(section)


@pytest.fixture(scope="module")
def sound(real_speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of telephone prompts, and what is said in them."""
    part, folder = real_speech / SET / "test", tmp_path_factory.mktemp("sound")
    lines = (part / "trans.txt").read_text(encoding="utf-8").splitlines()[:RECORDINGS]
    with zipfile.ZipFile(folder / "prompts.zip", "w") as archive:
        archive.writestr("trans.txt", "\n".join(lines))
        for name in (line.partition("\t")[0] for line in lines):
            archive.write(part / "audio" / name, name)
    return folder / "prompts.zip"


@pytest.fixture(scope="module")
def text(real_speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What such prompts say."""
    target = tmp_path_factory.mktemp("text") / "prompts.txt"
    related = (real_speech / SET / "train" / "related-text.txt").read_text(encoding="utf-8")
    target.write_text("".join(related.splitlines(keepends=True)[:SENTENCES]), encoding="utf-8")
    return target


def uploaded(mouse: Mouse, kind: str, file: Path, name: str) -> None:
    mouse.goes_to("Speech datasets")
    mouse.click("Upload data")
    mouse.page.check(f"#kind-{kind}")
    mouse.next()
    mouse.page.set_input_files("#file", file)
    mouse.next()
    mouse.named(name)
    mouse.click("Save and close")
    mouse.is_done()


def test_each_wizard_does_what_it_says_with_real_speech(studio, sound, text, real_speech):
    tenant = studio.another_resource()
    mouse = Mouse(tenant.signed_in())
    page = mouse.page

    # create a project, upload
    mouse.click("Create a new project")
    page.fill("#displayName", "Prompts")
    mouse.click("Create")
    mouse.click("Go to project")
    uploaded(mouse, "Language", text, "What prompts say")
    uploaded(mouse, "Acoustic", sound, "Prompts")
    assert page.is_visible("text=Every line and recording could be used")

    # train, with a test that follows
    mouse.goes_to("Train custom models")
    mouse.click("Train a new model")
    mouse.next()
    page.check("label:text-is('What prompts say')")
    mouse.next()
    page.fill("#displayName", "Knows prompts")
    page.check("#addTest")
    mouse.next()
    page.check("label:text-is('Prompts')")
    mouse.next()
    mouse.click("Save and close")
    mouse.is_done()

    # test two models
    mouse.goes_to("Test models")
    page.wait_for_selector("a:has-text('Knows prompts compared with')")
    mouse.click("Create new test")
    mouse.next()
    page.check("label:text-is('Prompts')")
    mouse.next()
    page.check("label:text-is('Knows prompts')")
    mouse.next()
    mouse.named("Base and mine")
    mouse.click("Save and close")
    page.wait_for_function(
        "() => document.querySelectorAll('.state.succeeded').length === 2", timeout=DONE_MS, polling=200
    )
    mouse.click("Base and mine")
    assert page.is_visible("h2:text-is('Word error rates')")
    assert page.locator("audio, [data-src]").count() >= 1

    # deploy, and speak to it
    mouse.goes_to("Deploy models")
    mouse.click("Deploy model")
    page.fill("#displayName", "Hotline")
    page.check("label:text-is('Knows prompts')")
    mouse.click("Add")
    mouse.is_done()
    if not page.locator("a:text-is('Try it')").count():
        mouse.click("Hotline")
    mouse.click("Try it")
    page.set_input_files("#recording", real_speech / SET / "test" / "audio" / "agent-incorrect.wav")
    page.wait_for_selector("#status:text('All is heard.')", timeout=HEARD_MS)
    assert "followed by the pound key" in page.inner_text("#phrases").lower()

    # copy to another resource, and connect it to a project there
    page.goto(f"{studio.url}/studio/sign-in")
    page.fill("#key", studio.key)
    mouse.click("Sign in")
    page.goto(f"{tenant.base}/projects")
    mouse.click("Prompts")
    mouse.goes_to("Train custom models")
    mouse.click("Knows prompts")
    mouse.click("Copy to")
    mouse.next()
    page.check(f"input[value='{studio.ids['resource']}']")
    mouse.next()
    mouse.click("Copy")
    page.wait_for_selector("#told:has-text('Succeeded.')", state="attached", timeout=DONE_MS)
    page.wait_for_selector("text=/Copy of .*: Succeeded/", state="attached", timeout=DONE_MS)
    page.goto(f"{studio.base}/projects/{studio.ids['id']}")
    mouse.click("Connect")
    page.check("label:text-is('Knows prompts')")
    with page.expect_navigation():
        page.click("main form button:text-is('Connect')")
    mouse.goes_to("Train custom models")

    assert page.is_visible("a:text-is('Knows prompts')")
    assert studio.faults == []
