"""Datasets: three ways in, one check, and a report whatever comes of it."""

import base64
import json
from uuid import uuid4

import pytest

from bench import acoustic, speech
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Conflict, Invalid, LostLease, NotFound
from speechsmith.domain.files import FileKind
from speechsmith.domain.jobs import JobState
from speechsmith.domain.status import Status
from speechsmith.services import datasets, entities, evaluations, models, sounds
from speechsmith.store.files import Block
from speechsmith.store.scope import EVERY_RESOURCE
from uploads import zipped


def create(bench, data=None, *, kind=CorpusKind.LANGUAGE, url=None, **labels):
    new = datasets.NewDataset(labels=bench.labels(**labels), kind=kind, content_url=url)
    return datasets.create(bench.ctx, bench.me, new, None if data is None else bench.upload(data))


def imported(bench, data=None, **options) -> Dataset:
    made = create(bench, data, **options)
    bench.work_off()
    return bench.now_is(made)


def block_id(number: int) -> str:
    return base64.b64encode(f"{number:04}".encode()).decode()


def test_text_is_imported_with_its_report(bench):
    text = imported(bench, b"turn on the light\nsee http://example.com for more\nthe order is late\n")

    assert (text.status, text.accepted, text.rejected) == (Status.SUCCEEDED, 2, 1)
    assert bench.content(text, "language_data.txt").decode().splitlines()[-1] == "the order is late"
    report = json.loads(bench.content(text, "report.json"))
    assert [entry["line"] for entry in report["rejected"]["entries"]] == [2]


def test_a_dataset_of_which_nothing_is_left_fails_and_still_has_its_report(bench):
    text = imported(bench, b"see http://example.com\nand www.example.com/a\n")

    assert (text.status, text.accepted, text.rejected) == (Status.FAILED, 0, 2)
    assert text.failure.code == "NothingAccepted"
    assert "line 1" in text.failure.message
    assert [file.kind for file in bench.files_of(text).values()] == [FileKind.DATASET_REPORT]
    assert json.loads(bench.content(text, "report.json"))["rejectedLineCount"] == 2
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.jobs.of(text.id).state is JobState.DONE


def test_an_upload_that_cannot_be_read_fails_with_its_reason(bench):
    text = imported(bench, b"")

    assert (text.status, text.failure.code) == (Status.FAILED, "EmptyFile")
    assert bench.files_of(text) == {}


def test_audio_with_transcripts_keeps_the_names_that_its_user_gave(bench):
    made = imported(bench, acoustic({0: "please send a gasket", 2: "thank you"}), kind=CorpusKind.ACOUSTIC)

    files = bench.files_of(made)
    assert (made.accepted, made.rejected, made.duration.total_seconds()) == (2, 0, 4.0)
    assert {"0.wav", "2.wav", "trans.txt", "report.json", "archive.zip"} == set(files)
    assert files["0.wav"].duration.total_seconds() == 2.0
    assert files["archive.zip"].kind is FileKind.ACOUSTIC_DATA_ARCHIVE


def test_audio_of_which_nothing_can_be_read_keeps_its_report_and_its_archive(bench):
    made = imported(bench, zipped({"a.wav": b"not audio"}), kind=CorpusKind.AUDIO_FILES)

    assert (made.status, made.rejected) == (Status.FAILED, 1)
    assert set(bench.files_of(made)) == {"report.json", "archive.zip"}


def test_audio_from_a_url_is_kept_as_it_came(bench, web):
    folder, url = web
    (folder / "data.zip").write_bytes(zipped({"a.wav": speech(0)}))

    made = imported(bench, kind=CorpusKind.AUDIO_FILES, url=f"{url}/data.zip")

    assert (made.status, made.accepted) == (Status.SUCCEEDED, 1)
    assert bench.content(made, "archive.zip") == (folder / "data.zip").read_bytes()


def test_a_url_that_leads_nowhere_fails_the_dataset_and_is_named(bench, web):
    made = imported(bench, url=f"{web[1]}/missing.txt")

    assert made.status is Status.FAILED
    assert made.failure.message.startswith("contentUrl: ")
    assert "404" in made.failure.message


def test_blocks_are_joined_in_the_order_of_the_commit(bench):
    made = create(bench)
    for number, text in enumerate((b"the first line\nthe se", b"cond line\n", b"cond rubbish\n")):
        datasets.put_block(bench.ctx, bench.me, made.id, block_id(number), bench.upload(text))
    datasets.put_block(bench.ctx, bench.me, made.id, block_id(1), bench.upload(b"cond line, again\n"))

    datasets.commit_blocks(bench.ctx, bench.me, made.id, [block_id(0), block_id(1)])
    bench.work_off()

    text = bench.content(made, "language_data.txt").decode("utf-8-sig")
    assert text.splitlines() == ["the first line", "the second line, again"]
    assert datasets.blocks(bench.ctx, bench.me, made.id) == []


def test_a_replaced_block_and_committed_blocks_are_purged(sqlite_bench):
    bench = sqlite_bench
    made = create(bench)
    for text in (b"one\n", b"two\n"):
        datasets.put_block(bench.ctx, bench.me, made.id, block_id(0), bench.upload(text))
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        replaced = tx.purges.due(bench.clock.time)

    datasets.commit_blocks(bench.ctx, bench.me, made.id, [block_id(0)])

    assert len(replaced) == 1
    with bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert f"{bench.me}/datasets/{made.id}/blocks" in tx.purges.due(bench.clock.time)


def test_a_commit_is_refused_twice_and_without_its_blocks(bench):
    made = create(bench)
    datasets.put_block(bench.ctx, bench.me, made.id, block_id(0), bench.upload(b"a line\n"))

    with pytest.raises(Invalid, match="No block"):
        datasets.commit_blocks(bench.ctx, bench.me, made.id, [block_id(0), block_id(1)])
    with pytest.raises(Invalid, match="empty"):
        datasets.commit_blocks(bench.ctx, bench.me, made.id, [])
    datasets.commit_blocks(bench.ctx, bench.me, made.id, [block_id(0)])
    with pytest.raises(Conflict, match="already has its data"):
        datasets.commit_blocks(bench.ctx, bench.me, made.id, [block_id(0)])
    with pytest.raises(Conflict):
        datasets.put_block(bench.ctx, bench.me, made.id, block_id(1), bench.upload(b"x"))


@pytest.mark.parametrize("name", ["", "====", "AAA", "AA-_", base64.b64encode(b"x" * 65).decode()])
def test_the_id_of_a_block_is_base64_of_at_most_64_bytes(name):
    with pytest.raises(Invalid, match="Base64"):
        datasets.check_block_id(name, [])


def test_the_blocks_of_a_dataset_have_ids_of_one_length(bench):
    made = create(bench)
    datasets.put_block(bench.ctx, bench.me, made.id, "AAAA", bench.upload(b"x"))

    with pytest.raises(Invalid, match="equally long"):
        datasets.put_block(bench.ctx, bench.me, made.id, "AAAAAAAA", bench.upload(b"x"))


def test_a_dataset_has_so_many_blocks_and_each_can_still_be_replaced():
    present = [Block(f"{number:08}", "blob", 1) for number in range(datasets.MAX_BLOCKS)]

    datasets.check_block_id("00000007", present)
    with pytest.raises(Invalid, match="at most 50000 blocks"):
        datasets.check_block_id("99999999", present)


def test_blocks_together_are_no_larger_than_an_upload(bench):
    small = bench.limited(max_upload_bytes=5)
    made = create(bench)
    datasets.put_block(bench.ctx, bench.me, made.id, "AAAA", bench.upload(b"four"))

    with pytest.raises(Invalid, match="at most 5"):
        datasets.commit_blocks(small.ctx, bench.me, made.id, ["AAAA", "AAAA"])


def test_blocks_that_nobody_commits_do_not_fill_the_disk(bench):
    small = bench.limited(max_upload_bytes=5)
    made = create(bench)
    for block, content in (("AAAA", b"first"), ("BBBB", b"again"), ("BBBB", b"anew!")):
        datasets.put_block(small.ctx, bench.me, made.id, block, bench.upload(content))

    with pytest.raises(Invalid, match="at most 10 are taken"):
        datasets.put_block(small.ctx, bench.me, made.id, "CCCC", bench.upload(b"x"))

    assert [block.name for block in datasets.blocks(bench.ctx, bench.me, made.id)] == ["AAAA", "BBBB"]


def test_nothing_is_kept_of_a_dataset_that_was_refused(sqlite_bench):
    with pytest.raises(NotFound, match="project"):
        create(sqlite_bench, b"x", project_id=uuid4())

    assert entities.page(sqlite_bench.ctx, sqlite_bench.me, Dataset, top=1).values == []
    assert sqlite_bench.claim() is None


def test_deleting_cancels_in_every_state(bench):
    waiting = create(bench, b"one line\n")
    datasets.delete(bench.ctx, bench.me, waiting.id)
    assert bench.claim() is None

    running = create(bench, b"one line\n")
    publish = bench.ran(bench.claim())
    datasets.delete(bench.ctx, bench.me, running.id)
    with pytest.raises(LostLease):
        publish()
    assert bench.files_of(running) == {}

    done = imported(bench, b"one line\n")
    datasets.delete(bench.ctx, bench.me, done.id)
    assert bench.now_is(done) is None
    assert bench.files_of(done) == {}
    datasets.delete(bench.ctx, bench.me, done.id)


def test_a_late_publication_changes_nothing(bench):
    made = create(bench, b"one line\n")
    job = bench.claim()
    publish = bench.ran(job)
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(job.id).release(job, bench.clock.time))

    with pytest.raises(LostLease):
        publish()
    bench.work_off()

    assert bench.now_is(made).status is Status.SUCCEEDED
    assert len(bench.files_of(made)) == 2


# what became of it


def test_who_learned_from_a_dataset_and_who_was_tested_on_it_is_found(bench):
    heard = imported(bench, acoustic({0: "Please send a gasket."}), kind=CorpusKind.ACOUSTIC)
    other = imported(bench, b"turn on the light\n")
    new = models.NewModel(labels=bench.labels("mine"), dataset_ids=(heard.id,))
    model = models.create(bench.ctx, bench.me, new)
    tested = evaluations.NewEvaluation(
        labels=bench.labels("test"), model1_id=model.base_model_id, model2_id=model.base_model_id, dataset_id=heard.id
    )
    test = evaluations.create(bench.ctx, bench.me, tested)

    learned, tests = datasets.uses(bench.ctx, bench.me, heard.id)

    assert ([found.id for found in learned], [found.id for found in tests]) == ([model.id], [test.id])
    assert datasets.uses(bench.ctx, bench.me, other.id) == ([], [])
    assert datasets.uses(bench.ctx, bench.as_tenant("other").me, heard.id) == ([], [])


def test_what_the_import_has_left_out_is_read_again(sqlite_bench):
    text = imported(sqlite_bench, b"turn on the light\nsee http://example.com for more\n")
    waiting = create(sqlite_bench)

    report = datasets.report(sqlite_bench.ctx, sqlite_bench.me, text.id)

    assert [entry["line"] for entry in report["rejected"]["entries"]] == [2]
    assert datasets.report(sqlite_bench.ctx, sqlite_bench.me, waiting.id) is None
    with pytest.raises(NotFound):
        datasets.report(sqlite_bench.ctx, sqlite_bench.as_tenant("other").me, text.id)


def test_the_first_lines_of_a_text_are_those_that_were_kept(sqlite_bench):
    text = imported(sqlite_bench, b"".join(b"line number %d\n" % number for number in range(30)))
    heard = imported(sqlite_bench, acoustic({0: "Please send a gasket."}), kind=CorpusKind.ACOUSTIC)
    ctx, me = sqlite_bench.ctx, sqlite_bench.me

    lines = datasets.first_lines(ctx, datasets.data_files(ctx, me, text.id))

    assert lines == [f"line number {number}" for number in range(datasets.MOST_LINES)]
    assert datasets.first_lines(ctx, datasets.data_files(ctx, me, heard.id)) == []
    assert FileKind.AUDIO not in {file.kind for file in datasets.data_files(ctx, me, heard.id)}


def test_a_locale_without_a_base_model_trains_with_nothing(sqlite_bench):
    assert CorpusKind.LANGUAGE in datasets.trainable(sqlite_bench.ctx, "en-US")
    assert datasets.trainable(sqlite_bench.ctx, "xx-XX") == frozenset()


def test_utterances_have_the_numbers_that_they_are_heard_by(sqlite_bench):
    said = {2: "Thank you.", 0: "Please send a gasket.", 1: "Yes."}
    heard = imported(sqlite_bench, acoustic(said), kind=CorpusKind.ACOUSTIC)
    ctx, me = sqlite_bench.ctx, sqlite_bench.me

    first = sounds.page(ctx, me, heard.id, skip=0, top=2)
    second = sounds.page(ctx, me, heard.id, skip=2, top=2)

    assert (first.has_more, second.has_more) == (True, False)
    every = [*first.values, *second.values]
    assert [spoken.number for spoken in every] == [1, 2, 3]
    assert {spoken.name: spoken.transcript for spoken in every} == {f"{n}.wav": text for n, text in said.items()}
    assert [sounds.utterance(ctx, me, heard.id, spoken.number).name for spoken in every] == [s.name for s in every]


def test_a_file_is_opened_for_its_owner_while_it_is_there(sqlite_bench):
    text = imported(sqlite_bench, b"turn on the light\n")
    ctx, me = sqlite_bench.ctx, sqlite_bench.me
    file = sqlite_bench.files_of(text)["language_data.txt"]

    found, path = entities.content(ctx, me, Dataset, text.id, file.id)

    assert (found, path.read_text(encoding="utf-8")) == (file, "turn on the light\n")
    with pytest.raises(NotFound):
        entities.content(ctx, sqlite_bench.as_tenant("other").me, Dataset, text.id, file.id)
    ctx.blobs.purge(file.blob)
    with pytest.raises(NotFound):
        entities.content(ctx, me, Dataset, text.id, file.id)
