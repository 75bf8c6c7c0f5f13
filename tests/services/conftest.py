"""Entities that are ready for use, for the tests of services."""

from collections.abc import Callable

import pytest

from bench import Bench, acoustic
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.services import datasets, models
from speechsmith.store.scope import EVERY_RESOURCE

A_dataset = Callable[..., Dataset]
A_model = Callable[..., CustomModel]


@pytest.fixture
def a_dataset(bench: Bench) -> A_dataset:
    """Makes a dataset of these bytes, or a test of two sentences, and imports it."""

    def make(data: bytes | None = None, kind: CorpusKind = CorpusKind.ACOUSTIC, **labels: object) -> Dataset:
        content = acoustic({0: "please send a gasket", 2: "thank you"}) if data is None else data
        new = datasets.NewDataset(labels=bench.labels(**labels), kind=kind)
        made = datasets.create(bench.ctx, bench.me, new, bench.upload(content))
        bench.work_off()
        found: Dataset = bench.now_is(made)
        return found

    return make


@pytest.fixture
def a_model(bench: Bench) -> A_model:
    """Trains a model with this text."""

    def make(text: str = "gasket", **labels: object) -> CustomModel:
        made = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(**labels), text=text))
        bench.work_off()
        found: CustomModel = bench.now_is(made)
        return found

    return make


@pytest.fixture
def bases(bench: Bench) -> dict[str, BaseModel]:
    """The base models, by locale and date."""
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        return {f"{model.locale} {model.released}": model for model in tx.table(BaseModel).page().values}


@pytest.fixture
def a_writer(bench: Bench, a_dataset: A_dataset) -> A_model:
    """Trains a model that only writes otherwise."""

    def make(format: str) -> CustomModel:
        dataset = a_dataset(format.encode(), CorpusKind.OUTPUT_FORMATTING)
        new = models.NewModel(labels=bench.labels(), dataset_ids=(dataset.id,))
        made = models.create(bench.ctx, bench.me, new)
        bench.work_off()
        found: CustomModel = bench.now_is(made)
        return found

    return make
