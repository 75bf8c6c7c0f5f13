"""Models whose time is over: who refuses them, and what answers instead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from speechsmith.domain.errors import Invalid
from speechsmith.domain.models import BaseModel
from speechsmith.services import endpoints, evaluations, model_choice, models, transcriptions
from speechsmith.store.scope import EVERY_RESOURCE

ENDED = datetime(2026, 12, 31, tzinfo=UTC)


@pytest.fixture
def later(bench):
    """The same service after all models have ended."""

    def go():
        bench.clock.time = ENDED
        return bench.limited(expiry_policy="2026-12-31")

    return go


def deprecated(make, words):
    with pytest.raises(Invalid, match=words) as caught:
        make()
    assert caught.value.code == "ModelDeprecated"


def test_a_model_is_usable_until_the_moment_it_ends(bench, a_model):
    made, before = a_model(), bench.limited(expiry_policy="2026-12-31")
    bench.clock.time = ENDED - timedelta(minutes=1)
    with bench.ctx.store.read(bench.me) as tx:
        assert model_choice.usable(before.ctx, tx, made.id, "en-US") == made
        bench.clock.time = ENDED
        deprecated(lambda: model_choice.usable(before.ctx, tx, made.id, "en-US"), "has expired, on 2026-12-31")
        assert model_choice.usable(bench.ctx, tx, made.id, "en-US") == made  # nothing ends unless it is asked for


def test_nothing_new_is_made_with_an_expired_model(bench, a_model, a_dataset, later):
    made, dataset = a_model(), a_dataset()
    ctx = later().ctx

    deprecated(
        lambda: transcriptions.create(
            ctx,
            bench.me,
            transcriptions.NewTranscription(labels=bench.labels(), dataset_id=dataset.id, model_id=made.id),
        ),
        "'thing' has expired",
    )
    deprecated(
        lambda: evaluations.create(
            ctx,
            bench.me,
            evaluations.NewEvaluation(
                labels=bench.labels(), model1_id=made.id, model2_id=made.id, dataset_id=dataset.id
            ),
        ),
        "'thing' has expired",
    )
    deprecated(
        lambda: endpoints.create(ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=made.id)),
        "'thing' has expired",
    )
    assert bench.claim() is None


def test_without_a_model_the_default_base_is_used_and_never_ends(bench, bases, a_dataset, later):
    dataset, ctx = a_dataset(), later().ctx

    made = transcriptions.create(
        ctx, bench.me, transcriptions.NewTranscription(labels=bench.labels(), dataset_id=dataset.id)
    )

    assert made.model_id == bases["en-US 20250101"].id


def test_an_expired_base_is_trained_from_no_more(bench, later):
    ctx = later().ctx

    deprecated(
        lambda: models.create(ctx, bench.me, models.NewModel(labels=bench.labels(), text="gasket")),
        "cannot be trained from since 2026-12-31; name a newer one",
    )
    assert bench.claim() is None


def test_the_operators_day_for_one_base_counts_without_a_policy(bench, bases):
    old = replace(bases["en-US 20240101"], adaptation_until=datetime(2025, 1, 15, tzinfo=UTC))
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).put(old)
    new = models.NewModel(labels=bench.labels(), text="gasket")

    deprecated(lambda: models.create(bench.ctx, bench.me, replace(new, base_model_id=old.id)), "since 2025-01-15")
    assert models.create(bench.ctx, bench.me, new).base_model_id == bases["en-US 20250101"].id


def test_an_endpoint_whose_model_has_expired_answers_with_the_newest_base_and_says_so(
    bench, bases, a_model, later, caplog
):
    made = a_model(name="clinic")
    endpoint = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=made.id))
    bench.work_off()
    assert endpoints.serving(bench.ctx, bench.me, endpoint.id).notice == ""

    served = endpoints.serving(later().ctx, bench.me, endpoint.id)

    assert (served.model.custom, served.model_id) == (None, bases["en-US 20250101"].id)
    assert served.model.base == model_choice.base_folder(bench.ctx, bases["en-US 20250101"])
    assert served.style is None
    assert "'clinic' has expired, on 2026-12-31; the base model '20250101' answers instead" in served.notice
    assert f"model expired endpoint={endpoint.id} model={made.id}" in caplog.text
