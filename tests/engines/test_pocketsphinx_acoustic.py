"""Learning from speech: the same bytes however the work is shared, nothing lost in silence, and models that decode."""

import itertools
import os
import subprocess
import sys
import wave
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from speechsmith.asr.hmm import Statistics
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.acoustic import (
    CAUTIOUS,
    STRENGTHS,
    AcousticOptions,
    Acoustics,
    estimate,
    learn,
    phone_classes,
)
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.hmm_files import read_model
from speechsmith.engines.pocketsphinx.recognizer import PocketSphinxRecognizer
from speechsmith.engines.pocketsphinx.telephone import write_variant

BASE = PocketSphinxEngine().packaged_models()[0].folder
LEXICON = BASE / "cmudict-en-us.dict"
WRONG = ("afterwards", "everybody", "enjoyed", "photography")


@pytest.fixture(scope="module")
def digits(spoken, tmp_path_factory) -> list[TrainingUtterance]:
    """Thirty strings of digits in three groups."""
    folder = tmp_path_factory.mktemp("digits")
    made = []
    for number, (samples, words) in enumerate(spoken("fsdd_dev", "train")[::2]):
        wav = folder / f"{number}.wav"
        with wave.open(str(wav), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        made.append(TrainingUtterance(f"digits {number}", wav, tuple(words), number % 3))
    return made


@pytest.fixture(scope="module")
def telephone(tmp_path_factory) -> Path:
    """What telephone speech, as the digits are, is learned from."""
    folder = tmp_path_factory.mktemp("telephone")
    write_variant(BASE / "en-us", folder)
    return folder


@pytest.fixture(scope="module")
def learned(telephone, digits, tmp_path_factory) -> Acoustics:
    return learn(telephone, digits, LEXICON, tmp_path_factory.mktemp("learned"))


@pytest.mark.slow
def test_all_of_it_is_used(learned, digits):
    assert learned.has_speech
    assert learned.problems == ()
    assert sorted(learned.fits) == list(range(30))
    assert sorted(learned.seconds_of) == [0, 1, 2]
    assert learned.seconds([0, 1]) == pytest.approx(learned.seconds() - learned.seconds_of[2])
    assert learned.statistics().frames == round(learned.seconds() * 100)


@pytest.mark.slow
def test_a_model_without_a_group_has_not_heard_it(learned):
    both, one, other = (learned.statistics(groups) for groups in ([0, 1], [0], [1]))

    for field in fields(Statistics):
        total = getattr(one, field.name) + getattr(other, field.name)
        np.testing.assert_allclose(getattr(both, field.name), total, rtol=1e-12)
    assert not learned.statistics([7]).frames


@pytest.mark.slow
def test_adapted_models_hear_digits_that_the_base_does_not(telephone, learned, digits, tmp_path):
    learned.write("standard", tmp_path / "acoustic", groups=[0, 1])
    held_out = [one for one in digits if one.group == 2]

    def right(acoustic: Path) -> int:
        from speechsmith.asr import audio  # noqa: PLC0415
        from speechsmith.asr.scoring import align  # noqa: PLC0415

        recognizer = PocketSphinxRecognizer(DecoderFiles(acoustic, BASE / "en-us.lm.bin", LEXICON))
        hypotheses = [recognizer.recognize(audio.read(one.wav))[0].lexical.split() for one in held_out]
        return sum(
            edit.kind.name == "CORRECT"
            for one, hypothesis in zip(held_out, hypotheses, strict=True)
            for edit in align(one.words, hypothesis).edits
        )

    assert right(tmp_path / "acoustic") > right(telephone) + 10  # of 50 words


@pytest.mark.slow
def test_the_gentler_a_strength_the_nearer_the_model_stays(learned):
    base, statistics = learned.base.mixtures, learned.statistics()
    models = [estimate(learned.base, statistics, options) for options in STRENGTHS.values()]

    moved = [float(np.abs(np.log(model.weights / base.weights)).mean()) for model in models]
    changed = [float(np.abs(model.means - models[0].means).mean()) for model in models]

    assert moved == sorted(moved)
    assert changed == sorted(changed)
    assert moved[0] > 0
    assert np.array_equal(models[0].variances, base.variances)


@pytest.mark.slow
def test_three_speakers_in_one_channel_are_likeliest_under_strong_adaptation(learned):
    assert learned.likeliest() in ("standard", "strong")


@pytest.mark.slow
def test_what_cannot_be_used_is_listed_with_its_reason(telephone, digits, tmp_path):
    wrong = TrainingUtterance("wrong", digits[0].wav, WRONG, 0)
    others = [
        TrainingUtterance("unknown", digits[0].wav, ("one", "qqqqq"), 0),
        TrainingUtterance("empty", digits[0].wav, (), 0),
        TrainingUtterance("short", digits[0].wav, ("seventeen",) * 90, 0),
        TrainingUtterance("missing", tmp_path / "missing.wav", ("one",), 5),
    ]

    found = learn(telephone, [*digits, wrong, *others], LEXICON, tmp_path / "out")

    codes = {problem.name: problem.code for problem in found.problems}
    assert codes == {
        "wrong": "TranscriptMismatch",
        "unknown": "NoPronunciation",
        "empty": "NoWords",
        "short": "TooShort",
        "missing": "NotAudio",
    }
    assert sorted(found.fits) == list(range(30))
    assert sorted(found.seconds_of) == [0, 1, 2]


@pytest.mark.slow
def test_telephone_speech_teaches_a_full_band_model_nothing_and_is_listed(digits, tmp_path):
    found = learn(BASE / "en-us", digits[:2], LEXICON, tmp_path / "out")

    assert not found.has_speech
    assert [problem.code for problem in found.problems] == ["TelephoneAudio", "TelephoneAudio"]


@pytest.mark.slow
def test_an_outlier_leaves_no_trace_in_the_statistics(telephone, digits, tmp_path):
    wrong = TrainingUtterance("wrong", digits[0].wav, WRONG, 0)

    clean = learn(telephone, digits, LEXICON, tmp_path / "clean", passes=1).statistics()
    dirty = learn(telephone, [*digits, wrong], LEXICON, tmp_path / "dirty", passes=1).statistics()

    for field in fields(Statistics):
        np.testing.assert_allclose(getattr(dirty, field.name), getattr(clean, field.name), rtol=1e-9, atol=1e-6)


@pytest.mark.slow
def test_any_number_of_workers_writes_the_same_bytes(telephone, digits, tmp_path):
    """In processes of their own, as jobs are run: with one thread for linear algebra."""
    program = """
import sys
from pathlib import Path
from speechsmith.engines.pocketsphinx.acoustic import learn
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance

if __name__ == "__main__":
    out, base, lexicon, workers, *lines = sys.argv[1:]
    utterances = [TrainingUtterance(*line.split("|")[:1], Path(line.split("|")[1]), tuple(line.split("|")[2].split()),
                                    int(line.split("|")[3])) for line in lines]
    found = learn(Path(base), utterances, Path(lexicon), Path(out) / "learned", workers=int(workers))
    assert found.has_speech
    found.write("standard", Path(out) / "acoustic")
"""
    (tmp_path / "program.py").write_text(program, "utf-8")
    lines = [f"{one.name}|{one.wav}|{' '.join(one.words)}|{n % 4}" for n, one in enumerate(digits)]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for workers in ("1", "3"):
        command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path / workers)]
        arguments = [str(telephone), str(LEXICON), workers, *lines]
        subprocess.run([*command, *arguments], env=os.environ | one_thread, check=True)

    for name in ("means", "variances", "sendump", "feat.params"):
        one, three = ((tmp_path / workers / "acoustic" / name).read_bytes() for workers in ("1", "3"))
        assert one == three, name


def test_no_speech_is_nothing_learned(tmp_path):
    found = learn(BASE / "en-us", [], LEXICON, tmp_path / "out")

    assert not found.has_speech
    assert found.seconds() == 0
    assert found.likeliest() == CAUTIOUS


@pytest.mark.slow
def test_other_densities_than_those_that_align_first_can_be_started_from(telephone, tmp_path):
    base = learn(telephone, [], LEXICON, tmp_path / "out", prior=BASE / "en-us").base

    assert np.array_equal(base.mixtures.means, read_model(BASE / "en-us").mixtures.means)
    assert base.folder == telephone


def test_a_base_that_is_missing_is_refused(tmp_path):
    with pytest.raises(EngineError, match="mdef is missing"):
        learn(tmp_path, [], LEXICON, tmp_path / "out")


@pytest.mark.parametrize("name", [field.name for field in fields(AcousticOptions)])
def test_options_that_mean_nothing_are_refused(name):
    with pytest.raises(ValueError, match="above zero"):
        AcousticOptions(**{name: 0.0})


def test_phones_of_a_class_share_every_class_above_it():
    phones = read_model(BASE / "en-us").definition.phones
    classes = phone_classes(phones)

    assert classes.shape == (5, 42)
    assert set(classes[0]) == {0}
    for coarse, fine in itertools.pairwise(classes):
        for one in set(fine):
            assert len(set(coarse[fine == one])) == 1
    kind = dict(zip(phones, classes[3].tolist(), strict=True))
    assert kind["M"] == kind["NG"] != kind["T"]
    assert kind["SIL"] == kind["+NSN+"] != kind["AA"]


def test_phones_of_another_language_are_speech():
    classes = phone_classes(["SIL", "AA", "pf"])

    assert classes[1, 1] == classes[1, 2] != classes[1, 0]
    assert classes[2, 1] != classes[2, 2]
