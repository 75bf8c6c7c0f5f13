"""Somebody uploads data in the browser: a file chosen in the wizard, one that is cut, one that will not do."""

import pytest

from .filled import calls

pytestmark = pytest.mark.slow

BLOCK_BYTES = 8 * 1024 * 1024
DONE_MS = 120_000


@pytest.fixture
def datasets(studio):
    """The address of the list of datasets."""
    return f"{studio.base}/projects/{studio.ids['id']}/datasets"


@pytest.fixture
def page(studio):
    return studio.signed_in()


@pytest.fixture
def text(tmp_path):
    """A text of three blocks."""
    line = "please send {} gaskets to the shop in town\n"
    path = tmp_path / "words.txt"
    path.write_text("".join(line.format(number) for number in range(2 * BLOCK_BYTES // len(line) + 10_000)))
    assert 2 * BLOCK_BYTES < path.stat().st_size < 3 * BLOCK_BYTES
    return path


def waiting(page, datasets, kind):
    """Go through the wizard without a file."""
    page.goto(f"{datasets}/new")
    page.check(f"#kind-{kind}")
    page.click("text=Next")
    page.click("text=Next")
    page.fill("#displayName", "Waiting")
    page.click("text=Next")
    page.click("text=Save and close")
    page.wait_for_selector("#upload:not([hidden])")


def told(page, words):
    page.wait_for_selector(f"#file-told:has-text('{words}')", timeout=DONE_MS)


def test_a_file_that_is_chosen_in_the_wizard_is_sent_when_it_is_saved_and_can_be_heard(page, datasets, tmp_path):
    page.goto(f"{datasets}/new")
    page.check("#kind-Acoustic")
    page.click("text=Next")
    page.set_input_files("#file", calls(tmp_path, "gone.wav\tnobody has this"))
    told(page, "calls.zip")
    page.click("text=Next")
    page.fill("#displayName", "Calls")
    page.click("text=Next")
    page.wait_for_selector("#chosen:has-text('calls.zip')")
    page.click("text=Save and close")

    page.wait_for_selector("text=2 could be used, 1 was left out", timeout=DONE_MS)

    assert page.is_visible("text=No file of the archive has this name.")
    assert page.is_visible("text=Put the audio into the archive")
    heard_s = page.evaluate(
        """async () => {
            const player = document.querySelector("audio");
            await player.play();
            await new Promise((heard) => player.addEventListener("timeupdate", heard, { once: true }));
            player.pause();
            return player.duration;
        }"""
    )
    assert heard_s > 1


def test_an_upload_that_is_cut_tries_again_pauses_and_goes_on_after_a_reload(page, datasets, text):
    waiting(page, datasets, "Language")
    address, sent = page.url, []

    def cut(route):
        if route.request.method != "PUT":
            route.continue_()
            return
        sent.append(route.request.url)
        if len(sent) == 1:
            route.continue_()
        elif len(sent) == 2:
            route.abort()
        # a third is never answered

    page.route("**/blocks*", cut)
    page.set_input_files("#file", text)
    told(page, "The service cannot be reached")
    told(page, "Sending again")
    page.click("text=Pause")
    told(page, "Paused")
    page.unroute("**/blocks*")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)

    assert page.is_visible("text=8 MB have arrived already")
    again = []
    page.on("request", lambda request: again.append(request.url) if request.method == "PUT" else None)
    page.set_input_files("#file", text)
    page.wait_for_selector("#upload", state="detached", timeout=DONE_MS)

    assert sent[1] == sent[2] == again[0]
    assert len(again) == 2
    assert page.is_visible(".state:has-text('Waiting'), .state:has-text('Processing')")


@pytest.mark.parametrize(
    ("kind", "names", "words"),
    [
        ("Acoustic", ["a.wav", "b.txt"], "These are 2 files"),
        ("Acoustic", ["a.wav"], "a.wav is no zip file"),
        ("Language", ["PK.txt"], "PK.txt is an archive"),
        ("Pronunciation", ["large.txt"], "at most 1.0 MB are taken here"),
        ("Language", ["empty.txt"], "empty.txt is empty"),
    ],
)
def test_what_will_not_do_is_told_before_anything_is_sent(page, datasets, kind, names, words):
    waiting(page, datasets, kind)
    requests = []
    page.on("request", lambda request: requests.append(request.url))

    page.evaluate(
        """(names) => {
            const contents = { "empty.txt": "", "large.txt": "x".repeat(2 ** 21) };
            const dropped = new DataTransfer();
            for (const name of names) dropped.items.add(new File([contents[name] ?? name], name));
            const options = { dataTransfer: dropped, bubbles: true, cancelable: true };
            document.querySelector(".drop").dispatchEvent(new DragEvent("drop", options));
        }""",
        names,
    )

    told(page, words)
    assert requests == []
