"""What can be used once is used once, and forgotten when it would have ended by itself."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from speechsmith.store.scope import EVERY_RESOURCE

NOW = datetime(2025, 1, 31, tzinfo=UTC)


def test_the_first_use_stands(store):
    first, second = uuid4(), uuid4()
    with store.write(EVERY_RESOURCE) as tx:
        assert tx.spent.use_of("token") is None
        assert tx.spent.spend("token", first, NOW) == first
        assert tx.spent.spend("token", second, NOW) == first
    with store.read(EVERY_RESOURCE) as tx:
        assert tx.spent.use_of("token") == first


def test_what_has_ended_is_forgotten_and_nothing_else(store):
    use = uuid4()
    with store.write(EVERY_RESOURCE) as tx:
        tx.spent.spend("old", use, NOW)
        tx.spent.spend("new", use, NOW + timedelta(seconds=1))
        tx.spent.forget(NOW)
        assert (tx.spent.use_of("old"), tx.spent.use_of("new")) == (None, use)


def test_a_transaction_can_look_at_another_resource_and_stays_one(store):
    use = uuid4()
    try:
        with store.write(uuid4()) as tx:
            tx.of(EVERY_RESOURCE).spent.spend("token", use, NOW)
            raise InterruptedError
    except InterruptedError:
        pass

    with store.read(EVERY_RESOURCE) as tx:
        assert tx.spent.use_of("token") is None
