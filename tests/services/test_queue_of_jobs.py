"""The queue of a Speech resource: what runs, waits and has failed; and what cancelling does, and does not."""

from dataclasses import replace

import pytest

from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.jobs import JobKind, JobProgress, JobState
from speechsmith.domain.models import CustomModel
from speechsmith.domain.status import Status
from speechsmith.services import endpoints, entities, jobs, models
from speechsmith.services.entities import Work

DELETES = {
    JobKind.TRAIN_MODEL: models.delete,
    JobKind.DEPLOY: lambda ctx, resource_id, one: entities.delete(ctx, resource_id, Endpoint, one),
}


@pytest.fixture
def model(bench):
    """One that waits to be trained."""
    return new_model(bench)


def new_model(bench, name="clinic"):
    return models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(name), text="gasket"))


def shown(bench):
    return jobs.queue(bench.ctx, bench.me, top=100).entries.values


def cancel(bench, entry, deletes=DELETES):
    jobs.cancel(bench.ctx, bench.me, entry.job.id, deletes)


def test_every_kind_of_job_finishes_something():
    assert set(jobs.SUBJECTS) == set(JobKind)


def test_what_runs_comes_first_and_then_what_waits_in_turn(bench, model):
    second = new_model(bench, "ward")
    endpoint = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")))
    claimed = bench.claim()
    with bench.ctx.store.write(bench.me) as tx:
        tx.jobs.put(tx.jobs.get(claimed.id).beat(claimed, bench.ctx.now(), JobProgress("Deploying", 0.5)))

    found = jobs.queue(bench.ctx, bench.me, top=2)

    assert [entry.subject.id for entry in shown(bench)] == [endpoint.id, model.id, second.id]
    assert [entry.work.ahead for entry in shown(bench)] == [None, 0, 1]
    assert (shown(bench)[0].work.stage, shown(bench)[0].work.percent) == ("Deploying", 50)
    assert (len(found.entries.values), found.entries.has_more) == (2, True)
    assert found.counts == {JobState.RUNNING: 1, JobState.WAITING: 2, JobState.FAILED: 0}


def test_jobs_of_others_are_before_ones_own_and_are_not_seen(bench, model):
    ward = bench.as_tenant("ward")
    own = new_model(ward)

    (entry,) = shown(ward)

    assert (entry.subject, entry.work) == (own, Work(ahead=1))
    (theirs,) = shown(bench)
    with pytest.raises(NotFound):
        jobs.get(ward.ctx, ward.me, theirs.job.id)
    with pytest.raises(NotFound):
        cancel(ward, theirs)
    assert bench.now_is(model) == model


def test_what_has_failed_is_told_with_its_reason(bench, a_dataset):
    made = a_dataset(b"no zip")

    (entry,) = jobs.failed(bench.ctx, bench.me, top=10).entries.values

    assert (entry.subject.id, entry.job.kind) == (made.id, JobKind.IMPORT_DATASET)
    assert entry.subject.failure is not None
    assert not entry.can_be_cancelled
    assert shown(bench) == []
    other = bench.as_tenant("ward")
    assert jobs.failed(other.ctx, other.me, top=10).entries.values == []


def test_what_waits_is_cancelled_at_once_and_is_gone(bench, model):
    (entry,) = shown(bench)

    cancel(bench, entry)

    assert bench.now_is(model) is None
    assert shown(bench) == []
    assert jobs.get(bench.ctx, bench.me, entry.job.id).job.state is JobState.CANCELLED
    with pytest.raises(Conflict, match="has ended"):
        cancel(bench, entry)


def test_what_runs_is_told_to_stop_and_is_told_so_once(bench, model):
    bench.claim()
    (entry,) = shown(bench)

    cancel(bench, entry)

    (stopping,) = shown(bench)
    assert bench.now_is(model) is None
    assert (stopping.job.state, stopping.job.cancel_requested) == (JobState.RUNNING, True)
    assert (stopping.subject, stopping.can_be_cancelled) == (None, False)
    with pytest.raises(Conflict, match="is being stopped"):
        cancel(bench, entry)


def test_what_is_done_a_moment_before_stays(bench, model):
    (entry,) = shown(bench)

    def too_late(ctx, resource_id, id):
        bench.work_off()
        models.delete(ctx, resource_id, id)

    with pytest.raises(Conflict, match="has ended meanwhile, and nothing was cancelled"):
        cancel(bench, entry, {JobKind.TRAIN_MODEL: too_late})

    assert bench.now_is(model).status is Status.SUCCEEDED
    assert jobs.get(bench.ctx, bench.me, entry.job.id).job.state is JobState.DONE


def test_an_endpoint_that_answers_is_not_deleted_to_stop_a_deployment(bench):
    new = endpoints.NewEndpoint(labels=bench.labels("desk"))
    endpoint = endpoints.create(bench.ctx, bench.me, new)
    (first,) = shown(bench)
    assert first.can_be_cancelled
    bench.work_off()
    trained = new_model(bench)
    bench.work_off()
    endpoints.update(bench.ctx, bench.me, endpoint.id, entities.Change(), model_id=trained.id)

    (second,) = shown(bench)

    assert not second.can_be_cancelled
    with pytest.raises(Conflict, match="answers with its former model"):
        cancel(bench, second)
    assert bench.now_is(endpoint) is not None


def test_a_first_deployment_is_cancelled_with_its_endpoint(bench):
    endpoint = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")))

    cancel(bench, shown(bench)[0])

    assert bench.now_is(endpoint) is None


def test_a_copy_is_known_by_its_model_and_ends_by_itself(bench, model):
    bench.work_off()
    operation = CopyOperation(
        id=bench.ctx.new_id(),
        resource_id=bench.me,
        locale="en-US",
        display_name="",
        created_at=bench.ctx.now(),
        last_action_at=bench.ctx.now(),
        model_id=model.id,
    )
    with bench.ctx.store.write(bench.me) as tx:
        tx.table(CopyOperation).add(operation)
        entities.queue(bench.ctx, tx, JobKind.SEND_MODEL, operation)

    (entry,) = shown(bench)

    assert isinstance(entry.shown, CustomModel)
    assert entry.shown.id == model.id
    with pytest.raises(Conflict, match="ends by itself"):
        cancel(bench, entry)


def test_what_something_needs_is_not_deleted_by_cancelling(bench, model):
    """No job is of anything that is in use; should one be, the use stands."""
    (entry,) = shown(bench)
    user = replace(model, id=bench.ctx.new_id(), display_name="user", dataset_ids=(model.id,), status=Status.RUNNING)
    with bench.ctx.store.write(bench.me) as tx:
        tx.table(CustomModel).add(user)

    with pytest.raises(Conflict, match="in use by the model 'user'"):
        cancel(bench, entry)

    assert bench.now_is(model) == model
    assert jobs.get(bench.ctx, bench.me, entry.job.id).can_be_cancelled
