"""Somebody speaks to an endpoint from the browser, with a microphone or a recording, and sees what it hears."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from .filled import SAMPLE

pytestmark = pytest.mark.slow

RECORDING = SAMPLE / "test" / "audio" / "test_01.wav"
HEARD_MS = 60_000


@pytest.fixture
def page(studio):
    """The page to try the endpoint."""
    page = studio.signed_in()
    page.goto(f"{studio.endpoint}/try")
    return page


def silence(path):
    """Two seconds in which nobody speaks."""
    soundfile.write(path, np.zeros(32_000), 16_000)
    return path


def words(text):
    return {word.strip(".,?!").lower() for word in text.split()}


def test_words_appear_while_somebody_speaks_into_the_microphone(page):
    page.click("#speak")

    page.wait_for_selector("#guess:not(:empty)", timeout=HEARD_MS)
    page.wait_for_selector("#phrases li", timeout=HEARD_MS)
    assert page.inner_text("#status") == "Listening."
    page.click("#stop")
    page.wait_for_selector("#status:text('All is heard.')", timeout=HEARD_MS)

    assert {"moltrino", "pump"} <= words(page.inner_text("#phrases li:last-child > p:first-child"))
    page.click("#phrases li:last-child >> text=Words")
    assert "Confidence" in page.inner_text("#phrases li:last-child table")
    page.click("#phrases li:last-child >> text=JSON")
    assert '"RecognitionStatus": "Success"' in page.inner_text("#phrases li:last-child pre")
    assert page.is_enabled("#speak")


def test_a_recording_is_heard_as_if_it_were_spoken(page):
    page.set_input_files("#recording", RECORDING)

    page.wait_for_selector("#status:text('All is heard.')", timeout=HEARD_MS)
    assert {"moltrino", "pump"} <= words(page.inner_text("#phrases li > p:first-child"))
    assert page.inner_text("#guess") == ""


def test_a_recording_in_which_nobody_speaks_is_told_as_that(page, tmp_path):
    page.set_input_files("#recording", silence(tmp_path / "silence.wav"))

    page.wait_for_selector("#status:text('No speech was found.')", timeout=HEARD_MS)
    assert page.locator("#phrases li").count() == 0


def test_what_is_no_sound_is_refused_in_words(page, tmp_path):
    (tmp_path / "no.wav").write_bytes(b"no sound")

    page.set_input_files("#recording", tmp_path / "no.wav")

    page.wait_for_selector("#status:text('This browser cannot play the file')", timeout=HEARD_MS)


def test_a_page_without_a_microphone_says_why(studio):
    page = studio.signed_in()
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.goto(f"{studio.endpoint}/try")

    page.click("#speak")

    assert "by https" in page.inner_text("#status")


def test_neither_the_key_nor_a_token_is_in_the_page(studio):
    page = studio.signed_in()
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"{studio.endpoint}/try")
    page.set_input_files("#recording", RECORDING)
    page.wait_for_selector("#status:text('All is heard.')", timeout=HEARD_MS)

    (socket,) = sockets
    assert "Authorization=Bearer" in socket
    assert studio.key not in socket + page.content()
    assert "Bearer" not in page.content()


def test_the_microphone_is_brought_to_16_khz_and_nothing_above_is_heard_as_something_below(page):
    heard = page.evaluate(
        """async (rates) => {
          const address = document.querySelector("#try").dataset.microphone;
          const loudness = async (rate, hertz) => {
            const context = new OfflineAudioContext(1, rate, rate);
            await context.audioWorklet.addModule(address);
            const tone = new OscillatorNode(context, { frequency: hertz });
            const node = new AudioWorkletNode(context, "microphone");
            const samples = [];
            const ended = new Promise((end) => {
              node.port.onmessage = ({ data }) => (data.isLast ? end() : samples.push(...data.samples));
            });
            tone.connect(node).connect(context.destination);
            tone.start();
            await context.startRendering();
            node.port.postMessage("close");
            await ended;
            const steady = samples.slice(4000, 12000);
            const power = steady.reduce((sum, sample) => sum + (sample / 32767) ** 2, 0) / steady.length;
            return [samples.length, Math.sqrt(2 * power)];
          };
          const told = [];
          for (const rate of rates) told.push([await loudness(rate, 1000), await loudness(rate, 9500)]);
          return told;
        }""",
        [48_000, 44_100, 16_000, 22_050],
    )

    for (count, passed), (_, stopped) in heard[:2]:
        assert 15_900 < count < 16_100  # it is rendered in blocks
        assert passed == pytest.approx(1.0, abs=0.02)
        assert stopped < 0.01
    for (count, passed), _ in heard[2:]:
        assert 15_900 < count < 16_100  # it is rendered in blocks
        assert passed == pytest.approx(1.0, abs=0.02)


def run(studio, name, folder):
    """The code of the page of the endpoint under that name, run where `speech.wav` lies."""
    page = studio.signed_in()
    page.goto(studio.endpoint)
    page.click(f"details:has(#{name}) summary")
    code = page.inner_text(f"#{name}")
    programs = os.path.dirname(sys.executable)
    environment = os.environ | {"SPEECHSMITH_KEY": studio.key, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    command = [sys.executable, "-c", code] if name == "python" else ["bash", "-euc", code]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["python", "curl", "spx"])
def test_the_code_of_the_page_runs_as_it_stands(studio, name, tmp_path):
    shutil.copy(RECORDING, tmp_path / "speech.wav")

    ran = run(studio, name, tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert "Moltrino" in ran.stdout


def test_the_code_of_the_page_says_so_where_nobody_speaks(studio, tmp_path):
    silence(tmp_path / "speech.wav")

    ran = run(studio, "python", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "No speech was found."


def test_what_was_copied_is_the_code(studio):
    page = studio.signed_in(permissions=["clipboard-read", "clipboard-write"])
    page.goto(studio.endpoint)

    page.click("[data-copies=endpoint-id]")

    page.wait_for_selector("#copied:text('Copied.')", state="attached")
    assert page.evaluate("() => navigator.clipboard.readText()") == studio.ids["endpoint"]
