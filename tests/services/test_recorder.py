"""The recorder never holds anybody up, keeps no more than it may, and loses nothing when it is closed."""

import logging
import threading
from uuid import uuid4

import pytest

from records import new_record
from speechsmith.domain.logs import Record
from speechsmith.services.recorder import MOST_TRIES, Recorder

LONG_S = 30.0


@pytest.fixture
def record(tmp_path):
    def make() -> Record:
        return new_record(tmp_path / f"{uuid4()}.wav", transcript=lambda: b"secret words")

    return make


@pytest.fixture
def gate():
    return threading.Event()


def test_records_are_kept_in_order_and_their_audio_is_gone(record):
    kept = []
    recorder = Recorder(kept.append)
    records = [record() for _ in range(5)]

    for one in records:
        recorder.offer(one)
    recorder.close()

    assert kept == records
    assert not any(one.audio.exists() for one in records)


def test_offering_does_not_wait_for_what_is_being_kept(record, gate):
    kept = []

    def slow(one: Record) -> None:
        assert gate.wait(LONG_S)
        kept.append(one)

    recorder = Recorder(slow)
    recorder.offer(record())
    recorder.offer(record())

    assert kept == []
    assert not recorder.wait(0.0)
    gate.set()
    assert recorder.wait(LONG_S)
    assert len(kept) == 2
    recorder.close()


def test_closing_keeps_what_waits_and_takes_no_more(record, gate):
    kept = []
    recorder = Recorder(lambda one: (gate.wait(LONG_S), kept.append(one)))
    for _ in range(20):
        recorder.offer(record())

    gate.set()
    recorder.close()
    late = record()
    recorder.offer(late)

    assert len(kept) == 20
    assert not late.audio.exists()


def test_what_is_too_much_is_dropped_and_counted(record, gate, caplog):
    kept = []
    recorder = Recorder(lambda one: (gate.wait(LONG_S), kept.append(one)), most=3)
    records = [record() for _ in range(5)]

    with caplog.at_level(logging.WARNING):
        for one in records:
            recorder.offer(one)
        assert [one.audio.exists() for one in records] == [True, True, True, False, False]
        gate.set()
        recorder.close()

    assert kept == records[:3]
    assert sum(int(line.rpartition("=")[2]) for line in caplog.messages if "dropped" in line) == 2


def test_audio_that_waits_has_room_for_so_many_bytes(record, gate):
    kept = []
    recorder = Recorder(lambda one: (gate.wait(LONG_S), kept.append(one)), most_bytes=2 * record().size_bytes)
    records = [record() for _ in range(3)]

    for one in records:
        recorder.offer(one)
    gate.set()
    recorder.close()

    assert kept == records[:2]
    assert record().size_bytes > 0


def test_what_cannot_be_kept_is_tried_again_and_then_dropped_without_its_words(record, caplog):
    tries = []

    def broken(one: Record) -> None:
        tries.append(one)
        if one is first or len(tries) == MOST_TRIES + 1:
            raise OSError(one.transcript().decode())

    first, second = record(), record()
    recorder = Recorder(broken, retry_s=0.0)
    with caplog.at_level(logging.INFO):
        recorder.offer(first)
        recorder.offer(second)
        recorder.close()

    assert tries == [first] * MOST_TRIES + [second] * 2
    assert "logs dropped count=1" in caplog.messages
    assert "secret" not in caplog.text
    assert not first.audio.exists()


def test_a_stop_does_not_wait_forever_and_says_what_it_leaves(record, gate, caplog):
    recorder = Recorder(lambda one: gate.wait(LONG_S))
    recorder.offer(record())

    recorder.close(timeout_s=0.0)

    assert "logs lost count=1 reason=stopped" in caplog.messages
    gate.set()


def test_a_recorder_that_nobody_used_has_no_thread(record):
    before = threading.active_count()

    recorder = Recorder(lambda one: None)
    recorder.close()

    assert threading.active_count() == before
