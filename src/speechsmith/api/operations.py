"""Every operation of the management API: one table, for all versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from speechsmith.api import (
    copies,
    datasets,
    endpoints,
    evaluations,
    generic,
    health,
    limits,
    logs,
    manifests,
    models,
    projects,
    transcriptions,
    webhooks,
)
from speechsmith.api.call import V3_1, V3_2, VERSIONS, Handler, Version
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.webhooks import WebHook
from speechsmith.services import datasets as dataset_cases
from speechsmith.services import evaluations as evaluation_cases
from speechsmith.services import models as model_cases
from speechsmith.services import projects as project_cases
from speechsmith.services import webhooks as webhook_cases
from speechsmith.store.tables import COLLECTIONS
from speechsmith.wire import v3_2 as wire


class BodyKind(Enum):
    """How the body of a request is read."""

    NONE = "none"
    JSON = "json"
    PATCH = "patch"
    BYTES = "bytes"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on an address. `shape` is what a JSON body must fit; `is_ours`: the published contract has it not.

    `also` is an address of former versions, which the published command line still uses; it is not documented.
    """

    id: str
    method: str
    path: str
    handler: Handler
    body: BodyKind = BodyKind.NONE
    shape: Any = None
    versions: Sequence[Version] = VERSIONS
    is_ours: bool = False
    also: str = ""

    @property
    def creates(self) -> type[Entity] | None:
        """The kind of entity that it makes, if it does."""
        return _MADE.get(self.path) if self.method == "POST" else None


_MADE = {f"/{collection}": kind for kind, collection in COLLECTIONS.items()} | {
    "/datasets/upload": Dataset,
    "/models/{id:uuid}:rebase": CustomModel,
    "/models/{id:uuid}:copy": CopyOperation,
}


def _create(id: str, path: str, handler: Handler, shape: Any) -> Operation:
    return Operation(id, "POST", path, handler, BodyKind.JSON, shape)


def _update(id: str, path: str, handler: Handler, shape: Any = wire.Update) -> Operation:
    return Operation(id, "PATCH", path, handler, BodyKind.PATCH, shape)


def _get(id: str, path: str, handler: Handler) -> Operation:
    return Operation(id, "GET", path, handler)


def _files(noun: str, path: str, kind: Any) -> Sequence[Operation]:
    return (
        _get(f"{noun}_ListFiles", f"{path}/{{id:uuid}}/files", generic.file_lister(kind)),
        _get(f"{noun}_GetFile", f"{path}/{{id:uuid}}/files/{{file_id:uuid}}", generic.file_getter(kind)),
    )


def _logs(noun: str, path: str) -> Sequence[Operation]:
    return (
        _get(f"Endpoints_List{noun}Logs", path, logs.listed),
        Operation(f"Endpoints_Delete{noun}Logs", "DELETE", path, logs.delete_many),
        _get(f"Endpoints_Get{noun}Log", f"{path}/{{log_id}}", logs.get),
        Operation(f"Endpoints_Delete{noun}Log", "DELETE", f"{path}/{{log_id}}", logs.delete),
    )


OPERATIONS: Sequence[Operation] = (
    _get("Projects_List", "/projects", projects.listed),
    _create("Projects_Create", "/projects", projects.create, wire.NewProject),
    _get("Projects_ListSupportedLocales", "/projects/locales", generic.locales),
    _get("Projects_Get", "/projects/{id:uuid}", projects.get),
    _update("Projects_Update", "/projects/{id:uuid}", projects.update),
    Operation("Projects_Delete", "DELETE", "/projects/{id:uuid}", generic.deleter(project_cases.delete)),
    _get("Projects_ListDatasets", "/projects/{id:uuid}/datasets", generic.lister(Dataset, of_project=True)),
    _get("Projects_ListEndpoints", "/projects/{id:uuid}/endpoints", generic.lister(Endpoint, of_project=True)),
    _get("Projects_ListEvaluations", "/projects/{id:uuid}/evaluations", generic.lister(Evaluation, of_project=True)),
    _get("Projects_ListModels", "/projects/{id:uuid}/models", generic.lister(CustomModel, of_project=True)),
    _get(
        "Projects_ListTranscriptions",
        "/projects/{id:uuid}/transcriptions",
        generic.lister(Transcription, of_project=True),
    ),
    _get("Datasets_List", "/datasets", generic.lister(Dataset)),
    _create("Datasets_Create", "/datasets", datasets.create, wire.NewDataset),
    _get("Datasets_ListSupportedLocales", "/datasets/locales", datasets.locales),
    Operation("Datasets_Upload", "POST", "/datasets/upload", datasets.upload, BodyKind.FORM),
    _get("Datasets_Get", "/datasets/{id:uuid}", generic.getter(Dataset)),
    _update("Datasets_Update", "/datasets/{id:uuid}", generic.patcher(Dataset)),
    Operation("Datasets_Delete", "DELETE", "/datasets/{id:uuid}", generic.deleter(dataset_cases.delete)),
    _get("Datasets_GetBlocks", "/datasets/{id:uuid}/blocks", datasets.list_blocks),
    Operation("Datasets_UploadBlock", "PUT", "/datasets/{id:uuid}/blocks", datasets.put_block, BodyKind.BYTES),
    _create(
        "Datasets_CommitBlocks",
        "/datasets/{id:uuid}/blocks:commit",
        datasets.commit_blocks,
        wire.Listed[wire.CommitBlock],
    ),
    *_files("Datasets", "/datasets", Dataset),
    _get("Models_ListCustomModels", "/models", generic.lister(CustomModel)),
    _create("Models_Create", "/models", models.create, wire.NewModel),
    _get("Models_ListBaseModels", "/models/base", generic.lister(BaseModel)),
    _get("Models_GetBaseModel", "/models/base/{id:uuid}", generic.getter(BaseModel)),
    _get("Models_GetBaseModelManifest", "/models/base/{id:uuid}/manifest", manifests.getter(BaseModel)),
    _get("Models_ListSupportedLocales", "/models/locales", generic.locales),
    _get("Models_GetCustomModel", "/models/{id:uuid}", generic.getter(CustomModel)),
    _update("Models_Update", "/models/{id:uuid}", generic.patcher(CustomModel)),
    Operation("Models_Delete", "DELETE", "/models/{id:uuid}", generic.deleter(model_cases.delete)),
    _get("Models_GetCustomModelManifest", "/models/{id:uuid}/manifest", manifests.getter(CustomModel)),
    *_files("Models", "/models", CustomModel),
    Operation(
        "Models_Rebase", "POST", "/models/{id:uuid}:rebase", models.rebase, BodyKind.JSON, wire.Rebase, is_ours=True
    ),
    Operation(
        "Models_CopyTo",
        "POST",
        "/models/{id:uuid}:copyto",
        copies.copy_to,
        BodyKind.JSON,
        wire.CopyTo,
        (V3_1,),
        also="/models/{id:uuid}/copyto",
    ),
    Operation(
        "Models_AuthorizeCopy",
        "POST",
        "/models:authorizecopy",
        copies.authorize,
        BodyKind.JSON,
        wire.NewCopyAuthorization,
        (V3_2,),
    ),
    Operation(
        "Models_Copy", "POST", "/models/{id:uuid}:copy", copies.copy, BodyKind.JSON, wire.CopyAuthorization, (V3_2,)
    ),
    Operation("Operations_GetModelCopy", "GET", "/operations/models/copy/{id:uuid}", copies.get, versions=(V3_2,)),
    _get("Evaluations_List", "/evaluations", generic.lister(Evaluation)),
    _create("Evaluations_Create", "/evaluations", evaluations.create, wire.NewEvaluation),
    _get("Evaluations_ListSupportedLocales", "/evaluations/locales", generic.locales),
    _get("Evaluations_Get", "/evaluations/{id:uuid}", generic.getter(Evaluation)),
    _update("Evaluations_Update", "/evaluations/{id:uuid}", generic.patcher(Evaluation)),
    Operation("Evaluations_Delete", "DELETE", "/evaluations/{id:uuid}", generic.deleter(evaluation_cases.delete)),
    *_files("Evaluations", "/evaluations", Evaluation),
    _get("Endpoints_List", "/endpoints", generic.lister(Endpoint)),
    _create("Endpoints_Create", "/endpoints", endpoints.create, wire.NewEndpoint),
    _get("Endpoints_ListSupportedLocales", "/endpoints/locales", generic.locales),
    _get("Endpoints_Get", "/endpoints/{id:uuid}", generic.getter(Endpoint)),
    _update("Endpoints_Update", "/endpoints/{id:uuid}", endpoints.update, wire.EndpointUpdate),
    Operation("Endpoints_Suspend", "POST", "/endpoints/{id:uuid}:suspend", endpoints.suspend, is_ours=True),
    Operation("Endpoints_Resume", "POST", "/endpoints/{id:uuid}:resume", endpoints.resume, is_ours=True),
    *_logs("", "/endpoints/{id:uuid}/files/logs"),
    *_logs("BaseModel", "/endpoints/base/{locale}/files/logs"),
    Operation("Endpoints_Delete", "DELETE", "/endpoints/{id:uuid}", generic.remover(Endpoint)),
    _get("Transcriptions_List", "/transcriptions", generic.lister(Transcription)),
    _create("Transcriptions_Create", "/transcriptions", transcriptions.create, wire.NewTranscription),
    _get("Transcriptions_ListSupportedLocales", "/transcriptions/locales", generic.locales),
    _get("Transcriptions_Get", "/transcriptions/{id:uuid}", generic.getter(Transcription)),
    _update("Transcriptions_Update", "/transcriptions/{id:uuid}", generic.patcher(Transcription)),
    Operation("Transcriptions_Delete", "DELETE", "/transcriptions/{id:uuid}", generic.remover(Transcription)),
    *_files("Transcriptions", "/transcriptions", Transcription),
    _get("WebHooks_List", "/webhooks", generic.lister(WebHook)),
    _create("WebHooks_Create", "/webhooks", webhooks.create, wire.NewWebHook),
    _get("WebHooks_Get", "/webhooks/{id:uuid}", generic.getter(WebHook)),
    _update("WebHooks_Update", "/webhooks/{id:uuid}", webhooks.update, wire.WebHookUpdate),
    Operation("WebHooks_Delete", "DELETE", "/webhooks/{id:uuid}", generic.deleter(webhook_cases.delete)),
    Operation("WebHooks_Ping", "POST", "/webhooks/{id:uuid}:ping", webhooks.ping),
    Operation("WebHooks_Test", "POST", "/webhooks/{id:uuid}:test", webhooks.test),
    Operation(
        "WebHooks_ListDeliveries", "GET", "/webhooks/{id:uuid}/deliveries", webhooks.list_deliveries, is_ours=True
    ),
    Operation(
        "WebHooks_GetDelivery",
        "GET",
        "/webhooks/{id:uuid}/deliveries/{delivery_id:uuid}",
        webhooks.get_delivery,
        is_ours=True,
    ),
    Operation(
        "WebHooks_ReplayDelivery",
        "POST",
        "/webhooks/{id:uuid}/deliveries/{delivery_id:uuid}:replay",
        webhooks.replay,
        is_ours=True,
    ),
    Operation("HealthStatus_Get", "GET", "/healthstatus", health.status, versions=(V3_1,)),
    Operation("Limits_Get", "GET", "/limits", limits.get, is_ours=True),
)
