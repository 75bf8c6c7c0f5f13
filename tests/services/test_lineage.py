"""What follows a training, and what a model's page can tell of its kin."""

from dataclasses import replace

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel, PlannedTest
from speechsmith.domain.status import Status
from speechsmith.services import datasets, lineage, models


@pytest.fixture
def test_data(a_dataset):
    return a_dataset()


def new(bench, data, **members):
    test = PlannedTest(**({"dataset_id": data.id, "display_name": "How good"} | members))
    return models.NewModel(labels=bench.labels("clinic"), text="gasket", test=test)


def kept(bench, kind):
    with bench.ctx.store.read(bench.me) as tx:
        return list(tx.table(kind).page().values)


def test_a_planned_test_is_made_when_the_model_is_trained(bench, test_data):
    model = models.create(bench.ctx, bench.me, new(bench, test_data, description="d"))
    assert kept(bench, Evaluation) == []
    bench.work_off()

    (made,) = kept(bench, Evaluation)
    assert (made.model1_id, made.model2_id, made.dataset_id) == (model.base_model_id, model.id, test_data.id)
    assert (made.display_name, made.description, made.status) == ("How good", "d", Status.SUCCEEDED)
    assert lineage.of(bench.ctx, bench.me, bench.now_is(model)).tests == [made]


def test_until_then_its_data_must_stay(bench, test_data):
    models.create(bench.ctx, bench.me, new(bench, test_data))

    with pytest.raises(Conflict, match="in use by the model 'clinic'"):
        datasets.delete(bench.ctx, bench.me, test_data.id)


def test_a_model_whose_test_cannot_be_made_is_not_made(bench, test_data, a_dataset):
    words = a_dataset(b"torx\n", CorpusKind.LANGUAGE)

    def refused(kind, wish):
        for call in (models.check, models.create):
            with pytest.raises(kind):
                call(bench.ctx, bench.me, wish)

    refused(Invalid, new(bench, words))
    refused(Invalid, new(bench, test_data, display_name=" "))
    refused(Invalid, new(bench, test_data, description="x" * 10_001))
    refused(NotFound, new(bench, replace(test_data, id=words.resource_id)))
    assert kept(bench, CustomModel) == []
    assert bench.claim() is None


def test_a_check_makes_nothing(bench, test_data):
    models.check(bench.ctx, bench.me, new(bench, test_data))

    assert kept(bench, CustomModel) == []
    with pytest.raises(Invalid, match="at least one dataset, or text"):
        models.check(bench.ctx, bench.me, replace(new(bench, test_data), text=" ", test=None))


def test_a_model_that_fails_is_not_tested(bench, test_data):
    models.create(bench.ctx, bench.me, replace(new(bench, test_data), text="123"))
    bench.work_off()

    assert [model.status for model in kept(bench, CustomModel)] == [Status.FAILED]
    assert kept(bench, Evaluation) == []


def test_a_report_is_read_once_it_is_there_and_of_a_size_for_people(bench, a_model, monkeypatch):
    waiting = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(), text="torx"))
    assert lineage.report(bench.ctx, bench.me, waiting.id) is None
    bench.work_off()
    file = lineage.report(bench.ctx, bench.me, waiting.id)

    assert lineage.read_report(bench.ctx, file)["words"] == 1
    assert lineage.read_report(bench.ctx, replace(file, size_bytes=lineage.MOST_REPORT_BYTES + 1)) is None
    for content in (b"{", b"[]"):
        bench.ctx.blobs.path(file.blob).write_bytes(content)
        assert lineage.read_report(bench.ctx, file) is None
    assert lineage.read_report(bench.ctx, replace(file, blob=f"{file.blob}x")) is None
    with pytest.raises(NotFound):
        lineage.report(bench.ctx, bench.me, bench.me)
