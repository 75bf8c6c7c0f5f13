"""Bundles: a model leaves one home, and is the same in another."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest

import bundled
from bench import Bench, Clock, acoustic
from loud_engine import peak
from speechsmith.config import Settings
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.files import FileKind
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.status import Status
from speechsmith.engines import registry
from speechsmith.services import bundles, entities, model_choice, models, projects, resources
from speechsmith.services.context import Context
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, sqlite_url


@pytest.fixture
def elsewhere(bench, sqlite_template, tmp_path):
    """Another home with the same engine."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "speechsmith.db")
    with closing(Store(sqlite_url(folder / "speechsmith.db"))) as store:
        clock, scratch = Clock(), folder / "scratch"
        blobs = Blobs(str(folder / "blobs"), cache=scratch / "blobs")
        ctx = Context(store=store, blobs=blobs, settings=Settings(home=folder), scratch=scratch, now=clock)
        models.install_packaged(ctx, registry.engines().values())
        yield Bench(ctx, clock, folder, resources.create(ctx, name="other", region="there"))


@pytest.fixture
def bundle(bench, a_model, tmp_path):
    """The bundle of a model that was trained here."""
    bundles.write(bench.ctx, a_model("gasket", name="clinic", description="of the north"), tmp_path / "clinic.tar")
    return tmp_path / "clinic.tar"


def heard(home, model) -> str:
    """What a model makes of the first sentence of the engine."""
    with home.ctx.store.read(EVERY_RESOURCE) as tx:
        base = model_choice.base_of(tx, model)
    files = model_choice.files_of(home.ctx, model, base)
    sound = np.full(16_000, peak(0), dtype=np.float32)
    return " ".join(word.text for word in registry.engine(files.engine).load(files).recognize(sound)[0].words)


def state(home) -> tuple[set[str], list[str], list[str]]:
    """All that an import could leave: models, blobs, files in work."""
    with home.ctx.store.read(EVERY_RESOURCE) as tx:
        rows = {str(model.id) for model in tx.table(CustomModel).page().values}
    return rows, sorted(home.ctx.blobs.keys("")), [path.name for path in (home.ctx.scratch / "incoming").glob("*")]


def test_a_model_that_is_carried_elsewhere_recognizes_the_same(elsewhere, bundle):
    made = bundles.publish(elsewhere.ctx, elsewhere.me, bundle)

    assert heard(elsewhere, made) == "please send a gasket"
    with elsewhere.ctx.store.read(elsewhere.me) as tx:
        assert tx.table(CustomModel).get(made.id) == made
    assert (made.status, made.resource_id) == (Status.SUCCEEDED, elsewhere.me)
    assert (made.display_name, made.description, made.locale) == ("clinic", "of the north", "en-US")
    assert (made.dataset_ids, made.project_id, made.text, made.weight_percent) == ((), None, None, 50)


def test_its_report_and_what_it_has_learned_from_come_along(bench, elsewhere, a_dataset, tmp_path):
    audio = a_dataset(acoustic({0: "please send a gasket"}))
    new = models.NewModel(labels=bench.labels(), dataset_ids=(audio.id,))
    trained = models.create(bench.ctx, bench.me, new)
    bench.work_off()
    trained = bench.now_is(trained)
    bundles.write(bench.ctx, trained, tmp_path / "m.tar")

    made = bundles.publish(elsewhere.ctx, elsewhere.me, tmp_path / "m.tar")

    report = elsewhere.files_of(made)["report.json"]
    assert report.kind is FileKind.MODEL_REPORT
    assert report.size_bytes == len(elsewhere.content(made, "report.json"))
    assert elsewhere.content(made, "report.json") == bench.content(trained, "report.json")
    assert (
        elsewhere.ctx.blobs.path(made.digests).read_bytes() == bench.ctx.blobs.path(trained.digests).read_bytes() != b""
    )


def test_equal_models_give_equal_bundles_wherever_they_are(elsewhere, bundle, tmp_path):
    made = bundles.publish(elsewhere.ctx, elsewhere.me, bundle)
    bundles.write(elsewhere.ctx, made, tmp_path / "back.tar")

    assert (tmp_path / "back.tar").read_bytes() == bundle.read_bytes()


def test_the_manifest_tells_where_the_model_came_from(bundle):
    manifest = bundles.inspect(bundle)

    assert (manifest.base.engine, manifest.base.released) == ("loud", "20250101")
    assert manifest.training.items() >= {"words": 1, "utterances": 0}.items()
    assert {file.name for file in manifest.files} >= {"digests.txt", "model/words.txt", "report.json"}
    assert json.loads(manifest.encoded())["customModelWeightPercent"] == 50


def test_long_lists_of_a_report_stay_in_the_report(bench, a_model, tmp_path):
    made = a_model("gasket")
    report = bench.ctx.blobs.path(bench.files_of(made)["report.json"].blob)
    report.write_text(json.dumps({"seed": 7, "words": ["gasket"] * 1000}), encoding="utf-8")

    assert bundles.write(bench.ctx, made, tmp_path / "m.tar").training == {"seed": 7}


def test_an_imported_model_is_deleted_like_any_other(elsewhere, bundle):
    made = bundles.publish(elsewhere.ctx, elsewhere.me, bundle)

    models.delete(elsewhere.ctx, elsewhere.me, made.id)

    assert elsewhere.now_is(made) is None
    with elsewhere.ctx.store.read(EVERY_RESOURCE) as tx:
        assert [made.folder.startswith(prefix) for prefix in tx.purges.due(elsewhere.clock().replace(year=2099))] == [
            True
        ]


def test_the_blobs_of_an_imported_model_are_named_by_its_row(elsewhere, bundle):
    bundles.publish(elsewhere.ctx, elsewhere.me, bundle)

    with elsewhere.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.unnamed(elsewhere.ctx.blobs.groups()) == []


def test_a_bundle_can_be_imported_again_and_beside_its_original(bench, bundle):
    first, second = (bundles.publish(bench.ctx, bench.me, bundle) for _ in range(2))

    assert first.id != second.id
    assert heard(bench, first) == heard(bench, second)


def test_it_joins_a_project_of_its_locale_and_no_other(bench, elsewhere, bundle):
    here, german = (
        projects.create(elsewhere.ctx, elsewhere.me, elsewhere.labels(locale=locale)) for locale in ("en-US", "de-DE")
    )
    before = state(elsewhere)

    with pytest.raises(Invalid) as other:
        bundles.publish(elsewhere.ctx, elsewhere.me, bundle, project_id=german.id)
    with pytest.raises(NotFound):
        bundles.publish(elsewhere.ctx, elsewhere.me, bundle, project_id=uuid4())
    with pytest.raises(NotFound):
        bundles.publish(bench.ctx, bench.me, bundle, project_id=here.id)

    assert other.value.code == "InvalidLocale"
    assert state(elsewhere) == before
    assert bundles.publish(elsewhere.ctx, elsewhere.me, bundle, project_id=here.id).project_id == here.id


def test_another_resource_does_not_see_it(elsewhere, bundle):
    made = bundles.publish(elsewhere.ctx, elsewhere.me, bundle)
    stranger = resources.create(elsewhere.ctx, name="stranger", region="there").resource

    with pytest.raises(NotFound):
        entities.get(elsewhere.ctx, stranger.id, CustomModel, made.id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"locale": "fr-FR"}, "InvalidLocale"),
        ({"base": {"released": "19990101"}}, "InvalidBaseModel"),
        ({"base": {"engine": "quiet"}}, "InvalidBaseModel"),
        ({"base": {"sha256": "0" * 64}}, "InvalidBaseModel"),
        ({"displayName": " "}, "InvalidParameterValue"),
        ({"displayName": "x" * 1_001}, "InvalidParameterValue"),
        ({"description": "x" * 10_001}, "InvalidParameterValue"),
        ({"customProperties": {"x" * 65: ""}}, "InvalidParameterValue"),
        ({"version": 2}, "UnknownBundleVersion"),
    ],
)
def test_what_does_not_fit_this_home_is_refused_and_leaves_nothing(sqlite_bench, tmp_path, change, code):
    def apply(manifest):
        for name, value in change.items():
            manifest[name] = manifest[name] | value if name == "base" else value

    good = bundled.bundle(tmp_path, "loud")
    bundles.publish(sqlite_bench.ctx, sqlite_bench.me, good)
    before = state(sqlite_bench)
    good.write_bytes(bundled.forged(good, apply))

    with pytest.raises(Invalid) as caught:
        bundles.publish(sqlite_bench.ctx, sqlite_bench.me, good)

    assert caught.value.code == code
    assert state(sqlite_bench) == before


def test_a_base_with_other_files_is_not_the_same_base(sqlite_bench, inline, tmp_path):
    bundle = bundled.bundle(tmp_path, "loud")
    (inline / "en-US-20250101" / "more.txt").write_text("", encoding="utf-8")

    with pytest.raises(Invalid, match="has other files here than where the model was trained"):
        bundles.publish(sqlite_bench.ctx, sqlite_bench.me, bundle)


def test_a_disk_that_is_full_leaves_nothing(sqlite_bench, tmp_path):
    class Full(Blobs):
        def put(self, key, source):
            if key.endswith("report.json"):
                raise OSError(28, "No space left on device")
            return super().put(key, source)

    bundle, before = bundled.bundle(tmp_path, "loud"), state(sqlite_bench)
    full = Full(str(tmp_path / "blobs"), cache=tmp_path / "cache")

    with pytest.raises(OSError, match="No space left"):
        bundles.publish(replace(sqlite_bench.ctx, blobs=full), sqlite_bench.me, bundle)

    assert state(sqlite_bench) == before


def test_a_project_that_is_deleted_while_the_files_are_kept_leaves_nothing(sqlite_bench, tmp_path):
    project = projects.create(sqlite_bench.ctx, sqlite_bench.me, sqlite_bench.labels())
    bundle, before = bundled.bundle(tmp_path, "loud"), state(sqlite_bench)

    class Late(Blobs):
        def put(self, key, source):
            if key.endswith("report.json"):
                projects.delete(sqlite_bench.ctx, sqlite_bench.me, project.id)
            return super().put(key, source)

    late = Late(str(tmp_path / "blobs"), cache=tmp_path / "cache")

    with pytest.raises(NotFound):
        bundles.publish(replace(sqlite_bench.ctx, blobs=late), sqlite_bench.me, bundle, project_id=project.id)

    assert state(sqlite_bench) == before


def test_a_model_without_files_and_a_base_model_are_not_exported(bench, a_model, bases, tmp_path):
    waiting = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels("next"), text="gasket"))

    with pytest.raises(Invalid, match="The model 'next' is NotStarted and has no files") as caught:
        bundles.write(bench.ctx, waiting, tmp_path / "m.tar")
    assert caught.value.code == "InvalidModel"
    with pytest.raises(Invalid, match="This is a base model"):
        bundles.find(bench.ctx, bases["en-US 20250101"].id)
    with pytest.raises(NotFound):
        bundles.find(bench.ctx, uuid4())
    assert not (tmp_path / "m.tar").exists()


def test_a_model_that_is_gone_is_not_exported(bench, a_model, tmp_path):
    made = a_model("gasket")
    models.delete(bench.ctx, bench.me, made.id)

    with pytest.raises(NotFound):
        bundles.write(bench.ctx, made, tmp_path / "m.tar")

    other = a_model("torx")
    bench.ctx.blobs.purge(other.folder + "/words.txt")
    bench.ctx.blobs.purge(other.digests)
    with pytest.raises(NotFound):
        bundles.write(bench.ctx, other, tmp_path / "m.tar")
    assert list(tmp_path.glob("*.tar*")) == []


def test_a_folder_that_is_not_there_is_no_fault_of_the_model(bench, a_model, tmp_path):
    with pytest.raises(FileNotFoundError):
        bundles.write(bench.ctx, a_model("gasket"), tmp_path / "nowhere" / "m.tar")


def test_the_newest_base_is_not_taken_for_another(bench, elsewhere, bases, tmp_path):
    older = models.NewModel(labels=bench.labels(), text="torx", base_model_id=bases["en-US 20240101"].id)
    made = models.create(bench.ctx, bench.me, older)
    bench.work_off()
    bundles.write(bench.ctx, bench.now_is(made), tmp_path / "m.tar")

    imported = bundles.publish(elsewhere.ctx, elsewhere.me, tmp_path / "m.tar")

    with elsewhere.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.table(BaseModel).get(imported.base_model_id).released == "20240101"
