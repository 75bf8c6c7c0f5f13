"""Learning from speech end to end, on the sample that comes with the house and a base model of few words."""

import hashlib
import json
import multiprocessing
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
import soundfile
import soxr

import speechsmith
from speechsmith.asr import audio
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.ngram import END, START, encode, estimate
from speechsmith.asr.types import SAMPLE_RATE_HZ, Corpus, Utterance
from speechsmith.engines.base import AdaptOptions, AdaptResult, EngineError, ModelFiles
from speechsmith.engines.pocketsphinx import speech
from speechsmith.engines.pocketsphinx.adapt import adapt
from speechsmith.engines.pocketsphinx.choice import Decision
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.guards import Setting, unknown
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm

PACKAGED = Path(pocketsphinx.get_model_path()) / "en-us"
TRAIN = Path(speechsmith.__file__).parent / "sample" / "train"
PRONUNCIATIONS = (TRAIN / "pronunciations.txt",)
EVERYDAY = """
    we need four of them at the north end
    there is a crack in the old wall
    could you check the price of the week for me
    please hold the counter and take the back off
    he wants two of the nine before noon
    the customer sent one on friday
    she comes with every one
    put it on the bottom shelf
    i ordered it a week ago
    does it not fit my invoice
    it goes with the seal kit truck
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """The packaged acoustic model with few words, so that it is decoded fast."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "en-us").symlink_to(PACKAGED / "en-us", target_is_directory=True)
    sentences = [line.strip() for line in EVERYDAY.strip().splitlines()]
    spoken = [line.partition("\t")[2] for line in (*_lines("trans.txt"), *_lines("pronunciations.txt"))]
    needed = {word.strip(".?") for line in (*sentences, *spoken) for word in line.lower().split()}
    lines = (PACKAGED / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines()
    few = [line for i, line in enumerate(lines) if i % 30 == 0 or line.split()[0].partition("(")[0] in needed]
    (folder / "cmudict-en-us.dict").write_text("\n".join(few) + "\n", encoding="utf-8")
    words = (START, END, *sorted({word for sentence in sentences for word in sentence.split()}))
    write_lm(estimate(encode(sentences, {w: i for i, w in enumerate(words)}), words), folder / "en-us.lm.bin")
    return folder


def _lines(name: str) -> list[str]:
    return (TRAIN / name).read_text(encoding="utf-8").splitlines()


def utterances() -> list[Utterance]:
    """The thirteen of the sample."""
    named = (line.split("\t") for line in _lines("trans.txt"))
    return [Utterance(name, TRAIN / "audio" / name, transcript) for name, transcript in named]


def hasty(folder: Path) -> list[Utterance]:
    """The same, but spoken faster and higher, as by voices that the base model has never heard."""
    folder.mkdir()
    made = []
    for one in utterances():
        samples = soxr.resample(audio.read(one.audio), 1.25 * SAMPLE_RATE_HZ, SAMPLE_RATE_HZ)
        soundfile.write(folder / one.name, samples, SAMPLE_RATE_HZ)
        made.append(replace(one, audio=folder / one.name))
    return made


def related_text(folder: Path, lines: int = 60) -> Path:
    path = folder / "related-text.txt"
    path.write_text("\n".join(_lines("related-text.txt")[:lines]), encoding="utf-8")
    return path


def trained(base: Path, out: Path, corpus: Corpus, **options) -> tuple[AdaptResult, list[tuple[str, float]]]:
    out.mkdir()
    told = []
    return adapt(base, corpus, out, AdaptOptions(**options), lambda *step: told.append(step)), told


def digests(folder: Path) -> Mapping[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def reasons(result: AdaptResult) -> list[tuple[str, str]]:
    return [(one["name"], one["code"]) for one in result.report["speech"]["notUsed"]["utterances"]]


@pytest.fixture(scope="module")
def model(base, tmp_path_factory):
    """A model of good speech, and of what users add to it by mistake: its folder, result, progress and temp files."""
    folder = tmp_path_factory.mktemp("model")
    good = hasty(folder / "audio")
    broken = folder / "broken.wav"
    broken.write_bytes(b"RIFF, and nothing else")
    bad = [
        replace(good[0], transcript="???"),  # a name that occurs twice
        Utterance("missing.wav", folder / "missing.wav", "Nobody has heard this."),
        Utterance("broken.wav", broken, "Nobody can hear this."),
        replace(good[1], name="empty.wav", transcript=""),
        replace(good[3], name="foreign.wav", transcript="There is a 你好 in the impeller."),
    ]
    corpus = Corpus("en-US", text=(related_text(folder),), pronunciations=PRONUNCIATIONS, utterances=(*good, *bad))
    temp = folder / "temp"
    temp.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temp))
        result, told = trained(base, folder / "out", corpus, learning_curve=True)
    return folder / "out", result, told, list(temp.iterdir())


@pytest.mark.slow
def test_the_model_is_written_and_nothing_else_stays(model):
    out, _, _, temp = model

    names = {path.name for path in out.iterdir()}
    assert names == {"acoustic", "language.lm.bin", "lexicon.dict", "confidence.json", "text"}
    assert temp == []
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_progress_of_learning_from_speech_never_goes_back_and_ends_at_one(model):
    _, _, told, _ = model

    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


@pytest.mark.slow
def test_the_model_hears_the_names_that_the_base_does_not_know(base, model, tmp_path):
    names = {line.partition("\t")[0].lower() for line in _lines("pronunciations.txt")}

    def right(custom: Path | None) -> int:
        recognizer = PocketSphinxEngine().load(ModelFiles("pocketsphinx", base, custom))
        heard = [
            recognizer.recognize(audio.read(one.audio))[0].lexical.split()
            for one in hasty(tmp_path / ("base" if custom is None else "custom"))
        ]
        return sum(bool(names.intersection(words)) for words in heard)

    assert right(None) == 0
    assert right(model[0]) >= 10


@pytest.mark.slow
def test_the_report_tells_of_speech(model):
    report = json.loads(json.dumps(model[1].report))

    assert set(speech.REPORTED) <= set(report)
    assert report["speech"]["utterances"] == 18
    assert 20 < report["speech"]["secondsUsed"] < report["speech"]["seconds"] < 40
    assert report["speech"]["pseudoTranscripts"] is None
    assert report["acoustic"]["strength"] in ("mllr", "cautious", "standard", "strong")
    assert report["guard"]["verdict"]["outcome"] == "better"
    assert report["guard"]["chosen"] in [
        {name: value for name, value in tried.items() if name != "wordErrorRate"} for tried in report["guard"]["tried"]
    ]
    assert report["guard"]["heldOut"]["words"] == report["guard"]["verdict"]["wordCount"] >= 100
    assert [point["seconds"] for point in report["learningCurve"]] == sorted(
        point["seconds"] for point in report["learningCurve"]
    )
    assert len(report["learningCurve"]) == 4  # since it was asked for
    assert report["confidence"]["words"] >= speech.CALIBRATED_FROM
    assert report["confidence"]["slope"] >= 0
    assert report["weight"]["value"] == report["guard"]["chosen"]["weight"]


@pytest.mark.slow
def test_each_utterance_that_is_not_learned_from_is_listed_with_its_reason(model):
    assert reasons(model[1]) == [
        ("missing.wav", "NotAudio"),
        ("broken.wav", "NotAudio"),
        ("train_01.wav", "NoWords"),
        ("empty.wav", "NoWords"),
        ("foreign.wav", "NoPronunciation"),
    ]


@pytest.mark.slow
def test_the_same_bytes_come_every_time_and_from_any_number_of_processes(base, tmp_path):
    corpus = Corpus(
        "en-US",
        text=(related_text(tmp_path, 20),),
        pronunciations=PRONUNCIATIONS,
        utterances=tuple(hasty(tmp_path / "audio")[:6]),
        recordings=(utterances()[7],),
    )
    made = {}
    for run, workers in (("one", 1), ("three", 3)):
        result, _ = trained(base, tmp_path / run, corpus, workers=workers, weight=0.9, learning_curve=False)
        made[run] = digests(tmp_path / run), {**result.report, "seconds": 0}

    assert {"acoustic/means", "acoustic/sendump", "language.lm.bin", "lexicon.dict"} <= set(made["one"][0])
    assert made["three"] == made["one"]


@pytest.mark.slow
def test_recordings_that_nobody_has_transcribed_are_learned_from_as_far_as_they_are_sure(base, tmp_path):
    spoken = [audio.read(one.audio) for one in utterances()]
    pause = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    soundfile.write(tmp_path / "calls.wav", np.concatenate([part for x in spoken for part in (x, pause)]), 16_000)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    recordings = (
        Utterance("7", tmp_path / "calls.wav", ""),
        Utterance("12", tmp_path / "broken.wav", ""),
    )
    text = tmp_path / "text.txt"
    text.write_text("\n".join(one.transcript for one in utterances()), encoding="utf-8")
    corpus = Corpus("en-US", text=(text,), pronunciations=PRONUNCIATIONS, recordings=recordings)

    result, _ = trained(base, tmp_path / "out", corpus)

    told = result.report["speech"]["pseudoTranscripts"]
    assert told["phrases"] == 13
    assert 3 <= told["used"] <= 13
    assert {one["recording"] for one in told["transcripts"]} == {"7"}
    starts = [one["start"] for one in told["transcripts"]]
    assert starts == sorted(starts)
    assert ("12", "NotAudio") in reasons(result)
    assert {name for name, _ in reasons(result)} <= {"7", "12"}
    assert result.report["speech"]["secondsUsed"] <= told["secondsUsed"]
    assert result.report["acoustic"]["strength"] == "cautious"
    assert result.report["guard"]["verdict"]["outcome"] == "unknown"
    assert result.report["learningCurve"] == []
    assert result.report["confidence"] is None
    assert (tmp_path / "out" / "acoustic" / "means").is_file()
    assert not (tmp_path / "out" / "confidence.json").exists()


@pytest.mark.slow
def test_transcripts_without_any_sound_are_text(base, tmp_path):
    lost = tuple(replace(one, audio=tmp_path / one.name) for one in utterances())

    result, _ = trained(base, tmp_path / "out", Corpus("en-US", pronunciations=PRONUNCIATIONS, utterances=lost))

    assert reasons(result) == [(one.name, "NotAudio") for one in lost]
    assert result.report["acoustic"] is None
    assert result.report["guard"]["verdict"]["outcome"] == "unknown"
    assert result.weight == result.report["guard"]["chosen"]["weight"] > 0
    assert "moltrino" in read_lm(tmp_path / "out" / "language.lm.bin").index
    assert not (tmp_path / "out" / "acoustic").exists()


def test_confidences_are_corrected_only_where_surer_words_are_right_more_often(tmp_path):
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.05, 0.95, 400)
    right = rng.uniform(size=400) < sure
    telling, contrary = (
        Decision(Setting(), unknown(""), words=tuple(zip(sure.tolist(), truth.tolist(), strict=True)))
        for truth in (right, ~right)
    )

    assert speech.calibrated(telling, tmp_path / "telling.json")["words"] == 400
    assert speech.calibrated(contrary, tmp_path / "contrary.json") is None
    assert [path.name for path in tmp_path.iterdir()] == ["telling.json"]


@pytest.mark.slow
def test_copies_of_an_utterance_are_learned_from_and_are_one_test(base, tmp_path):
    one, other = hasty(tmp_path / "audio")[:2]
    copy = replace(one, name="copy.wav", audio=tmp_path / "copy.wav")
    copy.audio.write_bytes(one.audio.read_bytes())

    result, _ = trained(base, tmp_path / "out", Corpus("en-US", utterances=(*[one, copy, other] * 10,)))

    speech, guard = result.report["speech"], result.report["guard"]
    assert speech["utterances"] == 30
    assert speech["secondsUsed"] == pytest.approx(speech["seconds"], abs=1)
    assert guard["heldOut"]["utterances"] == 2
    assert guard["verdict"]["outcome"] == "unknown"


@pytest.mark.slow
def test_recordings_of_silence_teach_nothing(base, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    corpus = Corpus("en-US", recordings=(Utterance("silence.wav", tmp_path / "silence.wav", ""),))

    with pytest.raises(EngineError) as refusal:
        trained(base, tmp_path / "out", corpus)

    assert refusal.value.code == "NothingToLearn"
    assert not list((tmp_path / "out").glob("work*"))


@pytest.fixture(scope="module")
def trained_as_asked(base, tmp_path_factory) -> tuple[AdaptResult, Path]:
    """What comes of thirteen utterances and one with a transcript of another, at a weight that the user has set, with
    pronunciations that the base lexicon has otherwise: the result and the folder."""
    good = utterances()
    wrong = replace(good[0], transcript=good[4].transcript)
    folder = tmp_path_factory.mktemp("asked")
    swapped = folder / "swapped.txt"
    swapped.write_text("the\tof\nof\tthe\ncheck\tcrack\nwall\twall\n", encoding="utf-8")
    corpus = Corpus("en-US", pronunciations=(*PRONUNCIATIONS, swapped), utterances=(*good, wrong))
    return trained(base, folder / "out", corpus, weight=0.6)[0], folder / "out"


@pytest.fixture
def asked(trained_as_asked) -> AdaptResult:
    return trained_as_asked[0]


@pytest.mark.slow
def test_pronunciations_of_known_words_are_in_the_model_if_held_out_speech_allows_it(trained_as_asked):
    result, folder = trained_as_asked
    told = result.report["guard"]["pronunciations"]
    tried = {json.dumps(one, sort_keys=True) for one in result.report["guard"]["tried"]}
    lexicon = Lexicon.read(folder / "lexicon.dict")

    assert (told["count"], told["entries"]) == (3, ["the", "of", "check"])
    assert told["kept"] == result.report["guard"]["chosen"]["pronunciations"]
    assert told["verdict"]["outcome"] in ("better", "noDifference", "worse")
    assert len(tried) == len(result.report["guard"]["tried"])
    assert {tried["pronunciations"] for tried in result.report["guard"]["tried"]} == {True, False}
    assert (lexicon["of"][0] in lexicon["the"]) == told["kept"]
    assert "moltrino" in lexicon


@pytest.mark.slow
def test_the_weight_of_the_model_is_the_one_that_the_user_has_set(asked):
    assert asked.weight == 0.6
    assert {tried["weight"] for tried in asked.report["guard"]["tried"][1:]} == {0.6}
    assert asked.report["guard"]["chosen"]["weight"] == 0.6


@pytest.mark.slow
def test_half_a_minute_of_speech_has_no_learning_curve_unless_it_is_asked_for(asked):
    assert asked.report["options"]["learningCurve"] is None
    assert asked.report["speech"]["secondsUsed"] < speech.CURVE_FROM
    assert asked.report["learningCurve"] == []
    assert "Drawing the learning curve" not in asked.report["seconds"]


@pytest.mark.slow
def test_an_utterance_with_the_transcript_of_another_is_not_learned_from(asked):
    assert reasons(asked) == [("train_01.wav", "TranscriptMismatch")]
    assert asked.report["guard"]["heldOut"]["utterances"] == 13


@pytest.mark.slow
def test_a_long_recording_is_learned_from_in_pieces_and_a_piece_is_lost_alone(base, tmp_path):
    pause = np.zeros(SAMPLE_RATE_HZ, np.float32)
    said = [(audio.read(one.audio), one.transcript) for one in utterances()[:11]]
    swapped = [said[n][1] for n in (0, 1, 2, 5, 6, 3, 4, 7, 8, 9, 10)]
    false = [(samples, line) for (samples, _), line in zip(said, swapped, strict=True)]

    def joined(name: str, some: list[tuple[np.ndarray, str]]) -> Utterance:
        soundfile.write(tmp_path / name, np.concatenate([part for x, _ in some for part in (x, pause)]), 16_000)
        return Utterance(name, tmp_path / name, " ".join(line for _, line in some))

    long = (joined("forth.wav", false), joined("back.wav", said[::-1]))
    corpus = Corpus("en-US", pronunciations=PRONUNCIATIONS, utterances=(*utterances()[:4], *long))

    result, _ = trained(base, tmp_path / "out", corpus, weight=0.9, learning_curve=False)

    told, held_out = result.report["speech"], result.report["guard"]["heldOut"]
    assert set(reasons(result)) == {("forth.wav", "TranscriptMismatch")}
    assert told["secondsUsed"] > 0.7 * told["seconds"] > 50
    assert held_out["utterances"] == 4 + 6 - told["notUsed"]["count"]


@pytest.mark.slow
def test_of_one_long_recording_pieces_are_held_out(base, tmp_path):
    pause = np.zeros(SAMPLE_RATE_HZ, np.float32)
    said = utterances()
    whole = np.concatenate([part for one in said for part in (audio.read(one.audio), pause)])
    soundfile.write(tmp_path / "call.wav", whole, SAMPLE_RATE_HZ)
    call = Utterance("call.wav", tmp_path / "call.wav", " ".join(one.transcript for one in said))

    result, _ = trained(
        base, tmp_path / "out", Corpus("en-US", pronunciations=PRONUNCIATIONS, utterances=(call,)), weight=0.9
    )

    guard = result.report["guard"]
    assert guard["heldOut"]["inPieces"]
    assert guard["heldOut"]["folds"] >= 2
    assert guard["heldOut"]["utterances"] >= 3
    assert guard["verdict"]["outcome"] == "unknown"  # since there are few pieces
    assert guard["verdict"]["wordCount"] >= 60
    assert result.report["text"]["sentences"] == 1
