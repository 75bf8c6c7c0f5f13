"""The logs on both databases: pages, deletions, and who sees what."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import things

from speechsmith.domain.files import File, FileKind
from speechsmith.domain.logs import LogBook, Place
from speechsmith.store.scope import EVERY_RESOURCE

DAY = datetime(2024, 2, 29, tzinfo=UTC)
NOW = things.NOW
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def mine(store):
    return things.resource(store, "mine")


@pytest.fixture
def book(mine):
    return LogBook.base(mine, "en-US")


def entry(book: LogBook, name: str, created_at: datetime = NOW) -> File:
    return File(
        id=uuid4(),
        resource_id=book.resource_id,
        owner_id=book.id,
        name=name,
        kind=FileKind.AUDIO,
        blob=f"r/endpoints/b/{name}",
        size_bytes=2**40,
        duration=timedelta(seconds=1.5),
        created_at=created_at,
    )


def added(store, *entries: File) -> list[File]:
    with store.write(entries[0].resource_id) as tx:
        tx.logs.add(entries)
    return list(entries)


def page(store, book: LogBook, after: Place | None = None, top: int = 100, scope: UUID | None = None) -> list[File]:
    with store.read(scope or book.resource_id) as tx:
        return tx.logs.page(book.id, after=after, top=top)


def test_pages_are_oldest_first_and_go_on_behind_a_place_also_within_a_moment(store, book):
    late, b, a, early = added(
        store, entry(book, "c", LATER), entry(book, "b"), entry(book, "a"), entry(book, "z", NOW - timedelta(days=1))
    )

    assert page(store, book) == [early, a, b, late]
    assert page(store, book, top=2) == [early, a]
    assert page(store, book, Place(NOW, "a")) == [b, late]
    assert page(store, book, Place(LATER, "c")) == []


def test_an_entry_is_found_by_name_on_its_day_alone(store, book):
    (first,) = added(store, entry(book, "a"))

    with store.read(book.resource_id) as tx:
        assert tx.logs.named(book.id, DAY, "a") == first
        assert tx.logs.named(book.id, DAY - timedelta(days=1), "a") is None
        assert tx.logs.named(book.id, DAY + timedelta(days=1), "a") is None
        assert tx.logs.named(book.id, DAY, "b") is None


def test_another_resource_sees_and_deletes_nothing(store, book):
    (first,) = added(store, entry(book, "a"))
    other = things.resource(store, "theirs")

    with store.write(other) as tx:
        tx.logs.delete([first.id])
        tx.logs.forget(book.id)
        assert tx.logs.find(first.id) is None
        assert tx.logs.named(book.id, DAY, "a") is None
        assert tx.logs.is_empty(book.id)
    assert page(store, book, scope=other) == []
    assert page(store, book) == [first]


def test_what_a_deletion_covers_is_hidden_at_once_and_due(store, book):
    early, late = added(store, entry(book, "a"), entry(book, "b", LATER))
    (elsewhere,) = added(store, entry(LogBook.base(book.resource_id, "de-DE"), "a"))

    with store.write(book.resource_id) as tx:
        tx.logs.delete_until(book, LATER)

    assert page(store, book) == [late]
    with store.read(EVERY_RESOURCE) as tx:
        assert tx.logs.find(early.id) is None
        assert tx.logs.named(book.id, DAY, "a") is None
        assert tx.logs.find(elsewhere.id) == elsewhere
        assert tx.logs.due(None, most=9) == [early]


def test_a_deletion_that_reaches_less_far_changes_nothing(store, book):
    (late,) = added(store, entry(book, "b", LATER))
    for until in (LATER + timedelta(seconds=1), NOW):
        with store.write(book.resource_id) as tx:
            tx.logs.delete_until(book, until)

    assert page(store, book) == []
    with store.write(book.resource_id) as tx:
        assert tx.logs.is_empty(book.id)
        tx.logs.delete([late.id])
        assert tx.logs.due(None, most=9) == []


def test_what_is_old_is_due_some_at_a_time(store, book):
    old, other, _ = added(store, entry(book, "a"), entry(book, "b"), entry(book, "c", LATER))

    with store.read(EVERY_RESOURCE) as tx:
        assert len(tx.logs.due(LATER, most=1)) == 1
        assert {due.id for due in tx.logs.due(LATER, most=9)} == {old.id, other.id}
        assert tx.logs.due(None, most=9) == []


def test_a_forgotten_book_has_neither_entries_nor_deletions(store, book):
    added(store, entry(book, "a"))
    with store.write(book.resource_id) as tx:
        tx.logs.delete_until(book, LATER)
        tx.logs.forget(book.id)

    (again,) = added(store, entry(book, "a"))
    assert page(store, book) == [again]


def test_blobs_of_logs_have_a_name(store, book):
    group = f"{book.resource_id}/endpoints/{book.id}/a"
    orphan = f"{book.resource_id}/endpoints/{book.id}/b"
    with store.write(book.resource_id) as tx:
        tx.logs.add([File(**{name: getattr(entry(book, "a"), name) for name in File.__slots__} | {"blob": group})])
        assert tx.unnamed([group, orphan]) == [orphan]
