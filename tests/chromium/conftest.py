"""Studio in a real browser, against a real service: Debian's Chromium, driven by Playwright.

Where either is not there the tests are skipped and say so: `apt-get install chromium`, and the extra `test`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from speechsmith.cli import demo
from speechsmith.client.client import Client
from speechsmith.client.entity import id_of
from uploads import zipped

SAMPLE = Path(demo.__file__).parents[1] / "sample"
AXE = Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
RATE_HZ = 16_000
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Studio:
    """A running service with something in it, and a browser in which nobody is signed in yet.

    `base` is the address of the resource, `ids` are those of its entities by the names that addresses have for them.
    `faults` are the errors of scripts, and what the policy of pages has forbidden.
    """

    url: str
    key: str
    ids: dict[str, str]
    chromium: Any
    faults: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"{self.url}/studio/{self.ids['resource']}"

    @property
    def endpoint(self) -> str:
        return f"{self.base}/projects/{self.ids['id']}/endpoints/{self.ids['endpoint']}"

    def signed_in(self, **options: Any) -> Any:
        """A page of a new browser of somebody who is signed in."""
        page = self.chromium.new_context(**options).new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda told: "Content Security Policy" in told.text and self.faults.append(told.text))
        page.goto(f"{self.url}/studio/")
        page.fill("#key", self.key)
        page.click("main button")
        page.wait_for_url("**/projects")
        return page


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears, again and again: an utterance of the sample between silences."""
    samples, rate_hz = soundfile.read(SAMPLE / "test" / "audio" / "test_01.wav")
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(path, np.concatenate([np.zeros(rate_hz), samples, np.zeros(3 * rate_hz)]), rate_hz)
    return path


@pytest.fixture(scope="session")
def chromium(spoken: Path) -> Iterator[Any]:
    """The browser. Its microphone is a file."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: it is in the extra `test`")
    microphone = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    ]
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=microphone)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def studio(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A service with a project that has a dataset, a model, a test and an endpoint that logs."""
    home = tmp_path_factory.mktemp("studio-home")
    with demo.service(home) as url:
        key = demo.environment_for(home, url)["SPEECHSMITH_KEY"]
        with Client(f"{url}/speechtotext/v3.2", key) as client:
            yield Studio(url, key, _filled(client, tmp_path_factory.mktemp("studio-data")), chromium)


@pytest.fixture(autouse=True)
def no_script_fails(studio: Studio) -> Iterator[None]:
    """Nothing that a script of a page does not catch, and nothing that the policy of pages forbids to one."""
    yield
    faults, studio.faults[:] = list(studio.faults), []
    assert faults == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which looks for what keeps people out."""
    if not AXE.is_file():
        pytest.skip("no axe-core (make axe)")
    return AXE.read_text(encoding="utf-8")


def _filled(client: Client, folder: Path) -> dict[str, str]:
    """Make one entity of each kind that Studio has pages of, finished; gives the ids of their addresses."""
    labels = {"display_name": "Parts", "locale": "en-US"}
    made = {"id": client.projects.create(**labels)}
    inside = labels | {"project": made["id"]["self"]}
    archive = folder / "test.zip"
    lines = (SAMPLE / "test" / "trans.txt").read_text(encoding="utf-8").splitlines()[:2]
    sounds = {
        name: (SAMPLE / "test" / "audio" / name).read_bytes() for name, _, _ in (line.partition("\t") for line in lines)
    }
    archive.write_bytes(zipped(sounds | {"trans.txt": "\n".join(lines)}))
    made["dataset"] = client.datasets.upload(archive, kind="Acoustic", seen=lambda *_: None, **inside)
    related = SAMPLE / "train" / "related-text.txt"
    words = client.datasets.upload(related, kind="Language", seen=lambda *_: None, **inside)
    for one in (made["dataset"], words):
        _succeeded(client.datasets, one)
    made["model"] = _succeeded(client.models, client.models.create(datasets=[words["self"]], **inside))
    created = client.endpoints.create(model=made["model"]["self"], logging=True, **inside)
    made["endpoint"] = _succeeded(client.endpoints, created)
    base, model = client.base_models.listing()["values"][-1]["self"], made["model"]["self"]
    test = client.evaluations.create(model1=base, model2=model, dataset=made["dataset"]["self"], **inside)
    made["test"] = _succeeded(client.evaluations, test)
    ids = {name: id_of(entity) for name, entity in made.items()}
    return ids | {"resource": client.resource_id()}


def _succeeded(collection: Any, made: Any) -> Any:
    """The entity once it is done."""
    ended = collection.wait(made["self"], timeout=300, seen=lambda _: None)
    assert ended["status"] == "Succeeded", ended
    return ended
