"""The outbox, the deliveries and the secrets of web hooks, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import things

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.deliveries import LEASE, Delivery, DeliveryState, Outcome
from speechsmith.domain.errors import NotFound
from speechsmith.domain.models import BaseModel
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import WebHook
from speechsmith.store.scope import EVERY_RESOURCE

NOW = things.NOW


@pytest.fixture
def mine(store):
    return things.resource(store, "mine")


@pytest.fixture
def theirs(store):
    return things.resource(store, "theirs")


def hook(owner: UUID, **members) -> WebHook:
    given = {"id": uuid4(), "resource_id": owner, "display_name": "hook", "created_at": NOW, "last_action_at": NOW}
    own = {"web_url": "http://x/?code=1", "events": ("ping",), "api_version": "v3.2", "root": "http://r"}
    return WebHook(**(given | own | {"status": Status.SUCCEEDED} | members))


def added(store, owner: UUID, **members) -> WebHook:
    new = hook(owner, **members)
    with store.write(owner) as tx:
        tx.table(WebHook).add(new)
    return new


def delivery(to: WebHook, event: str = "modelCreation", **members) -> Delivery:
    ids = {"id": uuid4(), "resource_id": to.resource_id, "hook_id": to.id, "event": event, "body": '{"größe":1}'}
    times = {"created_at": NOW, "not_before": NOW, "last_action_at": NOW}
    return Delivery(**(ids | times | members))


def told(store, owner: UUID) -> list[tuple[str, str, UUID]]:
    with store.write(owner) as tx:
        return [(event.event, event.collection, event.entity_id) for event in tx.outbox.take(100)]


# the outbox


def test_the_newest_delivery_to_each_hook_is_found_within_the_scope_alone(store, mine, theirs):
    first, second, other = added(store, mine), added(store, mine), added(store, theirs)
    sent = [delivery(to, event) for to in (first, second, other) for event in ("modelCreation", "ping")]
    with store.write(EVERY_RESOURCE) as tx:
        tx.deliveries.add(sent)

    with store.read(mine) as tx:
        found = tx.deliveries.newest([first.id, other.id, uuid4()])

        assert (found, tx.deliveries.newest([])) == ({first.id: sent[1]}, {})


def test_what_happens_to_an_entity_is_written_with_it(store, mine):
    added(store, mine)
    data = things.dataset(mine)
    with store.write(mine) as tx:
        tx.table(Dataset).add(data)
    with store.write(EVERY_RESOURCE) as tx:
        tx.table(Dataset).put(data := data.started(NOW))
        tx.table(Dataset).put(replace(data, description="changed"))
        tx.table(Dataset).put(data.succeeded(NOW))
    with store.write(mine) as tx:
        tx.table(Dataset).delete(data.id)

    names = ["datasetCreation", "datasetProcessing", "datasetCompletion", "datasetDeletion"]
    assert told(store, mine) == [(name, "datasets", data.id) for name in names]
    assert told(store, mine) == []


def test_what_is_rolled_back_has_not_happened(store, mine):
    added(store, mine)

    with pytest.raises(RuntimeError), store.write(mine) as tx:  # noqa: PT012
        tx.table(Dataset).add(things.dataset(mine))
        raise RuntimeError

    assert told(store, mine) == []


def test_what_is_not_there_or_anothers_raises_nothing(store, mine, theirs):
    added(store, mine)
    added(store, theirs)
    data = things.dataset(theirs)
    with store.write(theirs) as tx:
        tx.table(Dataset).add(data)
        tx.outbox.take(9)

    with store.write(mine) as tx:
        tx.table(Dataset).put(data.started(NOW))
        tx.table(Dataset).delete(data.id)
        tx.table(Dataset).delete(uuid4())

    assert told(store, EVERY_RESOURCE) == []


def test_a_resource_without_web_hooks_and_kinds_without_events_write_nothing(store, mine, theirs):
    added(store, mine)
    with store.write(EVERY_RESOURCE) as tx:
        tx.table(Dataset).add(things.dataset(theirs))
        tx.table(Project).add(things.project(mine))
        tx.table(BaseModel).add(things.base_model())

        assert tx.outbox.resources() == []


def test_events_are_taken_once_and_by_their_own_resource(store, mine, theirs):
    for owner in (mine, theirs):
        added(store, owner)
        with store.write(owner) as tx:
            for _ in range(3):
                tx.table(Dataset).add(things.dataset(owner))

    with store.write(mine) as tx:
        first = tx.outbox.take(2)
        assert [event.sequence for event in first] == sorted(event.sequence for event in first)
        assert len(tx.outbox.take(9)) == 1
    with store.read(EVERY_RESOURCE) as tx:
        assert tx.outbox.resources() == [theirs]


# secrets


def test_a_secret_is_kept_beside_the_hook_and_not_in_it(store, mine, theirs):
    new = added(store, mine)
    with store.write(mine) as tx:
        assert tx.hook_secrets.of(new.id) is None
        tx.hook_secrets.put(new.id, "schlüssel")
        tx.table(WebHook).put(replace(new, description="d"))

    with store.write(theirs) as tx:
        assert tx.hook_secrets.of(new.id) is None
        tx.hook_secrets.put(new.id, "stolen")
    with store.read(mine) as tx:
        assert tx.hook_secrets.of(new.id) == "schlüssel"
        assert "schlüssel" not in repr(tx.table(WebHook).get(new.id))


# deliveries


def test_a_delivery_comes_back_as_it_was(store, mine):
    to = added(store, mine)
    new = delivery(to, entity="http://r/models/1")
    held = new.claim("me", NOW)
    failed = held.ended(held, NOW, Outcome(500, Failure("HttpStatus", "ä")))
    with store.write(mine) as tx:
        tx.deliveries.add([new])
        assert tx.deliveries.get(new.id, hook_id=to.id) == new
        for state in (held, failed):
            tx.deliveries.put(state)
            assert tx.deliveries.find(new.id) == state


def test_anothers_deliveries_do_not_exist(store, mine, theirs):
    to, other = added(store, theirs), added(store, mine)
    new = delivery(to)
    with store.write(theirs) as tx:
        tx.deliveries.add([new])

    with store.write(mine) as tx:
        assert tx.deliveries.find(new.id) is None
        assert tx.deliveries.page(to.id, skip=0, top=9) == []
        assert tx.deliveries.last(to.id, new.event) is None
        assert tx.deliveries.due(NOW) == []
        tx.deliveries.put(new.claim("me", NOW))
        tx.deliveries.forget(to.id)
        tx.deliveries.prune(NOW + timedelta(days=9), most=0)
    with store.read(theirs) as tx:
        assert tx.deliveries.find(new.id) == new
        with pytest.raises(NotFound, match="no delivery with the id"):
            tx.deliveries.get(new.id, hook_id=other.id)


def test_hooks_that_have_waited_longest_are_due_first(store, mine, theirs):
    hooks = [added(store, mine), added(store, theirs), added(store, mine)]
    with store.write(EVERY_RESOURCE) as tx:
        tx.deliveries.add([delivery(hooks[i]) for i in (2, 0, 0, 1)])

        assert tx.deliveries.due(NOW) == [(mine, hooks[2].id), (mine, hooks[0].id), (theirs, hooks[1].id)]


def test_nothing_is_due_before_its_time_or_while_something_is_sent(store, mine):
    early, busy = added(store, mine), added(store, mine)
    with store.write(mine) as tx:
        tx.deliveries.add([delivery(early, not_before=NOW + timedelta(seconds=1))])
        tx.deliveries.add([delivery(busy).claim("other", NOW), delivery(busy)])

        assert tx.deliveries.due(NOW) == []
        assert tx.deliveries.next_of(early, NOW) is None
        assert tx.deliveries.next_of(busy, NOW) is None
        assert tx.deliveries.due(NOW + timedelta(seconds=1)) == [(mine, early.id)]


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.RUNNING, Status.FAILED])
def test_a_hook_without_a_good_challenge_gets_its_challenge_only(store, mine, status):
    to = added(store, mine, status=status)
    event, challenge = delivery(to), delivery(to, "challenge")
    with store.write(mine) as tx:
        tx.deliveries.add([event])
        assert tx.deliveries.due(NOW) == []
        tx.deliveries.add([challenge])

        assert tx.deliveries.due(NOW) == [(mine, to.id)]
        assert tx.deliveries.next_of(to, NOW) == challenge
        assert tx.deliveries.next_of(replace(to, status=Status.SUCCEEDED), NOW) == event


def test_deliveries_of_a_hook_that_is_gone_are_not_due(store, mine):
    with store.write(mine) as tx:
        tx.deliveries.add([delivery(hook(mine))])

        assert tx.deliveries.due(NOW) == []


def test_what_is_held_is_found_by_its_lease_and_by_its_owner(store, mine):
    to = added(store, mine)
    held = delivery(to).claim("me", NOW)
    with store.write(EVERY_RESOURCE) as tx:
        tx.deliveries.add([held, delivery(to)])

        assert tx.deliveries.expired(NOW + LEASE / 2) == []
        assert tx.deliveries.expired(NOW + LEASE) == [held]
        assert tx.deliveries.held_by("me") == [held]
        assert tx.deliveries.held_by("you") == []


def test_the_log_is_newest_first(store, mine):
    to = added(store, mine)
    made = [delivery(to, event) for event in ("modelCreation", "modelDeletion", "modelCreation")]
    with store.write(mine) as tx:
        tx.deliveries.add([*made, delivery(added_hook := hook(mine))])

        assert tx.deliveries.page(to.id, skip=0, top=2) == made[:0:-1]
        assert tx.deliveries.page(to.id, skip=2, top=2) == made[:1]
        assert tx.deliveries.last(to.id, "modelDeletion") == made[1]
        assert tx.deliveries.waiting(to.id) == 3
        tx.deliveries.forget(to.id)
        assert tx.deliveries.page(to.id, skip=0, top=9) == []
        assert len(tx.deliveries.page(added_hook.id, skip=0, top=9)) == 1


def test_challenges_that_have_not_ended_are_withdrawn(store, mine):
    to = added(store, mine)
    ended = delivery(to, "challenge", state=DeliveryState.FAILED)
    with store.write(mine) as tx:
        tx.deliveries.add([ended, delivery(to, "challenge"), delivery(to, "challenge").claim("a", NOW), delivery(to)])
        tx.deliveries.withdraw_challenges(to.id)

        assert [found.event for found in tx.deliveries.page(to.id, skip=0, top=9)] == ["modelCreation", "challenge"]
        assert tx.deliveries.find(ended.id) == ended


def test_the_log_forgets_what_is_old_and_what_is_too_much(store, mine):
    to, other = added(store, mine), added(store, mine)
    old = delivery(to, created_at=NOW - timedelta(days=8))
    sent = delivery(other, created_at=NOW - timedelta(days=8)).claim("a", NOW)
    done = [delivery(to, state=DeliveryState.DELIVERED) for _ in range(5)]
    waiting = [delivery(to) for _ in range(5)]
    with store.write(EVERY_RESOURCE) as tx:
        tx.deliveries.add([old, sent, *done, *waiting])

        assert tx.deliveries.prune(NOW - timedelta(days=7), most=3) == 3
        assert tx.deliveries.page(to.id, skip=0, top=20) == [*waiting[::-1], *done[:1:-1]]
        assert tx.deliveries.page(other.id, skip=0, top=9) == [sent]


def test_the_newest_entity_of_a_status_is_found(store, mine, theirs):
    first, second = things.dataset(mine), things.dataset(mine)
    with store.write(EVERY_RESOURCE) as tx:
        for entity, seconds in ((second, 1), (first, 2)):
            tx.table(Dataset).add(entity.started(NOW + timedelta(seconds=seconds)))
        tx.table(Dataset).add(things.dataset(theirs).started(NOW + timedelta(seconds=3)))

    with store.read(mine) as tx:
        assert tx.table(Dataset).newest([Status.RUNNING]).id == first.id
        assert tx.table(Dataset).newest([Status.FAILED]) is None
