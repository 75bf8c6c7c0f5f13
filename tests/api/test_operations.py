"""Every operation: what it answers, in both versions; and what it answers to somebody else."""

from typing import Any
from uuid import uuid4

import pytest
from caller import Api, reference
from seeded import in_our_words, made_by, path_of, request_of, stand_in, status_of_absent, turn

import contract
from speechsmith.api.call import V3_2, VERSIONS
from speechsmith.api.operations import OPERATIONS

OPERATION = {operation.id: operation for operation in OPERATIONS}
PUBLISHED = {id: found for id, found in OPERATION.items() if V3_2 in found.versions and not found.is_ours}
COLLECTIONS = ("projects", "datasets", "models", "evaluations", "endpoints", "transcriptions", "webhooks")


def in_order(version: str = "v3.2") -> list[str]:
    """All operations of a version, each before what takes away what it needs."""
    known = next(one for one in VERSIONS if one.name == version)
    ids = [id for id, operation in OPERATION.items() if known in operation.versions]
    return sorted(ids, key=lambda name: turn(name, OPERATION[name].path))


def status_of(id: str) -> int:
    if id in ("Endpoints_DeleteLogs", "Endpoints_DeleteBaseModelLogs"):
        return 202
    if OPERATION[id].method == "DELETE":
        return 204
    if id in ("Models_Copy", "WebHooks_Ping", "WebHooks_Test", "WebHooks_ReplayDelivery"):
        return 202
    return 201 if id.endswith(("_Create", "_Upload", "_UploadBlock", "_CopyTo", "_Rebase")) else 200


def ask(api: Api, world: dict[str, Any], id: str) -> Any:
    operation = OPERATION[id]
    return api.call(operation.method, path_of(world, operation.path), **request_of(world, id))


def test_every_operation_answers_in_every_version(versioned):
    world = made_by(versioned)

    for id in in_order(versioned.version):
        if "Delete" in id:
            versioned.bench.work_off()
        response = ask(versioned, world, id)

        assert response.status_code == status_of(id), f"{id}: {response.text}"
        if response.content:
            assert response.headers["content-type"] == "application/json; charset=utf-8"
            assert response.headers["cache-control"] == "no-store"
        if id.endswith(("_Create", "_Upload")):
            assert response.headers["location"] == response.json()["self"]
            assert f"/{versioned.version}/" in response.headers["location"]


def test_the_table_has_the_operations_of_the_contract(published):
    known = {id: (method, in_our_words(path)) for id, (method, path) in published.operations().items()}

    for id, operation in PUBLISHED.items():
        assert known[id] == (operation.method, operation.path.replace(":uuid", ""))
    assert set(known) <= set(OPERATION)


def test_nothing_of_another_tenant_can_be_reached_by_any_operation(sqlite_api):
    world = made_by(sqlite_api)
    stranger = sqlite_api.as_tenant("stranger")

    for id in in_order():
        operation = OPERATION[id]
        if "{id" not in operation.path or "BaseModel" in id:
            continue
        response = ask(stranger, world, id)
        assert response.status_code == status_of_absent(operation), f"{id}: {response.text}"

    for noun in COLLECTIONS:
        assert stranger.get(f"/{noun}").json() == {"values": []}
        assert sqlite_api.get(world[noun]["self"]).status_code == 200


def test_nothing_of_another_tenant_can_be_named_in_a_body(sqlite_api):
    world = made_by(sqlite_api)
    stranger = sqlite_api.as_tenant("stranger")
    own = stranger.dataset()
    new = {"displayName": "new", "locale": "en-US"}
    theirs, base = {noun: reference(world[noun]) for noun in COLLECTIONS}, reference(world["base"])

    for noun, members in (
        ("datasets", {"kind": "Language", "project": theirs["projects"]}),
        ("models", {"datasets": [theirs["datasets"]]}),
        ("models", {"text": "gasket", "baseModel": theirs["models"]}),
        ("evaluations", {"model1": base, "model2": base, "dataset": theirs["datasets"]}),
        ("evaluations", {"model1": base, "model2": theirs["models"], "dataset": reference(own)}),
        ("endpoints", {"model": theirs["models"]}),
        ("endpoints", {"project": theirs["projects"]}),
        ("transcriptions", {"dataset": theirs["datasets"]}),
        ("transcriptions", {"dataset": reference(own), "model": theirs["models"]}),
    ):
        response = stranger.post(f"/{noun}", new | members)
        assert response.status_code == 404, f"{noun} {members}: {response.text}"
    response = stranger.patch(own["self"], {"project": theirs["projects"]})

    assert response.status_code == 404
    assert sqlite_api.bench.claim() is None


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if "{id" in o.path], ids=lambda o: o.id)
def test_an_id_that_nobody_has_is_not_found(sqlite_api, operation):
    path = operation.path.replace("{id:uuid}", str(uuid4())).replace("{file_id:uuid}", str(uuid4()))
    path = path.replace("{delivery_id:uuid}", str(uuid4())).replace("{log_id}", f"2025-01-31_120000__{uuid4()}_wav")
    for version in operation.versions:
        response = sqlite_api.as_version(version.name).call(operation.method, path, **stand_in(operation.id))

        assert response.status_code == status_of_absent(operation)


def test_the_codes_are_those_of_the_contract(published):
    assert set(published.schema("ErrorCode")["enum"]) == contract.CODES
    assert set(published.schema("DetailedErrorCode")["enum"]) == contract.INNER_CODES


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({}, "EntityReference"),
        ({"self": "nowhere"}, "EntityReference"),
        ({"values": [{"size": 1, "createdDateTime": "yesterday"}]}, "PaginatedFiles"),
        ({"code": "Mistake"}, "Error"),
        ({"displayName": "x"}, "CustomModel"),
    ],
)
def test_the_check_of_answers_can_fail(published, value, schema):
    with pytest.raises(AssertionError):
        published.fit(value, published.schema(schema), schema)
