"""The worker and the state machine of jobs, lived through with crashes at every step, from a thousand seeds."""

import logging

import pytest
from world import MemoryJobs, World, lived

from speechsmith.domain.jobs import JobState
from speechsmith.domain.status import Status

SEEDS = 1000


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[World]:
    scratch = tmp_path_factory.mktemp("worlds")
    logging.disable(logging.CRITICAL)
    try:
        return [lived(seed, scratch) for seed in range(SEEDS)]
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_no_commit_breaks_a_law(worlds):
    assert [violation for world in worlds for violation in world.violations] == []


@pytest.mark.slow
def test_every_job_reaches_a_final_state_once_the_crashes_stop(worlds):
    assert [world.seed for world in worlds if not world.is_quiet()] == []


@pytest.mark.slow
def test_every_entity_ends_as_its_job_does(worlds):
    ends = {JobState.DONE: Status.SUCCEEDED, JobState.FAILED: Status.FAILED, JobState.CANCELLED: None}
    for world in worlds:
        for job in world.store.jobs.values():
            if job.subject_id not in world.deleted:
                assert world.store.entities[job.subject_id] is ends[job.state], world.seed


@pytest.mark.slow
def test_what_was_published_is_what_succeeded_and_each_only_once(worlds):
    for world in worlds:
        done = [job.subject_id for job in world.store.jobs.values() if job.state is JobState.DONE]
        assert sorted(world.published) == sorted(done), world.seed


@pytest.mark.slow
def test_what_was_deleted_before_its_end_is_cancelled(worlds):
    for world in worlds:
        for subject in world.deleted - set(world.published):
            job = MemoryJobs(world.store.jobs).of(subject)
            assert job.state in (JobState.CANCELLED, JobState.FAILED), world.seed
            assert not job.cancel_requested or job.state is JobState.CANCELLED, world.seed


@pytest.mark.slow
def test_the_simulation_has_seen_what_it_is_for(worlds):
    states = [job.state for world in worlds for job in world.store.jobs.values()]

    assert sum(world.crashes for world in worlds) > 2000
    assert sum(world.zombies for world in worlds) > 300
    assert min(states.count(state) for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)) > 100
    assert max(job.attempt for world in worlds for job in world.store.jobs.values()) > 5


def test_a_seed_is_one_life(tmp_path):
    first, second = lived(7, tmp_path / "first"), lived(7, tmp_path / "second")

    assert first.store.jobs == second.store.jobs
    assert first.crashes == second.crashes
