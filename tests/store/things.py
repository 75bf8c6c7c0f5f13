"""Entities and jobs to put into a store."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.resources import SpeechResource
from speechsmith.store.scope import EVERY_RESOURCE

NOW = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)


def resource(store, name: str) -> UUID:
    """A Speech resource that is in the store."""
    new = SpeechResource(
        id=uuid4(), name=name, region="local", key1_digest=f"{name}1", key2_digest=f"{name}2", created_at=NOW
    )
    with store.write(EVERY_RESOURCE) as tx:
        tx.resources.add(new)
    return new.id


def _labels(owner: UUID | None, **members) -> dict:
    return {
        "id": uuid4(),
        "resource_id": owner,
        "locale": "en-US",
        "display_name": "Fälle 1",
        "created_at": NOW,
    } | members


def project(owner: UUID, **members) -> Project:
    return Project(**_labels(owner, **members))


def dataset(owner: UUID, **members) -> Dataset:
    return Dataset(**_labels(owner, last_action_at=NOW, kind=CorpusKind.LANGUAGE, **members))


def base_model() -> BaseModel:
    return BaseModel(**_labels(None, last_action_at=NOW, engine="e", released="20240229"))


def model(owner: UUID, base: BaseModel, *datasets: Dataset, **members) -> CustomModel:
    ids = tuple(dataset.id for dataset in datasets)
    return CustomModel(**_labels(owner, last_action_at=NOW, base_model_id=base.id, dataset_ids=ids, **members))


def file(owner: UUID, entity, blob: str = "a/b") -> File:
    return File(
        id=uuid4(),
        resource_id=owner,
        owner_id=entity.id,
        name="größe.txt",
        kind=FileKind.LANGUAGE_DATA,
        blob=blob,
        size_bytes=2**40,
        created_at=NOW,
    )


def job(subject: UUID | None = None, **members) -> Job:
    given = {"created_at": NOW, "not_before": NOW, "kind": JobKind.EVALUATE} | members
    return Job(id=uuid4(), resource_id=uuid4(), subject_id=subject or uuid4(), **given)
