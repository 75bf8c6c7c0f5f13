"""A server that means ill, or is none: what it answers is told in a sentence, and nothing is taken for done."""

import gzip
import json
from functools import partial

import pytest

from client.service import Answer
from speechsmith.client.client import Client
from speechsmith.client.errors import BadReference, ClientError, Unreachable
from speechsmith.client.recognition import Recognizer, Stretch, Wish, root_of, seconds
from speechsmith.client.transport import MOST_ANSWER_BYTES, Transport

PROJECT = "/speechtotext/v3.2/projects/p"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500], ids=["list", "object"])
def test_an_answer_that_is_nested_without_end_is_none(body, service, client):
    service.on("GET", PROJECT, Answer(body))

    with pytest.raises(ClientError, match="something that is not JSON"):
        client.projects.get("p")


def test_an_answer_without_end_is_not_taken_into_memory(service, client):
    bomb = gzip.compress(bytes(MOST_ANSWER_BYTES + 1), 1)
    service.on("GET", PROJECT, Answer(bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(ClientError, match="more than a service has to say"):
        client.projects.get("p")


def test_a_packed_answer_that_is_damaged_is_no_answer(service, client, tmp_path):
    damaged = Answer(b"damaged", headers={"Content-Encoding": "gzip"})
    service.on("GET", PROJECT, damaged)
    service.on("GET", "/file", damaged)

    with pytest.raises(Unreachable, match="broke off"):
        client.projects.get("p")
    with pytest.raises(Unreachable, match="broke off"):
        client.download_url(service.url("/file"), tmp_path / "file", seen=lambda *_: None)


def test_what_is_answered_by_a_redirect_is_not_done(service, client, tmp_path):
    moved = Answer(status=307, headers={"Location": "https://elsewhere.example/"})
    for method in ("GET", "DELETE", "PATCH"):
        service.on(method, PROJECT, moved)
    service.on("GET", "/file", moved)

    for ask in (client.projects.get, client.projects.delete, partial(client.projects.update, display_name="x")):
        with pytest.raises(ClientError, match=r"redirects to https://elsewhere\.example/, where no key is sent"):
            ask("p")
    with pytest.raises(ClientError, match="redirects"):
        client.download_url(service.url("/file"), tmp_path / "file", seen=lambda *_: None)
    assert not (tmp_path / "file").exists()


def test_redirects_without_end_are_told(service, clock, tmp_path):
    service.on("GET", "/file", Answer(status=302, headers={"Location": "/file"}))

    client = Client("http://127.0.0.2:1/speechtotext/v3.2", "secret-key", clock=clock, sleep=clock.sleep)
    with client, pytest.raises(Unreachable, match="redirects"):
        client.download_url(service.url("/file"), tmp_path / "file", seen=lambda *_: None)


@pytest.mark.parametrize("next", ["http://[bad", "http://[bad?skip=1", "http://a:b/"])
def test_a_next_link_that_is_no_address_is_told(next, service, client):
    service.on("GET", "/speechtotext/v3.2/projects", Answer({"values": [], "@nextLink": next}))

    with pytest.raises(ClientError):
        client.projects.listing()


@pytest.mark.parametrize("key", ["secret ", "secret\r", "se\ncret", "sécret", "\udcff"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key):
    for secrets in ({"key": key}, {"key": None, "token": key}):
        with pytest.raises(BadReference, match="look how it was copied") as refused:
            Transport("http://127.0.0.1:1", **secrets)

        assert "cret" not in str(refused.value)


def test_a_password_in_an_address_is_not_shown(service, clock):
    asked = []
    base = service.url("/speechtotext/v3.2").replace("//", "//me:hidden@")
    client = Client(base, "secret-key", observe=asked.append, clock=clock, sleep=clock.sleep)
    with client, pytest.raises(ClientError):
        client.projects.get("p")

    assert asked[0].url == service.url(PROJECT).replace("//", "//***@")
    for bad in ({"base": "http://me:hidden@x y"}, {"base": "http://x", "proxy": "http://me:hidden@x/?y"}):
        with pytest.raises(BadReference) as refused:
            Transport(key=None, **bad)
        assert "hidden" not in str(refused.value)


def test_what_is_no_address_is_refused(client):
    for ask in (client.projects.get, client.datasets.get):
        with pytest.raises(BadReference, match="is not an address"):
            ask("http://[bad/projects/p")
    with pytest.raises(BadReference, match="is not an address"):
        root_of("http://[bad/speech/recognition/x")


@pytest.mark.parametrize("offset", ["9" * 5000, "9" * 30, 10**25, -5, "x", None, [1]])
def test_a_time_that_no_recording_has_is_none(offset, service):
    said = {"RecognitionStatus": "Success", "Offset": offset, "Duration": offset, "NBest": [{"Offset": offset}]}
    service.on("POST", "/x?format=detailed", Answer(json.dumps(said).encode()))
    transport = Transport(service.root, None)

    (phrase,) = Recognizer(transport, service.url("/x"), Wish()).phrases([Stretch(2.0, bytes(2))])

    assert phrase.start in {0.0, 2.0}
    assert (phrase.duration, seconds({}, "Offset")) == (0.0, 0.0)
    transport.close()
