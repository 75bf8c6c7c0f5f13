"""Audio as training hears it: cut to the speech, and every file that is not speech named with its reason."""

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

import speechsmith
from speechsmith.asr import audio
from speechsmith.asr.types import SAMPLE_RATE_HZ, Utterance
from speechsmith.engines.pocketsphinx.sounds import cut_into_phrases, cut_to_speech

SAMPLE = Path(speechsmith.__file__).parent / "sample" / "train" / "audio"
SECOND = SAMPLE_RATE_HZ


def spoken(number: int) -> np.ndarray:
    return soundfile.read(SAMPLE / f"train_{number:02}.wav", dtype="float32")[0]


def write(path: Path, *parts: np.ndarray, rate_hz: int = SAMPLE_RATE_HZ) -> Utterance:
    soundfile.write(path, np.concatenate(parts), rate_hz, subtype="PCM_16")
    return Utterance(path.name, path, "")


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SECOND), np.float32)


@pytest.fixture
def cut(tmp_path):
    """Cuts utterances to speech, or into phrases, below a folder of its own."""
    folder = tmp_path / "cut"
    folder.mkdir()

    def run(*utterances, into=cut_to_speech, workers=1):
        return into(utterances, folder, workers=workers, progress=lambda _: None)

    return run


def test_an_utterance_goes_from_its_first_word_to_its_last_sample_for_sample(cut, tmp_path):
    said = spoken(1)
    utterance = write(tmp_path / "a.wav", silence(3), said, silence(1.2), said, silence(2))

    (sound,), problems = cut(utterance)

    assert problems == []
    assert 2.4 < sound.start < 3.3
    assert sound.duration == pytest.approx(1.2 + 2 * len(said) / SECOND, abs=1.0)
    whole, kept = audio.read(utterance.audio), audio.read(sound.wav)
    first = round(sound.start * SECOND)
    np.testing.assert_array_equal(kept, whole[first : first + len(kept)])
    assert len(kept) == round(sound.duration * SECOND)


@pytest.mark.slow
def test_more_than_a_block_is_copied_whole(cut, tmp_path):
    utterance = write(tmp_path / "a.wav", *[spoken(n) for n in range(1, 9)])

    (sound,), _ = cut(utterance)

    assert sound.duration > 20
    kept = audio.read(sound.wav)
    first = round(sound.start * SECOND)
    np.testing.assert_array_equal(kept, audio.read(utterance.audio)[first : first + len(kept)])


def test_a_recording_becomes_phrases_with_their_places(cut, tmp_path):
    said, other = spoken(1), spoken(2)
    recording = write(tmp_path / "a.wav", said, silence(4), other, silence(4), said)

    sounds, problems = cut(recording, into=cut_into_phrases)

    assert problems == []
    assert [sound.number for sound in sounds] == [0, 0, 0]
    places = [0.0, len(said) / SECOND + 4, (len(said) + len(other)) / SECOND + 8]
    assert [sound.start for sound in sounds] == pytest.approx(places, abs=0.6)
    for sound in sounds:
        with wave.open(str(sound.wav)) as wav:
            assert wav.getnframes() / wav.getframerate() == pytest.approx(sound.duration, abs=0.001)


def test_telephone_audio_is_brought_to_the_rate_of_the_model(cut, tmp_path):
    (sound,), _ = cut(write(tmp_path / "a.wav", spoken(1)[::2], rate_hz=8000))

    with wave.open(str(sound.wav)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (SAMPLE_RATE_HZ, 1, 2)


def test_what_is_no_speech_is_listed_with_its_reason_and_the_rest_goes_on(cut, tmp_path):
    for name, content in (("text.wav", b"this is no sound"), ("nothing.wav", b"")):
        (tmp_path / name).write_bytes(content)
    write(tmp_path / "empty.wav", silence(0))
    whole = (SAMPLE / "train_01.wav").read_bytes()
    (tmp_path / "header.wav").write_bytes(whole[:20])
    (tmp_path / "folder.wav").mkdir()
    names = ["text.wav", "nothing.wav", "empty.wav", "header.wav", "folder.wav", "missing.wav"]
    bad = [Utterance(name, tmp_path / name, "") for name in names]
    rng = np.random.default_rng(0)
    noise = write(tmp_path / "noise.wav", rng.normal(scale=1e-4, size=2 * SECOND).astype(np.float32))
    good = Utterance("good.wav", SAMPLE / "train_01.wav", "")

    sounds, problems = cut(*bad, write(tmp_path / "silence.wav", silence(2)), noise, good)

    assert [sound.number for sound in sounds] == [8]
    assert [(problem.name, problem.code) for problem in problems] == [
        ("text.wav", "NotAudio"),
        ("nothing.wav", "EmptyAudio"),
        ("empty.wav", "EmptyAudio"),
        ("header.wav", "NotAudio"),
        ("folder.wav", "NotAudio"),
        ("missing.wav", "NotAudio"),
        ("silence.wav", "NoSpeech"),
        ("noise.wav", "NoSpeech"),
    ]
    assert all(problem.shown()["reason"].endswith((".", "it")) for problem in problems)
    assert str(tmp_path) not in repr([problem.shown() for problem in problems])


def test_only_what_was_cut_is_left_in_the_folder(cut, tmp_path):
    (tmp_path / "text.wav").write_bytes(b"this is no sound")
    utterances = [write(tmp_path / "a.wav", spoken(1)), write(tmp_path / "silence.wav", silence(2))]

    (sound,), _ = cut(*utterances, Utterance("text.wav", tmp_path / "text.wav", ""))

    assert list((tmp_path / "cut").iterdir()) == [sound.wav]


def test_names_that_occur_twice_give_two_sounds(cut, tmp_path):
    first = write(tmp_path / "a.wav", spoken(1))

    sounds, _ = cut(first, first, Utterance("a.wav", SAMPLE / "train_02.wav", ""))

    assert [sound.number for sound in sounds] == [0, 1, 2]
    assert len({sound.wav for sound in sounds}) == 3


@pytest.mark.slow
def test_the_same_files_come_from_any_number_of_processes(tmp_path):
    utterances = [Utterance(path.name, path, "") for path in sorted(SAMPLE.iterdir())]
    cut = {}
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        sounds, _ = cut_to_speech(utterances, folder, workers=workers, progress=lambda _: None)
        cut[workers] = [(sound.number, sound.duration, sound.wav.name, sound.wav.read_bytes()) for sound in sounds]

    assert cut[1] == cut[2]
    assert len(cut[1]) == 13
