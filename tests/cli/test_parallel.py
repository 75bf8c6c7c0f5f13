"""Pieces of work: all of them, so many at a time, until one says that it is enough."""

import signal
import threading

import pytest

from speechsmith.cli.parallel import in_parallel


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_every_piece_is_done_once(threads):
    done = []

    in_parallel(lambda at: done.append(at) is None, 5, threads=threads)

    assert sorted(done) == [0, 1, 2, 3, 4]


def test_so_many_are_done_at_a_time():
    both = threading.Barrier(2, timeout=30)

    in_parallel(lambda at: both.wait() >= 0, 4, threads=2)

    assert not both.broken


@pytest.mark.parametrize("threads", [1, 3])
def test_none_is_begun_after_one_that_says_enough(threads):
    begun = []

    in_parallel(lambda at: bool(begun.append(at)), 100, threads=threads)

    assert begun[0] == 0
    assert len(begun) <= threads


@pytest.mark.parametrize("threads", [1, 2])
def test_what_the_work_raises_comes_out(threads):
    def broken(at):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        in_parallel(broken, 4, threads=threads)


def test_an_interrupt_waits_for_nothing_that_was_begun():
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def work(at):
        if at == 0:
            begun.set()
            release.wait(30)
            ended.set()
        else:
            begun.wait(30)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return True

    with pytest.raises(KeyboardInterrupt):
        in_parallel(work, 2, threads=2)

    assert not ended.is_set()
    release.set()
    assert ended.wait(30)
