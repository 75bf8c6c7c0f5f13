"""Work spread over processes: the same results in the same order, whoever does it."""

import os
import signal
import time
from pathlib import Path

import pytest

from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.parallel import each


def square(number: int) -> int:
    return number * number


def refuse_seven(number: int) -> int:
    if number == 7:
        raise ValueError("seven")
    return number


def die_at_seven(number: int) -> int:
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_things(workers):
    told = []

    assert list(each(square, range(20), 20, workers=workers, progress=told.append)) == [n * n for n in range(20)]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_few_things_start_no_process():
    assert list(each(id_of_process, [1, 2], 2, workers=8, progress=lambda _: None)) == [os.getpid()] * 2


def id_of_process(_: int) -> int:
    return os.getpid()


@pytest.mark.slow
def test_what_the_work_raises_comes_through():
    with pytest.raises(ValueError, match="seven"):
        list(each(refuse_seven, range(20), 20, workers=2, progress=lambda _: None))


@pytest.mark.slow
def test_a_killed_process_is_worth_another_try():
    with pytest.raises(EngineError) as refused:
        list(each(die_at_seven, range(20), 20, workers=2, progress=lambda _: None))

    assert (refused.value.code, refused.value.retriable) == ("ProcessDied", True)


@pytest.mark.slow
def test_the_first_things_are_worked_on_while_the_next_are_made(tmp_path):
    seen = []

    def made():
        yield tmp_path / "first"
        end = time.monotonic() + 60
        while not (tmp_path / "first").exists() and time.monotonic() < end:
            os.sched_yield()
        seen.append((tmp_path / "first").exists())
        yield from (tmp_path / "second", tmp_path / "third")

    assert list(each(touch, made(), 3, workers=2, progress=lambda _: None)) == ["first", "second", "third"]
    assert seen == [True]


def touch(path: Path) -> str:
    path.touch()
    return path.name
