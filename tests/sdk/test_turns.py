"""What happens in a turn: its messages, how it ends, silence, phrase lists, pauses, and audio that is hardly there."""

from itertools import pairwise

import pytest

from .client import SECOND
from .sounds import in_a_row, sample, silence

pytestmark = pytest.mark.slow

GROWN_S = 0.3


def test_a_turn_has_its_messages_in_order(sdk, line, sounds):
    """Section 4: turn.start, startDetected, hypotheses, endDetected before the phrase in interactive mode, turn.end."""
    sdk("once", host=line.host, file=sounds.utterance())

    messages = line.calls[0].messages
    assert messages[:2] == ["turn.start", "speech.startDetected"]
    assert set(messages[2:-3]) <= {"speech.hypothesis", "speech.fragment"}
    assert messages[-3:] == ["speech.endDetected", "speech.phrase", "turn.end"]


def test_an_interactive_turn_is_one_connection_and_one_turn(sdk, line, sounds):
    """Section 5: Interactive: if turn.end comes first, native drops the connection and reconnects."""
    file = sounds("with-silence", in_a_row([23]))

    sdk("once", host=line.host, file=file)

    assert len(line.calls) == 1
    assert line.calls[0].messages.count("turn.end") == 1


def test_a_conversation_ends_with_end_of_dictation(sdk, line, sounds):
    """Section 5: Conversation, end of audio."""
    seen = sdk("continuous", host=line.host, file=sounds("two", in_a_row([23, 19])))

    assert line.calls[0].messages[-1] == "turn.end"
    assert b'"EndOfDictation"' in line.calls[0].answered.replace(b": ", b":")
    assert [end["cause"] for end in seen.all("canceled")] == ["EndOfStream"]
    assert len(seen.all("session_stopped")) == 1


def test_hypotheses_grow_into_the_phrase(sdk, sounds):
    """Section 4: speech.hypothesis raises recognizing."""
    seen = sdk("continuous", push=sounds.utterance(), paced=True)

    grown = [event["text"] for event in seen.all("recognizing")]
    assert len(grown) >= 3
    assert all(one != other for one, other in pairwise(grown))
    assert len(grown[-1].split()) > len(grown[0].split())
    assert len(seen.all("speech_start_detected")) == 1
    assert seen.all("speech_end_detected")
    first, last = seen.all("recognizing")[0], seen.phrases[0]
    assert first["at"] < last["at"]
    assert first["offset"] == pytest.approx(last["offset"], abs=GROWN_S * SECOND)


def test_a_phrase_list_changes_what_is_heard(sdk, sounds):
    """Section 3: speech.context fields: dgi, bias."""
    file = sounds.utterance(1)

    [plain] = sdk("once", file=file).texts
    [helped] = sdk("once", file=file, phrases=["Moltrino", "Moltrino pump"], weight=1.5).texts
    [unweighted] = sdk("continuous", file=file, phrases=["Moltrino", "Moltrino pump"]).texts

    assert "moltrino" not in plain.lower()
    assert "moltrino" in helped.lower()
    assert "moltrino" in unweighted.lower()


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_marks_are_marks_where_somebody_dictates(sdk, sounds, call):
    """Section 1: Paths to serve: dictation; Mode of a turn."""
    if call == "once" and not sdk.is_python:
        pytest.skip("JavaScript dials the interactive path for one phrase, dictation or not, and tells nothing else")
    file = sounds.dictated()

    [spoken] = sdk(call, file=file).texts
    [dictated] = sdk(call, file=file, dictation=True).texts

    assert "question mark" in spoken
    assert "question mark" not in dictated
    assert dictated.endswith("?")


def test_the_silence_that_ends_a_phrase_can_be_set(sdk, sounds):
    """Section 3: phraseDetection.<MODE>.segmentation: this is not in native's query."""
    file = sounds("close", in_a_row([23, 19], gap=0.9))

    apart, together = (
        sdk("continuous", file=file, properties={"Speech_SegmentationSilenceTimeoutMs": wait})
        for wait in ("300", "2000")
    )

    assert len(apart.texts) == 2
    assert len(together.texts) == 1


def test_silence_is_no_match_where_one_phrase_is_asked_for(sdk, sounds):
    """Section 5: No speech, interactive: at the end of audio."""
    result = sdk("once", file=sounds("two-seconds", silence(2))).only

    assert (result["reason"], result["no_match"]) == ("NoMatch", "InitialSilenceTimeout")


def test_silence_on_an_open_stream_is_answered_when_its_time_is_over(sdk, line, sounds):
    """Section 5: No speech, interactive: when the initial silence limit has passed in audio time."""
    seen = sdk("once", host=line.host, push=sounds("eight-seconds", silence(8)), held=True)

    assert (seen.only["reason"], seen.only["no_match"]) == ("NoMatch", "InitialSilenceTimeout")
    assert line.calls[0].messages[-3:] == ["speech.endDetected", "speech.phrase", "turn.end"]


def test_the_time_for_silence_can_be_set_and_is_time_of_the_audio(sdk, line, sounds):
    """Section 3: phraseDetection.initialSilenceTimeout; section 1: initialSilenceTimeoutMs."""
    late = sounds("late", in_a_row([23]))
    wish = {"properties": {"SpeechServiceConnection_InitialSilenceTimeoutMs": "1000"}, "held": True}

    assert sdk("once", push=sounds("silent", silence(3)), **wish).only["reason"] == "NoMatch"
    assert len(sdk("once", push=late, **wish).texts) == 1


def test_silence_in_a_conversation_ends_without_a_phrase(sdk, sounds):
    """Section 5: Conversation, end of audio."""
    seen = sdk("continuous", file=sounds("silent-file", silence(7)))

    assert (seen.texts, seen.errors) == ([], [])
    assert [end["cause"] for end in seen.all("canceled")] == ["EndOfStream"]


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_fifty_milliseconds_of_audio_are_answered(sdk, sounds, call):
    """Section 5: Trailing mini-turn: a few bytes and an end marker must be answered normally and at once."""
    seen = sdk(call, file=sounds("short", sample(23)[:800]))

    assert (seen.texts, seen.errors) == ([], [])
    if call == "once":
        assert seen.only["reason"] == "NoMatch"
    assert seen.events[-1]["at"] < 10


@pytest.mark.parametrize("length", [0, 1, 2])
def test_a_stream_with_next_to_nothing_in_it_is_ended(native, sounds, length):
    """Section 5: 0 to a few bytes; an empty push stream that is closed sends nothing at all."""
    seen = native("continuous", push=sounds(f"nothing-{length}", sample(23)[:length]))

    assert (seen.texts, seen.errors) == ([], [])
    assert len(seen.all("session_stopped")) == 1


def test_a_stop_in_the_middle_of_speech_keeps_what_was_said(sdk, line, sounds):
    """Section 5: Stop by the user: a zero-length audio message, perhaps in mid-word; answer quickly."""
    seen = sdk("continuous", host=line.host, push=sounds.utterance(), paced=True, held=True, stop_at="recognizing")

    [first, *_] = seen.all("recognizing")
    assert len(seen.all("session_stopped")) == 1
    assert not seen.errors
    assert len(seen.texts) == 1
    assert seen.all("session_stopped")[0]["at"] - first["at"] < 5


def test_a_stop_of_a_silent_session_is_answered(sdk, sounds):
    """Section 5: Stop by the user: the client waits at most 10 s."""
    seen = sdk("continuous", push=sounds("still", silence(1)), held=True, stop_at="session_started")

    assert (seen.texts, seen.errors) == ([], [])
    assert seen.events[-1]["at"] < 8


def test_a_long_pause_inside_a_turn_does_no_harm(sdk, line, sounds):
    """Section 7: Keep idle connections: inside a turn there can be long gaps."""
    file = sounds("paused", in_a_row([23, 19]))

    seen = sdk("continuous", host=line.host, push=file, pause_at=4.5, pause=20)

    assert len(seen.texts) == 2
    assert not seen.errors
    assert (len(line.calls), len(seen.all("connected"))) == (1, 1)


def test_the_service_does_not_wait_for_real_time(sdk, sounds):
    """Section 7: Do not wait for real-time pacing: 5 s of audio can arrive in a few ms."""
    file = sounds("flood", in_a_row([23, 19, 15, 25]))

    seen = sdk("continuous", push=file, packet_ms=10)

    assert len(seen.texts) == 4
    assert not seen.errors
