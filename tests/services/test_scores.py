"""What a test found, utterance by utterance, read from its files."""

import pytest

from bench import acoustic, speech
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.status import Status
from speechsmith.services import entities, evaluations, scores, sounds
from uploads import zipped

# The base hears "please send a uh" and "thank you".
TEST = acoustic({0: "Please send a gasket.", 2: "Thank you, very much."})


@pytest.fixture
def base(bases):
    return bases["en-US 20250101"]


def done(bench, model1, model2, dataset) -> Evaluation:
    new = evaluations.NewEvaluation(
        labels=bench.labels("exam"), model1_id=model1.id, model2_id=model2.id, dataset_id=dataset.id
    )
    made = evaluations.create(bench.ctx, bench.me, new)
    bench.work_off()
    return bench.now_is(made)


def steps(heard: scores.Heard) -> list[tuple[str, str | None, str | None]]:
    return [(str(kind), said, got) for kind, said, got in heard.edits]


def test_the_words_that_were_replaced_are_those_left_of_the_transcript(bench, base, a_model, a_dataset):
    evaluation = done(bench, base, a_model("gasket"), a_dataset(TEST, kind=CorpusKind.ACOUSTIC))

    found = scores.results(bench.ctx, evaluation)

    first, second = found.utterances
    assert (first.number, first.name, first.transcript) == (1, "0.wav", "Please send a gasket.")
    assert steps(first.heard[0])[-1] == ("substitution", "gasket", "uh")
    assert steps(first.heard[1])[-1] == ("correct", "gasket", "gasket")
    assert steps(second.heard[0])[2:] == [("deletion", "very", None), ("deletion", "much", None)]
    assert found.worst_first == [second, first]


def test_counts_are_those_of_the_evaluation(bench, base, a_model, a_dataset):
    evaluation = done(bench, base, a_model("gasket"), a_dataset(TEST, kind=CorpusKind.ACOUSTIC))

    found = scores.results(bench.ctx, evaluation)

    for at, score in enumerate(evaluation.scores):
        counts = [one.heard[at].counts for one in found.utterances]
        assert sum(one.substitutions for one in counts) == score["wordSubstitutionCount"]
        assert sum(one.deletions for one in counts) == score["wordDeletionCount"]
        assert sum(one.insertions for one in counts) == score["wordInsertionCount"]
        assert sum(one.words for one in counts) == score["wordCount"]


def test_words_are_counted_and_those_that_the_model_lacks_are_known(bench, base, a_model, a_dataset):
    evaluation = done(bench, base, a_model("gasket"), a_dataset(TEST, kind=CorpusKind.ACOUSTIC))

    first, second = scores.results(bench.ctx, evaluation).words

    assert first.confused == {("gasket", "uh"): 1}
    assert first.deleted == {"very": 1, "much": 1}
    assert first.unknown == {"gasket", "very", "much"}
    assert second.unknown == {"very", "much"}
    assert first.said["please"] == 1


def test_words_have_the_times_at_which_they_were_heard(bench, base, a_dataset):
    evaluation = done(bench, base, base, a_dataset(TEST, kind=CorpusKind.ACOUSTIC))
    utterance = scores.results(bench.ctx, evaluation).utterances[0]

    tokens = scores.tokens(bench.ctx, evaluation, utterance.heard[0])

    assert len(utterance.heard) == 1
    assert [(token.heard, token.start, token.end) for token in tokens] == [
        ("please", 0.0, 0.5),
        ("send", 0.5, 1.0),
        ("a", 1.0, 1.5),
        ("uh", 1.5, 2.0),
    ]


def test_without_transcripts_the_models_are_held_against_each_other(bench, base, a_model, a_dataset):
    data = a_dataset(zipped({"a.wav": speech(0)}), kind=CorpusKind.AUDIO_FILES)
    evaluation = done(bench, base, a_model("gasket"), data)

    (utterance,) = scores.results(bench.ctx, evaluation).utterances

    assert utterance.transcript is None
    assert steps(utterance.heard[0])[-1] == ("substitution", "gasket", "uh")
    assert steps(utterance.heard[1])[-1] == ("substitution", "uh", "gasket")


def test_when_the_dataset_is_gone_what_was_replaced_is_gone_too(bench, base, a_dataset):
    data = a_dataset(TEST, kind=CorpusKind.ACOUSTIC)
    evaluation = done(bench, base, base, data)
    before = scores.results(bench.ctx, evaluation)

    entities.delete(bench.ctx, bench.me, type(data), data.id)
    after = scores.results(bench.ctx, evaluation)

    assert before.utterances[0].transcript == "Please send a gasket."
    assert after.utterances[0].transcript is None
    assert steps(after.utterances[0].heard[0])[-1] == ("substitution", None, "uh")


def test_before_a_test_is_done_there_is_nothing(bench, base, a_dataset):
    data = a_dataset(TEST, kind=CorpusKind.ACOUSTIC)
    new = evaluations.NewEvaluation(
        labels=bench.labels("exam"), model1_id=base.id, model2_id=base.id, dataset_id=data.id
    )
    made = evaluations.create(bench.ctx, bench.me, new)

    assert scores.results(bench.ctx, made).utterances == ()
    bench.work_off()
    assert bench.now_is(made).status is Status.SUCCEEDED
    assert len(scores.results(bench.ctx, bench.now_is(made)).utterances) == 2


def test_an_utterance_is_heard_under_the_number_that_the_results_have_for_it(bench, base, a_dataset):
    data = a_dataset(TEST, kind=CorpusKind.ACOUSTIC)
    found = scores.results(bench.ctx, done(bench, base, base, data))

    for utterance in found.utterances:
        assert sounds.utterance(bench.ctx, bench.me, data.id, utterance.sound).name == utterance.name
    with pytest.raises(NotFound):
        sounds.utterance(bench.ctx, bench.me, data.id, 3)
