"""The tables, and how entities become rows.

An entity is kept whole, as JSON in `body`; beside it stand the columns that lists filter, sort and join on, made from
it at each write. So a new member of an entity needs no migration, and a new question does. Times in columns are whole
microseconds since 1970, which every database compares alike.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity, Processed
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.webhooks import WebHook

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def _entity_table(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("resource_id", Uuid, ForeignKey("speech_resources.id"), nullable=True),
        Column("project_id", Uuid, nullable=True),
        Column("locale", String(40), nullable=False),
        Column("display_name", Text, nullable=False),
        Column("description", Text, nullable=False),
        Column("kind", String(40), nullable=True),
        Column("status", String(20), nullable=True),
        Column("created_at", BigInteger, nullable=False),
        Column("last_action_at", BigInteger, nullable=True),
        Column("delete_at", BigInteger, nullable=True),
        Column("body", Text, nullable=False),
        *columns,
        Index(f"ix_{name}_page", "resource_id", "created_at", "id"),
        Index(f"ix_{name}_project", "resource_id", "project_id", "created_at", "id"),
        Index(f"ix_{name}_delete_at", "delete_at"),
    )


speech_resources = Table(
    "speech_resources",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("region", String(60), nullable=False),
    Column("key1_digest", String(64), nullable=False, index=True),
    Column("key2_digest", String(64), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

ENTITY_TABLES: dict[type[Entity], Table] = {
    Project: _entity_table("projects"),
    Dataset: _entity_table("datasets"),
    BaseModel: _entity_table("base_models"),
    CustomModel: _entity_table("models"),
    Evaluation: _entity_table("evaluations"),
    Endpoint: _entity_table("endpoints"),
    Transcription: _entity_table("transcriptions"),
    Edition: _entity_table("editions"),
    CopyOperation: _entity_table("operations"),
    WebHook: _entity_table(
        "webhooks",
        Column("web_url", Text, nullable=False),
        Column("secret", Text, nullable=True),  # never part of the entity: see store/webhooks.py
    ),
}

COLLECTIONS: dict[type[Entity], str] = {kind: table.name for kind, table in ENTITY_TABLES.items()}
"""The plural noun of each kind: its table, its address, and its part of blob keys."""

NOUNS: dict[type[Entity], str] = {
    Project: "project",
    Dataset: "dataset",
    BaseModel: "base model",
    CustomModel: "model",
    Evaluation: "evaluation",
    Endpoint: "endpoint",
    Transcription: "transcription",
    Edition: "Editor dataset",
    CopyOperation: "copy",
    WebHook: "web hook",
}

entity_references = Table(
    "entity_references",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("target_id", Uuid, primary_key=True, index=True),
    Column("resource_id", Uuid, nullable=False),
    Column("owner_kind", String(40), nullable=False),
    Column("owner_name", Text, nullable=False),
)

entity_mentions = Table(
    "entity_mentions",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("target_id", Uuid, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("owner_kind", String(40), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_entity_mentions_target", "target_id", "owner_kind", "created_at", "owner_id"),
)

files = Table(
    "files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("blob", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_micros", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_files_owner", "owner_id", "position"),
)

edited_files = Table(  # recordings of editions, whose sounds are among the files
    "edited_files",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("audio_id", Uuid, nullable=False),
    Column("duration_micros", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("heard", Text, nullable=True),
    Column("is_accepted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

logs = Table(  # files too, of whole books of them: see store/logs.py
    "logs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("name", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("blob", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_micros", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False, index=True),
    Index("ix_logs_owner", "owner_id", "created_at", "name", unique=True),
)

log_deletions = Table(  # until when the logs of a book are deleted
    "log_deletions",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("until", BigInteger, nullable=False),
)

blocks = Table(
    "blocks",
    metadata,
    Column("dataset_id", Uuid, primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("blob", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject_id", Uuid, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("owner", String(120), nullable=True),
    Column("lease_until", BigInteger, nullable=True),
    Column("started_at", BigInteger, nullable=True),
    Column("stage", String(200), nullable=False),
    Column("fraction", String(20), nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Index("ix_jobs_queue", "state", "priority", "created_at", "id"),
    Index("ix_jobs_lease", "state", "lease_until"),
)

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up in no other type

deployments = Table(  # the histories of endpoints
    "deployments",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("endpoint_id", Uuid, nullable=False),
    Column("step", String(20), nullable=False),
    Column("model_id", Uuid, nullable=False),
    Column("credential", String(20), nullable=True),
    Column("way", String(20), nullable=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=True),
    Column("until", BigInteger, nullable=True),
    Column("expired_at", BigInteger, nullable=True),
    Column("failure_code", String(60), nullable=True),
    Column("failure_message", Text, nullable=True),
    Index("ix_deployments_endpoint", "endpoint_id", "sequence"),
)

webhook_events = Table(  # what has happened, and no delivery was made of yet
    "webhook_events",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True),
    Column("resource_id", Uuid, nullable=False),
    Column("event", String(40), nullable=False),
    Column("collection", String(40), nullable=False),
    Column("entity_id", Uuid, nullable=False),
    Index("ix_webhook_events_resource", "resource_id", "sequence"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("resource_id", Uuid, nullable=False),
    Column("hook_id", Uuid, nullable=False),
    Column("event", String(40), nullable=False),
    Column("entity", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("last_attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("owner", String(120), nullable=True),
    Column("lease_until", BigInteger, nullable=True),
    Column("last_action_at", BigInteger, nullable=False),
    Column("response_status", Integer, nullable=True),
    Column("failure_code", String(60), nullable=True),
    Column("failure_message", Text, nullable=True),
    Index("ix_webhook_deliveries_due", "state", "not_before"),
    Index("ix_webhook_deliveries_hook", "hook_id", "sequence"),
    Index("ix_webhook_deliveries_created", "created_at"),
)

purges = Table(  # prefixes of blobs that no row names any more
    "purges",
    metadata,
    Column("prefix", String(400), primary_key=True),
    Column("not_before", BigInteger, nullable=False),
)

spent = Table(  # tokens that can be used once
    "spent",
    metadata,
    Column("token", String(200), primary_key=True),
    Column("use_id", Uuid, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

repeats = Table(  # creates that may be sent again, by the names that their clients gave them
    "repeats",
    metadata,
    Column("resource_id", Uuid, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("entity_id", Uuid, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
)

sign_ins = Table(  # browsers that may act for a resource
    "sign_ins",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("resource_id", Uuid, primary_key=True),
    Column("key_digest", String(64), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


_CODECS: dict[str, TypeAdapter[Any]] = {table.name: TypeAdapter(kind) for kind, table in ENTITY_TABLES.items()}


def encode(entity: Entity) -> dict[str, Any]:
    """The row of an entity."""
    ends = getattr(entity, "time_to_live", None)
    processed = entity if isinstance(entity, Processed) else None
    delete_at = None
    if ends is not None and processed is not None and processed.status.is_final:
        delete_at = micros(processed.last_action_at + ends)
    own = {"web_url": entity.web_url} if isinstance(entity, WebHook) else {}
    return {
        "id": entity.id,
        "resource_id": entity.resource_id,
        "project_id": processed.project_id if processed else None,
        "locale": entity.locale,
        "display_name": entity.display_name,
        "description": entity.description,
        "kind": getattr(entity, "kind", None),
        "status": processed.status if processed else None,
        "created_at": micros(entity.created_at),
        "last_action_at": micros(processed.last_action_at) if processed else None,
        "delete_at": delete_at,
        "body": _CODECS[COLLECTIONS[type(entity)]].dump_json(entity).decode(),
        **own,
    }


MENTIONING = (CustomModel, Evaluation, Endpoint, CopyOperation)
"""The kinds that are asked whom they mention."""

_AN_ID = re.compile(r'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')


def mentioned(entity: Entity, body: str) -> set[UUID]:
    """Whose ids an entity has in it, but its own."""
    return {UUID(id) for id in _AN_ID.findall(body)} - {entity.id} if isinstance(entity, MENTIONING) else set()


MOST_REMEMBERED_CHARACTERS = 1 << 17
"""Of a body. All but transcriptions of many long links are shorter; 10,000 of those would fill the memory."""


def decode(kind: type[Entity], body: str) -> Any:
    """The entity of a row; the same object for the same row, as entities never change, unless it is too large."""
    read = _decode if len(body) <= MOST_REMEMBERED_CHARACTERS else _decode.__wrapped__
    return read(COLLECTIONS[kind], body)


@lru_cache(10_000)
def _decode(collection: str, body: str) -> Any:
    return _CODECS[collection].validate_json(body)


def uuid_of(value: Any) -> UUID:
    """A UUID as the drivers give it."""
    return value if isinstance(value, UUID) else UUID(str(value))
