"""What the courier does, turn by turn, and what is left when it dies; with a receiver that follows a script."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.config import Settings
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.deliveries import BACK_OFF, LEASE, DeliveryState, Outcome
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import CHALLENGE, WebHook
from speechsmith.jobs.courier import MOST_OF_ONE, Courier, recover
from speechsmith.services import deliveries, webhooks
from speechsmith.services.context import Context
from speechsmith.services.entities import Change
from speechsmith.services.webhooks import HookChange, NewWebHook
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store

ALL = ("datasetCreation", "datasetProcessing", "datasetCompletion", "datasetDeletion")
GOOD, DOWN = Outcome(200), Outcome(503, Failure("HttpStatus", "down"))


class Crash(BaseException):
    """The process is dead: nothing of it catches this."""


class Later(Executor):
    """Threads that run when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future, object, tuple]] = []

    def submit(self, function, /, *args, **kwargs):
        future: Future = Future()
        self.waiting.append((future, function, args))
        return future

    def run(self) -> None:
        waiting, self.waiting = self.waiting, []
        for future, function, args in waiting:
            future.set_result(function(*args))


@dataclass
class Fragile:
    """A store that may crash before a write, before it commits, and after."""

    store: Store
    may_crash: object

    def read(self, scope):
        return self.store.read(scope)

    @contextmanager
    def write(self, scope) -> Iterator:
        self.may_crash()
        with self.store.write(scope) as tx:
            yield tx
            self.may_crash()
        self.may_crash()


@dataclass
class World:
    """One resource, its hooks, and the couriers; time stands still unless it is moved."""

    ctx: Context
    me: UUID
    now: datetime = datetime(2025, 1, 31, 12, tzinfo=UTC)
    answers: dict[str, list[Outcome]] = field(default_factory=dict)
    got: list[tuple[str, str, UUID]] = field(default_factory=list)
    sending: Counter = field(default_factory=Counter)

    def courier(self, name: str = "courier", **options) -> Courier:
        return Courier(self.ctx, name, self.send, **({"pool": Later()} | options))

    def send(self, ctx: Context, claimed: deliveries.Claimed) -> Outcome:
        """The receivers: the next answer of the script of the event, else a success."""
        delivery = claimed.delivery
        self.got.append((claimed.request.url.partition("?")[0], delivery.event, delivery.id))
        script = self.answers.get(delivery.event)
        return script.pop(0) if script else GOOD

    def hook(self, url: str = "http://127.0.0.1/hook", *events: str, **members) -> WebHook:
        given = {"display_name": "ours", "api_version": "v3.2", "root": "http://r", "web_url": url}
        new = NewWebHook(**(given | {"events": dict.fromkeys(events or ALL, True)} | members))
        return webhooks.create(self.ctx, self.me, new)

    def listening(self, *args, **members) -> WebHook:
        """A hook that has answered its challenge."""
        made = self.hook(*args, **members)
        self.deliver()
        self.got.clear()
        return self.is_now(made)

    def is_now(self, hook: WebHook) -> WebHook:
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.table(WebHook).find(hook.id)

    def log(self, hook: WebHook):
        return webhooks.deliveries(self.ctx, self.me, hook.id, skip=0, top=500).values[::-1]

    def dataset(self) -> Dataset:
        given = {"id": self.ctx.new_id(), "resource_id": self.me, "locale": "en-US", "display_name": "d"}
        data = Dataset(**given, created_at=self.now, last_action_at=self.now, kind=CorpusKind.LANGUAGE)
        with self.ctx.store.write(self.me) as tx:
            tx.table(Dataset).add(data)
        return data

    def deliver(self, courier: Courier | None = None, turns: int = 20) -> None:
        """Take turns until nothing is due any more."""
        courier = courier or self.courier()
        for _ in range(turns):
            courier.step()
            courier.pool.run()
        courier.step()
        assert courier.is_idle


@pytest.fixture
def world(store, tmp_path) -> World:
    return made_world(store, tmp_path)


def made_world(store, tmp_path) -> World:
    settings = Settings(home=tmp_path, allow_private_urls=True)
    ctx = Context(store=store, blobs=Blobs(str(tmp_path / "b"), tmp_path), settings=settings, scratch=tmp_path)
    me = uuid4()
    with store.write(EVERY_RESOURCE) as tx:
        tx.resources.add(
            SpeechResource(id=me, name="me", region="r", key1_digest="1", key2_digest="2", created_at=ctx.now())
        )
    world = World(ctx, me)
    world.ctx = replace(ctx, now=lambda: world.now)
    return world


def test_a_hook_is_challenged_and_then_told_of_everything_in_order(world):
    hook = world.hook("http://127.0.0.1/hook?code=1")
    assert hook.status is Status.NOT_STARTED
    courier = world.courier()
    courier.step()
    assert world.is_now(hook).status is Status.RUNNING
    courier.pool.run()
    courier.step()
    assert world.is_now(hook).status is Status.SUCCEEDED

    data = world.dataset()
    with world.ctx.store.write(world.me) as tx:
        tx.table(Dataset).put(data := data.started(world.now))
        tx.table(Dataset).put(data.succeeded(world.now))
        tx.table(Dataset).delete(data.id)
    world.deliver(courier)

    assert [event for _, event, _ in world.got] == ["challenge", *ALL]
    address = f"http://r/speechtotext/v3.2/datasets/{data.id}"
    assert {delivery.entity for delivery in world.log(hook)[1:]} == {address}
    for delivery in world.log(hook)[1:]:
        assert delivery.body == f'{{"self":"{address}","invocationId":"{delivery.id}"}}'
        assert (delivery.status, delivery.response_status, delivery.attempt) == (Status.SUCCEEDED, 200, 1)


def test_a_hook_gets_what_it_asked_for_and_what_happened_after_its_challenge(world):
    hook = world.hook("http://127.0.0.1/", "datasetDeletion", "ping")
    early = world.dataset()
    with world.ctx.store.write(world.me) as tx:
        tx.table(Dataset).delete(early.id)
    world.deliver()

    assert [delivery.event for delivery in world.log(hook)] == ["challenge"]
    data = world.dataset()
    with world.ctx.store.write(world.me) as tx:
        tx.table(Dataset).delete(data.id)
    world.deliver()
    assert [delivery.event for delivery in world.log(hook)] == ["challenge", "datasetDeletion"]


def test_a_receiver_that_is_down_is_tried_again_under_the_same_id(world):
    hook = world.listening()
    world.answers["datasetCreation"] = [DOWN] * len(BACK_OFF)
    world.dataset()

    world.deliver()
    for wait in BACK_OFF:
        world.now += wait - timedelta(seconds=1)
        world.deliver()
        waiting = world.log(hook)[-1]
        assert (waiting.status, waiting.failure.code, waiting.response_status) == (Status.RUNNING, "HttpStatus", 503)
        world.now += timedelta(seconds=1)
        world.deliver()

    done = world.log(hook)[-1]
    assert (done.status, done.attempt, done.failure) == (Status.SUCCEEDED, 8, None)
    assert {id for _, _, id in world.got} == {done.id}
    assert len(world.got) == 8


def test_a_receiver_that_stays_down_is_given_up_and_can_be_replayed(world):
    hook = world.listening()
    world.answers["datasetCreation"] = [DOWN] * (len(BACK_OFF) + 1)
    world.dataset()
    for wait in (timedelta(), *BACK_OFF):
        world.now += wait
        world.deliver()
    failed = world.log(hook)[-1]
    assert (failed.status, failed.attempt) == (Status.FAILED, 8)

    world.now += timedelta(days=1)
    world.deliver()
    assert len(world.got) == 8
    webhooks.replay(world.ctx, world.me, hook.id, failed.id)
    world.deliver()

    assert (world.log(hook)[-1].status, len(world.got), world.got[-1][2]) == (Status.SUCCEEDED, 9, failed.id)


def test_a_challenge_that_fails_leaves_the_hook_failed_with_the_reason(world):
    world.answers["challenge"] = [DOWN, DOWN, DOWN]
    hook = world.hook()

    for wait in (timedelta(), *BACK_OFF[:2]):
        world.now += wait
        world.deliver()

    failed = world.is_now(hook)
    assert (failed.status, failed.failure.code) == (Status.FAILED, "HttpStatus")
    assert failed.failure.message == "The challenge was not answered. down PATCH webUrl to be asked again."
    world.dataset()
    world.deliver()
    assert [event for _, event, _ in world.got] == ["challenge"] * 3


def test_another_address_is_asked_first_and_what_waits_is_sent_to_it(world):
    hook = world.listening("http://127.0.0.1/old")
    world.answers["datasetCreation"] = [DOWN]
    world.dataset()
    world.deliver()
    world.got.clear()
    world.now += BACK_OFF[0]
    world.answers["challenge"] = [DOWN]

    webhooks.update(world.ctx, world.me, hook.id, Change(), HookChange(web_url="http://127.0.0.1/new"))
    world.dataset()  # nobody listens
    world.deliver()
    assert [(url, event) for url, event, _ in world.got] == [("http://127.0.0.1/new", "challenge")]
    world.now += BACK_OFF[0]
    world.deliver()

    new = "http://127.0.0.1/new"
    assert [(url, event) for url, event, _ in world.got[1:]] == [(new, "challenge"), (new, "datasetCreation")]


def test_the_answer_of_an_address_that_was_replaced_counts_no_more(world):
    hook, courier = world.hook("http://127.0.0.1/old"), world.courier()
    courier.step()

    webhooks.update(world.ctx, world.me, hook.id, Change(), HookChange(web_url="http://127.0.0.1/new"))
    courier.pool.run()
    courier.step()
    assert world.is_now(hook).status is Status.RUNNING  # the new one is being asked
    world.deliver(courier)

    assert world.is_now(hook).status is Status.SUCCEEDED
    assert [delivery.event for delivery in world.log(hook)] == ["challenge"]


def test_a_hook_that_is_deleted_while_it_is_told_is_gone(world):
    hook, courier = world.listening(), world.courier()
    world.dataset()
    courier.step()

    webhooks.delete(world.ctx, world.me, hook.id)
    courier.pool.run()
    world.deliver(courier)

    assert world.is_now(hook) is None
    with world.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.deliveries.page(hook.id, skip=0, top=9) == []


def test_one_thing_at_a_time_is_sent_to_a_hook_and_few_for_one_resource(world):
    hooks = [world.listening(f"http://127.0.0.1/{n}") for n in range(MOST_OF_ONE + 2)]
    for _ in range(3):
        world.dataset()
    courier = world.courier()

    courier.step()
    courier.step()

    assert len(courier.pool.waiting) == MOST_OF_ONE
    held = [delivery for hook in hooks for delivery in world.log(hook) if delivery.state is DeliveryState.SENDING]
    assert len({delivery.hook_id for delivery in held}) == len(held) == MOST_OF_ONE


def test_two_couriers_never_send_the_same_at_once(world):
    hook = world.listening()
    world.dataset()
    first, second = world.courier("first"), world.courier("second")

    first.step()
    second.step()

    assert (len(first.pool.waiting), len(second.pool.waiting)) == (1, 0)
    world.deliver(first)
    assert [delivery.attempt for delivery in world.log(hook)[1:]] == [1]


def test_what_takes_long_is_held_on_to(world):
    world.listening()
    world.dataset()
    first, second = world.courier("first"), world.courier("second")
    first.step()
    for _ in range(5):
        world.now += LEASE / 2
        first.step()
        second.step()

    assert second.is_idle
    world.deliver(first)
    assert len(world.got) == 1


def test_a_courier_that_has_slept_does_not_take_its_own_for_lost(world):
    world.listening()
    world.dataset()
    courier = world.courier()
    courier.step()
    world.now += timedelta(hours=1)
    courier.step()

    world.deliver(courier)

    assert len(world.got) == 1


def test_what_a_courier_held_that_died_is_sent_again(world):
    hook = world.listening()
    world.dataset()
    dead, heir = world.courier("dead"), world.courier("heir")
    dead.step()

    heir.step()
    assert heir.is_idle
    world.now += LEASE
    world.deliver(heir)
    dead.pool.run()
    dead.step()

    assert [(delivery.status, delivery.attempt) for delivery in world.log(hook)[1:]] == [(Status.SUCCEEDED, 2)]
    assert len({id for _, _, id in world.got}) == 1


def test_what_a_courier_held_that_is_known_to_be_dead_is_sent_at_once(world):
    world.listening()
    world.dataset()
    world.courier("dead").step()

    recover(world.ctx, ["dead", "other"])
    world.deliver(world.courier("heir"))

    assert [event for _, event, _ in world.got] == ["datasetCreation"]


def test_a_fault_in_sending_is_an_attempt_that_failed(world):
    hook = world.listening()
    world.dataset()
    courier = world.courier()
    courier.step()
    (future, _, _), *_ = courier.pool.waiting
    courier.pool.waiting.clear()

    future.set_exception(RuntimeError("words of a user"))
    courier.step()

    failed = world.log(hook)[-1]
    assert (failed.failure.code, failed.failures) == ("InternalServerError", 1)
    assert "words" not in failed.failure.message


def test_a_courier_that_stops_gives_back_what_it_could_not_end(world):
    hook = world.listening()
    world.dataset()
    courier = world.courier(stop_s=0.0)
    courier.step()
    stop = threading.Event()
    stop.set()

    courier.run_until(stop)

    assert world.log(hook)[-1].state is DeliveryState.WAITING


# with crashes everywhere


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_every_event_arrives_whatever_dies_and_whenever(sqlite_store, tmp_path, seed):
    world = made_world(sqlite_store, tmp_path)
    chance = random.Random(seed)
    trouble = 0.0

    def may_crash() -> None:
        if chance.random() < trouble:
            raise Crash

    hooks = [world.listening(f"http://127.0.0.1/{n}") for n in range(2)]
    fragile = replace(world.ctx, store=Fragile(world.ctx.store, may_crash))
    names = iter(range(10_000))

    def new() -> Courier:
        return Courier(fragile, f"courier-{next(names)}", world.send, pool=Later())

    staff, made, crashes = [new() for _ in range(3)], [], 0
    trouble = 0.04
    for _ in range(80):
        world.now += timedelta(seconds=chance.choice([0, 1, 5, 40]))
        world.answers["datasetCreation"] = [DOWN] if chance.random() < 0.1 else []
        if chance.random() < 0.2:
            made.append(world.dataset().id)
        index = chance.randrange(len(staff))
        try:
            staff[index].step()
            if chance.random() < 0.7:
                staff[index].pool.run()
        except Crash:
            crashes += 1
            staff[index] = new()
    trouble = 0.0
    world.answers.clear()
    for _ in range(30):
        world.now += timedelta(minutes=20)
        world.deliver(world.courier(f"peace-{next(names)}"), turns=len(made))

    assert crashes > 3
    for hook in hooks:
        log = world.log(hook)
        entities = [delivery.entity.rpartition("/")[2] for delivery in log if delivery.event != CHALLENGE]
        assert sorted(entities) == sorted(str(id) for id in made)
        assert {delivery.status for delivery in log} == {Status.SUCCEEDED}
    assert {id for _, _, id in world.got} == {d.id for hook in hooks for d in world.log(hook) if d.event != CHALLENGE}
