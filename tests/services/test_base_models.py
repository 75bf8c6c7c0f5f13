"""Base models that the operator adds: installed whole or not at all, kept as long as something stands on them."""

import io
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loud_engine import WORDS
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.models import BaseModel
from speechsmith.engines.registry import engines
from speechsmith.services import base_models, endpoints, model_choice, models
from speechsmith.services.base_models import NewBaseModel
from speechsmith.store.scope import EVERY_RESOURCE


@pytest.fixture
def folder(tmp_path):
    """A base model that also knows torx."""
    made = tmp_path / "en"
    made.mkdir()
    (made / "words.txt").write_text(f"{WORDS} torx", encoding="utf-8")
    return made


@pytest.fixture
def add(bench, folder):
    def install(source: Path = folder, **said):
        given = {"engine": "loud", "locale": "en-US", "released": "20260101"} | said
        return base_models.add(bench.ctx, NewBaseModel(source=source, **given))

    return install


def trained(bench, **base):
    made = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(), text="gasket", **base))
    bench.work_off()
    return bench.now_is(made)


def refused(call, kind, code):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    return caught.value.message


def test_an_added_base_is_the_newest_and_models_are_trained_from_it(bench, add, folder):
    base = add()

    made = trained(bench)

    assert (base.display_name, made.base_model_id) == ("20260101", base.id)
    files = model_choice.files_of(bench.ctx, made, base)
    assert (files.base / "words.txt").read_bytes() == (folder / "words.txt").read_bytes()
    assert (folder / "words.txt").is_file()  # it was copied, not moved
    assert base.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert list((bench.ctx.scratch / "incoming").iterdir()) == []


def test_an_added_base_of_a_new_locale_makes_that_locale_known(bench, add):
    add(locale="fr-FR")

    made = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(locale="fr-FR"), text="gasket"))

    assert made.locale == "fr-FR"


@pytest.mark.parametrize("inside", ["", "en/"])
def test_a_tar_archive_of_the_folder_does_as_well(add, tmp_path, inside):
    archive = tmp_path / "en.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        member = tarfile.TarInfo(f"{inside}words.txt")
        member.size = len(WORDS)
        out.addfile(member, io.BytesIO(WORDS.encode()))

    assert add(archive).released == "20260101"


@pytest.mark.parametrize("name", ["../words.txt", "/words.txt", "a/../../words.txt"])
def test_an_archive_that_leads_elsewhere_is_refused(bench, add, tmp_path, name):
    archive = tmp_path / "en.tar"
    with tarfile.open(archive, "w") as out:
        out.addfile(tarfile.TarInfo(name))

    before = len(base_models.listing(bench.ctx))
    if name.startswith("/"):  # the slash is dropped, and the file is one like any other
        add(archive)
        return
    refused(lambda: add(archive), Invalid, "InvalidModel")
    assert len(base_models.listing(bench.ctx)) == before


def test_what_the_engine_cannot_load_is_refused_and_leaves_nothing(bench, add, folder):
    (folder / "broken").touch()
    before = sorted(bench.ctx.blobs.keys(""))

    assert "the model is damaged" in refused(add, Invalid, "InvalidModel")

    assert sorted(bench.ctx.blobs.keys("")) == before
    assert [one for one in base_models.listing(bench.ctx) if one.model.released == "20260101"] == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"released": "2026"}, "InvalidParameterValue"),
        ({"released": "20261301"}, "InvalidParameterValue"),
        ({"locale": "english"}, "InvalidLocale"),
        ({"engine": "quiet"}, "InvalidParameterValue"),
        ({"display_name": "x" * 2000}, "InvalidParameterValue"),
    ],
)
def test_what_is_said_wrongly_is_refused(add, said, code):
    refused(lambda: add(**said), Invalid, code)


def test_a_file_that_is_no_archive_and_an_empty_folder_are_refused(add, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "empty").mkdir()

    for name in ("file", "empty"):
        refused(lambda name=name: add(tmp_path / name), Invalid, "InvalidModel")


def test_a_base_model_never_changes(add):
    add()

    refused(add, Conflict, "ModelExists")
    refused(lambda: add(released="20250101"), Conflict, "ModelExists")  # the engine brings it


def test_the_default_is_the_newest_or_the_one_that_was_made_it(bench, add, bases):
    new = add()
    old, other = bases["en-US 20240101"], bases["de-DE 20250101"]

    def defaults():
        return {one.model.id for one in base_models.listing(bench.ctx) if one.is_default}

    assert defaults() == {new.id, other.id}
    base_models.set_default(bench.ctx, old.id)
    assert defaults() == {old.id, other.id}
    assert trained(bench).base_model_id == old.id
    base_models.set_default(bench.ctx, new.id)
    assert defaults() == {new.id, other.id}
    models.install_packaged(bench.ctx, engines().values())  # the next start changes nothing of it
    assert defaults() == {new.id, other.id}
    added = add(released="20230101", is_default=True)
    assert defaults() == {added.id, other.id}


def test_of_two_engines_with_a_base_of_one_day_the_list_names_the_one_that_is_taken(bench, bases):
    newest = bases["en-US 20250101"]
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).add(replace(newest, id=bench.ctx.new_id(), engine="other"))
        taken = model_choice.default_base(tx, "en-US")

    named = [one.model for one in base_models.listing(bench.ctx) if one.is_default and one.model.locale == "en-US"]

    assert named == [taken]


def test_a_base_is_removed_when_nothing_stands_on_it(bench, add):
    base = add()
    made = trained(bench, base_model_id=base.id)
    endpoint = endpoints.create(bench.ctx, bench.me, endpoints.NewEndpoint(labels=bench.labels(), model_id=base.id))
    bench.work_off()

    def remove():
        base_models.remove(bench.ctx, base.id)

    assert "the endpoint 'thing'" in refused(remove, Conflict, "InUseViolation")
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(type(endpoint)).delete(endpoint.id)
    assert "Custom models stand on '20260101': 'thing'" in refused(remove, Conflict, "InUseViolation")
    models.delete(bench.ctx, bench.me, made.id)
    remove()

    with pytest.raises(NotFound):
        remove()
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert base.folder in tx.purges.due(datetime(2099, 1, 1, tzinfo=UTC))


def test_what_comes_with_an_engine_goes_with_it(bench, bases):
    message = refused(lambda: base_models.remove(bench.ctx, bases["en-US 20240101"].id), Conflict, "DeleteNotAllowed")

    assert "comes with the engine loud" in message


def test_the_files_of_an_added_base_are_named_by_its_row(bench, add):
    base = add()
    left = f"base_models/{base.id}/{bench.ctx.new_id()}"  # by an installation that was killed
    bench.ctx.scratch.mkdir(exist_ok=True)
    (bench.ctx.scratch / "part").write_bytes(b"x")
    bench.ctx.blobs.put(f"{left}/words.txt", bench.ctx.scratch / "part")

    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.unnamed(bench.ctx.blobs.groups()) == [left]
