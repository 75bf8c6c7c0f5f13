"""A world to ask about: entities of every kind of one resource, finished, and a valid request for each operation."""

from dataclasses import dataclass, replace
from typing import Any

from caller import Api, reference

from bench import speech
from speechsmith.api.auth import KEY_HEADER


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


def path_of(world: dict[str, Any], template: str) -> str:
    """An address below the version, with the ids of the world; of the table of operations or of the contract."""
    path = template.replace(":uuid}", "}").replace("{fileId}", "{file_id}").replace("{logId}", "{log_id}")
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
