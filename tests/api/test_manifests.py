"""Manifests: every file of a model, by links that need no key, end, and open nothing else."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from loud_engine import WORDS


@pytest.fixture
def model(sqlite_api):
    return sqlite_api.done(sqlite_api.make("models", text="gasket"))


def content(api, manifest) -> dict[str, bytes]:
    """The files of a manifest, fetched without a key."""
    return {
        file["name"]: api.without_key().get(file["contentUrl"], checked=False).content
        for file in manifest["modelFiles"]
    }


def test_a_custom_model_is_its_base_and_what_it_has_learned(versioned):
    made = versioned.done(versioned.make("models", text="gasket"))

    manifest = versioned.get(made["links"]["manifest"]).json()

    assert manifest["model"] == {"self": made["self"]}
    found = content(versioned, manifest)
    assert found["base/words.txt"].decode() == WORDS
    assert found["model/words.txt"] == b"gasket"
    assert set(found) == {"base/words.txt", "model/words.txt", "model/display.json"}
    assert manifest["properties"] == {
        "engine": {"name": "loud", "version": "1"},
        "base": {"locale": "en-US", "released": "20250101"},
    }


def test_a_base_model_has_its_own_files(versioned):
    base = versioned.base()

    manifest = versioned.get(base["links"]["manifest"]).json()

    assert manifest["model"] == {"self": base["self"]}
    assert content(versioned, manifest) == {"base/words.txt": WORDS.encode()}


def test_a_part_of_a_file_can_be_asked_for(sqlite_api, model):
    for file in sqlite_api.get(model["links"]["manifest"]).json()["modelFiles"]:
        if file["name"].startswith("base/"):
            continue  # the engine of these tests writes its files again whenever it is asked for them
        whole = sqlite_api.get(file["contentUrl"], checked=False)
        tail = sqlite_api.get(file["contentUrl"], checked=False, headers={"Range": "bytes=3-"})

        assert (tail.status_code, tail.content) == (206, whole.content[3:])
        assert tail.headers["etag"] == whole.headers["etag"]


def test_its_links_live_as_long_as_was_asked_and_no_longer_than_the_model(sqlite_api, model):
    short, long = (
        sqlite_api.get(f"{model['links']['manifest']}?sasValidityInSeconds={seconds}").json()["modelFiles"][-1]
        for seconds in (5, 5000)
    )

    refused = sqlite_api.get(f"{model['links']['manifest']}?sasValidityInSeconds=0")
    assert refused.json()["innerError"]["code"] == "InvalidSasValidityDuration"
    sqlite_api.bench.clock.time = sqlite_api.bench.clock.time.replace(minute=30)
    assert sqlite_api.get(short["contentUrl"], checked=False).status_code == 403
    assert sqlite_api.get(long["contentUrl"], checked=False).status_code == 200
    sqlite_api.delete(model["self"])
    assert sqlite_api.get(long["contentUrl"], checked=False).status_code == 404


def test_a_signature_opens_one_file_alone(sqlite_api, model):
    first, second, *_ = sqlite_api.get(model["links"]["manifest"]).json()["modelFiles"]
    query = urlsplit(first["contentUrl"]).query

    assert sqlite_api.get(f"{second['contentUrl'].partition('?')[0]}?{query}", checked=False).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        *("base/%2e%2e/words.txt", "model/", "base", "../../secret", "model/nothing.txt", "/etc/passwd"),
        *("../speechsmith.db", "%2e%2e/speechsmith.db", "..%2f..%2fspeechsmith.db", "model/..%2f..%2fspeechsmith.db"),
    ],
)
def test_a_name_that_no_manifest_has_is_not_found_even_when_signed(sqlite_api, model, name):
    """Plain dots are taken out of the address by the client, the others reach the service, and are signed for it."""
    signer = sqlite_api.app.state.service.signer
    path = f"/files/models/{PurePosixPath(model['self']).name}/{name}"
    query = signer.sign(unquote(path), sqlite_api.bench.clock.time.timestamp() + 60)

    assert sqlite_api.get(f"{path}?{query}", checked=False).status_code == 404


def test_a_model_that_is_not_ready_has_no_manifest_and_says_so(sqlite_api):
    waiting = sqlite_api.make("models", text="gasket", displayName="next")

    response = sqlite_api.get(waiting["links"]["manifest"])

    assert response.status_code == 400
    assert response.json()["innerError"]["code"] == "InvalidModel"
    assert "'next' is NotStarted" in response.json()["message"]
    assert sqlite_api.get(f"/models/{uuid4()}/manifest").status_code == 404
    assert sqlite_api.get(f"/models/base/{uuid4()}/manifest").status_code == 404
