"""What each operation answers when it goes well: the status, the shape of the body, and its headers.

Most follows from the method and the address; the rest stands in a table. The OpenAPI documents are made of this, and
tests hold every answer against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speechsmith.api.operations import Operation
from speechsmith.wire import shown
from speechsmith.wire.answers import Delivery, File, Page, ResourceLimits, ServiceHealth
from speechsmith.wire.evaluations import Evaluation

LOCATION, RETRY_AFTER, OPERATION_LOCATION = "Location", "Retry-After", "Operation-Location"


@dataclass(frozen=True, slots=True)
class Success:
    """An answer; `shape` None has no body."""

    status: int
    shape: Any = None
    headers: tuple[str, ...] = ()


_ENTITIES: Mapping[str, Any] = {
    "projects": shown.Project,
    "datasets": shown.Dataset,
    "models": shown.CustomModel,
    "evaluations": Evaluation,
    "endpoints": shown.Endpoint,
    "transcriptions": shown.Transcription,
    "webhooks": shown.WebHook,
}
_OTHERS: Mapping[str, tuple[Success, ...]] = {
    "Datasets_ListSupportedLocales": (Success(200, dict[str, list[str]]),),
    "Datasets_GetBlocks": (Success(200, shown.UploadedBlocks),),
    "Datasets_UploadBlock": (Success(201),),
    "Datasets_CommitBlocks": (Success(200),),
    "Models_ListBaseModels": (Success(200, Page[shown.BaseModel]),),
    "Models_GetBaseModel": (Success(200, shown.BaseModel),),
    "Models_GetBaseModelManifest": (Success(200, shown.ModelManifest),),
    "Models_GetCustomModelManifest": (Success(200, shown.ModelManifest),),
    "Models_Rebase": (Success(201, shown.CustomModel, (LOCATION,)),),
    "Models_CopyTo": (Success(201, shown.CustomModel, (LOCATION,)),),
    "Models_AuthorizeCopy": (Success(200, shown.ModelCopyAuthorization),),
    "Models_Copy": (Success(202, shown.Operation, (OPERATION_LOCATION, RETRY_AFTER)),),
    "Operations_GetModelCopy": (Success(200, shown.Operation, (RETRY_AFTER,)),),
    "Endpoints_Suspend": (Success(200, shown.Endpoint, (RETRY_AFTER,)),),
    "Endpoints_Resume": (Success(200, shown.Endpoint, (RETRY_AFTER,)),),
    "Endpoints_ListLogs": (Success(200, Page[File]),),
    "Endpoints_DeleteLogs": (Success(202),),
    "Endpoints_GetLog": (Success(200, File),),
    "Endpoints_ListBaseModelLogs": (Success(200, Page[File]),),
    "Endpoints_DeleteBaseModelLogs": (Success(202),),
    "Endpoints_GetBaseModelLog": (Success(200, File),),
    "WebHooks_Ping": (Success(202, headers=(RETRY_AFTER,)),),
    "WebHooks_Test": (Success(202, headers=(RETRY_AFTER,)), Success(204)),
    "WebHooks_ListDeliveries": (Success(200, Page[Delivery]),),
    "WebHooks_GetDelivery": (Success(200, Delivery),),
    "WebHooks_ReplayDelivery": (Success(202, Delivery, (RETRY_AFTER,)),),
    "HealthStatus_Get": (Success(200, ServiceHealth),),
    "Limits_Get": (Success(200, ResourceLimits),),
}


def successes(operation: Operation) -> tuple[Success, ...]:
    """The answers of an operation that are no refusals."""
    return _OTHERS.get(operation.id) or (_by_address(operation),)


def is_list(success: Success) -> bool:
    """Whether it is a page of a list."""
    return isinstance(success.shape, type) and issubclass(success.shape, Page)


def _by_address(operation: Operation) -> Success:
    if operation.method == "DELETE":
        return Success(204)
    if operation.id.endswith("_ListSupportedLocales"):
        return Success(200, list[str])
    if operation.id.endswith("_ListFiles"):
        return Success(200, Page[File])
    if operation.id.endswith("_GetFile"):
        return Success(200, File)
    if operation.creates is not None:
        return Success(201, _ENTITIES[operation.path.split("/")[1]], (LOCATION,))
    shape = _ENTITIES[operation.path.removesuffix("/{id:uuid}").rpartition("/")[2]]
    page: Any = Page
    is_one = operation.path.endswith("{id:uuid}")
    return Success(200, shape if is_one else page[shape], () if shape is shown.Project else (RETRY_AFTER,))
