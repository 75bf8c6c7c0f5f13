"""Models: trained from a base with data that is ready, and kept as long as somebody needs them."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from bench import acoustic, speech
from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.files import FileKind
from speechsmith.domain.models import BaseModel
from speechsmith.domain.status import Status
from speechsmith.services import datasets, endpoints, entities, model_choice, models
from speechsmith.store.scope import EVERY_RESOURCE
from uploads import zipped


def create(bench, name="clinic", **options):
    labels = bench.labels(name, locale=options.pop("locale", "en-US"))
    return models.create(bench.ctx, bench.me, models.NewModel(labels=labels, **options))


def trained(bench, **options):
    made = create(bench, **options)
    bench.work_off()
    return bench.now_is(made)


def test_a_model_learns_from_text_audio_and_pronunciations(bench, a_dataset):
    text = a_dataset(b"the driver is here\n", CorpusKind.LANGUAGE)
    audio = a_dataset(acoustic({0: "please send a gasket"}))
    sounds = a_dataset(b"torx\ttorks\n", CorpusKind.PRONUNCIATION)

    made = trained(bench, dataset_ids=(text.id, audio.id, sounds.id), text="thank you")

    assert made.status is Status.SUCCEEDED, made.failure
    words = (bench.ctx.blobs.folder(made.folder) / "words.txt").read_text(encoding="utf-8").split()
    assert {"driver", "gasket", "torx", "thank"} <= set(words)
    assert bench.files_of(made)["report.json"].kind is FileKind.MODEL_REPORT
    assert json.loads(bench.content(made, "report.json"))["utterances"] == 1


def test_a_model_remembers_what_it_has_heard_and_read(bench, a_dataset):
    audio = a_dataset(acoustic({0: "Please send a gasket!", 2: "thank you"}))

    kept = trained(bench, dataset_ids=(audio.id,)).digests
    digests = bench.ctx.blobs.path(kept).read_text(encoding="utf-8").split()

    assert sorted(digest.split(":")[0] for digest in digests) == ["audio", "audio", "text", "text"]


def test_a_line_that_is_repeated_is_learned_as_often(bench, a_dataset):
    lines = "0.wav\tplease send a gasket\n" * 3 + "2.wav\tthank\u2028you\n"
    audio = a_dataset(zipped({"0.wav": speech(0), "2.wav": speech(2), "trans.txt": lines}))

    made = create(bench, dataset_ids=(audio.id,))
    task = models.prepare(bench.ctx, bench.claim())

    assert audio.accepted == 4
    assert [utterance.name for utterance in task.corpus.utterances] == ["0.wav", "0.wav", "0.wav", "2.wav"]
    assert task.corpus.utterances[3].transcript.startswith("thank")
    assert made.dataset_ids == (audio.id,)


def test_reports_call_a_file_by_its_dataset(bench, a_dataset):
    words = a_dataset(b"please send a gasket\n", CorpusKind.LANGUAGE)
    create(bench, text="torx", dataset_ids=(words.id,))

    corpus = models.prepare(bench.ctx, bench.claim()).corpus

    assert [corpus.called(path) for path in corpus.text] == ["text", f"{words.display_name}: language_data.txt"]


@pytest.mark.parametrize(("asked", "used"), [(None, 50), (1, 1), (30, 30), (100, 100)])
def test_the_weight_is_the_users_or_else_the_engines(bench, asked, used):
    assert trained(bench, text="gasket", weight_percent=asked).weight_percent == used


def test_a_weight_that_was_asked_for_is_not_shown_where_there_was_no_text_to_weigh(bench, a_dataset):
    sounds = a_dataset(b"torx\ttorks\n", CorpusKind.PRONUNCIATION)

    assert create(bench, "waiting", dataset_ids=(sounds.id,), weight_percent=40).weight_percent == 40
    assert trained(bench, dataset_ids=(sounds.id,), weight_percent=40).weight_percent is None


@pytest.mark.parametrize("wanted", [True, False, None])
def test_the_operator_decides_whether_training_draws_a_learning_curve(sqlite_bench, wanted):
    bench = sqlite_bench.limited(learning_curve=wanted)
    create(bench, text="gasket")

    assert models.prepare(bench.ctx, bench.claim()).options.learning_curve is wanted


@pytest.mark.parametrize("weight", [0, 101, -5])
def test_a_weight_out_of_bounds_is_refused(sqlite_bench, weight):
    with pytest.raises(Invalid, match="1 to 100"):
        create(sqlite_bench, text="gasket", weight_percent=weight)


def test_the_newest_base_of_a_locale_is_its_default(bench, bases):
    assert create(bench, text="gasket").base_model_id == bases["en-US 20250101"].id
    assert create(bench, text="fuchs", locale="de-de").base_model_id == bases["de-DE 20250101"].id


def test_a_custom_model_is_no_base(bench, a_model):
    with pytest.raises(Invalid, match="only base models"):
        create(bench, text="gasket", base_model_id=a_model().id)


def test_training_needs_something_to_learn_from(sqlite_bench):
    with pytest.raises(Invalid, match="at least one dataset"):
        create(sqlite_bench, text="  \n ")


def test_training_needs_datasets_that_are_there_ready_and_of_a_kind_and_locale_that_fits(bench, a_dataset):
    new = datasets.NewDataset(labels=bench.labels("raw"), kind=CorpusKind.LANGUAGE)
    raw = datasets.create(bench.ctx, bench.me, new)
    rubbish = a_dataset(b"", CorpusKind.LANGUAGE, name="rubbish")
    german = a_dataset(b"guten tag\n", CorpusKind.LANGUAGE, name="german", locale="de-DE")
    silent = a_dataset(kind=CorpusKind.AUDIO_FILES, name="silent", data=acoustic({0: "x"}))
    good = a_dataset(b"good\n", CorpusKind.LANGUAGE)

    for dataset, code, words in (
        (raw, "InvalidDataset", "'raw' is NotStarted"),
        (rubbish, "FailedDataset", "'rubbish' is Failed"),
        (german, "InvalidLocale", "'german' is de-DE"),
        (silent, "InvalidDataset", "'silent' is AudioFiles"),
    ):
        with pytest.raises(Invalid, match=words) as refused:
            create(bench, dataset_ids=(good.id, dataset.id))
        assert refused.value.code == code
    with pytest.raises(NotFound):
        create(bench, dataset_ids=(uuid4(),))
    with pytest.raises(Invalid, match="twice"):
        create(bench, dataset_ids=(good.id, good.id))
    assert bench.claim() is None


def test_a_model_that_cannot_learn_fails_with_the_engines_reason(bench):
    made = trained(bench, text="12345 67")

    assert (made.status, made.failure.code) == (Status.FAILED, "NothingToLearn")
    assert made.folder is None


def test_datasets_stay_while_a_model_trains_with_them(bench, a_dataset):
    text = a_dataset(b"gasket\n", CorpusKind.LANGUAGE)
    made = create(bench, "clinic", dataset_ids=(text.id,))

    with pytest.raises(Conflict, match="the model 'clinic'") as refused:
        datasets.delete(bench.ctx, bench.me, text.id)
    bench.work_off()
    datasets.delete(bench.ctx, bench.me, text.id)

    assert refused.value.code == "InUseViolation"
    assert bench.now_is(made).dataset_ids == (text.id,)


def test_a_model_stays_while_endpoints_need_it_and_each_is_named(bench, a_model):
    model = a_model()
    for name in ("phone", "desk"):
        new = endpoints.NewEndpoint(labels=bench.labels(name), model_id=model.id)
        endpoints.create(bench.ctx, bench.me, new)
    bench.work_off()

    with pytest.raises(Conflict, match="the endpoint 'desk', the endpoint 'phone'"):
        models.delete(bench.ctx, bench.me, model.id)


def test_the_base_models_of_an_engine_are_installed_once(bench):
    from speechsmith.engines.registry import engines  # noqa: PLC0415  # the bench has replaced it

    models.install_packaged(bench.ctx, engines().values())

    assert len(entities.page(bench.ctx, bench.me, BaseModel, top=10).values) == 3


def test_a_base_model_that_its_engine_no_longer_brings_is_named(bench, bases):
    gone = replace(bases["en-US 20250101"], id=uuid4(), released="20990101", display_name="20990101")
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).add(gone)

    made = trained(bench, text="gasket")

    assert (made.status, made.failure.code) == (Status.FAILED, "InvalidBaseModel")
    assert "20990101" in made.failure.message


def test_inline_text_has_a_limit(sqlite_bench):
    with pytest.raises(Invalid, match="500 KB"):
        create(sqlite_bench, text="gasket " * 100_000)


def test_a_custom_model_belongs_to_its_tenant_alone(bench, a_model):
    with pytest.raises(NotFound):
        entities.get(bench.ctx, uuid4(), type(a_model()), a_model().id)


FORMAT = b"#itn\nJO:500\n#rewrite\ntorx\tTorx\n#profanity\nxyz\n#test\njoe five hundred\tJO:500\none\tnone\n"


def test_a_model_learns_how_text_is_written(bench, a_dataset):
    formatting = a_dataset(FORMAT, CorpusKind.OUTPUT_FORMATTING)
    text = a_dataset(b"We sell iPhone cases.\nThe iPhone is here.\n", CorpusKind.LANGUAGE)

    made = trained(bench, dataset_ids=(formatting.id, text.id))

    style = load_style(model_choice.style_of(bench.ctx, made))
    writer = Formatter("en-US", casing=style.casing, custom=style.custom)
    assert writer.forms(["the", "iphone", "xyz", "torx", "j", "o", "500"]).display == "The iPhone *** Torx JO:500."
    report = json.loads(bench.content(made, "report.json"))
    assert report["words"] > 0
    assert report["display"]["casing"] == 1
    assert report["display"]["rules"] == {"itn": 1, "rewrite": 1, "profanity": 1}
    assert (report["display"]["tests"]["passed"], report["display"]["tests"]["failed"]) == (1, 1)
    assert report["display"]["tests"]["failures"][0]["expected"] == "none"


def test_a_model_that_only_writes_otherwise_shares_the_recognizer_of_its_base(bench, a_dataset):
    formatting = a_dataset(FORMAT, CorpusKind.OUTPUT_FORMATTING)

    made = trained(bench, dataset_ids=(formatting.id,))

    assert made.status is Status.SUCCEEDED, made.failure
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        base = tx.table(BaseModel).get(made.base_model_id)
    assert model_choice.files_of(bench.ctx, made, base) == model_choice.files_of(bench.ctx, base, base)
    assert model_choice.style_of(bench.ctx, base) is None
    assert load_style(model_choice.style_of(bench.ctx, made)).custom.itn_rules == ("JO:500",)


def test_of_two_formats_the_rules_of_both_count(bench, a_dataset):
    first = a_dataset(b"#rewrite\none\tfirst\n", CorpusKind.OUTPUT_FORMATTING)
    second = a_dataset(b"#rewrite\none\tsecond\ntwo\t2nd\n", CorpusKind.OUTPUT_FORMATTING)

    made = trained(bench, dataset_ids=(first.id, second.id))

    custom = load_style(model_choice.style_of(bench.ctx, made)).custom
    assert custom.rewrites == (("one", "first"), ("one", "second"), ("two", "2nd"))


def test_general_speech_of_the_operator_goes_to_training(sqlite_bench, tmp_path):
    (tmp_path / "trans.txt").write_text("a.wav\tHello there.\n", encoding="utf-8")
    bench = sqlite_bench.limited(general_speech=str(tmp_path))

    create(bench, text="gasket")
    task, _ = bench.prepared(bench.claim())

    assert [(one.name, one.transcript) for one in task.options.general_speech] == [("a.wav", "Hello there.")]


def test_general_speech_that_is_not_there_fails_the_model_with_the_setting(sqlite_bench, tmp_path):
    made = trained(sqlite_bench.limited(general_speech=str(tmp_path)), text="gasket")

    assert (made.status, made.failure.code) == (Status.FAILED, "InvalidConfiguration")
    assert "SPEECHSMITH_GENERAL_SPEECH" in made.failure.message
