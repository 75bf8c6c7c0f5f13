"""The entities as tables, on both databases; above all, that a Speech resource sees its own and nothing else."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import things
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Conflict, NotFound
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription
from speechsmith.store.files import Block
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.tables import COLLECTIONS

NOW = things.NOW


@pytest.fixture
def mine(store):
    return things.resource(store, "mine")


@pytest.fixture
def theirs(store):
    return things.resource(store, "theirs")


def test_an_entity_comes_back_as_it_was(store, mine):
    new = things.dataset(mine, custom_properties={"größe": "\u0001 '\" 😀"}, description="x" * 10_000)

    with store.write(mine) as tx:
        tx.table(Dataset).add(new)

    with store.read(mine) as tx:
        assert tx.table(Dataset).get(new.id) == new


def test_what_raises_in_a_write_leaves_nothing(store, mine):
    new = things.dataset(mine)

    with contextlib.suppress(RuntimeError), store.write(mine) as tx:
        tx.table(Dataset).add(new)
        tx.jobs.add(things.job(new.id))
        raise RuntimeError

    with store.read(mine) as tx:
        assert tx.table(Dataset).find(new.id) is None
        assert tx.jobs.of(new.id) is None


def test_a_read_sees_one_state_of_all_rows(store, mine):
    with store.read(mine) as before:
        before.table(Dataset).page()
        with store.write(mine) as tx:
            tx.table(Dataset).add(things.dataset(mine))
        assert before.table(Dataset).page().values == []

    with store.read(mine) as after:
        assert len(after.table(Dataset).page().values) == 1


def test_anothers_entities_do_not_exist(store, mine, theirs):
    its_project = things.project(theirs)
    its_dataset = things.dataset(theirs, project_id=its_project.id)
    with store.write(theirs) as tx:
        tx.table(Project).add(its_project)
        tx.table(Dataset).add(its_dataset)
        tx.files.add([its_file := things.file(theirs, its_dataset)])

    with store.write(mine) as tx:
        assert tx.table(Dataset).find(its_dataset.id) is None
        with pytest.raises(NotFound, match="no dataset with the id"):
            tx.table(Dataset).get(its_dataset.id)
        assert tx.table(Dataset).page().values == []
        assert tx.table(Dataset).page(project_id=its_project.id).values == []
        assert tx.table(Dataset).counts([its_project.id]) == {}
        assert tx.table(Dataset).due(NOW + timedelta(days=9999)) == []
        assert tx.files.of(its_dataset.id) == []
        with pytest.raises(NotFound, match="no file with the id"):
            tx.files.get(its_file.id)


def test_anothers_entities_cannot_be_changed_or_deleted(store, mine, theirs):
    base, its_dataset = things.base_model(), things.dataset(theirs)
    its_model = things.model(theirs, base, its_dataset)
    with store.write(theirs) as tx:
        tx.table(Dataset).add(its_dataset)
        tx.table(CustomModel).add(its_model)
        tx.files.add([its_file := things.file(theirs, its_dataset)])

    with store.write(mine) as tx:
        tx.table(Dataset).put(replace(its_dataset, display_name="stolen"))
        tx.table(CustomModel).put(replace(its_model, display_name="stolen", dataset_ids=()))
        tx.table(Dataset).delete(its_dataset.id)
        tx.table(CustomModel).delete(its_model.id)
        tx.files.delete(its_dataset.id)

    with store.read(theirs) as tx:
        assert tx.table(Dataset).get(its_dataset.id) == its_dataset
        assert tx.table(CustomModel).get(its_model.id) == its_model
        assert tx.files.of(its_dataset.id) == [its_file]
        assert [user.owner_id for user in tx.users_of(its_dataset.id)] == [its_model.id]


def test_who_uses_an_entity_is_told_within_the_scope_only(store, mine, theirs):
    base, data = things.base_model(), things.dataset(mine)
    users = things.model(mine, base, data, display_name="clinic"), things.model(theirs, base, data)
    for user in users:
        with store.write(user.resource_id) as tx:
            tx.table(CustomModel).add(user)

    with store.read(mine) as tx:
        assert [(user.owner_kind, user.owner_name) for user in tx.users_of(data.id)] == [("model", "clinic")]
    with store.read(EVERY_RESOURCE) as tx:
        assert len(tx.users_of(data.id)) == 2


def test_an_entity_that_is_final_needs_nothing_any_more(store, mine):
    base, data = things.base_model(), things.dataset(mine)
    trained = things.model(mine, base, data)
    with store.write(mine) as tx:
        tx.table(CustomModel).add(trained)
        tx.table(CustomModel).put(replace(trained, status=Status.SUCCEEDED))

        assert tx.users_of(data.id) == []


def test_those_of_some_ids_are_found_within_the_scope_alone(store, mine, theirs):
    first, second, other = things.dataset(mine), things.dataset(mine), things.dataset(theirs)
    for new in (first, second, other):
        with store.write(new.resource_id) as tx:
            tx.table(Dataset).add(new)

    with store.read(mine) as tx:
        found = tx.table(Dataset).among([second.id, other.id, uuid4()])

        assert (found, tx.table(Dataset).among([])) == ([second], [])


def test_base_models_are_seen_by_all(store, mine, theirs):
    base = things.base_model()
    with store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).add(base)

    for owner in (mine, theirs):
        with store.read(owner) as tx:
            assert tx.table(BaseModel).get(base.id) == base


def test_an_entity_of_no_known_resource_is_refused(store):
    with pytest.raises(Conflict, match="has been deleted"), store.write(EVERY_RESOURCE) as tx:
        tx.table(Dataset).add(things.dataset(uuid4()))


def test_an_error_of_the_database_does_not_show_what_a_user_wrote(store, mine):
    new = things.dataset(mine, description="words of a user")
    with store.write(mine) as tx:
        tx.table(Dataset).add(new)

    with pytest.raises(IntegrityError) as caught, store.write(mine) as tx:
        tx.table(Dataset).add(new)

    assert "words of a user" not in str(caught.value)


def test_pages_are_in_order_of_creation_and_miss_nothing(store, mine):
    new = [things.dataset(mine, created_at=NOW + timedelta(seconds=i % 3)) for i in range(10)]
    with store.write(mine) as tx:
        for entity in new:
            tx.table(Dataset).add(entity)

    with store.read(mine) as tx:
        pages = [tx.table(Dataset).page(skip=skip, top=4) for skip in (0, 4, 8)]

    values = [entity for page in pages for entity in page.values]
    assert [page.has_more for page in pages] == [True, True, False]
    assert {entity.id for entity in values} == {entity.id for entity in new}
    assert [entity.created_at for entity in values] == sorted(entity.created_at for entity in new)


@pytest.mark.parametrize("kind", [Dataset, CustomModel])
def test_what_other_projects_have_is_not_read_to_count_those_of_some(sqlite_store, kind):
    mine, asked = things.resource(sqlite_store, "mine"), []

    @event.listens_for(sqlite_store.engine, "before_cursor_execute")
    def take_down(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    with sqlite_store.read(mine) as tx:
        tx.table(kind).counts([uuid4(), uuid4()])

    statement, parameters = next(one for one in asked if "count" in one[0])
    with sqlite_store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert f"USING COVERING INDEX ix_{COLLECTIONS[kind]}_project (resource_id=? AND project_id=?)" in plan[0][3]


def test_a_project_counts_and_lists_its_own(store, mine):
    home = things.project(mine)
    with store.write(mine) as tx:
        tx.table(Project).add(home)
        for i in range(3):
            tx.table(Dataset).add(things.dataset(mine, project_id=home.id if i else None))

        assert tx.table(Dataset).counts([home.id, uuid4()]) == {home.id: 2}
        assert len(tx.table(Dataset).page(project_id=home.id).values) == 2


def test_what_has_no_project_can_be_listed_alone(store, mine, theirs):
    home = things.project(mine)
    free, taken = things.dataset(mine), things.dataset(mine, project_id=home.id)
    with store.write(mine) as tx:
        tx.table(Project).add(home)
        tx.table(Dataset).add(free)
        tx.table(Dataset).add(taken)
        tx.of(theirs).table(Dataset).add(things.dataset(theirs))

        assert list(tx.table(Dataset).page(is_free=True).values) == [free]


def test_who_names_an_entity_is_found_also_when_it_is_finished(store, mine, theirs):
    base, data = things.base_model(), things.dataset(mine)
    known, other = things.model(mine, base, data), things.model(mine, base, things.dataset(mine))
    with store.write(mine) as tx:
        for model in (replace(known, status=Status.SUCCEEDED), other):
            tx.table(CustomModel).add(model)
        tx.of(theirs).table(CustomModel).add(things.model(theirs, base, data))

        assert [model.id for model in tx.table(CustomModel).naming(data.id, top=9).values] == [known.id]


def test_who_names_an_entity_no_more_is_not_found(store, mine):
    base, data, more = things.base_model(), things.dataset(mine), things.dataset(mine)
    model, gone = things.model(mine, base, data), things.model(mine, base, data)
    with store.write(mine) as tx:
        models = tx.table(CustomModel)
        for one in (model, gone):
            models.add(one)
        models.put(replace(model, dataset_ids=(more.id,)))
        models.delete(gone.id)

        assert models.naming(data.id, top=9).values == []
        assert [one.id for one in models.naming(more.id, top=9).values] == [model.id]


def test_time_to_live_runs_from_the_end_of_the_work(store, mine):
    labels = {"locale": "en-US", "display_name": "x", "created_at": NOW, "last_action_at": NOW, "model_id": uuid4()}
    new = Transcription(id=uuid4(), resource_id=mine, time_to_live=timedelta(hours=1), **labels)
    with store.write(mine) as tx:
        tx.table(Transcription).add(new)
        assert tx.table(Transcription).due(NOW + timedelta(days=9)) == []
        tx.table(Transcription).put(ended := new.started(NOW).succeeded(NOW + timedelta(hours=5)))

        assert tx.table(Transcription).due(NOW + timedelta(hours=5, minutes=59)) == []
        assert tx.table(Transcription).due(NOW + timedelta(hours=6)) == [ended]


def test_files_keep_their_order(store, mine):
    data = things.dataset(mine)
    new = [things.file(mine, data, blob=str(i)) for i in range(5)]
    with store.write(mine) as tx:
        tx.files.add(new)

        assert tx.files.of(data.id) == new
        assert tx.files.of(data.id, skip=1, top=2) == new[1:3]
        assert tx.files.get(new[2].id, owner_id=data.id) == new[2]
        with pytest.raises(NotFound):
            tx.files.get(new[2].id, owner_id=uuid4())


def test_a_block_that_is_sent_again_replaces_the_former(store):
    id = uuid4()
    with store.write(EVERY_RESOURCE) as tx:
        assert tx.blocks.put(id, Block("b", "blob 1", 1)) is None
        assert tx.blocks.put(id, Block("a", "blob 2", 2)) is None
        assert tx.blocks.put(id, Block("b", "blob 3", 3)) == "blob 1"

        assert tx.blocks.of(id) == [Block("a", "blob 2", 2), Block("b", "blob 3", 3)]


def test_a_secret_is_made_once(store):
    with store.write(EVERY_RESOURCE) as tx:
        first = tx.secret("links")
    with store.write(EVERY_RESOURCE) as tx:
        assert (tx.secret("links"), len(first)) == (first, 32)
        assert tx.secret("other") != first


def test_a_group_of_blobs_is_unnamed_when_no_row_names_one_of_it(store, mine):
    data = things.dataset(mine)
    groups = {part: f"{mine}/datasets/{data.id}/{part}" for part in ("1", "2", "3", "blocks", "upload")}
    data = replace(data, folder=f"{groups['2']}/corpus", upload=groups["upload"])
    gone = f"{mine}/datasets/{uuid4()}/1"
    with store.write(mine) as tx:
        tx.table(Dataset).add(data)
        tx.files.add([things.file(mine, things.dataset(mine), blob=f"{groups['3']}/report.json")])
        tx.blocks.put(data.id, Block("a", f"{groups['blocks']}/x", 1))

        assert tx.unnamed([*groups.values(), gone, "something/else"]) == [groups["1"], gone]


def test_blobs_that_another_database_may_name_are_left_alone(store, mine):
    theirs = (f"{uuid4()}/datasets/{uuid4()}/1", f"base_models/{uuid4()}/{uuid4()}")

    with store.read(mine) as tx:
        assert tx.unnamed(theirs) == []
