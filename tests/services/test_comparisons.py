"""Many models on one dataset: made in one go, and put together from their tests."""

from dataclasses import replace

import pytest

from bench import acoustic, speech
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.values import DISPLAY_NAME_CHARS
from speechsmith.services import comparisons, entities, evaluations, scores
from speechsmith.store.scope import EVERY_RESOURCE
from uploads import zipped

# The base hears "please send a uh" and "thank you".
TEST = acoustic({0: "Please send a gasket.", 2: "Thank you, very much."})


@pytest.fixture
def base(bases):
    return bases["en-US 20250101"]


@pytest.fixture
def three(base, a_model):
    """The base, one that knows the gasket, and one that knows the torx."""
    return [base, a_model("gasket", name="Gasket"), a_model("torx", name="Torx")]


def asked(bench, models, dataset, **labels) -> list[Evaluation]:
    made = evaluations.create_all(
        bench.ctx,
        bench.me,
        bench.labels(**({"name": "exam"} | labels)),
        model_ids=[model.id for model in models],
        dataset_id=dataset.id,
    )
    return list(made)


def done(bench, models, dataset) -> list[Evaluation]:
    made = asked(bench, models, dataset)
    bench.work_off()
    return [bench.now_is(one) for one in made]


def kept(bench, kind=Evaluation) -> list:
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        return list(tx.table(kind).page().values)


def test_the_first_model_is_tested_with_each_other_one(bench, three, a_dataset):
    data = a_dataset(TEST)

    made = asked(bench, three, data)

    assert [(one.model1_id, one.model2_id) for one in made] == [(three[0].id, other.id) for other in three[1:]]
    assert [one.display_name for one in made] == ["exam: Gasket", "exam: Torx"]
    assert {one.dataset_id for one in made} == {data.id}


def test_one_or_two_models_are_one_test_with_the_name_as_it_is(bench, three, a_dataset):
    data = a_dataset(TEST)

    (alone,) = asked(bench, three[:1], data)
    (pair,) = asked(bench, three[:2], data)

    assert alone.model1_id == alone.model2_id == three[0].id
    assert (pair.model1_id, pair.model2_id) == (three[0].id, three[1].id)
    assert alone.display_name == pair.display_name == "exam"


def test_all_tests_are_made_or_none(bench, three, a_dataset, a_model):
    data = a_dataset(TEST)
    stranger = bench.as_tenant("stranger")

    with pytest.raises(NotFound):
        asked(bench, [*three, data], data)  # a dataset is no model
    with pytest.raises(NotFound):
        asked(stranger, three[:1], data)
    with pytest.raises(Invalid):
        asked(bench, three, data, name=" ")

    assert kept(bench) == kept(bench, Transcription) == []


def test_a_name_that_becomes_too_long_is_cut(bench, three, a_dataset):
    made = asked(bench, three, a_dataset(TEST), name="x" * DISPLAY_NAME_CHARS)

    assert [one.display_name for one in made] == ["x" * DISPLAY_NAME_CHARS] * 2


def test_each_model_stands_once_with_its_own_results(bench, three, a_dataset):
    tests = done(bench, three, a_dataset(TEST))

    found = comparisons.compare(bench.ctx, tests)

    assert [one.model_id for one in found.models] == [one.id for one in three]
    assert [one.test for one in found.models] == [tests[0], tests[0], tests[1]]
    assert [one.score["wordErrorRate"] for one in found.models] == [3 / 8, 2 / 8, 3 / 8]
    (spoken, thanks) = found.results.utterances
    assert [heard.edits[-1].hypothesis for heard in spoken.heard] == ["uh", "gasket", "uh"]
    assert [heard.counts.errors for heard in thanks.heard] == [2, 2, 2]
    assert found.results.worst_first == [thanks, spoken]
    assert [one.hits for one in found.results.terms.counts] == [0, 1, 0]
    assert [one.odds for one in found.models] == [None] * 3  # two utterances tell nothing


def test_the_odds_are_those_of_the_test_itself(bench, three, a_dataset):
    sounds = {f"{n}.wav": speech(0 if n % 3 else 2) for n in range(9)}
    lines = "\n".join(f"{n}.wav\t{'please send a gasket' if n % 3 else 'thank you'}" for n in range(9))
    tests = done(bench, three, a_dataset(zipped(sounds | {"trans.txt": lines})))

    found = comparisons.compare(bench.ctx, tests)

    first, gasket, torx = (one.odds for one in found.models)
    assert first is None
    assert gasket == tests[0].comparison["probabilityOfImprovement"] > 0.99
    assert torx == tests[1].comparison["probabilityOfImprovement"] == 0.5


def test_without_transcripts_all_are_held_against_the_first(bench, three, a_dataset):
    data = a_dataset(zipped({"a.wav": speech(0)}), kind=CorpusKind.AUDIO_FILES)

    (utterance,) = comparisons.compare(bench.ctx, done(bench, three, data)).results.utterances

    assert [heard.counts.errors for heard in utterance.heard] == [0, 1, 0]
    assert [tuple(map(str, heard.edits[-1])) for heard in utterance.heard] == [
        ("correct", "uh", "uh"),
        ("substitution", "uh", "gasket"),
        ("correct", "uh", "uh"),
    ]


def test_what_is_under_way_is_left_out_until_it_is_done(bench, three, a_dataset):
    tests = asked(bench, three, a_dataset(TEST))
    bench.finish(bench.claim())
    half = [bench.now_is(one) for one in tests]

    assert comparisons.compare(bench.ctx, tests).models == ()
    assert [one.model_id for one in comparisons.compare(bench.ctx, half).models] == [one.id for one in three[:2]]


def test_tests_on_different_data_or_by_different_rules_are_refused(bench, three, a_dataset):
    (first,), (other,) = (done(bench, three[:2], a_dataset(TEST)) for _ in range(2))
    old = replace(first, comparison={"normalizer": {"name": "english", "version": 0}})

    for tests, reason in (
        ([first, other], "'exam' and 'exam' are on different data"),
        ([first, old], "by the rules of different versions"),
        ([], "none is ticked"),
        ([first] * 9, "9 are ticked"),
    ):
        with pytest.raises(Invalid, match=reason) as refused:
            comparisons.compare(bench.ctx, tests)
        assert (refused.value.code, refused.value.target) == ("InvalidTest", "test")


def test_after_their_data_is_deleted_tests_are_compared_by_what_they_counted(bench, three, a_dataset):
    data = a_dataset(TEST)
    tests = done(bench, three, data)
    entities.delete(bench.ctx, bench.me, type(data), data.id)

    found = comparisons.compare(bench.ctx, tests)

    assert [one.heard[1].counts.errors for one in found.results.utterances] == [0, 2]
    assert found.results.terms is None


def test_results_that_are_gone_are_named(bench, three, a_dataset):
    tests = done(bench, three, a_dataset(TEST))
    for file in bench.files_of(tests[1]).values():
        bench.ctx.blobs.purge(file.blob)
    scores._kept.cache_clear()

    with pytest.raises(Conflict, match="'exam: Torx' are gone or damaged"):
        comparisons.compare(bench.ctx, tests)
