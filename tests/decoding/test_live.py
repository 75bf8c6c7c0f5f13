"""Live recordings: what is found in them is what a file of them gives, however the sound arrives and whoever dies."""

import os
import signal
import threading
from concurrent.futures import Future
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
import small_engine
import soundfile
import soxr

from speechsmith.asr import audio
from speechsmith.asr.segments import Segment, SegmentOptions
from speechsmith.asr.types import Hypothesis, PhraseList, Word
from speechsmith.decoding.events import (
    Began,
    Ended,
    Event,
    Failed,
    Found,
    Heard,
    Hearer,
    Listening,
    Partial,
    SoundFormat,
)
from speechsmith.decoding.live import Live, LivePool
from speechsmith.decoding.pool import DecodeDied, DecodePool
from speechsmith.decoding.recording import Phrase, transcribe
from speechsmith.engines.base import EngineError, ModelFiles

RATE = 16_000
PATIENCE_S = 60.0
PLAIN = SoundFormat(RATE)


class Told:
    """The events of one recording, as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, *kinds: type) -> Event:
        """The first event of these kinds."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.of(*kinds), PATIENCE_S), self.events
            return self.of(*kinds)[0]

    def of(self, *kinds: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def phrases(self) -> list[Phrase]:
        return [event.phrase for event in self.of(Found)]


@pytest.fixture(scope="module")
def pcm() -> np.ndarray:
    """Three sentences of the packaged speech with pauses between, as 16-bit samples at 16 kHz."""
    parts: list[np.ndarray] = [np.zeros(RATE, np.int16)]
    with as_file(files("speechsmith") / "sample") as sample:
        for path in sorted((sample / "test" / "audio").glob("*.wav"))[:3]:
            samples, rate = soundfile.read(path, dtype="int16")
            assert rate == RATE
            parts += [samples, np.zeros(3 * RATE // 2, np.int16)]
    return np.concatenate(parts)


@pytest.fixture
def model(tmp_path) -> ModelFiles:
    folder = tmp_path / "model"
    folder.mkdir()
    return ModelFiles("small", folder)


@pytest.fixture
def pool():
    with DecodePool(2, loader=small_engine.load) as made:
        yield made


@pytest.fixture
def live(pool):
    made = LivePool(1, pool, guesser_loader=small_engine.guesser)
    yield made
    made.close()


def wanted(model: ModelFiles, sound: SoundFormat = PLAIN, **how) -> Listening:
    hearer = Hearer("en-US", model, how.pop("phrases", None))
    return Listening(sound, (hearer,), how.pop("options", SegmentOptions()), **how)


def listened(live: LivePool, what: Listening, data: bytes, packet: int) -> Told:
    told = Told()
    recording = live.open(what, told)
    for at in range(0, len(data), packet):
        recording.feed(data[at : at + packet])
    recording.finish()
    told.wait(Ended, Failed)
    return told


def in_a_file(tmp_path: Path, pool: DecodePool, what: Listening, samples: np.ndarray, rate: int) -> list[Phrase]:
    soundfile.write(tmp_path / "upload.wav", samples, rate)
    audio.convert(tmp_path / "upload.wav", tmp_path / "recording.wav", rate_hz=RATE, max_seconds=60)
    how = {"alternatives": what.alternatives, "phrases": what.hearers[0].phrases, "options": what.options}
    return list(transcribe(tmp_path / "recording.wav", what.guesser, pool, **how))


def test_a_live_recording_has_the_phrases_of_a_file_of_it_however_it_arrives(live, pool, model, pcm, tmp_path):
    what = wanted(model, alternatives=2, phrases=PhraseList(("gasket",)))
    expected = in_a_file(tmp_path, pool, what, pcm, RATE)
    assert len(expected) == 3

    for packet in (640, 3200, 32_000, 10_007):
        assert listened(live, what, pcm.tobytes(), packet).phrases == expected, packet


def test_other_rates_and_channels_are_brought_to_what_a_file_of_them_gives(live, pool, model, pcm, tmp_path):
    at_44 = soxr.resample(pcm, RATE, 44_100)
    for sound, samples in (
        (SoundFormat(44_100, 2), np.stack([at_44, at_44 // 2], axis=1)),
        (SoundFormat(8_000), soxr.resample(pcm, RATE, 8_000)),
    ):
        what = wanted(model, sound)

        told = listened(live, what, samples.tobytes(), 1_777)

        assert told.phrases == in_a_file(tmp_path, pool, what, samples, sound.rate_hz), sound


def test_other_forms_of_the_same_samples_give_the_same_phrases(live, model, pcm):
    expected = listened(live, wanted(model), pcm.tobytes(), 3200).phrases
    wide = pcm.astype(np.float64)

    for sound, samples in (
        (SoundFormat(RATE, bits=32, is_float=True), (wide / 32768).astype("<f4")),
        (SoundFormat(RATE, bits=32), (wide * 65536).astype("<i4")),
    ):
        assert listened(live, wanted(model, sound), samples.tobytes(), 3200).phrases == expected, sound


def test_24_bits_and_8_bits_are_read_as_a_file_of_them_is(live, pool, model, pcm, tmp_path):
    for bits, subtype in ((24, "PCM_24"), (8, "PCM_U8")):
        soundfile.write(tmp_path / "form.wav", pcm, RATE, subtype=subtype)
        header = 44 if bits == 8 else (tmp_path / "form.wav").read_bytes().index(b"data") + 8
        data = (tmp_path / "form.wav").read_bytes()[header : header + len(pcm) * bits // 8]
        audio.convert(tmp_path / "form.wav", tmp_path / "recording.wav", rate_hz=RATE, max_seconds=60)

        told = listened(live, wanted(model, SoundFormat(RATE, bits=bits)), data, 3200)

        assert told.phrases == list(transcribe(tmp_path / "recording.wav", model, pool)), bits


def test_events_come_in_the_order_of_time(live, model, pcm):
    told = listened(live, wanted(model), pcm.tobytes(), 3200)

    order = [type(event) for event in told.events if not isinstance(event, Heard | Partial)]
    assert order == [Began, Found] * 3 + [Ended]
    for number, began in enumerate(told.of(Began)):
        found = told.phrases[number]
        between = told.events[told.events.index(began) : told.events.index(told.of(Found)[number])]
        guesses = [event for event in between if isinstance(event, Partial)]
        assert began.start == pytest.approx(found.start)
        assert guesses
        assert all(found.start <= guess.end <= found.end + 0.1 for guess in guesses)
        assert [len(guess.lexical) for guess in guesses] == sorted(len(guess.lexical) for guess in guesses)
    assert told.of(Ended)[0].duration == pytest.approx(len(pcm) / RATE)
    assert [event.until for event in told.of(Heard)] == sorted(event.until for event in told.of(Heard))
    assert {event.is_speaking for event in told.of(Heard)} == {False, True}


def hearers(tmp_path: Path, **sure: float) -> tuple[Hearer, ...]:
    found = []
    for locale, confidence in sure.items():
        folder = tmp_path / locale
        folder.mkdir()
        (folder / "sure").write_text(str(confidence), encoding="utf-8")
        found.append(Hearer(locale, ModelFiles("small", folder)))
    return tuple(found)


@pytest.mark.parametrize("stays", [False, True])
def test_of_several_languages_the_surest_is_believed_and_where_it_stays_asked_alone(live, pcm, tmp_path, stays):
    known = hearers(tmp_path, en=0.4, de=0.6, fr=0.5)

    told = Told()
    recording = live.open(Listening(PLAIN, known, SegmentOptions(), stays=stays), told)
    recording.feed(pcm[: 11 * RATE // 2].tobytes())
    told.wait(Found)
    recording.feed(pcm[11 * RATE // 2 :].tobytes())
    recording.finish()
    told.wait(Ended)

    assert [event.locale for event in told.of(Found)] == ["de"] * 3
    asked = [(hearer.model.base / "log").read_text(encoding="utf-8").count("recognize") for hearer in known]
    assert asked == ([1, 3, 1] if stays else [3, 3, 3])
    assert "start" in (known[0].model.base / "log").read_text(encoding="utf-8")


def test_where_no_language_is_surer_the_first_is_believed(live, pcm, tmp_path):
    known = hearers(tmp_path, en=0.5, de=0.5)

    told = listened(live, Listening(PLAIN, known, SegmentOptions()), pcm.tobytes(), 3200)

    assert [event.locale for event in told.of(Found)] == ["en"] * 3


def test_a_phrase_that_runs_to_the_end_of_the_recording_is_told(live, pool, model, pcm, tmp_path):
    cut = pcm[: RATE + RATE // 2]  # in the middle of the first sentence

    told = listened(live, wanted(model), cut.tobytes(), 3200)

    assert len(told.phrases) == 1
    assert told.phrases == in_a_file(tmp_path, pool, wanted(model), cut, RATE)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\x02\x03\x04", bytes(32_000)])
def test_next_to_nothing_ends_at_once(live, model, data):
    told = listened(live, wanted(model), data, 1600)

    assert told.phrases == []
    assert told.of(Ended)[0].duration == pytest.approx(len(data) // 2 / RATE)


def test_a_guesser_is_held_only_while_somebody_speaks(live, model, pcm):
    listened(live, wanted(model), bytes(10 * 32_000), 3200)
    assert not (model.base / "log").exists()

    listened(live, wanted(model), pcm.tobytes(), 3200)
    listened(live, wanted(model), pcm.tobytes(), 3200)

    log = (model.base / "log").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("guesser") for line in log) <= 2
    assert sum(line.startswith("start") for line in log) == 6


def test_two_recordings_at_once_do_not_mix(live, model, pcm):
    expected = listened(live, wanted(model), pcm.tobytes(), 3200).phrases
    told = [Told(), Told()]
    recordings = [live.open(wanted(model), one) for one in told]
    data = pcm.tobytes()

    for at in range(0, len(data), 3200):
        for recording in recordings:
            recording.feed(data[at : at + 3200])
    for recording in recordings:
        recording.finish()

    for one in told:
        one.wait(Ended)
        assert one.phrases == expected


def test_what_was_abandoned_tells_nothing_more(live, model, pcm):
    told = Told()
    recording = live.open(wanted(model), told)
    recording.feed(pcm.tobytes())
    told.wait(Began)

    recording.abandon()
    seen = len(told.events)
    recording.finish()
    listened(live, wanted(model), pcm.tobytes(), 3200)

    assert len(told.events) == seen


def test_who_feeds_sees_how_far_the_listener_is_behind(live, model):
    told = Told()
    recording = live.open(wanted(model), told)
    assert recording.behind == 0

    recording.feed(bytes(32_000))
    recording.finish()
    told.wait(Ended)

    assert 0 <= recording.behind < 0.2


@pytest.mark.slow
def test_a_listening_process_that_is_killed_fails_its_recordings_and_the_next_one_has_another(live, model, pcm, caplog):
    told = Told()
    recording = live.open(wanted(model), told)
    recording.feed(pcm[: RATE * 2].tobytes())
    told.wait(Began)

    os.kill(live.process_ids[0], signal.SIGKILL)
    failed = told.wait(Failed)
    recording.feed(pcm.tobytes())
    recording.finish()

    assert failed.error.code == "ListeningDied"
    assert failed.error.retriable
    assert "killed by SIGKILL" in str(failed.error)
    assert caplog.messages == ["listening process ended recordings=1: it was killed by SIGKILL"]
    assert told.events[-1] == failed
    assert len(listened(live, wanted(model), pcm.tobytes(), 3200).phrases) == 3


@pytest.mark.slow
def test_a_decode_process_that_dies_costs_no_word(live, model, pcm, tmp_path):
    expected = listened(live, wanted(model), pcm.tobytes(), 3200).phrases
    (model.base / "crashes").write_text("1", encoding="utf-8")

    assert listened(live, wanted(model), pcm.tobytes(), 3200).phrases == expected


def test_a_model_that_cannot_be_loaded_fails_the_recording_with_the_reason(live, tmp_path, pcm):
    told = listened(live, wanted(ModelFiles("small", tmp_path / "gone")), pcm.tobytes(), 3200)

    failed = told.events[-1]
    assert isinstance(failed, Failed)
    assert failed.error.code == "ModelMissing"


def test_a_recognizer_that_raises_what_it_should_not_fails_its_recording_alone(live, model, pcm, caplog):
    (model.base / "errs").touch()
    failed = listened(live, wanted(model), pcm.tobytes(), 3200).of(Failed)[0].error
    assert failed.code == "RecognizingFailed"
    assert "ValueError" in str(failed)
    assert "no engine should" not in str(failed)
    (noted,) = [record.getMessage() for record in caplog.records if "fault" in record.getMessage()]
    assert noted.startswith("fault where it is recognized\n")
    assert f'File "{small_engine.__file__}"' in noted
    assert "in recognize" in noted
    assert "builtins.ValueError" in noted
    assert "ValueError: no engine" not in noted
    (model.base / "errs").unlink()

    assert len(listened(live, wanted(model), pcm.tobytes(), 3200).phrases) == 3


class Refusing(Future[list[Hypothesis]]):
    """Cannot be cancelled before another has failed, whose news then wait for the lock of who cancels."""

    def __init__(self, other: Future[list[Hypothesis]]) -> None:
        super().__init__()
        self._other = other

    def cancel(self) -> bool:
        threading.Thread(target=self._other.set_exception, args=(EngineError("Broken."),)).start()
        self._other.exception(PATIENCE_S)
        return super().cancel()


class Promised:
    """A pool that recognizes nothing by itself."""

    def __init__(self, *results: Future[list[Hypothesis]]) -> None:
        self.asked: list[Future[list[Hypothesis]]] = []
        self._results = iter(results)

    def submit_sound(self, *_: object, **__: object) -> Future[list[Hypothesis]]:
        self.asked.append(next(self._results))
        return self.asked[-1]


def test_a_phrase_that_fails_while_the_next_one_is_dropped_fails_the_recording(model):
    first: Future[list[Hypothesis]] = Future()
    pool, told = Promised(first, Refusing(first), Future()), Told()
    recording = Live(1, wanted(model), pool, told, lambda *_: None)
    recording.told("piece", (Segment(0.0, 1.0), b""))
    recording.told("over", (Segment(0.0, 1.0),))
    recording.told("piece", (Segment(2.0, 3.0), b""))

    recording.told("piece", (Segment(2.0, 4.0), b""))

    assert [type(event) for event in told.events] == [Failed]
    assert not any(result.running() or not result.done() for result in pool.asked)


def read(text: str, start: float, confidence: float = 0.5) -> Hypothesis:
    """Words of a second each."""
    words = [Word(word, start + at, start + at + 1.0, confidence) for at, word in enumerate(text.split())]
    return Hypothesis(tuple(words), confidence)


def test_a_phrase_is_told_when_all_its_pieces_are_recognized_and_what_was_asked_in_vain_is_dropped(model):
    results: list[Future[list[Hypothesis]]] = [Future() for _ in range(4)]
    pool, told = Promised(*results), Told()
    recording = Live(1, wanted(model), pool, told, lambda *_: None)
    phrase = Segment(0.0, 9.0, ((4.25, 4.5),))

    recording.told("piece", (Segment(0.0, 2.25), b""))
    recording.told("piece", (Segment(0.0, 4.25), b""))
    recording.told("piece", (Segment(4.5, 8.0), b""))
    recording.told("piece", (Segment(4.5, 9.0), b""))
    recording.told("over", (phrase,))
    results[3].set_result([read("gasket two", 5.0)])
    assert told.events == []
    results[1].set_result([read("send one", 0.5)])

    (found,) = told.events
    assert found.phrase.hypotheses[0].lexical == "send one gasket two"
    assert (found.phrase.start, found.phrase.end) == (0.0, 9.0)
    assert [result.cancelled() for result in results] == [True, False, True, False]


def test_pieces_that_a_phrase_was_not_cut_into_after_all_are_dropped(model):
    results: list[Future[list[Hypothesis]]] = [Future() for _ in range(2)]
    recording = Live(1, wanted(model), Promised(*results), Told(), lambda *_: None)
    recording.told("piece", (Segment(0.0, 4.0), b""))
    recording.told("piece", (Segment(4.5, 8.0), b""))

    recording.told("over", (Segment(0.0, 4.0),))

    assert [result.cancelled() for result in results] == [False, True]


def test_who_speaks_may_send_again_what_ended_its_decode_process(model):
    first: Future[list[Hypothesis]] = Future()
    told = Told()
    recording = Live(1, wanted(model), Promised(first), told, lambda *_: None)
    recording.told("piece", (Segment(0.0, 2.0), b""))
    recording.told("over", (Segment(0.0, 2.0),))

    first.set_exception(DecodeDied("It ended.", code="DecodeDied"))

    (failed,) = told.events
    assert (failed.error.code, failed.error.retriable) == ("DecodeDied", True)


def test_who_feeds_sees_how_much_is_not_recognized_yet(model):
    first: Future[list[Hypothesis]] = Future()
    told = Told()
    recording = Live(1, wanted(model), Promised(first), told, lambda *_: None)
    recording.feed(bytes(20 * 2 * RATE))
    recording.told("heard", (1.0, True))
    assert recording.behind == 19.0

    recording.told("piece", (Segment(0.0, 2.0), b""))
    recording.told("over", (Segment(0.0, 2.0),))
    recording.told("heard", (20.0, False))
    assert recording.behind == 19.0

    first.set_result([Hypothesis((), 0.0)])
    assert recording.behind == 0.0


def test_a_guesser_that_breaks_fails_its_recording_alone(live, model, pcm):
    (model.base / "breaks").touch()
    assert listened(live, wanted(model), pcm.tobytes(), 3200).of(Failed)[0].error.code == "DecodingFailed"
    (model.base / "breaks").unlink()

    assert len(listened(live, wanted(model), pcm.tobytes(), 3200).phrases) == 3


def test_a_closed_pool_listens_to_nobody(live, model):
    told = Told()
    live.open(wanted(model), told)

    live.close()

    assert told.wait(Failed).error.retriable
    with pytest.raises(EngineError) as refused:
        live.open(wanted(model), Told())
    assert refused.value.code == "ListeningClosed"


@pytest.mark.slow
def test_idle_processes_end_and_come_back(pool, model, pcm):
    live = LivePool(1, pool, guesser_loader=small_engine.guesser, idle_s=0.05)
    listened(live, wanted(model), pcm.tobytes(), 3200)
    ended = threading.Event()

    while live.process_ids:
        ended.wait(0.05)

    assert len(listened(live, wanted(model), pcm.tobytes(), 3200).phrases) == 3
    live.close()


@pytest.mark.slow
def test_who_comes_as_the_listening_process_dies_is_told_or_heard_and_never_forgotten(live, model):
    for _ in range(15):
        listened(live, wanted(model), bytes(3200), 3200)
        os.kill(live.process_ids[0], signal.SIGKILL)

        told = [Told() for _ in range(20)]
        for one in told:
            live.open(wanted(model), one).finish()

        assert all(one.wait(Ended, Failed) for one in told)
