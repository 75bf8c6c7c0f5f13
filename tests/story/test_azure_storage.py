"""Data and recordings that lie in Azure Blob Storage, by signed URLs (SAS): the emulator of its makers is asked."""

import json
from collections.abc import Iterator

import obstore
import pytest

from azurite import Account
from speechsmith.client.client import Client
from speechsmith.client.entity import Entity
from speechsmith.client.errors import ServiceError

from .conftest import SAMPLE, ended

pytestmark = pytest.mark.slow

ENDED = "The signature of the link ended at 20"


@pytest.fixture
def client(service: dict[str, str]) -> Iterator[Client]:
    with Client(f"{service['SPEECHSMITH_ENDPOINT']}/speechtotext/v3.2", service["SPEECHSMITH_KEY"]) as one:
        yield one


def sound() -> bytes:
    return (SAMPLE / "test" / "audio" / "test_01.wav").read_bytes()


def transcribed(client: Client, **where: object) -> Entity:
    made = client.transcriptions.create(display_name="calls", locale="en-US", **where)
    return ended(client.transcriptions, made["self"])


def imported(client: Client, url: str) -> Entity:
    made = client.datasets.create(display_name="words", locale="en-US", kind="Language", content_url=url)
    return ended(client.datasets, made["self"])


def test_a_dataset_comes_from_a_blob_by_its_signed_link(client: Client, azurite: Account) -> None:
    box = azurite.new()
    obstore.put(box.blobs, "day 1/words #2.txt", (SAMPLE / "train" / "related-text.txt").read_bytes())

    dataset = imported(client, box.blob_url("day 1/words #2.txt"))

    assert (dataset["status"], dataset["properties"]["rejectedLineCount"]) == ("Succeeded", 0)
    assert dataset["properties"]["acceptedLineCount"] > 10


def test_the_recordings_of_one_container_are_written_down_into_another(client: Client, azurite: Account) -> None:
    calls, texts = azurite.new(), azurite.new()
    for name, content in {"bad.mp3": b"no sound", "day 1/call #2.wav": sound(), "notes.txt": b"nor this"}.items():
        obstore.put(calls.blobs, name, content)

    made = transcribed(
        client,
        content_container_url=calls.url("rl"),
        properties={"destinationContainerUrl": texts.url("w")},
    )

    assert made["status"] == "Succeeded", made
    folder = made["self"].rpartition("/")[2]
    names = ["day 1/call #2.wav.json", "report.json"]
    assert texts.names() == [f"{folder}/{name}" for name in names]
    result, report = (json.loads(bytes(obstore.get(texts.blobs, f"{folder}/{name}").bytes())) for name in names)
    assert result["combinedRecognizedPhrases"][0]["lexical"]
    assert result["source"] == f"{calls.address}/day%201/call%20%232.wav"
    assert [(row["source"], row["status"]) for row in report["details"]] == [
        (f"{calls.address}/bad.mp3", "Failed"),
        (result["source"], "Succeeded"),
    ]
    files = client.transcriptions.files(made["self"])["values"]
    assert [file["name"] for file in files] == names
    assert files[0]["links"]["contentUrl"] == f"{texts.address}/{folder}/day%201/call%20%232.wav.json"
    assert "sig=" not in json.dumps([made, result, report, files])


def test_a_link_that_has_ended_is_explained(client: Client, azurite: Account) -> None:
    box = azurite.new()
    obstore.put(box.blobs, "a.wav", sound())
    ended = box.blob_url("a.wav", hours=-1)

    dataset, transcription = imported(client, ended), transcribed(client, content_urls=[ended])

    for entity in (dataset, transcription):
        assert entity["status"] == "Failed"
        error = entity["properties"]["error"]
        assert error["code"] == "HttpStatus"
        assert "403" in error["message"]
        assert ENDED in error["message"]
        assert "sig=" not in error["message"]


def test_a_container_whose_signature_has_ended_is_refused_at_once(client: Client, azurite: Account) -> None:
    box = azurite.new()
    here, ended = box.url("rlw"), box.url("rlw", hours=-1)

    for wrong in (
        {"content_container_url": ended},
        {"content_container_url": here, "properties": {"destinationContainerUrl": ended}},
    ):
        with pytest.raises(ServiceError, match=r"has a signature that ended at 20.*sign a new one"):
            transcribed(client, **wrong)
