"""Training again on another base: the same data, and a comparison with what was before."""

from dataclasses import replace

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.copies import LocalOrigin
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.status import Status
from speechsmith.services import datasets, models, projects
from speechsmith.services.models import Rebase


@pytest.fixture
def old(bench, bases, a_dataset):
    """A model on the older base, in a project, with a dataset and text."""
    words = a_dataset(b"torx\n", CorpusKind.LANGUAGE)
    project = projects.create(bench.ctx, bench.me, bench.labels())
    labels = bench.labels("clinic", description="d", custom_properties={"a": "b"}, project_id=project.id)
    new = models.NewModel(
        labels=labels,
        base_model_id=bases["en-US 20240101"].id,
        dataset_ids=(words.id,),
        text="gasket",
        weight_percent=40,
    )
    made = models.create(bench.ctx, bench.me, new)
    bench.work_off()
    return bench.now_is(made)


def refused(call, kind, code):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    return caught.value.message


def evaluations_of(bench):
    with bench.ctx.store.read(bench.me) as tx:
        return list(tx.table(Evaluation).page().values)


def test_the_same_data_make_a_model_on_the_default_base(bench, bases, old):
    made = models.rebase(bench.ctx, bench.me, old.id, Rebase())
    bench.work_off()
    made = bench.now_is(made)

    assert (made.status, made.base_model_id) == (Status.SUCCEEDED, bases["en-US 20250101"].id)
    assert made.display_name == "clinic (20250101)"
    same = ("dataset_ids", "description", "custom_properties", "project_id", "locale")
    assert [getattr(made, name) for name in same] == [getattr(old, name) for name in same]
    assert made.weight_percent == 50  # chosen anew
    assert sorted(bench.ctx.blobs.path(f"{made.folder}/words.txt").read_text().split()) == ["gasket", "torx"]
    assert bench.now_is(old) == old
    assert evaluations_of(bench) == []


def test_the_two_are_compared_when_a_dataset_is_named(bench, old, a_dataset):
    test = a_dataset()

    made = models.rebase(bench.ctx, bench.me, old.id, Rebase(dataset_id=test.id, display_name="newer"))
    assert evaluations_of(bench) == []
    bench.work_off()

    (found,) = evaluations_of(bench)
    assert (found.model1_id, found.model2_id, found.dataset_id) == (old.id, made.id, test.id)
    assert (found.status, found.project_id) == (Status.SUCCEEDED, old.project_id)
    assert found.display_name == "newer compared with clinic"


def test_while_it_trains_what_it_will_be_compared_with_must_stay(bench, old, a_dataset):
    test = a_dataset()
    models.rebase(bench.ctx, bench.me, old.id, Rebase(dataset_id=test.id))

    refused(lambda: models.delete(bench.ctx, bench.me, old.id), Conflict, "InUseViolation")
    refused(lambda: datasets.delete(bench.ctx, bench.me, test.id), Conflict, "InUseViolation")
    bench.work_off()
    datasets.delete(bench.ctx, bench.me, test.id)
    models.delete(bench.ctx, bench.me, old.id)


def test_an_attempt_that_lost_makes_no_comparison(bench, old, a_dataset):
    models.rebase(bench.ctx, bench.me, old.id, Rebase(dataset_id=a_dataset().id))
    late = bench.ran(killed := bench.claim())
    with bench.ctx.store.write(bench.me) as tx:
        tx.jobs.put(tx.jobs.get(killed.id).expire(bench.ctx.now(), owner_is_gone=True))
    bench.work_off()

    with pytest.raises(Exception, match="no longer owns"):
        late()
    assert len(evaluations_of(bench)) == 1


def test_what_cannot_be_trained_again_is_refused(bench, bases, old, a_model, a_dataset):
    def again(model, **wish):
        return lambda: models.rebase(bench.ctx, bench.me, model.id, Rebase(**wish))

    newest = a_model()
    assert "stands on the base model '20250101' already" in refused(again(newest), Invalid, "InvalidBaseModel")
    refused(again(old, base_model_id=newest.id), Invalid, "InvalidBaseModel")
    refused(again(old, base_model_id=bases["de-DE 20250101"].id), Invalid, "InvalidLocale")
    words = a_dataset(b"torx\n", CorpusKind.LANGUAGE)
    refused(again(old, dataset_id=words.id), Invalid, "InvalidTest")
    with pytest.raises(NotFound):
        again(replace(old, id=words.id))()

    copied = replace(
        old, id=bench.ctx.new_id(), dataset_ids=(), text=None, origin=LocalOrigin(operation_id=old.id, model_id=old.id)
    )
    with bench.ctx.store.write(bench.me) as tx:
        tx.table(CustomModel).add(copied)
    assert "it is a copy" in refused(again(copied), Invalid, "InvalidDataset")
    datasets.delete(bench.ctx, bench.me, old.dataset_ids[0])
    assert "datasets of it were deleted" in refused(again(old), Invalid, "InvalidDataset")
    assert bench.claim() is None
