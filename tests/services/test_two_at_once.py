"""Two writes at once on PostgreSQL: neither is lost, and they do not wait for each other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from bench import acoustic
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import LanguageWish
from speechsmith.services import datasets, endpoints, entities, evaluations, models, projects, transcriptions
from speechsmith.services.evaluations import NewEvaluation
from speechsmith.services.transcriptions import NewTranscription
from speechsmith.store.scope import EVERY_RESOURCE

pytestmark = pytest.mark.postgres


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def meanwhile(postgres_bench) -> Iterator[Callable[..., Future[Any]]]:
    """Starts a call in another thread; returns when it waits for a lock, or is done."""
    with ThreadPoolExecutor(1) as thread, postgres_bench.ctx.store.engine.connect() as connection:

        def start(call: Callable[..., Any], *args: Any) -> Future[Any]:
            result = thread.submit(call, *args)
            for _ in range(1_000):
                with connection.begin():
                    if connection.execute(text(WAITING)).scalar_one() or result.done():
                        break
                threading.Event().wait(0.01)
            return result

        yield start


@pytest.fixture
def endpoint(postgres_bench) -> Endpoint:
    """In a project, and not yet deployed."""
    bench = postgres_bench
    project = projects.create(bench.ctx, bench.me, bench.labels("project"))
    labels = bench.labels("desk", project_id=project.id)
    return endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=labels))


def test_what_a_worker_writes_is_not_lost_when_the_project_is_deleted(postgres_bench, endpoint, meanwhile):
    bench = postgres_bench
    bench.claim()

    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        found = tx.table(Endpoint).get(endpoint.id)
        deleting = meanwhile(projects.delete, bench.ctx, bench.me, endpoint.project_id)
        tx.table(Endpoint).put(found.deployed(bench.ctx.now(), folder=None))
    deleting.result(30)

    assert (bench.now_is(endpoint).status, bench.now_is(endpoint).project_id) == (Status.SUCCEEDED, None)


@pytest.mark.parametrize("kind", ["endpoint", "evaluation"])
def test_a_worker_and_who_deletes_take_their_locks_in_one_order(postgres_bench, endpoint, meanwhile, kind):
    bench, made = postgres_bench, endpoint
    delete: Callable[..., Any] = entities.delete
    args: tuple[Any, ...] = (Endpoint, made.id)
    if kind == "evaluation":
        made, delete = an_evaluation(bench), evaluations.delete
        args = (made.id,)
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        job = tx.jobs.of(made.id)

    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.get(job.id)
        deleting = meanwhile(delete, bench.ctx, bench.me, *args)
        assert tx.table(type(made)).get(made.id) == made
    deleting.result(30)

    assert bench.now_is(made) is None


def test_who_names_several_models_locks_them_in_one_order(postgres_bench, meanwhile):
    bench = postgres_bench
    made = [
        models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(locale=locale), text="word"))
        for locale in ("en-US", "de-DE")
    ]
    bench.work_off()
    low, high = sorted(made, key=lambda model: model.id)
    wish = LanguageWish(candidates=(high.locale, low.locale), mapped={model.locale: model.id for model in (high, low)})
    new = NewTranscription(labels=bench.labels(), content_urls=("a",), languages=wish)

    with bench.ctx.store.write(bench.me) as tx:
        tx.table(CustomModel).get(low.id)
        creating = meanwhile(transcriptions.create, bench.ctx, bench.me, new)
        assert not creating.done()
        tx.table(CustomModel).get(high.id)

    assert {candidate.model_id for candidate in creating.result(30).languages.candidates} == {low.id, high.id}


def test_who_tests_many_models_locks_their_data_and_then_them_in_one_order(postgres_bench, meanwhile):
    bench = postgres_bench
    first = an_evaluation(bench)
    bench.work_off()
    data = entities.get(bench.ctx, bench.me, Dataset, first.dataset_id)
    made = [models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(), text="word")) for _ in range(2)]
    bench.work_off()
    low, high = sorted(model.id for model in made)
    create = partial(evaluations.create_all, model_ids=[high, low, first.model1_id], dataset_id=data.id)

    with bench.ctx.store.write(bench.me) as tx:
        tx.table(Dataset).get(data.id)
        creating = meanwhile(create, bench.ctx, bench.me, bench.labels())
        assert not creating.done()
        tx.table(CustomModel).get(low)
        tx.table(CustomModel).get(high)

    assert [one.model2_id for one in creating.result(30)] == [low, first.model1_id]


def an_evaluation(bench):
    base = entities.page(bench.ctx, bench.me, BaseModel, top=10).values[-1]
    new = datasets.NewDataset(labels=bench.labels(), kind=CorpusKind.ACOUSTIC)
    dataset = datasets.create(bench.ctx, bench.me, new, bench.upload(acoustic({2: "thank you"})))
    bench.work_off()
    exam = NewEvaluation(labels=bench.labels(), model1_id=base.id, model2_id=base.id, dataset_id=dataset.id)
    return evaluations.create(bench.ctx, bench.me, exam)
