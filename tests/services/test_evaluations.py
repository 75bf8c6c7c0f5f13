"""Evaluations: numbers that can be worked out by hand, and a warning when a model has seen the test."""

import json

import pytest

from bench import acoustic, speech
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, LostLease, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription
from speechsmith.services import datasets, entities, evaluations, models
from uploads import zipped

# The base hears "please send a uh" and "thank you".
TEST = acoustic({0: "Please send a gasket.", 2: "Thank you very much."})


def create(bench, model1, model2, dataset) -> Evaluation:
    new = evaluations.NewEvaluation(
        labels=bench.labels("exam"), model1_id=model1.id, model2_id=model2.id, dataset_id=dataset.id
    )
    return evaluations.create(bench.ctx, bench.me, new)


def done(bench, *about) -> Evaluation:
    made = create(bench, *about)
    bench.work_off()
    return bench.now_is(made)


@pytest.fixture
def base(bases):
    return bases["en-US 20250101"]


def test_the_scores_are_those_of_the_alignment(bench, base, a_model, a_dataset):
    custom = a_model("gasket")

    made = done(bench, base, custom, a_dataset(TEST))

    assert made.status is Status.SUCCEEDED, made.failure
    first, second = made.scores
    # please send a [gasket->uh] / thank you [very] [much]: 1 substitution and 2 deletions in 8 words
    assert first["wordErrorRate"] == pytest.approx(3 / 8)
    assert [first[name] for name in ("wordSubstitutionCount", "wordDeletionCount", "wordInsertionCount")] == [1, 2, 0]
    assert [first[name] for name in ("wordCount", "correctWordCount", "sentenceCount")] == [8, 5, 2]
    assert first["sentenceErrorRate"] == 1.0
    # the custom model knows gasket
    assert second["wordErrorRate"] == pytest.approx(2 / 8)
    assert second["sentenceErrorRate"] == 0.5


def test_token_errors_are_those_of_the_display_form(bench, base, a_dataset):
    (first, _) = done(bench, base, base, a_dataset(acoustic({2: "Thank you!", 3: "the order is late"}))).scores

    assert first["wordErrorRate"] == 0.0
    assert first["tokenErrors"]["lexical"]["numberOfEdits"] == 0
    assert first["tokenErrors"]["punctuation"]["numberOfEdits"] >= 1
    assert first["tokenErrors"]["capitalization"]["numberOfEdits"] >= 1
    shares = [kind["percentageOfAllEdits"] for kind in first["tokenErrors"].values()]
    assert sum(shares) == pytest.approx(100.0)


def test_each_model_writes_in_its_own_way(bench, base, a_writer, a_dataset):
    custom = a_writer("#rewrite\nthank you\tTHX\n")

    made = done(bench, base, custom, a_dataset(acoustic({2: "THX."})))

    first, second = (json.loads(bench.content(made, f"2.wav.model{number}_score.json")) for number in (1, 2))
    assert first["combinedRecognizedPhrases"][0]["display"] == "Thank you."
    assert second["combinedRecognizedPhrases"][0]["display"] == "THX."
    assert [score["tokenErrorRate"] for score in made.scores] == [2.0, 0.0]
    assert made.scores[0]["wordErrorRate"] == made.scores[1]["wordErrorRate"]


@pytest.mark.parametrize(("utterances", "has_range"), [(4, False), (5, True)])
def test_of_fewer_than_five_utterances_there_is_no_range(bench, base, a_dataset, utterances, has_range):
    lines = "".join(f"{number}.wav\tthank you {number}\n" for number in range(utterances))
    files = {f"{number}.wav": speech(number % 4) for number in range(utterances)}

    (first, _) = done(bench, base, base, a_dataset(zipped(files | {"trans.txt": lines}))).scores

    assert first["sentenceCount"] == utterances
    assert ("wordErrorRateInterval" in first) is has_range


def test_one_model_against_itself_is_recognized_once(bench, base, a_dataset):
    made = done(bench, base, base, a_dataset(TEST))

    assert made.transcription1_id == made.transcription2_id
    assert made.scores[0] == made.scores[1]
    assert "probabilityOfImprovement" not in made.comparison
    names = list(bench.files_of(made))
    assert names == [f"{number}.wav.model{model}_score.json" for model in (1, 2) for number in (0, 2)]


def test_details_hold_the_alignment_in_tags(bench, base, a_dataset):
    made = done(bench, base, base, a_dataset(TEST))

    result = json.loads(bench.content(made, "0.wav.model1_score.json"))
    tagged = result["recognizedPhrases"][0]["nBest"][0]["scoringResult"]
    assert "<substitution>" in tagged
    assert result["alignment"]["wordSubstitutionCount"] == 1


def test_each_model_has_a_transcription_with_its_results(bench, base, a_model, a_dataset):
    custom = a_model("gasket")

    made = done(bench, base, custom, a_dataset(TEST))

    heard = []
    for id in (made.transcription1_id, made.transcription2_id):
        transcription = entities.get(bench.ctx, bench.me, Transcription, id)
        assert transcription.status is Status.SUCCEEDED
        assert list(bench.files_of(transcription)) == ["0.wav.json", "2.wav.json"]
        result = json.loads(bench.content(transcription, "0.wav.json"))
        heard.append(result["combinedRecognizedPhrases"][0]["lexical"])
    assert heard == ["please send a uh", "please send a gasket"]


def test_a_model_that_has_heard_the_test_is_found_out_by_the_sound(bench, base, a_dataset):
    learned = a_dataset(acoustic({0: "something else altogether"}))
    new = models.NewModel(labels=bench.labels(), dataset_ids=(learned.id,))
    custom = models.create(bench.ctx, bench.me, new)
    bench.work_off()

    made = done(bench, base, custom, a_dataset(TEST))

    assert "trainingOverlap1" not in made.comparison
    # without utterance 0 there are 4 words, of which two were not heard
    assert made.comparison["trainingOverlap2"] == {
        "utteranceCount": 1,
        "wordErrorRateWithout": 0.5,
        "wordCountWithout": 4,
    }
    assert made.comparison["warnings"][0].startswith("1 of the 2 test utterances were in the training data of model 2")


def test_a_model_that_has_read_the_test_is_found_out_by_the_words(bench, base, a_dataset):
    learned = a_dataset(acoustic({3: "thank you, VERY much", 1: "please send a gasket"}))
    new = models.NewModel(labels=bench.labels(), dataset_ids=(learned.id,))
    custom = models.create(bench.ctx, bench.me, new)
    bench.work_off()

    overlap = done(bench, custom, base, a_dataset(TEST)).comparison["trainingOverlap1"]

    assert overlap == {"utteranceCount": 2, "wordErrorRateWithout": None, "wordCountWithout": 0}


def test_a_line_that_is_repeated_is_tested_once(bench, base, a_dataset):
    lines = "2.wav\tThank you very much.\n" * 3
    dataset = a_dataset(zipped({"2.wav": speech(2), "trans.txt": lines}))

    (first, _) = done(bench, base, base, dataset).scores

    assert (first["sentenceCount"], first["wordCount"], first["wordDeletionCount"]) == (1, 4, 2)


def test_audio_without_transcripts_is_recognized_and_not_scored(bench, base, a_dataset):
    audio = a_dataset(zipped({"call.wav": speech(2)}), CorpusKind.AUDIO_FILES)

    made = done(bench, base, base, audio)

    assert made.status is Status.SUCCEEDED
    assert made.scores == ({}, {})
    assert "scoringResult" not in bench.content(made, "call.wav.model1_score.json").decode()


def test_an_evaluation_needs_audio(bench, base, a_dataset):
    text = a_dataset(b"one line\n", CorpusKind.LANGUAGE, name="lines")

    with pytest.raises(Invalid, match="'lines' is Language") as refused:
        create(bench, base, base, text)

    assert refused.value.code == "InvalidTest"


def test_model_and_dataset_must_be_of_the_locale(bench, base, bases, a_dataset):
    with pytest.raises(Invalid, match="de-DE"):
        create(bench, base, bases["de-DE 20250101"], a_dataset())


def test_a_broken_model_fails_the_evaluation_and_its_transcriptions(bench, base, a_dataset, inline):
    dataset = a_dataset()
    (inline / "en-US-20250101" / "broken").touch()

    made = done(bench, base, base, dataset)

    transcription = entities.get(bench.ctx, bench.me, Transcription, made.transcription1_id)
    assert (made.status, made.failure.code) == (Status.FAILED, "ModelDamaged")
    assert (transcription.status, transcription.failure) == (Status.FAILED, made.failure)


def test_deleting_takes_the_transcriptions_along_in_every_state(bench, base, a_model, a_dataset):
    dataset, custom = a_dataset(), a_model()

    def check_gone(made: Evaluation) -> None:
        evaluations.delete(bench.ctx, bench.me, made.id)
        assert bench.now_is(made) is None
        for id in (made.transcription1_id, made.transcription2_id):
            with pytest.raises(NotFound):
                entities.get(bench.ctx, bench.me, Transcription, id)

    check_gone(create(bench, base, custom, dataset))
    assert bench.claim() is None

    running = create(bench, base, custom, dataset)
    publish = bench.ran(bench.claim())
    check_gone(running)
    with pytest.raises(LostLease):
        publish()

    check_gone(done(bench, base, custom, dataset))
    datasets.delete(bench.ctx, bench.me, dataset.id)


def test_nothing_is_taken_from_under_a_running_evaluation(bench, base, a_model, a_dataset):
    dataset, custom = a_dataset(), a_model()
    made = create(bench, base, custom, dataset)

    with pytest.raises(Conflict, match="the evaluation 'exam'"):
        models.delete(bench.ctx, bench.me, custom.id)
    with pytest.raises(Conflict):
        datasets.delete(bench.ctx, bench.me, dataset.id)
    with pytest.raises(Conflict):
        entities.delete(bench.ctx, bench.me, Transcription, made.transcription2_id)


def test_a_finished_evaluation_keeps_its_scores_when_its_model_goes(bench, base, a_model, a_dataset):
    custom = a_model()
    made = done(bench, base, custom, a_dataset())

    models.delete(bench.ctx, bench.me, custom.id)

    assert bench.now_is(made).scores == made.scores
