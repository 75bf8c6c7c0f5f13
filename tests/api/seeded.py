"""A world to ask about: entities of every kind of one resource, finished, and a valid request for each operation."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from caller import Api, reference

from bench import speech
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.operations import OPERATIONS, BodyKind, Operation

BODY = {operation.id: operation.body for operation in OPERATIONS}


@dataclass(frozen=True)
class World:
    """A client of a resource, and what the resource has: see `made_by`."""

    api: Api
    has: dict[str, Any]

    def as_tenant(self, name: str, version: str = "v3.2") -> "World":
        """Another resource of the same service, which has as much."""
        bench = self.api.bench.as_tenant(name)
        api = replace(self.api, bench=bench, version=version, headers={KEY_HEADER: bench.tenant.key1})
        return World(api, made_by(api))


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
        "endpoints": api.make("endpoints", properties={"loggingEnabled": True}, **inside),
        "transcriptions": api.make("transcriptions", dataset=reference(dataset), **inside),
        "webhooks": api.make("webhooks", webUrl="http://127.0.0.1:9/", events={"datasetCreation": True}),
        "shell": api.make("datasets", kind="Language"),
    }
    block = {"params": {"blockid": "BBBB"}, "content": b"another line\n"}
    assert api.call("PUT", f"{made['shell']['self']}/blocks", **block).status_code == 201
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
    made |= {"logs": logs_of(api, world["endpoints"])}
    made |= {"older": next(one for one in api.get("/models/base").json()["values"] if one["locale"] == base["locale"])}
    return world | made | {"key": api.headers[KEY_HEADER], "delivery": pinged["invocationId"]}


def logs_of(api: Api, endpoint: dict[str, Any]) -> dict[str, str]:
    """The id of a log of the endpoint, and of one of the default base model."""
    spoken = endpoint["links"]["restConversation"]
    for address in (spoken, f"{spoken.partition('?')[0]}?language=en-US&storeAudio=true"):
        assert api.call("POST", address, content=speech(2)).status_code == 200
    assert api.app.state.service.recorder.wait(30.0)
    lists = {"endpoint": endpoint["links"]["logs"], "base": "/endpoints/base/en-US/files/logs"}
    return {name: api.get(path).json()["values"][0]["self"].rpartition("/")[2] for name, path in lists.items()}


def turn(id: str, path: str) -> tuple[Any, ...]:
    """What sorts operations so that each finds what it needs.

    Blocks come before their commit, and what deletes comes last: endpoints before what they need, deep before shallow.
    """
    return "Delete" in id, "Commit" in id, "Endpoints" not in id, -path.count("/")


def in_our_words(template: str) -> str:
    """An address of the contract as the table of operations writes it, but for the types of ids."""
    return template.replace("{fileId}", "{file_id}").replace("{logId}", "{log_id}")


def path_of(world: dict[str, Any], template: str) -> str:
    """An address below the version, with the ids of the world; of the table of operations or of the contract."""
    path = in_our_words(template.replace(":uuid}", "}"))
    noun = path.split("/")[1]
    if "{" not in path:
        return path
    entity = world["base"] if path.startswith("/models/base") else world["shell" if "blocks" in path else noun]
    path = path.replace("{id}", entity["self"].rpartition("/")[2])
    if "{file_id}" in path:
        path = path.replace("{file_id}", world["files"][noun])
    log_id = world["logs"]["base" if "{locale}" in path else "endpoint"]
    path = path.replace("{locale}", "en-US").replace("{log_id}", log_id)
    return path.replace("{delivery_id}", world["delivery"])


def request_of(world: dict[str, Any], id: str) -> dict[str, Any]:
    """What to send with an operation: what is written here, else a name with a PATCH and nothing with the rest."""
    new = {"displayName": "new", "locale": "en-US"}
    models = {"model1": reference(world["base"]), "model2": reference(world["models"])}
    known = {
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
    return known.get(id, {"json": {"displayName": "other"}} if BODY.get(id) is BodyKind.PATCH else {})


def stand_in(id: str) -> dict[str, Any]:
    """What to send with an operation about what is not there: in order, and of no use."""
    known = {
        "Datasets_CommitBlocks": [{"kind": "Latest", "id": "AAAA"}],
        "Models_Copy": {
            "id": "x",
            "sourceResourceId": str(uuid4()),
            "targetResourceId": "x",
            "targetResourceRegion": "x",
            "targetResourceEndpoint": "https://x.example",
            "expirationDateTime": "2099-01-01T00:00:00Z",
        },
        "Models_CopyTo": {"targetSubscriptionKey": "x"},
        "Models_Rebase": {},
    }
    if BODY[id] is BodyKind.BYTES:
        return {"params": {"blockid": "AAAA"}, "content": b"x"}
    if BODY[id] is BodyKind.PATCH:
        return {"json": {"displayName": "x"}}
    return {"json": known[id]} if BODY[id] is BodyKind.JSON else {}


def status_of_absent(operation: Operation, *, is_of_my_endpoint: bool = False) -> int:
    """What is answered about what is not there: DELETE has nothing to do, but for logs of an endpoint that is not."""
    is_of_endpoint = operation.path.startswith("/endpoints/{id:uuid}/files/logs")
    return 204 if operation.method == "DELETE" and (is_of_my_endpoint or not is_of_endpoint) else 404
