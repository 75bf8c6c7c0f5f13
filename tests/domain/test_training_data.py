"""What a custom model may be trained with."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid
from speechsmith.domain.models import BaseModel, check_trainable
from speechsmith.domain.status import Status

NOW = datetime(2026, 1, 2, tzinfo=UTC)
COMMON = {"locale": "en-US", "created_at": NOW, "last_action_at": NOW, "status": Status.SUCCEEDED}
BASE = BaseModel(
    id=UUID(int=1),
    resource_id=None,
    display_name="20260102",
    engine="any",
    released="20260102",
    learns=frozenset(CorpusKind),
    **COMMON,
)


def dataset(kind: CorpusKind) -> Dataset:
    return Dataset(id=UUID(int=2), resource_id=UUID(int=3), display_name=kind.value, kind=kind, **COMMON)


def check(*kinds: CorpusKind) -> None:
    check_trainable(BASE, map(dataset, kinds), has_text=False, locale="en-US")


def test_all_kinds_go_together_but_structured_text_and_pronunciations():
    check(*(set(CorpusKind) - {CorpusKind.PRONUNCIATION}))
    check(*(set(CorpusKind) - {CorpusKind.LANGUAGE_MARKDOWN}))

    with pytest.raises(Invalid, match="speech:phoneticlexicon") as refused:
        check(CorpusKind.LANGUAGE_MARKDOWN, CorpusKind.PRONUNCIATION)

    assert (refused.value.code, refused.value.target) == ("InvalidDataset", "datasets")
