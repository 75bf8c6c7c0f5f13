"""The histories of endpoints on both databases: newest first, bounded, each within its scope."""

from datetime import timedelta
from uuid import uuid4

import things

from speechsmith.domain.deployments import MOST_KEPT, Actor, Credential, Deployment, Step, Way
from speechsmith.domain.values import Failure
from speechsmith.store.scope import EVERY_RESOURCE


def step(owner, endpoint_id, **members) -> Deployment:
    given = {"step": Step.CHANGED, "model_id": uuid4(), "by": None, "asked_at": things.NOW} | members
    return Deployment(resource_id=owner, endpoint_id=endpoint_id, **given)


def kept(store, scope, endpoint_id) -> list[Deployment]:
    with store.read(scope) as tx:
        return tx.deployments.of(endpoint_id)


def test_a_step_comes_back_as_it_was_kept_and_as_it_is_changed(store):
    mine, desk = things.resource(store, "mine"), uuid4()
    whole = step(mine, desk, by=Actor(Credential.KEY_2, Way.STUDIO)).begun(things.NOW)
    whole = whole.ended(things.NOW + timedelta(days=1), expired_at=things.NOW + timedelta(hours=1))
    unknown = step(mine, desk, by=Actor(None, Way.REST)).failed(Failure("Broken", "It broke."))
    with store.write(mine) as tx:
        for new in (step(mine, desk, step=Step.CREATED), unknown, whole):
            tx.deployments.add(new)

    newest, failed, first = kept(store, mine, desk)
    with store.write(mine) as tx:
        tx.deployments.put(first.begun(things.NOW))

    assert [newest.until, newest.expired_at, newest.by] == [whole.until, whole.expired_at, whole.by]
    assert (failed.failure, failed.by, first.by) == (unknown.failure, unknown.by, None)
    assert kept(store, mine, desk)[2] == first.begun(things.NOW)
    assert newest.number > failed.number > first.number > 0


def test_the_newest_stay_and_the_others_have_their_own(store):
    mine, desk, other = things.resource(store, "mine"), uuid4(), uuid4()
    with store.write(mine) as tx:
        tx.deployments.add(step(mine, other))
        for minute in range(MOST_KEPT + 2):
            tx.deployments.add(step(mine, desk, asked_at=things.NOW + timedelta(minutes=minute)))

    found = kept(store, mine, desk)

    assert len(found) == MOST_KEPT
    assert found[-1].asked_at == things.NOW + timedelta(minutes=2)
    assert len(kept(store, mine, other)) == 1


def test_another_resource_sees_and_changes_nothing(store):
    mine, theirs, desk = things.resource(store, "mine"), things.resource(store, "theirs"), uuid4()
    with store.write(mine) as tx:
        tx.deployments.add(step(mine, desk))
    (only,) = kept(store, mine, desk)

    with store.write(theirs) as tx:
        assert tx.deployments.of(desk) == []
        tx.deployments.put(only.begun(things.NOW))
        tx.deployments.forget(desk)

    assert kept(store, mine, desk) == [only]


def test_it_goes_with_its_resource(store):
    mine, desk = things.resource(store, "mine"), uuid4()
    with store.write(mine) as tx:
        tx.deployments.add(step(mine, desk))

    with store.write(EVERY_RESOURCE) as tx:
        tx.resources.delete(mine)

    assert kept(store, EVERY_RESOURCE, desk) == []
