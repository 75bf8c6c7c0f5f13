"""The service as its operator knows it: it starts, it stops, it is killed, and nothing is lost."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from speechsmith.client.client import Client
from speechsmith.client.errors import Unauthorized
from waiting import until

from .conftest import SAMPLE, archive, ended, ignore, new_resource

pytestmark = pytest.mark.slow

READY = "Speechsmith is ready: "


class Service:
    """A service on a home, started as an operator starts it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.clients: list[Client] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "speechsmith", "serve", "--home", str(home), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = [next(self.process.stdout)]
        self.url = self.said[0].removeprefix(READY).strip()

    def new_key(self) -> str:
        resource = new_resource(self.home)
        assert set(resource) == {"id", "name", "region", "key1", "key2", "endpoint"}
        assert (resource["region"], resource["endpoint"]) == ("eastus", self.url)
        return resource["key2"]

    def client_for(self, key: str) -> Client:
        self.clients.append(Client(f"{self.url}/speechtotext/v3.2", key))
        return self.clients[-1]

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """Everything at once, as a power cut would."""
        processes = [self.process_tree, *self.process_tree.children(recursive=True)]
        for process in processes:
            process.suspend()
        for process in processes:
            process.kill()
        self.process.wait()
        psutil.wait_procs(processes, timeout=30)

    @property
    def process_tree(self) -> psutil.Process:
        return psutil.Process(self.process.pid)


@pytest.fixture
def start(tmp_path) -> Iterator[object]:
    """Starts services on one home, or on the one that is given; all of them end with the test."""
    started: list[Service] = []

    def begin(*options: str, home: Path | None = None) -> Service:
        started.append(Service(home or tmp_path / "home", *options))
        return started[-1]

    yield begin
    for service in started:
        service.close()


def new_model(client: Client, name: str) -> str:
    words = upload(client, "Language", SAMPLE / "train" / "related-text.txt")
    ended(client.datasets, words)
    return client.models.create(display_name=name, locale="en-US", datasets=[words])["self"]


def upload(client: Client, kind: str, data: Path) -> str:
    made = client.datasets.upload(display_name=kind, locale="en-US", kind=kind, data=data, seen=ignore)
    return made["self"]


def test_a_service_shows_its_first_key_once_drains_on_sigterm_and_leaves_nothing_behind(start):
    first = start()
    children = first.process_tree.children(recursive=True)
    assert first.stop() == 0
    assert not psutil.wait_procs(children, timeout=10)[1]
    shown = [line for line in first.said if line.startswith("Key of the resource")]
    assert len(shown) == 1

    second = start()
    assert second.client_for(shown[0].rpartition(" ")[2]).projects.listing()["values"] == []
    assert second.stop() == 0
    assert not [line for line in second.said if line.startswith("Key of the resource")]


def test_a_service_that_is_killed_in_the_middle_of_training_finishes_it_after_its_next_start(start):
    first = start()
    key = first.new_key()
    client = first.client_for(key)
    model = new_model(client, "killed")
    until(lambda: client.models.get(model)["status"] == "Running")
    promised = upload(client, "Language", SAMPLE / "train" / "related-text.txt")
    first.kill()

    second = start()
    again = second.client_for(key)
    model_id, dataset_id = (uri.rpartition("/")[2] for uri in (model, promised))
    assert ended(again.datasets, dataset_id)["status"] == "Succeeded"
    assert ended(again.models, model_id)["status"] == "Succeeded"
    assert [file["name"] for file in again.models.files(model_id)["values"]] == ["report.json"]


def test_a_worker_that_is_killed_is_replaced_and_its_job_is_done(start):
    service = start()
    key = service.new_key()
    client = service.client_for(key)
    model = new_model(client, "orphan")
    until(lambda: client.models.get(model)["status"] == "Running")

    [worker] = [child for child in service.process_tree.children() if "worker" in child.cmdline()]
    worker.kill()

    assert ended(client.models, model)["status"] == "Succeeded"
    assert worker.pid not in {child.pid for child in service.process_tree.children()}


def test_the_same_sound_gives_the_same_text_in_every_way(start, tmp_path):
    service = start()
    key = service.new_key()
    client = service.client_for(key)
    dataset = upload(client, "Acoustic", archive(tmp_path / "test.zip", "test", 2))
    ended(client.datasets, dataset)
    base = client.base_models.listing()["values"][-1]["self"]
    labels = {"display_name": "same", "locale": "en-US"}
    made = client.evaluations.create(**labels, dataset=dataset, model1=base, model2=base)
    evaluation = ended(client.evaluations, made["self"])
    batch = client.transcriptions.create(**labels, dataset=dataset)
    ended(client.transcriptions, batch["self"])

    texts = [
        lexical_of(client, transcription, tmp_path)
        for transcription in (batch["self"], evaluation["transcription1"]["self"])
    ]
    sound = (SAMPLE / "test" / "audio" / "test_01.wav").read_bytes()
    texts += [short_audio(service.url, key, sound, size) for size in (len(sound), 997)]

    assert texts[0]
    assert texts == [texts[0]] * 4


def lexical_of(client: Client, transcription: str, folder: Path) -> str:
    """What a transcription holds for the first recording."""
    files = client.transcriptions.files(transcription)["values"]
    [file] = [file for file in files if file["name"].startswith("test_01.wav")]
    target = folder / f"{file['self'].rpartition('/')[2]}.json"
    client.download(file, target, seen=ignore)
    return json.loads(target.read_bytes())["combinedRecognizedPhrases"][0]["lexical"]


def short_audio(url: str, key: str, sound: bytes, size: int) -> str:
    """The same by short audio, in chunks of this size."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
    connection.request(
        "POST",
        "/speech/recognition/conversation/cognitiveservices/v1?language=en-US&format=detailed",
        body=(sound[at : at + size] for at in range(0, len(sound), size)),
        headers={"Ocp-Apim-Subscription-Key": key},
        encode_chunked=True,
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["NBest"][0]["Lexical"]


def operate(*words: str) -> str:
    """What a command of the operator's prints."""
    command = [sys.executable, "-m", "speechsmith", *words]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_a_home_is_backed_up_while_it_works_and_goes_on_where_it_was_restored(start, tmp_path):
    first = start()
    key = first.new_key()
    client = first.client_for(key)
    recordings = upload(client, "Acoustic", archive(tmp_path / "test.zip", "test", 2))
    trained = new_model(client, "trained")
    ended(client.models, trained)
    ended(client.datasets, recordings)
    unfinished = new_model(client, "unfinished")
    until(lambda: client.models.get(unfinished)["status"] == "Running")

    told = json.loads(operate("backup", str(tmp_path / "home.zip"), "--home", str(first.home), "--json"))
    first.kill()
    operate("restore", str(tmp_path / "home.zip"), "--home", str(tmp_path / "new"))

    assert told["rows"]["models"] == 2
    again = start(home=tmp_path / "new").client_for(key)
    trained, unfinished, recordings = (uri.rpartition("/")[2] for uri in (trained, unfinished, recordings))
    assert ended(again.models, unfinished)["status"] == "Succeeded"
    made = again.transcriptions.create(display_name="x", locale="en-US", dataset=recordings, model=trained)
    ended(again.transcriptions, made["self"])
    assert lexical_of(again, made["self"], tmp_path)


def test_a_resource_is_deleted_while_it_is_worked_for_and_leaves_nothing(start):
    service = start()
    told = ["--home", str(service.home), "--name", "orphan"]
    made = json.loads(operate("resource", "create", *told, "--json"))
    other = service.client_for(service.new_key())
    kept = other.projects.create(display_name="kept", locale="en-US")["self"]
    client = service.client_for(made["key1"])
    model = new_model(client, "orphan")
    until(lambda: client.models.get(model)["status"] == "Running")
    [worker] = [child for child in service.process_tree.children() if "worker" in child.cmdline()]
    [scratch] = (service.home / "scratch" / "jobs").iterdir()
    until(lambda: list(scratch.iterdir()))

    deleted = json.loads(operate("resource", "delete", *told, "--yes", "--json"))["deleted"]

    assert (deleted["model"], deleted["unfinished job"]) == (1, 1)
    until(lambda: not list(scratch.iterdir()))
    assert worker.is_running()
    assert not (service.home / "blobs" / made["id"]).exists()
    with pytest.raises(Unauthorized):
        service.client_for(made["key2"]).projects.listing()
    assert other.projects.get(kept)["displayName"] == "kept"
    assert service.stop() == 0
