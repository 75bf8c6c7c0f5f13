"""Where people speak: hand-worked probabilities, laws, and real speech."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr import audio
from speechsmith.asr.segments import (
    FRAMES_PER_SECOND,
    Cutter,
    Segment,
    Segmenter,
    SegmentOptions,
    phrases,
    segments,
)
from speechsmith.asr.types import SAMPLE_RATE_HZ

OPTIONS = SegmentOptions()


def line(*parts: tuple[float, float]) -> list[float]:
    """Probabilities from (seconds, probability) parts."""
    return [probability for seconds, probability in parts for _ in range(round(seconds * FRAMES_PER_SECOND))]


def found(*parts: tuple[float, float]) -> list[Segment]:
    return list(phrases(line(*parts), OPTIONS))


def at(start: float, end: float) -> Segment:
    """Within two frames of it: parts are rounded to frames."""
    return pytest.approx((start, end), abs=2 / FRAMES_PER_SECOND)  # type: ignore[return-value]


def pairs(segments: list[Segment]) -> list[tuple[float, float]]:
    return [(segment.start, segment.end) for segment in segments]


def test_speech_is_found_with_its_pads():
    assert pairs(found((2, 0.1), (3, 0.9), (2, 0.1))) == [at(1.75, 5.25)]


def test_silence_gives_nothing():
    assert found((9, 0.34)) == []
    assert found() == []


def test_a_click_is_not_speech():
    assert found((2, 0.0), (0.064, 0.9), (2, 0.0)) == []


def test_a_probability_between_the_thresholds_goes_on_but_does_not_begin():
    assert pairs(found((2, 0.4), (1, 0.9), (2, 0.4), (2, 0.1))) == [at(1.75, 5.25)]


def test_a_pause_under_a_second_does_not_split_and_a_longer_one_does():
    assert pairs(found((2, 0.9), (0.9, 0.1), (2, 0.9))) == [at(-0.25, 5.15)]
    assert pairs(found((2, 0.9), (1.1, 0.1), (2, 0.9))) == [at(-0.25, 2.25), at(2.85, 5.35)]


def test_what_is_too_long_is_cut_at_its_longest_pause():
    assert pairs(found((8, 0.9), (0.9, 0.1), (4, 0.9), (0.6, 0.1), (12, 0.9))) == [at(-0.25, 8.25), at(8.65, 25.75)]


def test_without_a_pause_it_is_cut_where_it_is_least_like_speech_and_no_sound_is_in_both():
    parts = found((17, 0.9), (0.1, 0.45), (12.9, 0.9))

    assert pairs(parts) == [at(-0.25, 17), at(17, 30.25)]
    assert parts[0].end == parts[1].start


def pieces(*parts: tuple[float, float]) -> list[tuple[float, float]]:
    """Of the only phrase."""
    (phrase,) = found(*parts)
    return pairs(phrase.pieces)


def test_a_breath_cuts_what_has_gone_on_for_long_enough():
    assert pieces((2, 0.9), (0.4, 0.1), (2, 0.9)) == [at(-0.25, 4.65)]
    assert pieces((3.1, 0.9), (0.2, 0.1), (2, 0.9)) == [at(-0.25, 5.55)]
    assert pieces((3.1, 0.9), (0.4, 0.1), (2, 0.9)) == [at(-0.25, 3.35), at(3.25, 5.75)]
    assert pieces((3.1, 0.9), (0.4, 0.1)) == [at(-0.25, 3.35)]


def test_each_piece_is_as_long_before_a_breath_cuts_it():
    breath, words = (0.416, 0.1), (2.016, 0.9)  # whole frames

    cut = pieces((3.104, 0.9), breath, words, breath, words, breath, words)

    assert cut == [at(-0.25, 3.35), at(3.27, 8.22), at(8.13, 10.65)]


def test_what_silence_would_make_of_a_phrase_has_the_pieces_that_it_has_in_the_end():
    begun = ((3.1, 0.9), (0.4, 0.1), (2.0, 0.9))

    now, _ = open_after(*begun)

    assert now is not None
    (phrase,) = found(*begun, (0.4, 0.1), (2.0, 0.9))
    assert phrase.pieces[0] == now.pieces[0]


@pytest.mark.parametrize(
    "wrong", [{"off": 0.6}, {"pad": 0.3}, {"breath": 0.2}, {"join": 0.4}, {"longest": 1.2}, {"search": 25.0}]
)
def test_options_that_contradict_each_other_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needed|room"):
        SegmentOptions(**wrong)


@given(
    st.lists(
        st.tuples(st.floats(0.03, 12), st.sampled_from([0.0, 0.3, 0.4, 0.6, 1.0])), max_size=30
    )
)  # fmt: skip
def test_segments_are_in_order_apart_and_never_too_long(parts):
    probabilities = line(*parts)
    result = list(phrases(probabilities, OPTIONS))

    for segment in result:
        assert 0 < segment.duration <= OPTIONS.longest
        assert (segment.pieces[0].start, segment.pieces[-1].end) == (segment.start, segment.end)
        assert all(piece.duration >= OPTIONS.piece for piece in segment.pieces[:-1])
        for before, after in pairwise(segment.pieces):
            assert before.end - OPTIONS.pad < after.start + OPTIONS.pad
    for before, after in pairwise(result):
        assert before.end <= after.start


@given(st.lists(st.tuples(st.floats(0.2, 12), st.sampled_from([0.0, 1.0])), max_size=20))
def test_no_speech_is_lost(parts):
    probabilities = line(*parts)
    result = list(phrases(probabilities, OPTIONS))

    for frame, probability in enumerate(probabilities):
        middle = (frame + 0.5) / FRAMES_PER_SECOND
        if probability == 1:
            assert any(segment.start <= middle <= segment.end for segment in result)


def open_after(*parts: tuple[float, float]) -> tuple[Segment | None, bool]:
    cutter = Cutter(OPTIONS)
    for probability in line(*parts):
        assert not list(cutter.add(probability))
    return cutter.open, cutter.is_speech


def test_what_is_open_is_what_silence_would_make_of_it():
    spoken = ((1.0, 0.0), (2.0, 0.9), (0.4, 0.0))

    now, is_speech = open_after(*spoken)

    assert is_speech
    assert [now] == found(*spoken, (2.0, 0.0))


def test_a_click_is_open_but_is_no_speech():
    now, is_speech = open_after((1.0, 0.0), (0.04, 0.9))

    assert now is not None
    assert not is_speech
    assert open_after((1.0, 0.0)) == (None, False)


def test_a_segmenter_tells_how_far_it_is():
    segmenter = Segmenter()

    assert segmenter.hear(np.zeros(1000, np.float32)) == []
    assert segmenter.heard == 1000 / SAMPLE_RATE_HZ
    assert (segmenter.since, segmenter.open) == (None, None)
    assert segmenter.finish() == []


def speech(folder: Path, tmp_path: Path, count: int) -> Iterator[np.ndarray]:
    for wav in sorted((folder / "libri_other_dev" / "train" / "audio").glob("*.wav"))[:count]:
        audio.convert(wav, tmp_path / wav.name, max_seconds=60)
        yield audio.read(tmp_path / wav.name)


@pytest.mark.slow
def test_any_blocks_give_the_same_segments(real_speech, tmp_path):
    whole = np.concatenate(list(speech(real_speech, tmp_path, 2)))
    expected = list(segments([whole]))

    @settings(max_examples=4, deadline=None)
    @given(st.lists(st.integers(1, len(whole) - 1), max_size=20))
    def law(cuts):
        assert list(segments(np.split(whole, sorted(cuts)))) == expected

    assert expected
    law()


@pytest.mark.slow
def test_utterances_with_long_pauses_between_are_found_one_by_one(real_speech, tmp_path):
    pause = np.random.default_rng(1).normal(scale=1e-4, size=32_000).astype(np.float32)
    parts = list(speech(real_speech, tmp_path, 4))
    result = list(segments(piece for part in parts for piece in (part, pause)))

    heard = 0.0
    for part in parts:
        length = len(part) / 16_000
        inside = [s for s in result if s.start < heard + length and s.end > heard]
        assert inside
        assert inside[0].start >= heard - 0.3
        assert inside[-1].end <= heard + length + 0.6
        heard += length + 2
    assert sum(s.duration for s in result) > 0.8 * sum(len(part) for part in parts) / 16_000


def test_an_hour_of_digital_silence_costs_seconds_and_gives_nothing():
    block = np.zeros(16_000 * 10, np.float32)

    began = time.process_time()
    result = list(segments(block for _ in range(360)))

    assert result == []
    assert time.process_time() - began < 3600 * 0.02 / 10


def test_the_end_never_passes_the_audio(real_speech, tmp_path):
    cut = next(speech(real_speech, tmp_path, 1))[:30_001]  # within a word
    result = list(segments([cut]))

    assert result[-1].end == 30_001 / 16_000
    assert all(0 <= segment.start < segment.end for segment in result)
