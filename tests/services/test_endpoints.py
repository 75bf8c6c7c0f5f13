"""Endpoints: one address, and always the model that last worked behind it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from speechsmith.asr.display.style import load_style
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.status import Status
from speechsmith.engines.registry import engine
from speechsmith.services import datasets, endpoints, entities, models
from speechsmith.services.entities import Change
from speechsmith.store.scope import EVERY_RESOURCE


@pytest.fixture
def deployed(bench):
    def make(name="desk", **options) -> Endpoint:
        made = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(name), **options))
        bench.work_off()
        return bench.now_is(made)

    return make


def give(bench, endpoint, model) -> Endpoint:
    return endpoints.update(bench.ctx, bench.me, endpoint.id, Change(), model_id=model.id)


def words(bench, endpoint) -> frozenset[str]:
    """What the model that answers now knows."""
    served = endpoints.serving(bench.ctx, bench.me, endpoint.id)
    return engine(served.model.engine).load(served.model).words


def test_an_endpoint_without_a_model_serves_the_default_base(bench, deployed, bases):
    made = deployed()

    assert (made.status, made.serving_id) == (Status.SUCCEEDED, bases["en-US 20250101"].id)
    assert "gasket" not in words(bench, made)


def test_an_endpoint_serves_nothing_before_it_is_deployed(bench):
    made = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")))

    with pytest.raises(Conflict, match="'desk' is NotStarted"):
        endpoints.serving(bench.ctx, bench.me, made.id)


def test_inline_text_makes_a_model_for_the_endpoint_alone(bench, deployed):
    made = deployed(text="Send a Gasket.")

    assert "gasket" in words(bench, made)
    style = load_style(endpoints.serving(bench.ctx, bench.me, made.id).style)
    assert style.casing.written == {"gasket": "Gasket"}


def test_text_and_a_custom_model_exclude_each_other(bench, a_model):
    new = endpoints.NewEndpoint(labels=bench.labels(), model_id=a_model().id, text="gasket")

    with pytest.raises(Invalid, match="not both"):
        endpoints.create(bench.ctx, bench.me, new)


def test_the_former_model_serves_until_the_new_one_does(bench, deployed, a_model):
    torx, gasket = a_model("torx"), a_model("gasket")
    made = deployed(model_id=torx.id)

    changed = give(bench, made, gasket)

    assert (changed.status, changed.model_id, changed.serving_id) == (Status.NOT_STARTED, gasket.id, torx.id)
    assert "torx" in words(bench, made)
    assert endpoints.serving(bench.ctx, bench.me, made.id).model_id == torx.id
    with pytest.raises(Conflict, match="in use by the endpoint"):
        models.delete(bench.ctx, bench.me, torx.id)
    bench.work_off()
    assert "torx" not in words(bench, made)
    assert "gasket" in words(bench, made)
    models.delete(bench.ctx, bench.me, torx.id)


def test_the_former_model_goes_on_when_the_new_one_cannot_be_deployed(bench, deployed, a_model):
    torx, broken = a_model("torx"), a_model("gasket")
    made = deployed(model_id=torx.id)
    (bench.ctx.blobs.folder(broken.folder) / "broken").touch()

    give(bench, made, broken)
    bench.work_off()

    failed = bench.now_is(made)
    assert (failed.status, failed.failure.code, failed.serving_id) == (Status.FAILED, "ModelDamaged", torx.id)
    assert "torx" in words(bench, made)


def test_an_endpoint_that_failed_can_be_given_the_same_model_again(bench, deployed, a_model):
    model = a_model("gasket")
    (bench.ctx.blobs.folder(model.folder) / "broken").touch()
    made = deployed(model_id=model.id)
    (bench.ctx.blobs.folder(model.folder) / "broken").unlink()

    again = give(bench, made, model)
    bench.work_off()

    assert (made.status, again.status) == (Status.FAILED, Status.NOT_STARTED)
    assert bench.now_is(made).status is Status.SUCCEEDED
    assert bench.now_is(made).failure is None


def test_the_same_model_again_changes_nothing(bench, deployed, a_model):
    model = a_model()
    made = deployed(model_id=model.id)

    assert give(bench, made, model) == made
    assert bench.claim() is None


def test_an_endpoint_is_not_updatable_while_it_is_deployed(bench, deployed, a_model):
    torx, gasket, driver = a_model("torx"), a_model("gasket"), a_model("driver")
    made = deployed(model_id=torx.id)
    give(bench, made, gasket)

    with pytest.raises(Conflict, match="'desk' is NotStarted") as refused:
        give(bench, made, driver)
    job = bench.claim()
    with pytest.raises(Conflict, match="'desk' is Running"):
        give(bench, made, driver)
    bench.finish(job)

    assert refused.value.code == "EndpointNotUpdatable"
    assert bench.now_is(made).serving_id == gasket.id


def test_inline_text_stays_for_a_second_try(bench, deployed, bases, inline):
    broken = inline / "en-US-20250101" / "broken"
    broken.touch()
    made = deployed(text="gasket")
    broken.unlink()

    give(bench, made, bases["en-US 20250101"])
    bench.work_off()

    assert made.status is Status.FAILED
    assert "gasket" in words(bench, made)


def test_inline_text_goes_with_another_model(bench, deployed, bases):
    made = deployed(text="gasket")

    give(bench, made, bases["en-US 20240101"])
    meanwhile = words(bench, made)
    bench.work_off()

    assert "gasket" in meanwhile
    assert "gasket" not in words(bench, made)


def test_labels_change_without_a_deployment(bench, deployed):
    made = deployed()

    changed = endpoints.update(bench.ctx, bench.me, made.id, Change(display_name="front desk"))

    assert (changed.display_name, changed.status) == ("front desk", Status.SUCCEEDED)
    assert bench.claim() is None


def test_logging_is_off_unless_it_is_asked_for_and_changes_without_a_deployment(bench, deployed):
    made = deployed()

    on = endpoints.update(bench.ctx, bench.me, made.id, Change(), logging_enabled=True)

    assert (made.logging_enabled, on.logging_enabled, on.status) == (False, True, Status.SUCCEEDED)
    assert endpoints.serving(bench.ctx, bench.me, made.id).book.is_on
    assert bench.claim() is None


def test_a_model_must_be_there_finished_and_of_the_locale(bench, bases, a_model):
    failed = a_model("123", name="bad")
    for model_id, error, text in (
        (uuid4(), NotFound, "no model"),
        (bases["de-DE 20250101"].id, Invalid, "de-DE"),
        (failed.id, Invalid, "'bad' is Failed"),
    ):
        with pytest.raises(error, match=text):
            endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=model_id))


def test_an_endpoint_ends_with_its_time_to_live_counted_from_the_deployment(bench, deployed):
    made = deployed(time_to_live=timedelta(hours=1))

    def due(after: timedelta) -> list[Endpoint]:
        with bench.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.table(Endpoint).due(made.last_action_at + after)

    assert due(timedelta(minutes=59)) == []
    (found,) = due(timedelta(hours=1))
    entities.remove_expired(bench.ctx, found)
    assert bench.now_is(made) is None
    entities.remove_expired(bench.ctx, found)


def test_deleting_an_endpoint_frees_its_model(bench, deployed, a_model):
    model = a_model()
    made = deployed(model_id=model.id)

    entities.delete(bench.ctx, bench.me, Endpoint, made.id)
    models.delete(bench.ctx, bench.me, model.id)

    assert bench.now_is(model) is None


def test_the_default_of_a_locale_can_be_used_without_an_endpoint(bench, bases):
    served = endpoints.default_serving(bench.ctx, bench.me, "EN-us")

    assert (served.locale, served.model_id) == ("en-US", bases["en-US 20250101"].id)
    assert engine("loud").load(served.model).recognize(np.zeros(16, np.float32))[0].words == ()
    with pytest.raises(Invalid, match="installed for: de-DE, en-US"):
        endpoints.default_serving(bench.ctx, bench.me, "fr-FR")


def suspend(bench, endpoint) -> Endpoint:
    return endpoints.suspend(bench.ctx, bench.me, endpoint.id)


def resume(bench, endpoint) -> Endpoint:
    return endpoints.resume(bench.ctx, bench.me, endpoint.id)


def test_a_suspended_endpoint_answers_nobody_and_keeps_all_it_has(bench, deployed, a_model):
    model = a_model("gasket")
    made = deployed(model_id=model.id)

    suspended = suspend(bench, made)

    assert suspended == suspend(bench, made) == bench.now_is(made) == replace(made, suspended=True)
    assert bench.claim() is None
    with pytest.raises(Conflict, match="'desk' is suspended and answers nobody; resume it") as refused:
        endpoints.serving(bench.ctx, bench.me, made.id)
    assert refused.value.code == "EndpointSuspended"
    with pytest.raises(Conflict, match="in use by the endpoint 'desk'"):
        models.delete(bench.ctx, bench.me, model.id)


def test_a_resumed_endpoint_answers_at_once_and_is_deployed_again(bench, deployed):
    made = deployed(text="gasket")
    suspend(bench, made)

    resumed = resume(bench, made)

    assert (resumed.status, resumed.suspended) == (Status.NOT_STARTED, False)
    assert "gasket" in words(bench, made)
    assert resume(bench, made) == resumed
    bench.work_off()
    again = bench.now_is(made)
    assert (again.status, again.serving_id) == (Status.SUCCEEDED, made.serving_id)
    assert "gasket" in words(bench, made)
    assert bench.claim() is None


def test_an_endpoint_that_is_not_suspended_is_not_deployed_by_a_resume(bench, deployed):
    made = deployed()

    assert resume(bench, made) == made
    assert bench.claim() is None


def test_an_endpoint_suspended_while_it_is_deployed_is_ready_and_answers_nobody_until_it_is_resumed(bench):
    made = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")))
    suspend(bench, made)
    bench.work_off()

    assert (bench.now_is(made).status, bench.now_is(made).suspended) == (Status.SUCCEEDED, True)
    with pytest.raises(Conflict, match="'desk' is suspended"):
        endpoints.serving(bench.ctx, bench.me, made.id)


def test_an_endpoint_resumed_while_it_is_deployed_is_deployed_once(bench):
    made = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels("desk")))
    suspend(bench, made)

    resume(bench, made)

    assert bench.claim() is not None
    assert bench.claim() is None


def test_another_model_does_not_wake_a_suspended_endpoint(bench, deployed, a_model):
    made = deployed()
    suspend(bench, made)

    give(bench, made, a_model("gasket"))
    bench.work_off()

    with pytest.raises(Conflict, match="'desk' is suspended"):
        endpoints.serving(bench.ctx, bench.me, made.id)
    resume(bench, made)
    assert "gasket" in words(bench, made)


def test_an_endpoint_of_another_resource_can_be_neither_suspended_nor_resumed(bench, deployed):
    made = deployed()
    stranger = bench.as_tenant("stranger")

    for verb in (endpoints.suspend, endpoints.resume):
        with pytest.raises(NotFound):
            verb(bench.ctx, stranger.me, made.id)
    assert bench.now_is(made) == made


def test_a_dataset_is_no_model(bench, a_dataset):
    dataset = a_dataset()

    with pytest.raises(NotFound):
        endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=dataset.id))
    datasets.delete(bench.ctx, bench.me, dataset.id)
