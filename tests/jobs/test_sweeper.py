"""The sweeper removes what nobody needs, and nothing else."""

import os
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.config import Settings
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.jobs import Job, JobKind, JobState
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.transcriptions import Transcription
from speechsmith.jobs.sweeper import JOBS_KEPT, LISTING_EVERY, UNFINISHED, sweep
from speechsmith.services.context import Context, utc_now
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE

LATER = UNFINISHED + timedelta(minutes=1)


@pytest.fixture
def world(tmp_path, sqlite_store):
    clock = SimpleNamespace(now=utc_now())
    (tmp_path / "scratch" / "incoming").mkdir(parents=True)
    ctx = Context(
        store=sqlite_store,
        blobs=Blobs(str(tmp_path / "blobs"), tmp_path / "cache"),
        settings=Settings(home=tmp_path),
        scratch=tmp_path / "scratch",
        now=lambda: clock.now,
    )
    resource_id = uuid4()
    with sqlite_store.write(EVERY_RESOURCE) as tx:
        tx.resources.add(
            SpeechResource(id=resource_id, name="r", region="r", key1_digest="1", key2_digest="2", created_at=clock.now)
        )
    labels = {"resource_id": resource_id, "locale": "en-US", "display_name": "x"}
    times = {"created_at": clock.now, "last_action_at": clock.now}

    def put(key: str) -> None:
        (tmp_path / "source").write_bytes(b"x")
        ctx.blobs.put(key, tmp_path / "source")

    return SimpleNamespace(ctx=ctx, clock=clock, resource_id=resource_id, members=labels | times, put=put)


def never(ctx, entity) -> None:
    raise AssertionError("nothing is due")


def test_a_purge_that_is_due_removes_the_blobs_and_then_its_row(world):
    world.put("r/datasets/e/1/x")
    with world.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.purges.add("r/datasets/e", world.clock.now + timedelta(seconds=30))

    sweep(world.ctx, never)
    assert world.ctx.blobs.keys("r") == ["r/datasets/e/1/x"]
    world.clock.now += timedelta(seconds=31)
    sweep(world.ctx, never)

    assert world.ctx.blobs.keys("r") == []
    with world.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.purges.due(world.clock.now + timedelta(days=9)) == []


def test_entities_whose_time_is_over_are_handed_to_the_caller(world):
    labels = world.members | {"model_id": uuid4(), "time_to_live": timedelta(hours=1)}
    new = Transcription(id=uuid4(), **labels).started(world.clock.now).succeeded(world.clock.now)
    with world.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(Transcription).add(new)
    due = []

    sweep(world.ctx, never)
    world.clock.now += timedelta(hours=1)
    sweep(world.ctx, lambda ctx, entity: due.append(entity))

    assert due == [new]


def test_uploads_that_were_not_finished_go_after_a_day(world):
    for name in ("old", "new"):
        (world.ctx.scratch / "incoming" / name).touch()
    old = (world.clock.now - LATER).timestamp()
    os.utime(world.ctx.scratch / "incoming" / "old", (old, old))

    sweep(world.ctx, never)

    assert [path.name for path in (world.ctx.scratch / "incoming").iterdir()] == ["new"]


def test_jobs_that_have_ended_go_after_a_week(world):
    begun = world.clock.now
    job = Job(
        id=uuid4(),
        resource_id=world.resource_id,
        kind=JobKind.DEPLOY,
        subject_id=uuid4(),
        created_at=begun,
        not_before=begun,
        state=JobState.DONE,
    )
    with world.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.add(job)

    left = []
    for passed in (JOBS_KEPT, JOBS_KEPT + timedelta(minutes=1)):
        world.clock.now = begun + passed
        sweep(world.ctx, never)
        with world.ctx.store.read(EVERY_RESOURCE) as tx:
            left.append(tx.jobs.get(job.id))

    assert left == [job, None]


def test_a_base_model_whose_installation_was_killed_leaves_nothing(world):
    staged = world.ctx.scratch / "incoming" / "base"
    (staged / "mdef").mkdir(parents=True)
    (staged / "mdef" / "part").touch()
    old = (world.clock.now - LATER).timestamp()
    os.utime(staged, (old, old))

    world.clock.now += max(LATER, LISTING_EVERY)
    sweep(world.ctx, never)

    assert list((world.ctx.scratch / "incoming").iterdir()) == []
    assert world.ctx.blobs.groups() == {}


def test_what_an_attempt_left_that_lost_goes_after_a_day_and_what_won_stays(world):
    dataset = Dataset(id=uuid4(), kind=CorpusKind.LANGUAGE, **world.members)
    home = f"{world.resource_id}/datasets/{dataset.id}"
    for key in (f"{home}/1/lines", f"{home}/2/lines", f"{world.resource_id}/datasets/{uuid4()}/1/x", "other/things"):
        world.put(key)
    with world.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(Dataset).add(replace(dataset, folder=f"{home}/2"))

    sweep(world.ctx, never)
    assert len(world.ctx.blobs.groups()) == 4
    world.clock.now += max(LATER, LISTING_EVERY)
    sweep(world.ctx, never)

    assert set(world.ctx.blobs.groups()) == {f"{home}/2", "other/things"}
