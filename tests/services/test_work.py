"""How far what is under way is, as lists and pages tell it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from speechsmith.domain.jobs import JobProgress
from speechsmith.services import entities, models
from speechsmith.services.entities import Work


@pytest.fixture
def model(bench):
    """One that waits to be trained."""
    return models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(), text="gasket"))


def told(bench, model):
    return entities.work_of(bench.ctx, bench.me, bench.now_is(model))


def test_what_waits_is_told_how_many_are_before_it(bench, model):
    second = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(), text="torx"))

    assert told(bench, model) == Work(ahead=0)
    assert told(bench, second) == Work(ahead=1)


@pytest.mark.parametrize(
    ("fraction", "percent", "eta_s"), [(0.0, 0, None), (0.02, 2, None), (0.25, 25, 300), (0.999, 99, 0)]
)
def test_what_is_under_way_is_done_when_as_much_time_has_passed_as_is_left(bench, model, fraction, percent, eta_s):
    """A quarter took 100 s, so three are left: 300 s."""
    job = bench.claim()
    assert told(bench, model) == Work(stage="Starting", percent=0)
    with bench.ctx.store.write(bench.me) as tx:
        tx.jobs.put(tx.jobs.get(job.id).beat(job, bench.ctx.now(), JobProgress("Adapting", fraction)))

    bench.clock.time = job.started_at + timedelta(seconds=99)  # the clock goes on by one when it is looked at

    assert told(bench, model) == Work(stage="Adapting", percent=percent, eta_s=eta_s)


def test_nothing_is_told_of_what_has_ended_or_is_to_end(bench, model):
    job = bench.claim()
    with bench.ctx.store.write(bench.me) as tx:
        tx.jobs.put(replace(tx.jobs.get(job.id), cancel_requested=True).drop(job))

    assert told(bench, model) is None
