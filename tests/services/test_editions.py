"""The Editor: recordings are copied, texts are mended by several people, and what is right becomes a dataset."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from bench import Bench, acoustic, speech
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import MOST_CHARACTERS, EditedFile, Edition, Listening, Tally
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.status import Status
from speechsmith.jobs.sweeper import sweep
from speechsmith.services import datasets, editions, entities, projects, resources
from speechsmith.services.editions import NewEdition, Share, Wish, Written
from speechsmith.store.scope import EVERY_RESOURCE
from uploads import zipped

ALL, ACCEPTED = Wish(Share.ALL), Wish(Share.ACCEPTED)


def dataset(
    bench: Bench, data: bytes | None = None, kind: CorpusKind = CorpusKind.ACOUSTIC, **labels: object
) -> Dataset:
    data = acoustic({0: "Please send a gasket.", 2: "Thank you."}) if data is None else data
    new = datasets.NewDataset(labels=bench.labels("calls"), kind=kind)
    made = datasets.create(bench.ctx, bench.me, new, upload=bench.upload(data))
    bench.work_off()
    return bench.now_is(made)


def recordings(bench: Bench) -> Dataset:
    """Audio that nobody has transcribed."""
    return dataset(bench, zipped({"a.wav": speech(0), "b.wav": speech(2)}), CorpusKind.AUDIO_FILES)


def begun(bench: Bench, *sources: Dataset, **members: object) -> Edition:
    new = NewEdition(labels=bench.labels("calls, mended"), dataset_ids=[one.id for one in sources], **members)
    return editions.create(bench.ctx, bench.me, new)


def filled(bench: Bench, *sources: Dataset, **members: object) -> Edition:
    made = begun(bench, *(sources or (dataset(bench),)), **members)
    bench.work_off()
    return bench.now_is(made)


def files(bench: Bench, edition: Edition, *, is_accepted: bool | None = None) -> list[EditedFile]:
    return list(editions.page(bench.ctx, bench.me, edition.id, is_accepted=is_accepted, skip=0, top=100).values)


def save(
    bench: Bench, edition: Edition, number: int, text: str, *, version: int = 1, accept: bool | None = None
) -> EditedFile:
    return editions.save(bench.ctx, bench.me, edition.id, number, Written(text, version, accept))


def swept(bench: Bench) -> None:
    """What is to be removed, is."""
    bench.ctx.scratch.mkdir(exist_ok=True)
    bench.clock.time += 2 * entities.LAST_WRITES
    sweep(bench.ctx, entities.remove_expired)


# import


def test_an_edition_has_the_recordings_of_a_dataset_and_what_humans_wrote(bench):
    made = filled(bench)

    one, other = files(bench, made)
    assert (one.number, one.name, one.text, one.heard) == (1, "0.wav", "Please send a gasket.", None)
    assert (other.number, other.name, other.text) == (2, "2.wav", "Thank you.")
    assert not one.is_accepted
    assert made.status is Status.SUCCEEDED
    assert made.duration == one.duration + other.duration
    kept, path = editions.sound(bench.ctx, bench.me, made.id, 1)
    assert kept.name == "0.wav"
    assert path.read_bytes()[:4] == b"RIFF"


def test_what_nobody_has_transcribed_has_a_draft_of_the_default_model(bench):
    made = filled(bench, recordings(bench))

    for file in files(bench, made):
        assert file.text
        assert file.text == file.heard


def test_a_model_listens_beside_humans_where_that_is_wished_for(bench):
    made = filled(bench, dataset(bench), listening=Listening.ALL)

    one, _ = files(bench, made)
    assert one.text == "Please send a gasket."
    assert one.heard


def test_nobody_listens_where_nobody_is_to(bench):
    made = filled(bench, recordings(bench), listening=Listening.NONE)

    assert [(file.text, file.heard) for file in files(bench, made)] == [("", None)] * 2
    assert made.model_id is None


def test_recordings_of_several_datasets_have_names_of_their_own(bench):
    made = filled(bench, dataset(bench), dataset(bench))

    assert [file.name for file in files(bench, made)] == ["0.wav", "2.wav", "0-3.wav", "2-4.wav"]


def test_a_dataset_stays_until_it_is_copied_and_may_go_then(bench):
    source = dataset(bench)
    made = begun(bench, source)
    with pytest.raises(Conflict, match="in use by the Editor dataset 'calls, mended'"):
        datasets.delete(bench.ctx, bench.me, source.id)

    bench.work_off()
    datasets.delete(bench.ctx, bench.me, source.id)
    swept(bench)

    _, path = editions.sound(bench.ctx, bench.me, made.id, 1)
    assert path.read_bytes()[:4] == b"RIFF"


def test_only_recordings_that_are_ready_can_be_edited(bench):
    text = dataset(bench, b"send a gasket\n", CorpusKind.LANGUAGE)
    with pytest.raises(Invalid, match="is Language; the Editor needs recordings"):
        begun(bench, text)
    with pytest.raises(Invalid, match="Choose at least one dataset"):
        begun(bench)
    with pytest.raises(Invalid, match="is Failed"):
        begun(bench, dataset(bench, b"no archive"))


def test_what_is_cut_leaves_nothing_and_is_done_again(bench):
    made = begun(bench, dataset(bench))
    lost = bench.claim()
    assert lost is not None
    late = bench.ran(lost)
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        current = tx.jobs.get(lost.id)
        assert current is not None
        tx.jobs.put(current.release(lost, bench.ctx.now()))
    assert files(bench, made) == []

    bench.work_off()
    with pytest.raises(Exception, match="no longer owns"):
        late()

    assert len(files(bench, made)) == 2


def test_what_cannot_be_filled_is_told_and_lets_the_sources_go(bench):
    source = recordings(bench)
    made = begun(bench, source)
    job = bench.claim()
    assert job is not None
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.files.delete(source.id)
    bench.finish(job)

    failed = bench.now_is(made)
    assert failed.status is Status.FAILED
    assert failed.failure.code == "EmptyRequest"
    datasets.delete(bench.ctx, bench.me, source.id)


# the work of people


def test_a_text_is_saved_and_accepted(bench):
    made = filled(bench)

    saved = save(bench, made, 1, "  Please send\na gasket,  now.\n", accept=True)

    assert (saved.text, saved.is_accepted, saved.version) == ("Please send a gasket, now.", True, 2)
    assert files(bench, made, is_accepted=True) == [saved]
    assert editions.tallies(bench.ctx, bench.me, [made.id]) == {made.id: Tally(2, 1)}
    again = save(bench, made, 1, "Please send it.", version=2)
    assert (again.is_accepted, again.version) == (True, 3)
    assert not save(bench, made, 1, "Please send it.", version=3, accept=False).is_accepted


def test_the_second_who_saves_is_refused_and_nothing_is_lost(bench):
    made = filled(bench)
    save(bench, made, 1, "Please send a casket.")

    with pytest.raises(Conflict, match="Somebody else has changed") as refused:
        save(bench, made, 1, "Please send the gasket.")

    assert refused.value.code == "TextChanged"
    assert editions.file(bench.ctx, bench.me, made.id, 1).text == "Please send a casket."


def test_who_saves_the_same_again_changes_nothing(bench):
    made = filled(bench)
    once = save(bench, made, 1, "Please send it.", accept=True)

    assert save(bench, made, 1, "Please send it.", accept=True) == once


def test_of_many_who_save_at_once_one_does(bench):
    made = filled(bench)

    def saved(text: str) -> bool:
        try:
            save(bench, made, 1, text)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(saved, [f"text {number}" for number in range(4)]))

    assert sum(done) == 1
    assert editions.file(bench.ctx, bench.me, made.id, 1).version == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "NoWords"), ("...", "NoWords"), ("see http://example.com/x", "UriInLine"), ("спасибо", "ForeignCharacter")],
)
def test_what_an_import_would_leave_out_is_not_accepted_but_may_be_a_draft(bench, text, code):
    made = filled(bench)

    with pytest.raises(Invalid) as refused:
        save(bench, made, 1, text, accept=True)

    assert refused.value.code == code
    assert save(bench, made, 1, text).text == text


def test_a_text_has_an_end(bench):
    with pytest.raises(Invalid, match="at most 20000"):
        save(bench, filled(bench), 1, "ab " * (MOST_CHARACTERS // 2))


def test_the_next_draft_is_the_next_that_nobody_has_accepted(bench):
    made = filled(bench, dataset(bench), dataset(bench))

    def next_draft(after: int) -> int | None:
        return editions.next_draft(bench.ctx, bench.me, made.id, after=after)

    save(bench, made, 2, "Thank you.", accept=True)
    assert [next_draft(1), next_draft(4)] == [3, 1]
    for number in (1, 3, 4):
        save(bench, made, number, "Thank you.", accept=True)
    assert next_draft(1) is None


# export


def exported(bench: Bench, edition: Edition, wish: Wish) -> Dataset:
    with editions.packed(bench.ctx, bench.me, edition.id, wish) as archive:
        new = datasets.NewDataset(labels=bench.labels("mended"), kind=CorpusKind.ACOUSTIC)
        made = datasets.create(bench.ctx, bench.me, new, upload=archive)
    bench.work_off()
    return bench.now_is(made)


def test_what_is_accepted_becomes_a_dataset(bench):
    source = dataset(bench)
    made = filled(bench, source)
    save(bench, made, 2, "Thank you so much.", accept=True)

    new = exported(bench, made, ACCEPTED)

    assert (new.kind, new.status, new.accepted, new.rejected) == (CorpusKind.ACOUSTIC, Status.SUCCEEDED, 1, 0)
    assert bench.content(new, "trans.txt") == b"2.wav\tThank you so much.\n"
    assert bench.content(new, "2.wav") == bench.content(source, "2.wav")
    assert bench.now_is(source) == source
    assert not list(bench.ctx.incoming.glob("*"))


def test_what_is_ticked_is_exported_and_what_has_no_text_left_out(bench):
    made = filled(bench, recordings(bench), listening=Listening.NONE)
    save(bench, made, 1, "Please send a gasket.")

    ticked = editions.exported(bench.ctx, bench.me, made.id, Wish(Share.TICKED, (2, 1, 1, 99)))

    assert (ticked.files, ticked.wordless) == (1, 1)
    assert exported(bench, made, ALL).accepted == 1


def test_an_export_of_nothing_or_of_too_much_is_refused(bench):
    made = filled(bench)

    with pytest.raises(Invalid, match="nothing to export") as refused:
        exported(bench, made, ACCEPTED)
    assert refused.value.code == "NothingToExport"
    with pytest.raises(Invalid, match="Tick some of them") as refused:
        exported(bench.limited(max_upload_bytes=1000), made, ALL)
    assert refused.value.code == "TooMuchToExport"
    assert not list(bench.ctx.incoming.glob("*"))
    with pytest.raises(Conflict, match="is NotStarted"):
        exported(bench, begun(bench, dataset(bench)), ALL)


def test_the_archive_of_an_export_is_one_that_users_could_have_made(bench):
    made = filled(bench)

    with editions.packed(bench.ctx, bench.me, made.id, ALL) as path, zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["0.wav", "2.wav", "trans.txt"]
        assert archive.read("trans.txt") == b"0.wav\tPlease send a gasket.\n2.wav\tThank you.\n"


# whose it is, and its end


def test_another_resource_sees_nothing_of_it(bench):
    made = filled(bench)
    other = bench.as_tenant("other")

    for use in (
        lambda: editions.page(other.ctx, other.me, made.id, is_accepted=None, skip=0, top=9),
        lambda: editions.file(other.ctx, other.me, made.id, 1),
        lambda: editions.sound(other.ctx, other.me, made.id, 1),
        lambda: save(other, made, 1, "Mine."),
        lambda: editions.exported(other.ctx, other.me, made.id, ALL),
    ):
        with pytest.raises(NotFound):
            use()
    assert editions.tallies(other.ctx, other.me, [made.id]) == {made.id: Tally()}
    with pytest.raises(Invalid, match="no dataset"):
        editions.create(other.ctx, other.me, NewEdition(labels=other.labels("x"), dataset_ids=[made.dataset_ids[0]]))
    editions.delete(other.ctx, other.me, made.id)
    assert bench.now_is(made) == made


def test_what_is_not_there_is_not_found(bench):
    made = filled(bench)

    for number in (0, 3, 1 << 40):
        with pytest.raises(NotFound):
            editions.file(bench.ctx, bench.me, made.id, number)
    with pytest.raises(NotFound):
        editions.file(bench.ctx, bench.me, uuid4(), 1)


def test_an_edition_goes_with_all_that_it_has(bench):
    made = filled(bench)
    _, path = editions.sound(bench.ctx, bench.me, made.id, 1)

    editions.delete(bench.ctx, bench.me, made.id)
    swept(bench)

    assert not path.exists()
    assert editions.tallies(bench.ctx, bench.me, [made.id]) == {made.id: Tally()}
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.edited.page(made.id) == []


def test_an_edition_that_is_deleted_while_it_is_filled_leaves_nothing(bench):
    made = begun(bench, dataset(bench))
    job = bench.claim()
    assert job is not None
    publish = bench.ran(job)
    editions.delete(bench.ctx, bench.me, made.id)

    with pytest.raises(Exception, match="no longer owns"):
        publish()

    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.edited.page(made.id) == []


def test_a_project_that_is_deleted_leaves_it_without_one(bench):
    project = projects.create(bench.ctx, bench.me, bench.labels("Calls"))
    source = dataset(bench)
    new = NewEdition(labels=bench.labels("x", project_id=project.id), dataset_ids=[source.id])
    with pytest.raises(Invalid, match="does not belong to this project"):
        editions.create(bench.ctx, bench.me, new)
    entities.update(bench.ctx, bench.me, Dataset, source.id, entities.Change(project_id=project.id))
    made = editions.create(bench.ctx, bench.me, new)
    bench.work_off()
    assert projects.counts(bench.ctx, bench.me, [project.id])[project.id] == {Dataset: 1, Edition: 1}

    projects.delete(bench.ctx, bench.me, project.id)

    assert bench.now_is(made).project_id is None
    assert len(files(bench, made)) == 2


def test_a_resource_that_is_deleted_takes_its_editions_along(bench):
    made = filled(bench)
    other = bench.as_tenant("other")
    stays = filled(other)
    _, path = editions.sound(bench.ctx, bench.me, made.id, 1)

    gone = resources.delete(bench.ctx, bench.me)

    assert gone.counts["Editor dataset"] == 1
    assert not path.exists()
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.edited.page(made.id) == []
    assert len(files(other, stays)) == 2
