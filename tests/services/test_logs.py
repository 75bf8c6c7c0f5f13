"""Keeping records of requests, on both databases: whole, once, and for nobody who is gone."""

from uuid import UUID

import pytest

from records import new_record
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.files import FileKind
from speechsmith.domain.logs import LogBook, Record
from speechsmith.services import endpoints, entities, logs
from speechsmith.services.entities import Change


@pytest.fixture
def desk(bench) -> Endpoint:
    new = endpoints.NewEndpoint(labels=bench.labels("desk"), logging_enabled=True)
    made = endpoints.create(bench.ctx, bench.me, new)
    bench.work_off()
    return bench.now_is(made)


@pytest.fixture
def record(bench):
    def make(book: LogBook) -> Record:
        id = bench.ctx.new_id()
        return new_record(bench.folder / f"{id}.wav", id=id, book=book, began=bench.ctx.now())

    return make


def kept(bench, book: UUID | str) -> list[tuple[FileKind, int, bytes]]:
    page = logs.page(bench.ctx, bench.me, book, after=None, top=100)
    return [(entry.kind, entry.size_bytes, bench.ctx.blobs.path(entry.blob).read_bytes()) for entry in page.values]


BOTH = [(FileKind.TRANSCRIPTION, 12, b'{"NBest":[]}'), (FileKind.AUDIO, 4, b"RIFF")]


def test_a_record_is_two_files_of_its_book(bench, desk, record):
    logs.write(bench.ctx, record(LogBook.endpoint(desk)))
    logs.write(bench.ctx, record(LogBook.base(bench.me, "de-DE")))

    assert kept(bench, desk.id) == kept(bench, "de-DE") == BOTH
    assert kept(bench, "en-US") == []


def test_a_record_that_broke_half_way_can_be_written_again(bench, desk, record, monkeypatch):
    new = record(LogBook.endpoint(desk))
    with monkeypatch.context() as patch:
        patch.setattr(bench.ctx.store, "write", None)  # the blobs are there, the rows are not
        with pytest.raises(TypeError):
            logs.write(bench.ctx, new)
    assert kept(bench, desk.id) == []

    logs.write(bench.ctx, new)

    assert kept(bench, desk.id) == BOTH


def test_nothing_is_kept_for_an_endpoint_that_is_gone(bench, desk, record):
    new = record(LogBook.endpoint(desk))
    entities.delete(bench.ctx, bench.me, Endpoint, desk.id)

    logs.write(bench.ctx, new)

    assert bench.ctx.blobs.keys(f"{bench.me}/endpoints/{desk.id}") == []
    with bench.ctx.store.read(bench.me) as tx:
        assert tx.logs.is_empty(desk.id)


def test_logs_of_a_locale_can_be_read_and_deleted_after_its_last_base_model(bench, record):
    logs.write(bench.ctx, record(LogBook.base(bench.me, "xx-XX")))

    assert kept(bench, "xx-xx") == BOTH
    logs.delete_until(bench.ctx, bench.me, "xx-XX", None)
    with pytest.raises(Invalid, match="'xx-XX' is not supported"):
        logs.page(bench.ctx, bench.me, "xx-XX", after=None, top=1)


def test_purging_takes_any_number_and_is_over_then(bench, desk, record, monkeypatch):
    monkeypatch.setattr(logs, "AT_ONCE", 2)
    for _ in range(3):
        logs.write(bench.ctx, record(LogBook.endpoint(desk)))
    logs.delete_until(bench.ctx, bench.me, desk.id, None)

    assert (logs.purge(bench.ctx), logs.purge(bench.ctx)) == (6, 0)
    assert bench.ctx.blobs.keys(f"{bench.me}/endpoints/{desk.id}") == []


def test_an_endpoint_that_logs_nothing_is_told_apart_from_one_without_logs_yet(bench, desk):
    assert kept(bench, desk.id) == []
    endpoints.update(bench.ctx, bench.me, desk.id, Change(), logging_enabled=False)

    with pytest.raises(Conflict, match="logs nothing") as refused:
        logs.page(bench.ctx, bench.me, desk.id, after=None, top=1)
    assert refused.value.code == "EndpointWithoutLogging"


def test_a_log_that_is_not_there_is_not_found(bench, desk):
    log_id = f"2025-01-31_120000__{desk.id}_wav"

    with pytest.raises(NotFound, match=f"no log with the id {log_id}"):
        logs.get(bench.ctx, bench.me, desk.id, log_id)
    logs.delete(bench.ctx, bench.me, desk.id, log_id)
