"""What all sides of a copy share: the new model in the target, and the operation that tells the source about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from speechsmith.domain.copies import CopyAuthorization, CopyOperation, LocalOrigin, PeerOrigin, expired
from speechsmith.domain.jobs import JobKind
from speechsmith.domain.models import CustomModel
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.values import Failure
from speechsmith.services import entities
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction

DELETED = Failure("CopyDeleted", "The copy was deleted in the target before it was complete.")


def secret(tx: Transaction) -> bytes:
    """What this server signs authorizations with. Needs a write."""
    return tx.secret("copies")


def copy_id_of(authorization: CopyAuthorization, operation_id: UUID) -> UUID:
    """The id of the new model: the same however often one operation asks for it."""
    return uuid5(operation_id, authorization.id)


def spend(tx: Transaction, authorization: CopyAuthorization, copy_id: UUID, now: datetime) -> SpeechResource:
    """Use an authorization of this server for one copy; the same copy may ask again. Gives the target.

    Raises: Invalid (ModelCopyAuthorizationExpired), also when its resource is gone.
    """
    if tx.spent.use_of(authorization.id) is None:
        authorization.check_valid(now)
    target = tx.resources.by_id(UUID(authorization.target_resource_id))
    if target is None:
        raise expired("The resource that gave the authorization is gone")
    if tx.spent.spend(authorization.id, copy_id, authorization.expires_at) != copy_id:
        raise expired("The authorization was used already: one is good for one copy")
    return target


def begin(
    ctx: Context,
    tx: Transaction,
    target_id: UUID,
    labels: entities.Labels,
    *,
    copy_id: UUID,
    base_model_id: UUID,
    weight_percent: int | None,
    origin: LocalOrigin | PeerOrigin,
) -> CustomModel:
    """The new model of the target, NotStarted, and the job that brings its files. Raises: Invalid."""
    there = tx.of(target_id)
    model = CustomModel(
        **entities.checked_processed(ctx, there, target_id, labels) | {"id": copy_id},
        base_model_id=base_model_id,
        weight_percent=weight_percent,
        origin=origin,
    )
    there.table(CustomModel).add(model)
    entities.queue(ctx, there, JobKind.COPY_MODEL, model)
    return model


def tell_started(tx: Transaction, model: CustomModel, now: datetime) -> None:
    """The operation of a copy within this server is Running."""
    if operation := _operation(tx, model):
        tx.of(EVERY_RESOURCE).table(CopyOperation).put(operation.started(now))


def tell_ended(tx: Transaction, model: CustomModel, now: datetime, failure: Failure | None = None) -> None:
    """The operation of a copy within this server has ended as the copy has."""
    if operation := _operation(tx, model):
        running = operation.started(now)
        ended = running.succeeded(now) if failure is None else running.failed(now, failure)
        tx.of(EVERY_RESOURCE).table(CopyOperation).put(ended)


def _operation(tx: Transaction, model: CustomModel) -> CopyOperation | None:
    """The operation to be told: that of a copy from this server, as long as it has not ended."""
    if not isinstance(model.origin, LocalOrigin):
        return None
    found = tx.of(EVERY_RESOURCE).table(CopyOperation).find(model.origin.operation_id)
    return None if found is None or found.status.is_final else found


def members(authorization: CopyAuthorization) -> dict[str, str]:
    """An authorization as it travels, in the contract's words."""
    return {
        "id": authorization.id,
        "sourceResourceId": authorization.source_resource_id,
        "targetResourceId": authorization.target_resource_id,
        "targetResourceRegion": authorization.target_region,
        "targetResourceEndpoint": authorization.endpoint,
        "expirationDateTime": f"{authorization.expires_at.isoformat()[:19]}Z",
    }


def read(members: Mapping[str, Any]) -> CopyAuthorization:
    """The inverse of `members`. Raises: KeyError, ValueError."""
    return CopyAuthorization(
        id=str(members["id"]),
        source_resource_id=str(members["sourceResourceId"]),
        target_resource_id=str(members["targetResourceId"]),
        target_region=str(members["targetResourceRegion"]),
        endpoint=str(members["targetResourceEndpoint"]),
        expires_at=datetime.fromisoformat(str(members["expirationDateTime"])),
    )
