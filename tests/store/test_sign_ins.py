"""Sign-ins of browsers, on each database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.sign_ins import LONGEST, MOST_IDLE, SignIn
from speechsmith.store.scope import EVERY_RESOURCE

NOW = datetime(2025, 1, 31, tzinfo=UTC)
FIRST = SignIn(session="a" * 64, resource_id=uuid4(), key_digest="k" * 64, began_at=NOW, seen_at=NOW)
SECOND = replace(FIRST, resource_id=uuid4())
OTHER = replace(FIRST, session="b" * 64)


def test_a_session_has_what_it_was_signed_in_to_once_each(store):
    with store.write(EVERY_RESOURCE) as tx:
        for new in (FIRST, SECOND, OTHER, replace(FIRST, key_digest="l" * 64)):
            tx.sign_ins.add(new)

    with store.read(EVERY_RESOURCE) as tx:
        found = tx.sign_ins.of(FIRST.session)
        assert {one.resource_id: one.key_digest for one in found} == {
            FIRST.resource_id: "l" * 64,
            SECOND.resource_id: "k" * 64,
        }
        assert tx.sign_ins.of(OTHER.session) == [OTHER]


def test_who_is_seen_is_noted_and_who_has_left_is_gone(store):
    later = NOW + timedelta(minutes=5)
    with store.write(EVERY_RESOURCE) as tx:
        tx.sign_ins.add(FIRST)
        tx.sign_ins.add(OTHER)
        tx.sign_ins.seen(FIRST.session, later)
        tx.sign_ins.end(OTHER.session)

        assert tx.sign_ins.of(FIRST.session) == [replace(FIRST, seen_at=later)]
        assert tx.sign_ins.of(OTHER.session) == []


def test_what_is_over_is_forgotten_and_nothing_else(store):
    old = replace(SECOND, began_at=NOW - LONGEST)
    idle = replace(OTHER, seen_at=NOW - MOST_IDLE)
    with store.write(EVERY_RESOURCE) as tx:
        for new in (FIRST, old, idle):
            tx.sign_ins.add(new)
        tx.sign_ins.forget(NOW)

        assert tx.sign_ins.of(FIRST.session) == [FIRST]
        assert tx.sign_ins.of(OTHER.session) == []


def test_a_sign_in_opens_its_resource_until_one_of_its_ends_or_another_key():
    resource = SpeechResource(
        id=FIRST.resource_id, name="r", region="r", key1_digest="k" * 64, key2_digest="m" * 64, created_at=NOW
    )
    moment = timedelta(seconds=1)

    assert FIRST.opens(resource, NOW + MOST_IDLE - moment)
    assert not FIRST.opens(resource, NOW + MOST_IDLE)
    assert replace(FIRST, seen_at=NOW + LONGEST).opens(resource, NOW + LONGEST - moment)
    assert not replace(FIRST, seen_at=NOW + LONGEST).opens(resource, NOW + LONGEST)
    assert not FIRST.opens(replace(resource, key1_digest="n" * 64), NOW)
