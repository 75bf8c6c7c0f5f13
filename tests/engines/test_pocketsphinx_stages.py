"""Progress of a training: it never goes back, and what is left out is not missed."""

import pytest

from speechsmith.engines.pocketsphinx.stages import Stages

SHARES = {"Reading": 1.0, "Learning": 2.0, "Listening": 5.0, "Writing": 2.0}


def told_by(*stages: str) -> tuple[Stages, list[tuple[str, float]]]:
    told = []
    entered = Stages(lambda stage, done: told.append((stage, round(done, 6))), SHARES)
    for stage in stages:
        with entered(stage) as part:
            part(0.5)
    return entered, told


def test_each_stage_takes_its_share():
    _, told = told_by(*SHARES)

    assert [done for _, done in told] == [0, 0.05, 0.1, 0.1, 0.2, 0.3, 0.3, 0.55, 0.8, 0.8, 0.9, 1.0]
    assert [stage for stage, _ in told][::3] == list(SHARES)


def test_work_ends_at_one_whatever_was_left_out():
    _, told = told_by("Reading", "Writing")

    assert told == [
        ("Reading", 0),
        ("Reading", 0.05),
        ("Reading", 0.1),
        ("Writing", 0.8),
        ("Writing", 0.9),
        ("Writing", 1.0),
    ]


def test_a_stage_that_will_not_come_leaves_its_part_to_those_that_will():
    entered, told = told_by("Reading")

    entered.leave_out("Listening")
    for stage in ("Learning", "Writing"):
        with entered(stage):
            pass

    assert told[3:] == [("Learning", 0.1), ("Learning", 0.55), ("Writing", 0.55), ("Writing", 1.0)]


def test_the_seconds_of_the_stages_that_were_run_are_kept():
    stages, _ = told_by("Reading", "Writing")

    assert set(stages.seconds) == {"Reading", "Writing"}
    assert all(seconds >= 0 for seconds in stages.seconds.values())


def test_a_stage_that_nobody_announced_is_a_mistake():
    with pytest.raises(KeyError):
        told_by("Resting")
