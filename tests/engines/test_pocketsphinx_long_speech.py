"""Long recordings: cut at pauses, with the words that were spoken there."""

import wave
from pathlib import Path

import numpy as np
import pytest

from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.engines.pocketsphinx.aligner import PAUSE
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.long_speech import LONG, LONGEST, SHORTEST, cut_by_transcript, cuts

BASE = PocketSphinxEngine().packaged_models()[0].folder
RNG = np.random.default_rng(2)


def frames(*stretches: tuple[int, float]) -> np.ndarray:
    """The word of each frame: (word or PAUSE, seconds) after one another."""
    return np.concatenate([np.full(int(seconds * 100), word) for word, seconds in stretches])


def test_cuts_lie_in_the_middle_of_the_longest_pause_within_reach():
    words = frames((0, 6.0), (PAUSE, 0.4), (1, 6.0), (PAUSE, 1.0), (2, 6.0), (PAUSE, 0.3), (3, 6.0))

    assert cuts(words) == [(0, 1290), (1290, 2570)]  # 6 + 0.4 + 6 + half of 1.0


def test_a_speaker_who_does_not_pause_is_cut_at_the_next_pause():
    words = frames((0, 25.0), (PAUSE, 0.1), (1, 5.0), (PAUSE, 0.5), (2, 20.0))

    assert cuts(words) == [(0, 3035), (3035, 5060)]  # 0.1 s is no pause


def test_without_a_pause_or_a_need_nothing_is_cut():
    assert cuts(frames((0, 60.0))) == [(0, 6000)]
    assert cuts(frames((PAUSE, 1.0), (0, 10.0), (PAUSE, 2.0), (1, 5.0))) == [(0, 1800)]


def write(wav: Path, samples: np.ndarray) -> None:
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@pytest.mark.slow
def test_joined_utterances_come_apart_with_their_words(spoken, tmp_path):
    lexicon = BASE / "cmudict-en-us.dict"
    known = {line.split()[0] for line in lexicon.read_text("utf-8").splitlines()}
    some = [(x, words) for x, words in spoken("libri_other_dev", "train") if known.issuperset(words)][:8]
    hiss = RNG.normal(size=SAMPLE_RATE_HZ).astype(np.float32) * 1e-4
    write(tmp_path / "long.wav", np.concatenate([part for x, _ in some for part in (x, hiss)]))
    write(tmp_path / "short.wav", some[0][0][: 3 * SAMPLE_RATE_HZ])
    words = tuple(word for _, spoken_words in some for word in spoken_words)
    utterances = [
        TrainingUtterance("unknown", tmp_path / "long.wav", ("qqqqq",)),
        TrainingUtterance("long", tmp_path / "long.wav", words),
        TrainingUtterance("short", tmp_path / "short.wav", ("anything",)),
    ]
    (tmp_path / "pieces").mkdir()

    pieces, problems = cut_by_transcript(BASE / "en-us", utterances, lexicon, tmp_path / "pieces")

    long = [piece for piece in pieces if piece.number == 1]
    assert [(problem.name, problem.code) for problem in problems] == [("unknown", "NoPronunciation")]
    assert [piece.wav for piece in pieces if piece.number == 2] == [tmp_path / "short.wav"]
    assert tuple(word for piece in long for word in piece.words) == words
    assert sum(piece.duration for piece in long) == pytest.approx(
        sum(len(x) + SAMPLE_RATE_HZ for x, _ in some) / 16000, abs=0.1
    )
    assert len(long) > 5
    assert all(SHORTEST <= piece.duration <= LONG for piece in long[:-1])
    assert np.median([piece.duration for piece in long]) <= LONGEST
    # A border between two utterances is a pause of a second, and a piece that starts there has their words.
    ends = np.cumsum([len(x) + SAMPLE_RATE_HZ for x, _ in some]) / SAMPLE_RATE_HZ - 0.5
    counts = np.cumsum([len(spoken_words) for _, spoken_words in some])
    at, so_far, hits = 0.0, 0, 0
    for piece in long:
        at, so_far = at + piece.duration, so_far + len(piece.words)
        nearest = int(np.abs(ends - at).argmin())
        if abs(ends[nearest] - at) < 0.4:
            hits += 1
            assert so_far == counts[nearest]
    assert hits >= 4
    assert not list((tmp_path / "pieces").glob("scratch*"))
