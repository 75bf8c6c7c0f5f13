"""How a turn goes on and ends, by its mode: section 5 of the protocol."""

import pytest
from frames import audio, paths, text, wav_header
from sessions import ANSWERS, BEGAN, END, GUESS, NOTHING, SECOND, THANKS, body, heard, listening, session

from speechsmith.decoding.events import Began, Ended, Failed, Heard
from speechsmith.engines.base import EngineError
from speechsmith.realtime.session import Finish

# one phrase: interactive, section 5


def test_an_interactive_turn_is_told_in_the_order_that_the_sdk_needs():
    one = listening("interactive")

    actions = heard(one, BEGAN, GUESS, Heard(1.9, is_speaking=True), THANKS)

    assert paths(actions) == ["speech.startDetected", "speech.hypothesis", *END, "Abandon"]
    assert body(actions, "speech.startDetected") == {"Offset": 10_000_000}
    assert body(actions, "speech.endDetected") == {"Offset": 17_280_000}  # where a frame begins, before 1.75 s
    assert body(actions, "speech.phrase") == {
        "Id": body(actions, "speech.hypothesis")["Id"],
        "RecognitionStatus": "Success",
        "DisplayText": "Thank you.",
        "Offset": 7_500_000,
        "Duration": 9_780_000,
        "Channel": 0,
        "Model": "the-model",
    }
    assert body(actions, "turn.end") == {}
    assert one.is_idle


def test_what_is_left_of_a_turn_that_is_over_is_ignored():
    one = listening("interactive")
    heard(one, BEGAN, THANKS)

    assert one.receive(audio("a", SECOND)) == one.receive(audio("a")) == one.receive(audio("a")) == []
    assert one.receive(text("telemetry", "a", {})) == []
    assert heard(one, GUESS, THANKS, Heard(9.0, is_speaking=False), Ended(9.0), Failed(EngineError("late"))) == []


def test_a_phrase_without_words_ends_an_interactive_turn():
    actions = heard(listening("interactive"), BEGAN, NOTHING)

    assert paths(actions) == ["speech.startDetected", *END, "Abandon"]
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "NoMatch"


@pytest.mark.parametrize("mode", ["INTERACTIVE", "Interactive"])
def test_the_mode_of_the_context_counts_on_any_path(mode):
    one = listening("conversation", {"phraseDetection": {"mode": mode}})

    assert "turn.end" in paths(heard(one, BEGAN, THANKS))


def test_silence_at_the_start_ends_an_interactive_turn_in_time_of_the_sound():
    one = listening("interactive")

    assert heard(one, Heard(5.4, is_speaking=False)) == []  # whoever began at 4.9 is not noticed yet
    actions = heard(one, Heard(5.5, is_speaking=False))

    assert paths(actions) == [*END, "Abandon"]
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "InitialSilenceTimeout"
    assert body(actions, "speech.phrase")["Offset"] == body(actions, "speech.endDetected")["Offset"] == 50_000_000
    assert body(actions, "speech.phrase")["Duration"] == 0


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([Began(4.9), THANKS], "Success"),
        ([Heard(5.4, is_speaking=False), Began(4.9), THANKS], "Success"),
        ([Began(4.9), Heard(9.0, is_speaking=True), THANKS], "Success"),
        ([Began(5.0), THANKS], "InitialSilenceTimeout"),
        ([Heard(60.0, is_speaking=False), Began(61.0)], "InitialSilenceTimeout"),
        ([Began(1.0), Heard(5.6, is_speaking=False)], "InitialSilenceTimeout"),  # it was a click
    ],
)
def test_only_where_speech_begins_tells_whether_it_began_in_time(events, status):
    actions = heard(listening("interactive"), *events)

    assert body(actions, "speech.phrase")["RecognitionStatus"] == status
    assert paths(actions).count("turn.end") == 1


def test_the_client_may_set_how_long_it_waits():
    one = listening("interactive", initialSilenceTimeoutMs="1500")

    actions = heard(one, Heard(2.0, is_speaking=False))

    assert body(actions, "speech.phrase")["Offset"] == 15_000_000


def test_an_interactive_turn_without_speech_ends_with_its_sound():
    one = listening("interactive")

    assert one.receive(audio("a")) == [Finish()]
    actions = heard(one, Heard(2.0, is_speaking=False), Ended(2.0))

    assert paths(actions) == [*END, "Abandon"]
    assert body(actions, "speech.phrase")["RecognitionStatus"] == "InitialSilenceTimeout"
    assert body(actions, "speech.phrase")["Offset"] == 20_000_000


# phrase after phrase: conversation and dictation, section 5


def test_a_conversation_goes_on_to_the_end_of_its_sound():
    one = listening()

    first = heard(one, BEGAN, GUESS, THANKS)
    second = heard(one, Began(2.0), GUESS, NOTHING)
    one.receive(audio("a", SECOND + b"\0\0"))
    assert one.receive(audio("a")) == [Finish()]
    last = heard(one, BEGAN, THANKS, Ended(3.0))

    assert paths(first) == ["speech.startDetected", "speech.hypothesis", "speech.phrase"]
    assert paths(second) == ["speech.hypothesis", "speech.phrase"]
    assert body(second, "speech.phrase")["RecognitionStatus"] == "NoMatch"
    assert paths(last) == ["speech.phrase", *END, "Abandon"]
    closing = body(last, "speech.phrase")
    assert (closing["RecognitionStatus"], closing["Offset"], closing["Duration"]) == ("EndOfDictation", 30_000_625, 0)
    assert body(last, "speech.endDetected") == {"Offset": 30_000_625}
    assert one.is_idle


def test_the_phrases_of_a_turn_have_ids_of_their_own():
    one = listening()

    ids = [body(heard(one, BEGAN, THANKS), "speech.phrase")["Id"] for _ in range(3)]

    assert len(set(ids)) == 3


def test_the_end_of_the_sound_may_come_twice():
    one = listening()

    assert one.receive(audio("a")) == [Finish()]
    assert one.receive(audio("a")) == one.receive(audio("a", SECOND)) == []


@pytest.mark.parametrize(
    ("mode", "status"), [("interactive", "InitialSilenceTimeout"), ("dictation", "EndOfDictation")]
)
@pytest.mark.parametrize(
    ("frames", "offset"),
    [
        ([], 0),
        ([wav_header()], 0),
        ([wav_header()[:20]], 0),
        ([wav_header(), b"\0\0"], 625),
        ([wav_header(), b"\0\0\0\0"], 1_250),
        ([b"\0\0\0"], 938),
    ],
)
def test_a_turn_of_a_few_bytes_is_answered_at_once_without_a_listener(mode, status, frames, offset):
    one = session(mode)
    one.receive(text("speech.context", "a"))
    one.started(1, ANSWERS)

    before = [action for frame in frames for action in one.receive(audio("a", frame))]
    actions = one.receive(audio("a"))

    assert before == []
    assert paths(actions) == (END if mode == "interactive" else END[1:])
    phrase = body(actions, "speech.phrase")
    assert (phrase["RecognitionStatus"], phrase["Offset"], phrase["Duration"]) == (status, offset, 0)
    assert one.is_idle


def test_a_conversation_waits_for_speech_for_ever_unless_it_is_told_otherwise():
    silence = Heard(600.0, is_speaking=False)
    told_once = listening(initialSilenceTimeoutMs="2000")

    assert heard(listening(), silence) == []
    assert paths(heard(told_once, silence, silence)) == ["speech.phrase"]
    assert paths(heard(told_once, BEGAN, THANKS)) == ["speech.startDetected", "speech.phrase"]


def test_a_late_start_of_a_conversation_is_told_after_its_silence():
    actions = heard(listening(initialSilenceTimeoutMs="2000"), Began(3.0), THANKS)

    assert paths(actions) == ["speech.phrase", "speech.startDetected", "speech.phrase"]
    assert body(actions[:1], "speech.phrase")["Offset"] == 20_000_000


def test_silence_after_a_phrase_is_no_initial_silence():
    assert heard(listening(initialSilenceTimeoutMs="3000"), BEGAN, THANKS, Heard(9.0, is_speaking=False))[2:] == []
