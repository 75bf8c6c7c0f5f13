"""Every operation: what it answers, in both versions; and what it answers to somebody else."""

from typing import Any
from uuid import uuid4

import contract
import pytest
from caller import Api, reference

from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.call import V3_2, VERSIONS
from speechsmith.api.operations import OPERATIONS, BodyKind

OPERATION = {operation.id: operation for operation in OPERATIONS}
PUBLISHED = {id: found for id, found in OPERATION.items() if V3_2 in found.versions and not found.is_ours}
AUTHORIZATION = {
    "id": "x",
    "sourceResourceId": str(uuid4()),
    "targetResourceId": "x",
    "targetResourceRegion": "x",
    "targetResourceEndpoint": "http://x",
    "expirationDateTime": "2025-01-01T00:00:00Z",
}
OTHERWISE: dict[str, Any] = {"Models_Copy": AUTHORIZATION, "Models_Rebase": {}}
COLLECTIONS = ("projects", "datasets", "models", "evaluations", "endpoints", "transcriptions", "webhooks")


def made_by(api: Api) -> dict[str, Any]:
    """One finished entity of each kind, in a project, and an empty dataset that waits for its blocks."""
    project = api.project()
    inside = {"project": reference(project)}
    dataset = api.dataset(project=project["self"])
    base = api.base()
    models = {"model1": reference(base), "model2": reference(base)}
    made = {
        "projects": project,
        "datasets": dataset,
        "models": api.make("models", text="gasket", **inside),
        "evaluations": api.make("evaluations", dataset=reference(dataset), **models, **inside),
        "endpoints": api.make("endpoints", **inside),
        "transcriptions": api.make("transcriptions", dataset=reference(dataset), **inside),
        "webhooks": api.make("webhooks", webUrl="http://127.0.0.1:9/", events={"datasetCreation": True}),
        "shell": api.make("datasets", kind="Language"),
    }
    assert api.post(f"{made['webhooks']['self']}:ping").status_code == 202
    (pinged, _) = api.get(f"{made['webhooks']['self']}/deliveries").json()["values"]
    api.bench.work_off()
    world = {noun: api.get(entity["self"]).json() for noun, entity in made.items()}
    owners = ("datasets", "models", "evaluations", "transcriptions")
    found = {noun: api.get(f"{world[noun]['self']}/files").json()["values"][0] for noun in owners}
    files = {noun: file["self"].rpartition("/")[2] for noun, file in found.items()}
    new, me = api.as_version("v3.2"), {"sourceResourceId": str(api.bench.me)}
    first, second = (new.post("/models:authorizecopy", me).json() for _ in range(2))
    operation = new.post(f"/models/{world['models']['self'].rpartition('/')[2]}:copy", first).json()
    api.bench.work_off()
    made = {"base": base, "files": files, "operations": operation, "authorization": second}
    made |= {"older": next(one for one in api.get("/models/base").json()["values"] if one["locale"] == base["locale"])}
    return world | made | {"key": api.headers[KEY_HEADER], "delivery": pinged["invocationId"]}


def path_of(world: dict[str, Any], id: str) -> str:
    """The address of an operation, with the ids of the world."""
    path = OPERATION[id].path
    noun = path.split("/")[1]
    if "{" not in path:
        return path
    entity = world["base"] if path.startswith("/models/base") else world["shell" if "blocks" in path else noun]
    path = path.replace("{id:uuid}", entity["self"].rpartition("/")[2])
    if "{file_id:uuid}" in path:
        path = path.replace("{file_id:uuid}", world["files"][noun])
    return path.replace("{delivery_id:uuid}", world["delivery"])


def bodies(world: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What to send, by operation; a PATCH sends a name, the rest nothing."""
    new = {"displayName": "new", "locale": "en-US"}
    models = {"model1": reference(world["base"]), "model2": reference(world["models"])}
    return {
        "Projects_Create": {"json": new},
        "Datasets_Create": {"json": new | {"kind": "Language"}},
        "Datasets_Upload": {"data": new | {"kind": "Language"}, "files": {"data": b"one line\n"}},
        "Datasets_UploadBlock": {"params": {"blockid": "AAAA"}, "content": b"one line\n"},
        "Datasets_CommitBlocks": {"json": [{"kind": "Latest", "id": "AAAA"}]},
        "Models_Create": {"json": new | {"datasets": [reference(world["datasets"])]}},
        "Models_Rebase": {"json": {"baseModel": reference(world["older"])}},
        "Models_CopyTo": {"json": {"targetSubscriptionKey": world["key"]}},
        "Models_AuthorizeCopy": {"json": {"sourceResourceId": world["authorization"]["sourceResourceId"]}},
        "Models_Copy": {"json": world["authorization"]},
        "Evaluations_Create": {"json": new | models | {"dataset": reference(world["datasets"])}},
        "Endpoints_Create": {"json": new | {"model": reference(world["base"])}},
        "Transcriptions_Create": {"json": new | {"dataset": reference(world["datasets"])}},
        "WebHooks_Create": {"json": new | {"webUrl": "http://127.0.0.1:9/", "events": {"ping": True}}},
    }


def in_order(version: str = "v3.2") -> list[str]:
    """All operations: blocks before their commit, what deletes last, and users before what they need."""
    known = next(one for one in VERSIONS if one.name == version)
    ids = [id for id, operation in OPERATION.items() if known in operation.versions]
    return sorted(ids, key=lambda name: ("Commit" in name, "Delete" in name, "Endpoints" not in name))


def status_of(id: str) -> int:
    if OPERATION[id].method == "DELETE":
        return 204
    if id in ("Models_Copy", "WebHooks_Ping", "WebHooks_Test", "WebHooks_ReplayDelivery"):
        return 202
    return 201 if id.endswith(("_Create", "_Upload", "_UploadBlock", "_CopyTo", "_Rebase")) else 200


def ask(api: Api, world: dict[str, Any], id: str) -> Any:
    operation = OPERATION[id]
    options = bodies(world).get(id, {"json": {"displayName": "other"}} if operation.body is BodyKind.PATCH else {})
    return api.call(operation.method, path_of(world, id), **options)


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
    known = {
        id: (method, path.replace("{fileId}", "{file_id}")) for id, (method, path) in published.operations().items()
    }

    for id, operation in PUBLISHED.items():
        assert known[id] == (operation.method, operation.path.replace(":uuid", ""))
    later = ("Log",)
    assert [id for id in known if id not in OPERATION and not any(word in id for word in later)] == []


def test_nothing_of_another_tenant_can_be_reached_by_any_operation(sqlite_api):
    world = made_by(sqlite_api)
    stranger = sqlite_api.as_tenant("stranger")

    for id in in_order():
        operation = OPERATION[id]
        if "{id" not in operation.path or "BaseModel" in id:
            continue
        response = ask(stranger, world, id)
        assert response.status_code == (204 if operation.method == "DELETE" else 404), f"{id}: {response.text}"

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
    path = path.replace("{delivery_id:uuid}", str(uuid4()))
    options = {
        BodyKind.PATCH: {"json": {"displayName": "x"}},
        BodyKind.JSON: {"json": OTHERWISE.get(operation.id, [{"kind": "Latest", "id": "AAAA"}])},
        BodyKind.BYTES: {"params": {"blockid": "AAAA"}, "content": b"x"},
    }.get(operation.body, {})

    response = sqlite_api.call(operation.method, path, **options)

    assert response.status_code == (204 if operation.method == "DELETE" else 404)


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
