"""What the figures of live recognition count with: the clock of a turn, conversations, and who was disturbed."""

from typing import Any

import numpy as np
import pytest
from benchmarks.conversations import BYTES_PER_SECOND, LONGEST, SHORTEST, silence, voices
from benchmarks.disturbed import Seen
from benchmarks.line import OVER, Told, Turn, Wish
from benchmarks.live import Held
from benchmarks.report import Run

from benchmarks import delays
from speechsmith.asr.segments import SegmentOptions

CUT = SegmentOptions()


def test_a_final_is_late_from_the_end_of_the_silence_that_ends_its_phrase() -> None:
    turn = Turn(100.0, [phrase(at=104.0, start=1.0, end=3.0)])

    assert delays.final_delays(turn) == [pytest.approx(104.0 - (100.0 + 3.0 - CUT.pad + CUT.join))]


def test_a_phrase_that_was_cut_without_a_pause_has_no_delay() -> None:
    turn = Turn(100.0, [phrase(at=125.0, start=1.0, end=1.0 + CUT.longest)])

    assert delays.final_delays(turn) == []


def test_a_phrase_without_words_has_no_delay() -> None:
    turn = Turn(0.0, [Told(2.0, "speech.phrase", {"RecognitionStatus": "NoMatch", **when(0.0, 1.0), "Id": "a"})])

    assert delays.final_delays(turn) == []
    assert delays.first_delays(turn) == []


def test_a_first_guess_is_late_from_the_end_of_the_first_word() -> None:
    told = [guess(101.9, 1.0, 1.4), guess(102.0, 1.0, 1.8), phrase(at=104.0, start=1.0, end=3.0, first=(1.2, 1.5))]

    assert delays.first_delays(Turn(100.0, told)) == [pytest.approx(101.9 - 101.5)]


def test_a_phrase_without_a_guess_is_counted_and_no_delay() -> None:
    turn = Turn(100.0, [guess(101.9, 1.0, 1.4, id="other"), phrase(at=104.0, start=1.0, end=3.0)])

    assert delays.first_delays(turn) == []
    assert delays.unguessed(turn) == 1


def test_a_guess_lags_from_where_it_ends() -> None:
    assert list(delays.lags(Turn(100.0, [guess(102.0, 1.0, 1.8)]))) == [(102.0, pytest.approx(0.2))]


def test_a_turn_is_behind_by_the_time_it_goes_on_after_its_sound() -> None:
    assert delays.behind(Turn(100.0, ended=110.5), 10.0) == pytest.approx(0.5)


def test_streams_are_held_while_finals_and_ends_are_in_time() -> None:
    def turn(final: float, ended: float, end: str = OVER) -> Turn:
        at = 103.0 - CUT.pad + CUT.join + final
        return Turn(100.0, [phrase(at=at, start=1.0, end=3.0)], end, 105.0 + ended)

    assert Held([turn(0.4, 0.1)], [5.0], 1.0).is_held
    assert not Held([turn(0.4, 0.1), turn(1.1, 0.1)], [5.0, 5.0], 1.0).is_held
    assert not Held([turn(0.4, 0.1), turn(0.4, 1.1)], [5.0, 5.0], 1.0).is_held
    assert not Held([turn(0.4, 0.1, "closed: 1011 It broke.")], [5.0], 1.0).is_held


def test_who_was_disturbed_counts_with_those_who_went_on_only() -> None:
    on = Turn(100.0, [guess(105.0, 4.0, 4.9), guess(115.0, 14.0, 14.8)], OVER)
    cut = Turn(100.0, [guess(109.0, 1.0, 1.5)], "closed: 1011 It died.")
    seen = Seen(110.0, [[on], [cut, Turn(110.1, [], OVER)]])

    assert seen.late(delays.lags, -20.0, 0.0) == [pytest.approx(0.1)]
    assert seen.late(delays.lags, 0.0, 20.0) == [pytest.approx(0.2)]
    assert [turns[0].end for turns in seen.cut] == ["closed: 1011 It died."]


def test_a_conversation_is_the_same_for_a_seed_and_no_other(tmp_path: Any) -> None:
    spoken = voices(Run(tmp_path))

    assert "synthetic" in spoken.source
    assert all(SHORTEST <= len(samples) / 16_000 <= LONGEST for samples in spoken.utterances)
    assert spoken.conversation(20.0, 1) == spoken.conversation(20.0, 1) != spoken.conversation(20.0, 2)
    assert 20.0 <= len(spoken.conversation(20.0, 1)) / BYTES_PER_SECOND < 20.0 + LONGEST + 3.0


def test_silence_is_heard_and_no_speech() -> None:
    samples = np.frombuffer(silence(1.0, 1), "<i2")

    assert len(samples) == 16_000
    assert 16 < np.sqrt(np.mean(samples.astype(float) ** 2)) < 64


def test_a_wish_is_put_as_the_sdks_put_it() -> None:
    wish = Wish("interactive", is_detailed=True, phrases=("hexabrand",))

    assert wish.path.startswith("/speech/recognition/interactive/cognitiveservices/v1?language=en-US&format=detailed")
    assert wish.context == {"dgi": {"Groups": [{"Type": "Generic", "Items": [{"Text": "hexabrand"}]}]}}
    assert Wish().context == {}


def when(start: float, end: float) -> dict[str, int]:
    return {"Offset": round(start * 10**7), "Duration": round((end - start) * 10**7)}


def guess(at: float, start: float, end: float, id: str = "a") -> Told:
    return Told(at, "speech.hypothesis", {"Id": id, "Text": "hello", **when(start, end)})


def phrase(at: float, start: float, end: float, first: tuple[float, float] = (0.0, 0.0)) -> Told:
    best = {"Display": "Hello.", "Words": [{"Word": "hello", **when(*first)}]}
    return Told(at, "speech.phrase", {"Id": "a", "RecognitionStatus": "Success", **when(start, end), "NBest": [best]})
