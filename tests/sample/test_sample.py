"""The sample data that ships: honest about what it is, small, laid out as the demo expects, and a fair test."""

import importlib.util
import random
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pocketsphinx
import pytest
import soundfile

import speechsmith

SAMPLE = Path(speechsmith.__file__).parent / "sample"
MAKER = Path(__file__).parents[2] / "tools" / "make_sample.py"


def table(path: Path) -> dict[str, str]:
    """The first two columns of a tab-separated file."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(len(row) >= 2 and all(row) for row in rows), path
    return {row[0]: row[1] for row in rows}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def related_text() -> list[str]:
    return (SAMPLE / "train" / "related-text.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def lexicon() -> set[str]:
    """The words of the packaged English lexicon."""
    path = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    with path.open(encoding="utf-8") as lines:
        return {line.split(maxsplit=1)[0].split("(")[0] for line in lines if line.strip()}


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The program that makes the sample, loaded without running it."""
    spec = importlib.util.spec_from_file_location("make_sample", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", ["train", "test"])
def test_every_audio_file_has_one_transcript_and_one_speaker(part):
    files = sorted(path.name for path in (SAMPLE / part / "audio").iterdir())

    assert sorted(table(SAMPLE / part / "trans.txt")) == files
    assert sorted(set(table(SAMPLE / part / "speakers.tsv")) - {"file"}) == files


def test_the_folder_takes_at_most_four_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 4_000_000


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*/audio/*")), ids=lambda path: path.name)
def test_audio_is_16_khz_mono_pcm_that_is_neither_silent_nor_clipped(path):
    sound = soundfile.info(path)
    samples, _ = soundfile.read(path)

    assert (sound.format, sound.subtype, sound.samplerate, sound.channels) == ("WAV", "PCM_16", 16_000, 1)
    assert 1.0 < sound.duration < 10.0
    assert np.sqrt(np.mean(samples**2)) > 0.03
    assert np.abs(samples).max() < 0.999


def test_no_test_sentence_is_in_the_training_text_or_transcripts():
    train = {" ".join(words(line)) for line in [*related_text(), *table(SAMPLE / "train" / "trans.txt").values()]}
    test = {" ".join(words(line)) for line in table(SAMPLE / "test" / "trans.txt").values()}

    assert len(test) >= 25
    assert not test & train


def test_the_grammar_of_the_training_text_cannot_make_a_test_sentence(maker):
    def expression(pattern: str) -> str:
        return re.sub(
            r"{(\w+)}", lambda slot: f"(?:{'|'.join(expression(choice) for choice in maker.SLOTS[slot[1]])})", pattern
        )

    grammar = re.compile("|".join(expression(pattern) for pattern in maker.PATTERNS), re.IGNORECASE)
    bare = [line.rstrip(".?") for line in related_text()]

    assert all(grammar.fullmatch(line) for line in bare)
    assert not [text for text in table(SAMPLE / "test" / "trans.txt").values() if grammar.fullmatch(text.rstrip(".?"))]


def test_the_test_voices_are_not_among_the_training_voices():
    train, test = (
        {speaker for file, speaker in table(SAMPLE / part / "speakers.tsv").items() if file != "file"}
        for part in ("train", "test")
    )

    assert len(train) > 1
    assert len(test) > 1
    assert not train & test


def test_the_training_text_has_300_to_600_lines_and_none_twice():
    lines = related_text()

    assert 300 <= len(lines) <= 600
    assert len(set(lines)) == len(lines)


def test_pronunciations_name_words_that_the_lexicon_lacks_in_words_that_it_has(lexicon):
    for displayed, spoken in table(SAMPLE / "train" / "pronunciations.txt").items():
        assert displayed.lower() not in lexicon
        assert set(spoken.split()) <= lexicon


def test_every_word_of_the_sample_is_in_the_lexicon_or_has_a_pronunciation(lexicon):
    known = lexicon | {word.lower() for word in table(SAMPLE / "train" / "pronunciations.txt")}
    said = [
        *related_text(),
        *(text for part in ("train", "test") for text in table(SAMPLE / part / "trans.txt").values()),
    ]

    assert {word for line in said for word in words(line)} <= known


def test_every_new_word_is_in_the_related_text_and_most_are_in_the_test():
    new = {word.lower() for word in table(SAMPLE / "train" / "pronunciations.txt")}
    related = {word for line in related_text() for word in words(line)}
    test = {word for line in table(SAMPLE / "test" / "trans.txt").values() for word in words(line)}

    assert new <= related
    assert len(new & test) > 0.8 * len(new)


def test_the_readme_says_that_all_speech_is_synthetic_and_names_the_licences():
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")

    assert "**All speech here is synthetic.**" in readme
    assert "CC0-1.0" in readme
    assert "Carnegie Mellon" in readme


def test_the_texts_are_those_that_the_program_makes(maker):
    assert related_text() == list(maker.related_text(random.Random(maker.SEED)))
    assert list(table(SAMPLE / "train" / "trans.txt").values()) == list(maker.TRAIN)
    assert list(table(SAMPLE / "test" / "trans.txt").values()) == list(maker.TEST)
