"""What every answer has: its number, its headers, a line in the log; and what addresses and methods there are."""

import logging
from uuid import UUID

import pytest

from speechsmith.api.auth import KEY_HEADER
from speechsmith.store.blobs import Blobs


@pytest.mark.parametrize("given", ["1", "my-request_7", "00-4bf92f3577b34da6a3ce929d0e0e4736:1", "a" * 128, "Zm9v+/=="])
def test_a_request_keeps_the_number_that_its_client_gave_it(sqlite_api, given):
    for path in ("/projects", "/nothing", "/healthz"):
        response = sqlite_api.get(path, headers={"X-Request-ID": given})

        assert response.headers["x-request-id"] == response.headers["apim-request-id"] == given


@pytest.mark.parametrize("given", ["", " ", "a b", "a" * 129, "-a", "x\ty", "é", "a;b", "${x}", '"x"'])
def test_a_number_that_no_log_should_hold_is_replaced(sqlite_api, given):
    response = sqlite_api.get("/projects", headers={"x-request-id": given.encode()})

    assert UUID(response.headers["x-request-id"])


def test_who_has_no_key_gets_a_number_too(sqlite_api):
    assert sqlite_api.without_key().get("/projects", headers={"x-request-id": "7"}).headers["x-request-id"] == "7"


def test_what_changes_something_has_a_line_in_the_log(sqlite_api, caplog):
    with caplog.at_level(logging.INFO, "speechsmith.api"):
        made = sqlite_api.project()
        sqlite_api.get(made["self"])
        sqlite_api.delete(made["self"], headers={"x-request-id": "the-deletion"})
        sqlite_api.get("/projects?top=none", headers={"x-request-id": "the-refusal"})

    create, delete, refused = (record.getMessage() for record in caplog.records)
    assert "operation=Projects_Create status=201 seconds=" in create
    assert f"resource={sqlite_api.bench.me}" in create
    assert ("operation=Projects_Delete status=204" in delete, delete.endswith("request_id=the-deletion")) == (
        True,
        True,
    )
    assert "operation=Projects_List status=400" in refused


def test_the_log_holds_nothing_that_users_wrote(sqlite_api, caplog):
    with caplog.at_level(logging.DEBUG, "speechsmith.api"):
        sqlite_api.project(displayName="sesame")
        sqlite_api.get("/sesame")
        sqlite_api.call("POST", "/projects?sesame", content=b"sesame", headers={"sesame": "sesame"})
        sqlite_api.call("SESAME", "/projects")

    assert len(caplog.records) == 2
    assert "sesame" not in caplog.text.lower()


def test_options_tell_what_an_address_can(sqlite_api):
    made = sqlite_api.project()

    collection, entity = sqlite_api.call("OPTIONS", "/projects"), sqlite_api.call("OPTIONS", made["self"])

    assert (collection.status_code, collection.content) == (204, b"")
    assert collection.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert entity.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    assert sqlite_api.call("OPTIONS", "/nothing").status_code == 404
    assert sqlite_api.without_key().call("OPTIONS", "/projects").status_code == 401


def test_a_head_is_a_get_without_its_body(versioned):
    made = versioned.project()

    for path in ("/projects", made["self"], "/models/base"):
        got, head = versioned.get(path), versioned.call("HEAD", path)
        assert (head.status_code, head.headers["content-type"]) == (200, got.headers["content-type"])
        assert head.headers["content-length"] == got.headers["content-length"]
    assert versioned.call("HEAD", f"{made['self'][:-12]}{'0' * 12}").status_code == 404
    assert versioned.call("HEAD", "/datasets/upload").status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/projects", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/models/base", "GET, HEAD, OPTIONS"),
        ("PATCH", "/datasets/locales", "GET, HEAD, OPTIONS"),
        ("GET", "/datasets/upload", "OPTIONS, POST"),
        ("BREW", "/endpoints", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_is_none_is_told_which_there_are(versioned, method, path, allowed):
    response = versioned.call(method, path)

    assert (response.status_code, response.json()["code"], response.headers["allow"]) == (405, "NotAllowed", allowed)
    assert response.json()["message"] == f"{method} is not possible on this address, which has {allowed}."


def test_health_is_told_in_the_older_version_part_by_part(sqlite_api, tmp_path):
    older = sqlite_api.as_version("v3.1")

    well = older.get("/healthstatus").json()

    assert (well["status"], well["message"]) == ("Healthy", "Everything that the service needs is there.")
    assert [(part["name"], part["type"], part["status"]) for part in well["components"]] == [
        ("database", "Database", "Healthy"),
        ("storage", "BlobStore", "Healthy"),
    ]
    assert sqlite_api.get("/healthstatus").status_code == 404
    assert older.get("/healthstatus", headers={KEY_HEADER: "wrong"}).status_code == 401
    (sqlite_api.bench.folder / "blobs").rename(tmp_path / "elsewhere")
    sick = older.get("/healthstatus").json()
    assert (sick["status"], sick["message"]) == ("Error", "The blob store is away.")
    assert [part["status"] for part in sick["components"]] == ["Healthy", "Error"]


def test_a_blob_store_by_url_is_asked(tmp_path):
    assert Blobs("memory:///", cache=tmp_path).is_there()
