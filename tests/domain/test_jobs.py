"""The moves of a job, one by one. How they work together is lived through in tests/jobs/test_simulation.py."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from speechsmith.domain.errors import LostLease
from speechsmith.domain.jobs import BACK_OFF, LEASE, MAX_ATTEMPTS, MAX_CRASHES, Job, JobKind, JobProgress, JobState

NOW = datetime(2024, 2, 29, tzinfo=UTC)
LATER = NOW + LEASE
WAITING = Job(
    id=UUID(int=1),
    resource_id=UUID(int=2),
    kind=JobKind.EVALUATE,
    subject_id=UUID(int=3),
    created_at=NOW,
    not_before=NOW,
)
HELD = WAITING.claim("a", NOW)
MOVES = {
    "beat": lambda job, held: job.beat(held, NOW, JobProgress()),
    "succeed": lambda job, held: job.succeed(held),
    "fail": lambda job, held: job.fail(held),
    "drop": lambda job, held: job.drop(held),
    "release": lambda job, held: job.release(held, NOW),
    "crashed": lambda job, held: job.crashed(held, NOW),
}


def test_a_claim_gives_a_lease_and_the_next_fencing_token():
    assert (HELD.state, HELD.owner, HELD.attempt, HELD.lease_until) == (JobState.RUNNING, "a", 1, NOW + LEASE)


def test_a_job_is_claimed_once_and_not_before_its_time():
    with pytest.raises(LostLease):
        HELD.claim("b", NOW)
    with pytest.raises(LostLease):
        replace(WAITING, not_before=LATER).claim("b", NOW)


def test_a_beat_moves_the_lease_and_keeps_the_progress():
    beaten = HELD.beat(HELD, LATER, JobProgress("training", 0.5))

    assert (beaten.lease_until, beaten.progress) == (LATER + LEASE, JobProgress("training", 0.5))


def test_a_new_attempt_starts_with_no_progress():
    beaten = HELD.beat(HELD, NOW, JobProgress("training", 0.5))

    assert beaten.expire(LATER).claim("b", LATER).progress == JobProgress()


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_an_attempt_that_lost_its_lease_cannot_move_the_job(move):
    taken = HELD.expire(LATER).claim("b", LATER)

    with pytest.raises(LostLease):
        move(taken, HELD)
    with pytest.raises(LostLease):
        move(taken, replace(taken, attempt=1))  # the same owner's former attempt
    with pytest.raises(LostLease):
        move(HELD.succeed(HELD), HELD)


def test_a_lease_that_ran_out_but_was_not_taken_still_counts():
    assert HELD.succeed(HELD).state is JobState.DONE  # no time is asked for


def test_a_lease_that_still_runs_cannot_be_expired_unless_its_owner_is_gone():
    with pytest.raises(LostLease):
        HELD.expire(NOW)

    assert HELD.expire(NOW, owner_is_gone=True).state is JobState.WAITING
    with pytest.raises(LostLease):
        WAITING.expire(NOW, owner_is_gone=True)


def test_a_crash_is_tried_again_later_each_time_and_then_given_up():
    job, waits = WAITING, []
    for _ in range(MAX_CRASHES):
        held = job.claim("a", job.not_before)
        job = held.crashed(held, held.started_at)
        waits.append(job.not_before - held.started_at)

    assert job.state is JobState.FAILED
    assert waits[: MAX_CRASHES - 1] == [BACK_OFF * 2, BACK_OFF * 4]


def test_a_release_is_nobodys_fault():
    job = WAITING
    for _ in range(MAX_ATTEMPTS + 1):
        held = job.claim("a", NOW)
        job = held.release(held, NOW)

    assert (job.state, job.crashes) == (JobState.WAITING, 0)


def test_a_job_whose_owners_keep_vanishing_is_given_up():
    job, now = WAITING, NOW
    for _ in range(MAX_ATTEMPTS):
        assert job.state is JobState.WAITING
        now += LEASE
        job = job.claim("a", now - LEASE).expire(now)

    assert job.state is JobState.FAILED


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_by_its_runner():
    asked = HELD.cancel()

    assert WAITING.cancel().state is JobState.CANCELLED
    assert (asked.state, asked.cancel_requested) == (JobState.RUNNING, True)
    assert asked.drop(HELD).state is JobState.CANCELLED


@pytest.mark.parametrize("name", ["fail", "release", "crashed", "drop"])
def test_every_end_of_a_cancelled_job_is_cancelled(name):
    assert MOVES[name](HELD.cancel(), HELD).state is JobState.CANCELLED


def test_a_cancelled_job_cannot_succeed_any_more():
    with pytest.raises(LostLease):
        HELD.cancel().succeed(HELD)

    assert HELD.cancel().expire(LATER).state is JobState.CANCELLED


def test_a_cancel_after_the_end_changes_nothing():
    done = HELD.succeed(HELD)

    assert done.cancel() == done
