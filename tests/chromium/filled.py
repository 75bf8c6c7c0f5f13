"""A real service with something of everything in it, and the browser that looks at it."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import soundfile

from speechsmith.cli import demo
from speechsmith.client.client import Client
from speechsmith.client.entity import id_of
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.store.sql import Store, sqlite_url
from uploads import zipped

SAMPLE = Path(demo.__file__).parents[1] / "sample"


@dataclass(frozen=True)
class Studio:
    """A running service with something in it, and a browser in which nobody is signed in yet.

    `base` is the address of the resource, `ids` are those of its entities by the names that addresses have for them.
    `home` is where the service keeps its data.
    `faults` are the errors of scripts, and what the policy of pages has forbidden.
    """

    url: str
    key: str
    ids: dict[str, str]
    chromium: Any
    home: Path
    faults: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"{self.url}/studio/{self.ids['resource']}"

    @property
    def endpoint(self) -> str:
        return f"{self.base}/projects/{self.ids['id']}/endpoints/{self.ids['endpoint']}"

    def signed_in(self, **options: Any) -> Any:
        """A page of a new browser of somebody who is signed in."""
        page = self.watched(self.chromium.new_context(**options).new_page())
        page.goto(f"{self.url}/studio/")
        page.fill("#key", self.key)
        page.click("main button")
        page.wait_for_url("**/projects")
        return page

    def watched(self, page: Any) -> Any:
        """The same page, whose faults are noted."""
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda told: "Content Security Policy" in told.text and self.faults.append(told.text))
        return page

    def another_resource(self) -> "Studio":
        """The same service for another tenant, who has nothing yet."""
        key = demo.environment_for(self.home, self.url)["SPEECHSMITH_KEY"]
        with Client(f"{self.url}/speechtotext/v3.2", key) as client:
            return replace(self, key=key, ids={"resource": client.resource_id()})

    def with_more(self, folder: Path, strange: str) -> "Studio":
        """The same service about one more of everything, with these strange words wherever words can be."""
        with Client(f"{self.url}/speechtotext/v3.2", self.key) as client:
            filled = replace(self, ids=_filled(client, folder, self.home, strange))
        return replace(filled, ids=filled.ids | {"edition": _edited(filled)})


def calls(folder: Path, *more: str) -> Path:
    """An archive of two recordings with their transcripts, and `more` lines of them."""
    lines = (SAMPLE / "test" / "trans.txt").read_text(encoding="utf-8").splitlines()[:2]
    with zipfile.ZipFile(folder / "calls.zip", "w") as archive:
        for name in (line.partition("\t")[0] for line in lines):
            archive.write(SAMPLE / "test" / "audio" / name, name)
        archive.writestr("trans.txt", "\n".join([*lines, *more]))
    return folder / "calls.zip"


def speech_for_the_microphone(folder: Path) -> Path:
    """What the microphone hears, again and again: an utterance of the sample between silences."""
    samples, rate_hz = soundfile.read(SAMPLE / "test" / "audio" / "test_01.wav")
    path = folder / "spoken.wav"
    soundfile.write(path, np.concatenate([np.zeros(rate_hz), samples, np.zeros(3 * rate_hz)]), rate_hz)
    return path


@contextmanager
def browser(program: str, microphone: Path) -> Iterator[Any]:
    """Chromium. Its microphone is a file."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not everywhere

    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
    ]
    with sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@contextmanager
def studio_in(folder: Path, chromium: Any) -> Iterator[Studio]:
    """A service with a project that has a dataset, a model, a test and an endpoint that logs."""
    (folder / "data").mkdir()
    with allowing_private_urls(), demo.service(folder / "home") as url:
        key = demo.environment_for(folder / "home", url)["SPEECHSMITH_KEY"]
        yield Studio(url, key, {}, chromium, folder / "home").with_more(folder / "data", "")


@contextmanager
def allowing_private_urls() -> Iterator[None]:
    """Processes that are started meanwhile may post to this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEECHSMITH_ALLOW_PRIVATE_URLS", "true")
        yield


def _filled(client: Client, folder: Path, home: Path, strange: str) -> dict[str, str]:
    """Make one entity of each kind that Studio has pages of, finished; gives the ids of their addresses.

    The web hook has failed, as nobody listens. The job waits, and for so long that nobody does it meanwhile.

    Args: strange: words for names, descriptions, files and transcripts.
    """
    labels = {"display_name": strange or "Parts", "description": strange, "locale": "en-US"}
    made = {"id": client.projects.create(**labels)}
    inside = labels | {"project": made["id"]["self"]}
    archive = folder / "test.zip"
    archive.write_bytes(zipped(_spoken(strange)))
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
    made["hook"] = client.webhooks.create(
        display_name=strange or "Program", web_url="http://127.0.0.1:9/hook", events=["modelCompletion"]
    )
    ids = {name: id_of(entity) for name, entity in made.items()} | {"resource": client.resource_id()}
    return ids | {"job": str(_waiting(home, ids).id)}


def _waiting(home: Path, ids: dict[str, str]) -> Job:
    """A job that waits to train the model again."""
    now = datetime.now(UTC)
    resource, model = UUID(ids["resource"]), UUID(ids["model"])
    members = {"id": uuid4(), "resource_id": resource, "kind": JobKind.TRAIN_MODEL, "subject_id": model}
    job = Job(**members, created_at=now, not_before=now + timedelta(days=1))
    store = Store(sqlite_url(home / "speechsmith.db"))
    with store.write(resource) as tx:
        tx.jobs.add(job)
    store.close()
    return job


def _spoken(strange: str) -> Mapping[str, bytes | str]:
    """Two recordings and their transcripts, and, where there are strange words, a line that nobody has recorded."""
    lines = [line.split("\t") for line in (SAMPLE / "test" / "trans.txt").read_text(encoding="utf-8").splitlines()[:2]]
    sounds = {strange + name: (SAMPLE / "test" / "audio" / name).read_bytes() for name, _ in lines}
    told = [f"{strange}{name}\t{said} {strange}".rstrip() for name, said in lines]
    more = [f"{strange}\t{strange}"] if strange else []
    return sounds | {"trans.txt": "\n".join([*told, *more])}


def _edited(studio: Studio) -> str:
    """Import the dataset into the Editor, which REST has nothing of; gives the id that it has there."""
    page = studio.signed_in()
    editor = f"{studio.base}/projects/{studio.ids['id']}/datasets/editor"
    page.goto(f"{editor}/new?step=2&dataset={studio.ids['dataset']}")
    page.get_by_label("To all recordings").check()
    for step in ("Name and description", "Review"):
        page.get_by_role("button", name="Next").click()
        page.get_by_role("heading", name=step).wait_for()
    page.get_by_role("button", name="Import and close").click()
    page.wait_for_url(editor)
    page.get_by_text("Succeeded").wait_for(timeout=120_000)
    address = page.locator("tbody th a").get_attribute("href")
    page.context.close()
    return str(address).rpartition("/")[2]


def _succeeded(collection: Any, made: Any) -> Any:
    """The entity once it is done."""
    ended = collection.wait(made["self"], timeout=300, seen=lambda _: None)
    assert ended["status"] == "Succeeded", ended
    return ended
