"""More than one turn: offsets, one connection for many turns, connections that break, sessions side by side."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .client import SECOND
from .sounds import in_a_row, starts_of

pytestmark = pytest.mark.slow

NUMBERS = (23, 19, 15)
NEAR = 0.7 * SECOND


def lies(phrases, starts):
    """Whether each phrase begins where its utterance does."""
    return [phrase["offset"] for phrase in phrases] == [pytest.approx(start * SECOND, abs=NEAR) for start in starts]


def test_phrases_of_a_conversation_lie_where_they_were_said(sdk, sounds):
    """Section 6: Offsets count from the first audio byte of the turn."""
    seen = sdk("continuous", file=sounds("three", in_a_row(NUMBERS)), detailed=True, words=True)

    assert lies(seen.phrases, starts_of(NUMBERS))
    for phrase, body in zip(seen.phrases, seen.bodies, strict=True):
        words = body["NBest"][0]["Words"]
        assert abs(words[0]["Offset"] - phrase["offset"]) < NEAR
        assert words[-1]["Offset"] + words[-1]["Duration"] <= phrase["offset"] + phrase["duration"]


def test_phrase_after_phrase_of_a_file_comes_over_one_connection(native, line, sounds):
    """Section 6: recognize_once several times uses one connection; native goes on where the last phrase ended."""
    file = sounds("again-and-again", in_a_row(NUMBERS))
    whole = native("continuous", file=file)

    seen = native("once", host=line.host, file=file, times=3, detailed=True)

    assert seen.texts[0] == whole.texts[0]  # what comes later is listened to anew, and may be heard otherwise
    assert lies(seen.phrases, starts_of(NUMBERS))
    assert all(
        abs(body["NBest"][0]["Words"][0]["Offset"] - phrase["offset"]) < NEAR
        for phrase, body in zip(seen.phrases, seen.bodies, strict=True)
    )
    assert len(line.calls) == 1
    assert line.calls[0].messages.count("turn.end") == 3


def test_a_file_that_is_begun_anew_gives_the_same_each_time(javascript, line, sounds):
    """Section 6: recognize_once several times: JS starts the file anew."""
    seen = javascript("once", host=line.host, file=sounds.utterance(), times=3)

    assert len(seen.texts) == 3
    assert len(set(seen.texts)) == 1
    assert len(line.calls) == 1


def test_many_short_turns_over_one_connection(native, line, sounds):
    """Section 3: speech.config once a connection, a new X-StreamId each turn."""
    numbers = (23, 19, 25, 20, 4, 6, 18, 26)

    seen = native("once", host=line.host, file=sounds("many", in_a_row(numbers)), times=len(numbers))

    assert lies(seen.phrases, starts_of(numbers))
    assert not seen.errors
    assert len(line.calls) == 1


def test_a_recognizer_is_started_again_after_it_was_stopped(sdk, sounds):
    """Section 5: Stop by the user; section 6: Next turn."""
    seen = sdk("continuous", push=sounds("restart", in_a_row((23, 19))), paced=True, times=2, stop_at="recognized")

    assert len(seen.all("session_started")) == len(seen.all("session_stopped")) == 2
    assert not seen.errors
    assert len(seen.texts) >= 2


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_a_connection_may_be_opened_before_there_is_speech(sdk, line, sounds, call):
    """Section 3: Connection.open() sends only speech.config, and the turn may come at any later time."""
    seen = sdk(call, host=line.host, file=sounds.utterance(), preconnect=True)

    assert seen.events[0]["event"] == "connected"
    assert (len(seen.texts), seen.errors) == (1, [])
    assert len(line.calls) == 1


@pytest.mark.parametrize("moment", [b"speech.hypothesis", b"speech.phrase"])
def test_a_connection_that_breaks_costs_no_word_and_shows_no_error(sdk, line_cut_at, sounds, moment):
    """Section 6: Reconnect after a broken connection; continuation."""
    file = sounds("broken", in_a_row(NUMBERS))
    whole = sdk("continuous", file=file)

    with line_cut_at(moment) as line:
        seen = sdk("continuous", host=line.host, push=file, paced=True)

    assert len(line.calls) >= 2
    assert seen.texts == whole.texts
    assert not seen.errors
    if sdk.is_python:
        assert lies(seen.phrases, starts_of(NUMBERS))


def test_a_reconnect_keeps_the_session_and_says_where_it_stands(native, line_cut_at, sounds):
    """Section 6: same URL, same X-ConnectionId; the next context has the service's tag."""
    with line_cut_at(b"speech.phrase") as line:
        native("continuous", host=line.host, push=sounds("tagged", in_a_row(NUMBERS)), paced=True)

    first, second = (bytes(call.sent[:4000]).split(b"\r\n\r\n")[0] for call in line.calls[:2])
    assert id_of(first) == id_of(second)
    assert line.calls[0].path == line.calls[1].path


def id_of(head: bytes) -> bytes:
    """The X-ConnectionId of an upgrade."""
    [line] = [line for line in head.split(b"\r\n") if line.lower().startswith(b"x-connectionid:")]
    return line.split(b":")[1].strip()


def test_four_sessions_at_once_hear_each_their_own(sdk, sounds):
    """Section 7: bounded queues: sessions do not disturb each other."""
    numbers = (23, 19, 15, 25)
    alone = [sdk("once", file=sounds.utterance(number)).texts for number in numbers]

    with ThreadPoolExecutor(len(numbers)) as pool:
        together = list(pool.map(lambda number: sdk("continuous", push=sounds.utterance(number), paced=True), numbers))

    assert [seen.texts for seen in together] == alone
    assert len({seen.all("session_started")[0]["session"] for seen in together}) == 4
