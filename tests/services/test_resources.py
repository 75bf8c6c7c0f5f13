"""A Speech resource is deleted with all that belongs to it, whatever is under way, and nothing of any other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Uuid, select

from records import new_record
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.errors import Conflict, Invalid, LostLease
from speechsmith.domain.logs import LogBook
from speechsmith.domain.resources import key_digest
from speechsmith.executors.base import Died
from speechsmith.jobs.sweeper import sweep
from speechsmith.jobs.table import WORK
from speechsmith.jobs.worker import Worker
from speechsmith.services import copies, copying, datasets, logs, models, projects, resources, webhooks
from speechsmith.store.files import Block
from speechsmith.store.repeats import Repeat
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.tables import metadata, uuid_of
from waiting import until


def rows_of(bench, id):
    """How many rows of each table mention an id, in whatever column."""
    found = {}
    with bench.ctx.store.engine.connect() as connection:
        for table in metadata.tables.values():
            columns = [column for column in table.c if isinstance(column.type, Uuid)]
            rows = connection.execute(select(*columns)).all() if columns else []
            if count := sum(id in map(uuid_of, filter(None, row)) for row in rows):
                found[table.name] = count
    return found


def filled(bench):
    """One of everything that a tenant may have: entities, files, blocks, logs, web hooks, jobs, requests with names."""
    project = projects.create(bench.ctx, bench.me, bench.labels("project"))
    told = {"datasetCompletion": True}
    hook = webhooks.NewWebHook(
        display_name="x", web_url="http://127.0.0.1:1/", events=told, api_version="v3.2", root="r"
    )
    webhooks.create(bench.ctx, bench.me, hook)
    dataset = datasets.create(
        bench.ctx,
        bench.me,
        datasets.NewDataset(labels=bench.labels("words", project_id=project.id), kind=CorpusKind.LANGUAGE),
        bench.upload(b"gasket\n"),
    )
    bench.work_off()
    models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels("mine"), dataset_ids=(dataset.id,)))
    logs.write(bench.ctx, log_of(bench))
    now = bench.ctx.now()
    with bench.ctx.store.write(bench.me) as tx:
        tx.blocks.put(dataset.id, Block("b", f"{bench.me}/datasets/{dataset.id}/b/x", 1))
        tx.repeats.add(Repeat("name", "digest", dataset.id, now), since=now - timedelta(days=1))
        tx.logs.delete_until(LogBook.base(bench.me, "de-DE"), now)


def log_of(bench):
    """A request to the default base model, to be logged."""
    id = bench.ctx.new_id()
    book = LogBook.base(bench.me, "en-US")
    return new_record(bench.folder / f"{id}.wav", id=id, book=book, began=bench.ctx.now())


def swept(bench, **passed):
    """Let time pass, then sweep."""
    bench.ctx.incoming.mkdir(parents=True, exist_ok=True)
    bench.clock.time += timedelta(**passed)
    sweep(bench.ctx, lambda ctx, entity: None)


def test_everything_of_a_resource_goes_and_nothing_of_another(bench):
    ward = bench.as_tenant("ward")
    filled(ward)
    filled(bench)
    kept, blobs = rows_of(bench, ward.me), bench.ctx.blobs.keys(str(ward.me))
    assert len(rows_of(bench, bench.me)) >= 10

    found = resources.contents(bench.ctx, name="first")
    deleted = resources.delete(bench.ctx, bench.me)

    assert deleted == found
    assert {"project": 1, "dataset": 1, "model": 1, "web hook": 1, "unfinished job": 1}.items() <= found.counts.items()
    assert rows_of(bench, bench.me) == {}
    assert bench.ctx.blobs.keys(str(bench.me)) == []
    assert rows_of(bench, ward.me) == kept
    assert bench.ctx.blobs.keys(str(ward.me)) == blobs != []
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.resources.by_key(key_digest(bench.tenant.key1)) is None
        assert tx.resources.by_key(key_digest(ward.tenant.key1)) == ward.tenant.resource


def test_a_job_that_runs_meanwhile_publishes_nothing_and_what_it_wrote_goes_within_a_minute(bench):
    filled(bench)
    job = bench.claim()
    publish = bench.ran(job)

    resources.delete(bench.ctx, bench.me)

    with pytest.raises(LostLease):
        publish()
    assert bench.ctx.blobs.keys(str(bench.me)) != []
    swept(bench, minutes=2)
    assert bench.ctx.blobs.keys(str(bench.me)) == []
    assert rows_of(bench, bench.me) == {}


def test_what_a_very_slow_attempt_writes_goes_a_day_later_and_then_nothing_is_remembered(sqlite_bench):
    bench = sqlite_bench
    resources.delete(bench.ctx, bench.me)
    swept(bench, hours=1)
    bench.ctx.blobs.put(f"{bench.me}/models/{uuid4()}/1/x", bench.upload(b"late"))

    swept(bench, days=1)

    assert bench.ctx.blobs.keys("") == []
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.purges.due(bench.clock.time + timedelta(days=9)) == []


def test_blobs_go_with_the_sweeper_where_the_deletion_is_killed_before_them(sqlite_bench, monkeypatch):
    bench = sqlite_bench
    filled(bench)

    def killed(blobs, prefix):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(bench.ctx.blobs), "purge", killed)
        with pytest.raises(KeyboardInterrupt):
            resources.delete(bench.ctx, bench.me)
    assert bench.ctx.blobs.keys(str(bench.me)) != []

    swept(bench, minutes=2)

    assert bench.ctx.blobs.keys(str(bench.me)) == []


def test_a_worker_lets_go_of_a_job_whose_resource_is_gone(sqlite_bench):
    bench = sqlite_bench
    filled(bench)
    executor = Endless()
    worker = Worker(bench.ctx, WORK, executor, "worker", slots=1)
    until(lambda: worker.step() or executor.polled)

    resources.delete(bench.ctx, bench.me)

    until(lambda: worker.step() or executor.was_killed)
    worker.step()
    assert list((bench.ctx.scratch / "jobs" / "worker").iterdir()) == []
    assert rows_of(bench, bench.me) == {}


class Endless:
    """An executor, and its only attempt, which ends when it is killed."""

    polled = was_killed = False

    def start(self, run, task, out, wake):
        return self

    def poll(self):
        self.polled = True
        return [Died("was killed")] if self.was_killed else []

    def kill(self):
        self.was_killed = True


def test_what_is_created_for_a_resource_that_is_gone_is_refused_and_leaves_nothing(bench):
    resources.delete(bench.ctx, bench.me)
    before = bench.ctx.blobs.keys("")

    with pytest.raises(Conflict, match="has been deleted"):
        projects.create(bench.ctx, bench.me, bench.labels("late"))
    with pytest.raises(Conflict, match="has been deleted"):
        models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels("late"), text="gasket"))
    logs.write(bench.ctx, log_of(bench))
    logs.delete_until(bench.ctx, bench.me, "en-US", None)

    assert bench.ctx.blobs.keys("") == before
    assert rows_of(bench, bench.me) == {}


def test_a_copy_into_a_resource_that_goes_has_failed_in_its_source(bench, a_model):
    model = a_model()
    target = bench.as_tenant("target")
    made = copies.copy_to(bench.ctx, bench.tenant.resource, model.id, target.tenant.key1, root="http://here")

    resources.delete(bench.ctx, target.me)

    with bench.ctx.store.read(bench.me) as tx:
        (operation,) = tx.table(CopyOperation).page().values
    assert (operation.copy_id, operation.failure) == (made.model.id, copying.DELETED)


def test_a_resource_is_deleted_once(sqlite_bench):
    bench = sqlite_bench
    resources.delete(bench.ctx, bench.me)

    with pytest.raises(Invalid, match="There is no resource 'first'; there are: none"):
        resources.contents(bench.ctx, name="first")
    with pytest.raises(Invalid, match="any more"):
        resources.delete(bench.ctx, bench.me)
