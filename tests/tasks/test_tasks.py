"""Tasks with real processes and the real engine: what jobs run, without a service around them."""

import json

import pytest

from bench import VOICE
from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import STYLE_FILE, load_style
from speechsmith.asr.types import Corpus, CorpusKind, Utterance
from speechsmith.domain.transcriptions import TranscriptionOptions
from speechsmith.engines import registry
from speechsmith.engines.base import AdaptOptions, ModelFiles
from speechsmith.ingest.base import IngestRequest
from speechsmith.net.fetch import FetchPolicy
from speechsmith.tasks import deploy, evaluate, import_dataset, listening, recordings, transcribe
from speechsmith.tasks.base import TaskError
from speechsmith.tasks.train_model import write_style
from uploads import zipped

POLICY = FetchPolicy(allow_private=True)


@pytest.fixture
def base() -> ModelFiles:
    (packaged, *_) = registry.engine("pocketsphinx").packaged_models()
    return ModelFiles("pocketsphinx", packaged.folder)


def told(stage: str, fraction: float) -> None:
    assert stage
    assert 0.0 <= fraction <= 1.0


def test_no_service_can_choose_the_engine_of_the_tests():
    assert "loud" not in {**registry.engines(), **registry.registry().broken}


def test_a_model_that_is_not_there_cannot_be_deployed(tmp_path):
    task = deploy.Deploy(model=ModelFiles("loud", tmp_path), corpus=None, options=AdaptOptions())

    with pytest.raises(TaskError) as refused:
        deploy.run(task, tmp_path, told)

    assert refused.value.code == "UnknownEngine"


@pytest.mark.slow
def test_an_archive_is_read_in_a_process_of_its_own(tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(zipped({"a.wav": VOICE.read_bytes(), "b.wav": b"no audio"}))
    task = import_dataset.ImportDataset(
        kind=CorpusKind.AUDIO_FILES, upload=upload, url=None, request=IngestRequest("en-US"), policy=POLICY
    )
    (out := tmp_path / "out").mkdir()

    made = import_dataset.run(task, out, told)

    assert (made.ingested.accepted, made.ingested.rejected, made.failure) == (1, 1, None)


@pytest.mark.slow
def test_a_recording_is_transcribed_in_processes_of_their_own(tmp_path, base):
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    both = tuple(
        recordings.Recording(source=path.name, name=path.name, path=path) for path in (VOICE, tmp_path / "bad.wav")
    )
    task = transcribe.Transcribe(
        listener=listening.Listener(locale="en-US", model=base),
        recordings=both,
        options=TranscriptionOptions(),
        policy=POLICY,
        max_seconds=60.0,
        processes=1,
    )
    (out := tmp_path / "out").mkdir()

    made = transcribe.run(task, out, told)

    report = json.loads((out / made.report.path).read_bytes())
    assert (made.failure, len(made.files)) == (None, 1)
    assert [detail["status"] for detail in report["details"]] == ["Succeeded", "Failed"]
    assert json.loads((out / made.files[0].path).read_bytes())["combinedRecognizedPhrases"][0]["lexical"]


@pytest.mark.slow
def test_an_evaluation_scores_what_the_engine_hears(tmp_path, base):
    task = evaluate.Evaluate(
        models=(base,),
        styles=(None,),
        training_digests=(frozenset(),),
        locale="en-US",
        utterances=(Utterance("a.wav", VOICE, "surely nobody has said these very words"),),
        has_transcripts=True,
        options=TranscriptionOptions(word_level_timestamps=True),
        processes=1,
    )
    (out := tmp_path / "out").mkdir()

    made = evaluate.run(task, out, told)

    first, second = made.scores
    assert first == second
    assert first["wordCount"] == 7
    assert first["correctWordCount"] + first["wordSubstitutionCount"] + first["wordDeletionCount"] == 7
    assert first["wordErrorRate"] > 0.3


@pytest.mark.slow
def test_an_evaluation_without_reference_words_has_no_rates(tmp_path, base):
    task = evaluate.Evaluate(
        models=(base, base),
        styles=(None, None),
        training_digests=(frozenset(), frozenset()),
        locale="en-US",
        utterances=tuple(Utterance(f"{number}.wav", VOICE, "…") for number in range(5)),
        has_transcripts=True,
        options=TranscriptionOptions(),
        processes=1,
    )
    (out := tmp_path / "out").mkdir()

    made = evaluate.run(task, out, told)

    assert (made.scores[0]["wordErrorRate"], made.scores[0]["wordCount"]) == (-1.0, 0)
    assert "wordErrorRateInterval" not in made.scores[0]
    assert "probabilityOfImprovement" not in made.comparison


def test_a_word_is_written_as_the_displayed_form_of_its_pronunciation(tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("\ufeffIEEE\ti triple e\nzorblex\tzor blex\n", encoding="utf-8")

    phones = tmp_path / "phones.md"
    phones.write_text("@ speech:phoneticlexicon\n- Moltrino/m ow l t r iy n ow\n", encoding="utf-8")

    told = write_style(tmp_path, Corpus("en-US", pronunciations=(own,), structured=(phones,)))

    assert told == {"casing": 2}
    formatter = Formatter("en-US", casing=load_style(tmp_path / STYLE_FILE).casing)
    assert formatter.forms(["the", "ieee", "zorblex", "moltrino"]).display == "The IEEE zorblex Moltrino."
