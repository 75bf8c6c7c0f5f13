"""A model for one recording: what it is made of, when none is made, and that it hears the recording no worse."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import speechsmith
from speechsmith.asr.scoring import align
from speechsmith.asr.segments import segments
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, Word
from speechsmith.engines.base import EngineError, ModelFiles, Recognized
from speechsmith.engines.pocketsphinx import attune
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import decoder_files

BASE = ModelFiles("pocketsphinx", PocketSphinxEngine().packaged_models()[0].folder)
SAMPLE = Path(speechsmith.__file__).parent / "sample" / "test"


def phrase(start: float, stop: float, text: str, confidence: float = 0.9) -> Recognized:
    words = text.split()
    step = (stop - start) / max(len(words), 1)
    timed = (Word(word, n * step, (n + 1) * step, confidence) for n, word in enumerate(words))
    return Recognized(Path("nowhere.wav"), start, stop, Hypothesis(tuple(timed), confidence))


def untold(stage: str, fraction: float) -> None:
    assert stage
    assert 0.0 <= fraction <= 1.0


def test_every_engine_makes_no_model_of_nothing_and_says_why(engine, base, tmp_path):
    made = engine.attuned(base, [], tmp_path, workers=1, progress=untold)

    assert (made.model, made.seconds) == (None, 0.0)
    assert made.why_not.endswith(".")


def test_a_phrase_is_learned_from_when_it_has_words_and_is_not_a_guess():
    assert attune.is_sure(phrase(0, 1, "two words", attune.SURE))
    assert not attune.is_sure(phrase(0, 1, "two words", attune.SURE - 0.01))
    assert not attune.is_sure(phrase(0, 1, "one"))
    assert not attune.is_sure(phrase(0, 1, ""))


def test_too_little_sure_speech_makes_no_model_however_much_there_is_to_hear(tmp_path):
    heard = [phrase(0, 59.9, "some words"), phrase(60, 400, "other words", 0.0), phrase(400, 800, "one")]

    made = attune.attuned(BASE, heard, tmp_path, workers=1, progress=untold)

    assert made.model is None
    assert made.seconds == pytest.approx(59.9)
    assert "Only 59 s" in made.why_not
    assert list(tmp_path.iterdir()) == []


def test_sound_that_cannot_be_read_makes_no_model(tmp_path):
    made = attune.attuned(BASE, [phrase(0, 90, "some words")], tmp_path, workers=1, progress=untold)

    assert (made.model, made.seconds) == (None, 0.0)


def test_a_model_that_is_not_there_is_refused(tmp_path):
    nowhere = ModelFiles("pocketsphinx", tmp_path / "nowhere")

    with pytest.raises(EngineError, match="missing"):
        attune.attuned(nowhere, [phrase(0, 90, "some words")], tmp_path, workers=1, progress=untold)


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> tuple[Path, list[str]]:
    """What one voice of the sample says, as one recording, and its words."""
    voice_of = dict(line.split("\t")[:2] for line in (SAMPLE / "speakers.tsv").read_text(encoding="utf-8").splitlines())
    lines = [line.split("\t") for line in (SAMPLE / "trans.txt").read_text(encoding="utf-8").splitlines()]
    lines = [(name, text) for name, text in lines if voice_of[name] == "flite-rms"]
    sounds = [soundfile.read(SAMPLE / "audio" / name, dtype="float32")[0] for name, _ in lines]
    wav = tmp_path_factory.mktemp("recording") / "long.wav"
    joined = np.concatenate([np.pad(sound, (0, SAMPLE_RATE_HZ)) for sound in sounds])
    soundfile.write(wav, joined, SAMPLE_RATE_HZ, subtype="PCM_16")
    return wav, normalizer("en-US").lexical(" ".join(text for _, text in lines)).split()


def recognized(model: ModelFiles, wav: Path) -> list[Recognized]:
    recognizer = PocketSphinxEngine().load(model)
    samples = soundfile.read(wav, dtype="float32")[0]
    found = []
    for piece in segments([samples]):
        audio = samples[round(piece.start * SAMPLE_RATE_HZ) : round(piece.end * SAMPLE_RATE_HZ)]
        found.append(Recognized(wav, piece.start, piece.end, recognizer.recognize(audio)[0]))
    return found


def errors(heard: list[Recognized], words: list[str]) -> int:
    text = normalizer("en-US").lexical(" ".join(one.hypothesis.lexical for one in heard))
    counts = align(words, text.split()).counts
    return counts.substitutions + counts.deletions + counts.insertions


@pytest.fixture(scope="module")
def first(recording) -> list[Recognized]:
    """What the base model hears in it."""
    return recognized(BASE, recording[0])


@pytest.fixture
def short_will_do(monkeypatch) -> None:
    """One voice of the sample has 40 s only."""
    monkeypatch.setattr(attune, "LEAST", 30.0)


@pytest.mark.slow
@pytest.mark.usefixtures("short_will_do")
def test_a_recording_of_real_sound_is_heard_no_worse_by_the_model_that_it_made(recording, first, tmp_path):
    wav, words = recording

    made = attune.attuned(BASE, first, tmp_path, workers=1, progress=untold)

    assert made.model == ModelFiles("pocketsphinx", BASE.base, tmp_path)
    assert attune.LEAST <= made.seconds <= sum(one.stop - one.start for one in first)
    files, base = decoder_files(made.model), decoder_files(BASE)
    assert {path.name for path in tmp_path.iterdir()} == {"acoustic", "language.lm.bin", "lexicon.dict"}
    assert (files.acoustic / "means").read_bytes() != (base.acoustic / "means").read_bytes()
    assert files.language.read_bytes() == base.language.read_bytes()
    assert files.lexicon.read_bytes() == base.lexicon.read_bytes()
    assert errors(recognized(made.model, wav), words) <= errors(first, words)


@pytest.mark.slow
@pytest.mark.usefixtures("short_will_do")
def test_a_custom_model_keeps_its_words_and_its_confidences(first, tmp_path):
    (custom := tmp_path / "custom").mkdir()
    (out := tmp_path / "out").mkdir()
    base = decoder_files(BASE)
    shutil.copyfile(base.language, custom / "language.lm.bin")
    (custom / "lexicon.dict").write_bytes(base.lexicon.read_bytes() + b"zorblax Z AO R B L AE K S\n")
    (custom / "confidence.json").write_text('{"slope": 1.0, "intercept": 0.0}', encoding="utf-8")
    model = ModelFiles("pocketsphinx", BASE.base, custom)

    made = attune.attuned(model, first, out, workers=1, progress=untold)

    assert made.model is not None
    files = decoder_files(made.model)
    assert files.lexicon.read_bytes() == (custom / "lexicon.dict").read_bytes()
    assert files.confidence is not None
    assert files.confidence.read_bytes() == (custom / "confidence.json").read_bytes()
