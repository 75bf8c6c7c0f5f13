"""The states of a connection, walked by hand: how turns and connections begin and end; protocol sections 3, 4 and 6."""

import pytest
from frames import audio, paths, text, told, wav_header
from sessions import ANSWERS, BEGAN, SECOND, THANKS, body, heard, listening, session

from speechsmith.decoding.events import Ended, Failed, SoundFormat
from speechsmith.engines.base import EngineError
from speechsmith.realtime.messages import Code
from speechsmith.realtime.session import Abandon, Begin, Close, Feed, Listen

# opening a turn


def test_a_context_opens_a_turn_with_its_id():
    one = session()

    start, begin = one.receive(text("speech.context", "2B3C"))

    assert start.text.startswith("Path:turn.start\r\nX-RequestId:2B3C\r\n")
    assert len(told([start])[0][1]["context"]["serviceTag"]) == 32
    assert isinstance(begin, Begin)
    assert (begin.turn, begin.options.language) == (1, "en-US")
    assert not one.is_idle


@pytest.mark.parametrize(
    "frame",
    [
        text("speech.config", None, {"context": {}}),
        text("speech.config", "a", {"context": {}}),
        text("telemetry", "a", {}),
        text("agent.config", "a", {}),
        audio("a", SECOND),
        audio("a"),
    ],
)
def test_without_a_turn_nothing_else_does_anything(frame):
    one = session()

    assert one.receive(frame) == []
    assert one.is_idle
    assert paths(one.receive(text("speech.context", "a"))) == ["turn.start", "Begin"]


def test_sound_of_another_turn_is_passed_over():
    one = listening()

    assert one.receive(audio("b", SECOND)) == []
    assert one.receive(audio("b")) == []
    assert one.receive(audio("a", SECOND)) == [Feed(SECOND)]


def test_sound_that_comes_while_the_model_is_looked_for_is_kept():
    one = session()
    one.receive(text("speech.context", "a"))

    assert one.receive(audio("a", wav_header(8_000))) == []
    assert one.receive(audio("a", SECOND)) == []
    assert one.started(1, ANSWERS) == [Listen(1, SoundFormat(8_000)), Feed(SECOND)]


def test_a_whole_recording_may_come_while_the_model_is_looked_for():
    one = session()
    one.receive(text("speech.context", "a"))
    one.receive(audio("a", wav_header() + SECOND))

    assert one.receive(audio("a")) == []
    assert paths(one.started(1, ANSWERS)) == ["Listen", "Feed", "Finish"]


def test_a_model_that_is_found_twice_or_for_another_turn_changes_nothing():
    one = listening()

    assert one.started(1, ANSWERS) == one.started(2, ANSWERS) == one.started(0, ANSWERS) == []


def test_a_turn_that_cannot_be_answered_closes_the_connection_with_the_reason():
    one = session()
    one.receive(text("speech.context", "a"))

    assert one.refused(2, "of another turn") == []
    assert one.refused(1, "There is no such endpoint.") == [Close(Code.REFUSED, "There is no such endpoint.")]
    assert one.refused(1, "again") == []


def test_the_transport_may_refuse_because_it_is_busy():
    assert listening().refused(1, "Too many.", Code.TOO_MANY) == [Abandon(), Close(Code.TOO_MANY, "Too many.")]


# turn after turn, section 6


def test_the_next_turn_begins_at_zero_on_the_same_connection():
    one = listening("interactive")
    heard(one, BEGAN, THANKS)

    assert paths(one.receive(text("speech.context", "b"))) == ["turn.start", "Begin"]
    one.started(2, ANSWERS)
    assert one.receive(audio("b", wav_header(8_000) + SECOND)) == [Listen(2, SoundFormat(8_000)), Feed(SECOND)]
    one.receive(audio("b"))
    actions = heard(one, Ended(2.0), turn=2)
    assert body(actions, "speech.phrase")["Offset"] == 20_000_000


def test_a_context_in_a_running_turn_gives_that_up():
    one = listening()

    abandoned, start, begin = one.receive(text("speech.context", "b"))

    assert abandoned == Abandon()
    assert "X-RequestId:b" in start.text
    assert begin.turn == 2
    assert heard(one, BEGAN, THANKS, Ended(2.0)) == []
    assert one.receive(audio("a", SECOND)) == []


def test_a_late_model_of_a_turn_that_was_given_up_is_not_taken():
    one = session()
    one.receive(text("speech.context", "a"))
    one.receive(audio("a", wav_header() + SECOND))

    assert paths(one.receive(text("speech.context", "b"))) == ["turn.start", "Begin"]
    assert one.started(1, ANSWERS) == []
    assert heard(one, THANKS, turn=2) == []  # nobody listens yet
    assert one.started(2, ANSWERS) == []
    assert paths(one.receive(audio("b", SECOND))) == ["Listen", "Feed"]


# the end of a connection, section 4 (close codes)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("no headers", "empty line"),
        (text("speech.context", None), "no X-RequestId"),
        (text("speech.context", "b", {"phraseOutput": {"format": "long"}}), "format is one of"),
        (text("audio", "a", {}), "binary messages"),
    ],
)
def test_a_message_that_makes_no_sense_closes_the_connection(frame, reason):
    one = listening()

    abandoned, closed = one.receive(frame)

    assert (abandoned, closed.code) == (Abandon(), 1007)
    assert reason in closed.reason


def test_sound_that_cannot_be_taken_closes_the_connection():
    one = session()
    one.receive(text("speech.context", "a"))

    (closed,) = one.receive(audio("a", b"OggS", "audio/ogg"))

    assert (closed.code, "audio/ogg" in closed.reason) == (1007, True)


@pytest.mark.parametrize(("is_retriable", "code"), [(True, 1011), (False, 1007)])
def test_a_failure_is_told_and_tried_again_only_where_that_may_help(is_retriable, code):
    failed = Failed(EngineError("The model is damaged. " * 20, retriable=is_retriable))

    abandoned, closed = heard(listening(), failed)

    assert (abandoned, closed.code) == (Abandon(), code)
    assert closed.reason.startswith("The model is damaged.")
    assert len(closed.reason) == 123


def test_a_closed_session_does_nothing_any_more():
    one = listening()
    one.receive("no headers")

    assert one.receive(text("speech.context", "b")) == one.receive("no headers") == []
    assert one.started(1, ANSWERS) == one.refused(1, "late") == heard(one, THANKS) == one.drain() == []


def test_a_service_that_stops_closes_idle_connections_at_once():
    (closed,) = session().drain()

    assert closed.code == 1001


@pytest.mark.parametrize("mode", ["interactive", "conversation"])
def test_a_service_that_stops_hears_the_running_turn_out(mode):
    one = listening(mode)

    assert one.drain() == []
    one.receive(audio("a"))
    actions = heard(one, BEGAN, THANKS, Ended(2.0))

    assert paths(actions)[-3:] == ["turn.end", "Abandon", "Close"]
    assert actions[-1].code == 1001


def test_a_service_that_waits_no_more_cuts_the_running_turn_off():
    one = listening()
    one.drain()

    abandoned, closed = one.cut_off()

    assert (abandoned, closed.code) == (Abandon(), 1001)
    assert heard(one, BEGAN, THANKS) == one.cut_off() == []


def test_a_service_that_stops_begins_no_turn():
    one = listening()
    one.drain()

    abandoned, closed = one.receive(text("speech.context", "b"))

    assert (abandoned, closed.code) == (Abandon(), 1001)
