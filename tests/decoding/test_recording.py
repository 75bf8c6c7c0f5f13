"""The one decoder path: the phrases depend on the samples, and on nothing else."""

import itertools
import wave
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import psutil
import pytest
import small_engine
import soundfile

from speechsmith.asr import audio
from speechsmith.asr.segments import SegmentOptions
from speechsmith.asr.types import Hypothesis, PhraseList, Word
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import AHEAD, Phrase, joined, transcribe
from speechsmith.engines.base import EngineError, ModelFiles

RATE = 16_000
CUT_NOISE = SegmentOptions(
    on=0.0, off=0.0, join=0.6, longest=1.2, search=0.5
)  # every frame counts as speech: noise is cut, too


class WatchedPool(DecodePool):
    """Keeps all futures, to see how many wait at once."""

    def __init__(self, processes: int) -> None:
        super().__init__(processes, loader=small_engine.load)
        self.futures: list[Future[list]] = []
        self.most_open = 0

    def submit(self, model, wav, start, stop, **how):
        self.futures.append(super().submit(model, wav, start, stop, **how))
        self.most_open = max(self.most_open, sum(not future.done() for future in self.futures))
        return self.futures[-1]


@pytest.fixture
def pcm() -> np.ndarray:
    """Ten seconds of noise with a slow swell."""
    swell = 0.5 + 0.4 * np.sin(np.arange(10 * RATE) / RATE)
    return (np.random.default_rng(3).normal(scale=3000, size=10 * RATE) * swell).astype(np.int16)


@pytest.fixture
def model(tmp_path) -> ModelFiles:
    folder = tmp_path / "model"
    folder.mkdir()
    return ModelFiles("small", folder)


@pytest.fixture
def recording(tmp_path, pcm) -> Path:
    soundfile.write(tmp_path / "upload.wav", pcm, RATE)
    audio.convert(tmp_path / "upload.wav", tmp_path / "recording.wav", rate_hz=RATE, max_seconds=60)
    return tmp_path / "recording.wav"


def phrases(wav: Path, model: ModelFiles, *, processes: int = 1, **how) -> list[Phrase]:
    with DecodePool(processes, loader=small_engine.load) as pool:
        return list(transcribe(wav, model, pool, options=CUT_NOISE, **how))


def test_phrases_come_in_order_and_carry_times_of_the_recording(recording, model):
    found = phrases(recording, model, processes=2, alternatives=2)

    assert len(found) > 12
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    for phrase in found:
        first, last = phrase.hypotheses[0].words[0].start, phrase.hypotheses[0].words[-1].end
        assert (first, last) == pytest.approx((phrase.start, phrase.end), abs=1e-3)
        assert len(phrase.hypotheses) == 2


@pytest.mark.slow
def test_the_number_of_processes_does_not_change_the_phrases(recording, model):
    assert phrases(recording, model, processes=1) == phrases(recording, model, processes=3)


@pytest.mark.slow
def test_the_container_of_the_same_samples_does_not_change_the_phrases(tmp_path, pcm, recording, model):
    soundfile.write(tmp_path / "upload.flac", pcm, RATE)
    soundfile.write(tmp_path / "stereo.wav", np.stack([pcm, pcm], axis=1), RATE)
    expected = phrases(recording, model)

    for name in ("upload.flac", "stereo.wav"):
        audio.convert(tmp_path / name, tmp_path / "other.wav", rate_hz=RATE, channel=0, max_seconds=60)
        assert phrases(tmp_path / "other.wav", model) == expected, name


@pytest.mark.slow
def test_chunks_that_were_appended_give_the_phrases_of_the_whole(tmp_path, pcm, recording, model):
    sizes = np.random.default_rng(5).integers(1, 9000, size=1000)
    with wave.open(str(tmp_path / "appended.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for chunk in np.split(pcm, np.cumsum(sizes)):
            file.writeframes(chunk.tobytes())
    audio.convert(tmp_path / "appended.wav", tmp_path / "other.wav", rate_hz=RATE, max_seconds=60)

    assert phrases(tmp_path / "other.wav", model) == phrases(recording, model)


@pytest.mark.slow
def test_narrow_band_audio_gives_what_its_samples_at_16_khz_give(tmp_path, pcm, model):
    soundfile.write(tmp_path / "narrow.wav", pcm[: 4 * RATE : 2], RATE // 2)
    audio.convert(tmp_path / "narrow.wav", tmp_path / "once.wav", rate_hz=RATE, max_seconds=60)
    audio.convert(tmp_path / "once.wav", tmp_path / "twice.wav", rate_hz=RATE, max_seconds=60)

    assert phrases(tmp_path / "once.wav", model) == phrases(tmp_path / "twice.wav", model)
    with pytest.raises(ValueError, match="16000 Hz is needed, not 8000 Hz"):
        phrases(tmp_path / "narrow.wav", model)


@pytest.mark.slow
def test_a_sample_that_differs_changes_the_phrase_that_it_is_in_and_no_other(tmp_path, pcm, recording, model):
    pcm = pcm.copy()
    pcm[8 * RATE] += 1
    soundfile.write(tmp_path / "other.wav", pcm, RATE)

    pairs = zip(phrases(recording, model), phrases(tmp_path / "other.wav", model), strict=True)
    changed = [before for before, after in pairs if before != after]

    assert len(changed) == 1
    assert changed[0].start <= 8 <= changed[0].end


def test_what_is_expected_reaches_every_stretch(recording, model):
    found = phrases(recording, model, processes=2, phrases=PhraseList(("ada", "bell")))

    assert len(found) > 12
    assert {phrase.hypotheses[0].lexical.split(" ", 1)[1] for phrase in found} == {"ada bell"}
    assert {len(phrase.hypotheses[0].words) for phrase in phrases(recording, model)} == {1}, "and nobody else's"


def test_silence_gives_no_phrase_and_starts_no_process(tmp_path, model):
    soundfile.write(tmp_path / "silence.wav", np.zeros(5 * RATE, np.int16), RATE)

    with DecodePool(1, loader=small_engine.load) as pool:
        assert list(transcribe(tmp_path / "silence.wav", model, pool)) == []
        assert psutil.Process().children() == []


def test_a_bounded_number_of_stretches_waits(recording, model):
    with WatchedPool(1) as pool:
        assert len(list(transcribe(recording, model, pool, options=CUT_NOISE))) > 2 * AHEAD
        assert pool.most_open <= AHEAD


def test_leaving_early_cancels_what_waits(recording, model):
    (model.base / "hangs").write_text("1", encoding="utf-8")
    with WatchedPool(1) as pool:
        found = transcribe(recording, model, pool, options=CUT_NOISE)
        next(found)
        found.close()

        assert sum(future.cancelled() for future in pool.futures) >= len(pool.futures) - 4


def test_progress_goes_up_to_one(recording, model):
    told: list[float] = []

    phrases(recording, model, progress=lambda stage, fraction: told.append(fraction))

    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[-1] == 1.0


def test_the_engines_error_reaches_the_caller(recording):
    with pytest.raises(EngineError, match="gone is not there"):
        phrases(recording, ModelFiles("small", Path("gone")))


def read(text: str, confidence: float) -> Hypothesis:
    """Words of a second each."""
    words = [Word(word, float(at), at + 1.0, confidence) for at, word in enumerate(text.split())]
    return Hypothesis(tuple(words), confidence)


def test_one_piece_is_read_as_it_is():
    readings = [read("send it", 0.7), read("sent it", 0.2)]

    assert joined([readings], 1) == tuple(readings)


def test_pieces_are_read_in_a_row_the_best_first_and_then_those_that_differ_in_one():
    pieces = [[read("send it", 0.9), read("sent it", 0.5)], [read("now", 0.6), read("no", 0.3)], [read("", 0.0)]]

    first, *others = joined(pieces, 9)

    assert (first.lexical, first.confidence) == ("send it now", pytest.approx(0.8))
    assert [(other.lexical, other.confidence) for other in others] == [
        ("send it no", pytest.approx(0.7)),
        ("sent it now", pytest.approx(1.6 / 3)),
    ]
    assert joined(pieces, 2) == (first, others[0])
    assert joined(pieces, 1) == (first,)


def test_a_reading_is_given_once():
    pieces = [[read("a b", 0.9), read("a", 0.5)], [read("c", 0.6), read("b c", 0.3)]]

    assert [found.lexical for found in joined(pieces, 9)] == ["a b c", "a b b c", "a c"]
    assert [found.lexical for found in joined([pieces[0], [read("", 0.0), read("b", 0.1)]], 9)] == ["a b", "a b b", "a"]


def test_where_no_piece_has_words_nothing_was_said():
    assert joined([[read("", 0.0)], [read("", 0.0)]], 1) == (Hypothesis((), 0.0),)
