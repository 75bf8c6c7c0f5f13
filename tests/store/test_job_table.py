"""The queue as a table, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import things

from speechsmith.domain.errors import LostLease
from speechsmith.domain.jobs import LEASE, JobKind, JobProgress, JobState
from speechsmith.store.scope import EVERY_RESOURCE

NOW = things.NOW


def test_a_job_comes_back_as_it_was(store):
    new = replace(things.job().claim("host-1-x", NOW), progress=JobProgress("training", 0.25), crashes=2)

    with store.write(EVERY_RESOURCE) as tx:
        tx.jobs.add(new)

        assert tx.jobs.get(new.id) == new
        assert tx.jobs.of(new.subject_id) == new
        assert tx.jobs.get(new.subject_id) is None


def test_the_urgent_come_first_then_the_old_and_some_must_wait(store):
    urgent = things.job(priority=10, created_at=NOW + timedelta(seconds=2))
    old = things.job()
    young = things.job(created_at=NOW + timedelta(seconds=1))
    later = things.job(priority=1, not_before=NOW + timedelta(seconds=5))
    other = things.job(priority=1, kind=JobKind.DEPLOY)
    with store.write(EVERY_RESOURCE) as tx:
        for job in (young, later, old, urgent, other):
            tx.jobs.add(job)
    taken = []

    for _ in range(3):
        with store.write(EVERY_RESOURCE) as tx:
            taken.append(tx.jobs.next(NOW, [JobKind.EVALUATE]))
            tx.jobs.put(taken[-1].claim("a", NOW))

    assert taken == [urgent, old, young]
    with store.read(EVERY_RESOURCE) as tx:
        assert tx.jobs.next(NOW, [JobKind.EVALUATE]) is None
        assert tx.jobs.next(NOW + timedelta(seconds=5), [JobKind.EVALUATE]) == later


def test_the_place_in_the_queue_is_the_order_in_which_jobs_are_taken(store):
    jobs = [things.job(priority=100 - i // 4, created_at=NOW + timedelta(seconds=i % 2)) for i in range(8)]
    with store.write(EVERY_RESOURCE) as tx:
        for job in jobs:
            tx.jobs.add(job)
        places = {job.id: tx.jobs.ahead_of(job) for job in jobs}
        order = []
        while job := tx.jobs.next(NOW):
            order.append(job.id)
            tx.jobs.put(job.claim("a", NOW))

    assert [places[id] for id in order] == list(range(8))


def test_a_resource_sees_its_own_jobs_and_how_many_of_all_are_before_each(store):
    mine = uuid4()
    jobs = [things.job(priority=100 - i // 4, created_at=NOW + timedelta(seconds=i % 2)) for i in range(8)]
    jobs = [replace(job, resource_id=mine) if i % 3 else job for i, job in enumerate(jobs)]
    running = [replace(things.job().claim("a", NOW), resource_id=mine) for _ in range(2)]
    ended = [replace(things.job(), resource_id=mine, state=state) for state in JobState if state.is_final]
    with store.write(EVERY_RESOURCE) as tx:
        for job in (*jobs, *running, *ended):
            tx.jobs.add(job)

        shown = tx.jobs.queue_of(mine, skip=0, top=100)
        parts = [tx.jobs.queue_of(mine, skip=skip, top=2) for skip in range(0, 10, 2)]

        in_turn = sorted((job for job in jobs if job.resource_id == mine), key=tx.jobs.ahead_of)
        assert shown == [*sorted(running, key=lambda job: job.id), *in_turn]
        assert [one for part in parts for one in part] == shown
        for some in (in_turn, in_turn[1:3], in_turn[4:], []):
            assert tx.jobs.ahead_of_each(some) == {job.id: tx.jobs.ahead_of(job) for job in some}
        assert tx.jobs.states_of(mine) == {JobState.RUNNING: 2, JobState.WAITING: len(in_turn), JobState.FAILED: 1}
        assert tx.jobs.states_of(uuid4()) == dict.fromkeys((JobState.RUNNING, JobState.WAITING, JobState.FAILED), 0)
        assert tx.jobs.queue_of(uuid4(), skip=0, top=100) == []


def test_what_has_failed_comes_newest_first(store):
    mine = uuid4()
    failed = [
        replace(things.job(created_at=NOW + timedelta(seconds=i)), resource_id=mine, state=JobState.FAILED)
        for i in range(3)
    ]
    with store.write(EVERY_RESOURCE) as tx:
        for job in (*failed, replace(things.job(), state=JobState.FAILED), replace(things.job(), resource_id=mine)):
            tx.jobs.add(job)

        assert tx.jobs.failed_of(mine, skip=0, top=2) == [failed[2], failed[1]]
        assert tx.jobs.failed_of(mine, skip=2, top=2) == [failed[0]]


def test_leases_are_found_when_they_are_over_and_by_their_owner(store):
    held, other = things.job().claim("a", NOW), things.job().claim("b", NOW + LEASE)
    with store.write(EVERY_RESOURCE) as tx:
        for job in (held, other, things.job()):
            tx.jobs.add(job)

        assert tx.jobs.expired(NOW + LEASE - timedelta(microseconds=1)) == []
        assert tx.jobs.expired(NOW + LEASE) == [held]
        assert tx.jobs.held_by("b") == [other]


def test_the_newest_job_of_an_entity_is_its_job(store):
    old = things.job()
    new = replace(things.job(old.subject_id), created_at=NOW + timedelta(seconds=1))
    with store.write(EVERY_RESOURCE) as tx:
        tx.jobs.add(new)
        tx.jobs.add(old)

        assert tx.jobs.of(old.subject_id) == new


def test_jobs_are_counted_by_kind_and_state(store):
    with store.write(EVERY_RESOURCE) as tx:
        for job in (things.job(), things.job(), things.job(kind=JobKind.DEPLOY).claim("a", NOW)):
            tx.jobs.add(job)

        assert tx.jobs.counts() == {("Evaluate", "Waiting"): 2, ("Deploy", "Running"): 1}


def test_what_has_ended_is_forgotten_with_time_and_what_has_not_stays(store):
    done, failed, waiting, young = (things.job() for _ in range(4))
    running = things.job().claim("host-1-x", NOW)
    rows = [
        replace(done, state=JobState.DONE),
        replace(failed, state=JobState.FAILED),
        waiting,
        running,
        replace(young, state=JobState.CANCELLED, created_at=NOW + timedelta(seconds=1)),
    ]

    with store.write(EVERY_RESOURCE) as tx:
        for job in rows:
            tx.jobs.add(job)
        tx.jobs.forget(NOW + timedelta(seconds=1))

        assert [tx.jobs.get(job.id) for job in rows] == [None, None, *rows[2:]]


@pytest.mark.slow
def test_two_workers_claim_two_hundred_jobs_each_exactly_once(store):
    with store.write(EVERY_RESOURCE) as tx:
        for _ in range(200):
            tx.jobs.add(things.job())
    start = threading.Barrier(2)

    def claim_all(owner: str) -> list:
        claimed = []
        start.wait()
        while True:
            with store.write(EVERY_RESOURCE) as tx:
                if (job := tx.jobs.next(NOW)) is None:
                    return claimed
                tx.jobs.put(job.claim(owner, NOW))
                claimed.append(job.id)

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(claim_all, "ab")

    assert len(first) + len(second) == len({*first, *second}) == 200


def test_of_a_late_result_and_an_expiry_only_one_counts(store):
    held = things.job().claim("a", NOW)
    with store.write(EVERY_RESOURCE) as tx:
        tx.jobs.add(held)
    start = threading.Barrier(2)

    def move(change) -> bool:
        start.wait()
        try:
            with store.write(EVERY_RESOURCE) as tx:
                tx.jobs.put(change(tx.jobs.get(held.id)))
        except LostLease:
            return False
        return True

    changes = [lambda job: job.succeed(held), lambda job: job.expire(NOW + LEASE)]
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(move, changes)

    assert first is not second
    with store.read(EVERY_RESOURCE) as tx:
        assert tx.jobs.get(held.id).state is (JobState.DONE if first else JobState.WAITING)
