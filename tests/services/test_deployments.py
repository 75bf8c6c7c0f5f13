"""The history of an endpoint: each step with its model, by whom, from when to when, and what came of it."""

from datetime import UTC, datetime

import pytest

from speechsmith.domain.deployments import Actor, Credential, Step, Way
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.services import endpoints, entities
from speechsmith.services.entities import Change
from speechsmith.store.scope import EVERY_RESOURCE

STUDIO = Actor(Credential.KEY_1, Way.STUDIO)
REST = Actor(Credential.TOKEN, Way.REST)


@pytest.fixture
def desk(bench) -> Endpoint:
    """An endpoint that waits for its deployment."""
    return endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")), by=STUDIO)


def history(bench, endpoint):
    return endpoints.history(bench.ctx, bench.me, endpoint.id)


def give(bench, endpoint, model, by=REST) -> None:
    endpoints.update(bench.ctx, bench.me, endpoint.id, Change(), model_id=model.id, by=by)


def test_a_deployment_is_there_from_the_moment_it_is_asked_for_and_tells_when_it_began_to_serve(bench, desk, bases):
    (asked,) = history(bench, desk)
    bench.work_off()
    (done,) = history(bench, desk)

    assert (asked.step, asked.model_id, asked.by) == (Step.CREATED, bases["en-US 20250101"].id, STUDIO)
    assert asked.is_pending
    assert (done.since, done.until) == (bench.now_is(desk).last_action_at, None)


def test_a_model_serves_until_the_next_one_does(bench, desk, a_model):
    gasket = a_model("gasket")
    bench.work_off()

    give(bench, desk, gasket)
    before = history(bench, desk)
    bench.work_off()
    second, first = history(bench, desk)

    assert (before[0].is_pending, before[1].is_lasting) == (True, True)
    assert (second.step, second.model_id, second.by) == (Step.CHANGED, gasket.id, REST)
    assert (first.until, second.until) == (second.since, None)
    assert first.since < second.asked_at < second.since


def test_what_fails_tells_why_and_what_was_there_goes_on(bench, desk, a_model):
    broken = a_model("gasket")
    bench.work_off()
    (bench.ctx.blobs.folder(broken.folder) / "broken").touch()

    give(bench, desk, broken)
    bench.work_off()
    failed, first = history(bench, desk)
    (bench.ctx.blobs.folder(broken.folder) / "broken").unlink()
    give(bench, desk, broken)
    bench.work_off()
    again = history(bench, desk)

    assert (failed.failure.code, failed.since) == ("ModelDamaged", None)
    assert first.is_lasting
    assert [step.step for step in again] == [Step.AGAIN, Step.CHANGED, Step.CREATED]
    assert again[1] == failed
    assert again[2].until == again[0].since


def test_a_suspension_lasts_until_somebody_resumes(bench, desk):
    bench.work_off()

    for _ in range(2):  # the second changes nothing
        endpoints.suspend(bench.ctx, bench.me, desk.id, by=REST)
    suspended = history(bench, desk)
    for _ in range(2):
        endpoints.resume(bench.ctx, bench.me, desk.id, by=STUDIO)
    bench.work_off()
    resumed, ended, first = history(bench, desk)

    assert [step.step for step in suspended] == [Step.SUSPENDED, Step.CREATED]
    assert all(step.is_lasting for step in suspended)
    assert (resumed.step, resumed.by, resumed.is_lasting) == (Step.RESUMED, STUDIO, True)
    assert (ended.by, ended.since, ended.until) == (REST, ended.asked_at, resumed.asked_at)
    assert first.until == resumed.since


def test_a_suspension_names_the_model_that_answered_and_not_one_that_failed(bench, desk, a_model, bases):
    broken = a_model("gasket")
    (bench.ctx.blobs.folder(broken.folder) / "broken").touch()
    give(bench, desk, broken)
    bench.work_off()

    endpoints.suspend(bench.ctx, bench.me, desk.id)

    assert history(bench, desk)[0].model_id == bases["en-US 20250101"].id


def test_who_resumes_while_it_is_deployed_waits_for_the_same_deployment(bench, desk):
    endpoints.suspend(bench.ctx, bench.me, desk.id)
    endpoints.resume(bench.ctx, bench.me, desk.id)
    bench.work_off()

    resumed, suspended, created = history(bench, desk)

    assert resumed.since == created.since
    assert suspended.until == resumed.asked_at


def test_that_its_time_was_over_stays_known_when_it_is_replaced(bench, a_model):
    old, new = a_model(), a_model("gasket")
    desk = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=old.id))
    bench.work_off()
    ended = datetime(2026, 12, 31, tzinfo=UTC)
    bench.clock.time = ended
    give(bench, desk, new)

    late = bench.limited(expiry_policy="2026-12-31")
    late.work_off()
    _, first = history(bench, desk)

    assert first.expired_at == ended
    assert first.since < ended < first.until


def test_what_is_refused_or_changes_nothing_is_no_step(bench, desk, a_model):
    gasket, torx = a_model("gasket"), a_model("torx")
    (only,) = history(bench, desk)

    endpoints.update(bench.ctx, bench.me, desk.id, Change(display_name="front desk"), logging_enabled=True)
    endpoints.update(bench.ctx, bench.me, desk.id, Change(), model_id=only.model_id)
    endpoints.resume(bench.ctx, bench.me, desk.id)
    assert history(bench, desk) == [only]
    give(bench, desk, gasket)
    with pytest.raises(Conflict):
        give(bench, desk, torx)

    assert len(history(bench, desk)) == 2


def test_the_history_is_of_one_resource_and_goes_with_its_endpoint(bench, desk):
    stranger = bench.as_tenant("stranger")

    with pytest.raises(NotFound):
        endpoints.history(bench.ctx, stranger.me, desk.id)
    entities.delete(bench.ctx, bench.me, Endpoint, desk.id)

    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.deployments.of(desk.id) == []
