"""The courier: makes deliveries of what has happened, and sends them to web hooks.

Theory. `step` is one turn and never waits: threads do the sending. A turn keeps what the attempts came to, beats, takes
back what nobody holds any more, turns events into deliveries, and claims what is due. One thing at a time is sent to a
hook, so a receiver that is slow holds up nobody but itself, and one Speech resource never has more than MOST_OF_ONE of
the threads. Any number of couriers may share a database. One that dies leaves behind leases that run out, and what it
was sending is sent again, under the same id.

As in the worker, a turn beats before it expires leases, and every write of a courier that was only thought dead is
refused.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor as Pool
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.deliveries import LEASE, Outcome
from speechsmith.domain.errors import LostLease
from speechsmith.domain.values import Failure
from speechsmith.jobs.turns import take_turns
from speechsmith.services import deliveries
from speechsmith.services.context import Context
from speechsmith.services.deliveries import Claimed
from speechsmith.traces import trace_of

SLOTS = 16
MOST_OF_ONE = 4
TURN_S = 0.5
STOP_S = 5.0
BEAT = LEASE / 3
PRUNE = timedelta(minutes=10)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    """A delivery of ours, while a thread sends it."""

    claimed: Claimed
    sending: Future[Outcome]
    beaten_at: datetime


@dataclass(slots=True)
class Courier:
    """Sends at most SLOTS deliveries at once, in the name of `owner`. It belongs to one thread."""

    ctx: Context
    owner: str
    send: Callable[[Context, Claimed], Outcome] = deliveries.send
    pool: Pool = field(default_factory=lambda: ThreadPoolExecutor(SLOTS, thread_name_prefix="hook"))
    stop_s: float = STOP_S
    _held: dict[UUID, _Held] = field(default_factory=dict, init=False)  # by the hook
    _pruned_at: datetime | None = field(default=None, init=False)
    _wake: threading.Event = field(default_factory=threading.Event, init=False)

    def run_until(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; then wait a little for what is being sent, and give the rest back."""
        take_turns(self.step, stop=stop, wake=self._wake, every_s=TURN_S, owner=self.owner)
        self._stop()

    def step(self) -> None:
        """One turn. Raises: whatever the database raises; the next turn goes on from there."""
        now = self.ctx.now()
        self._settle()
        self._beat(now)
        deliveries.expire(self.ctx)
        deliveries.make(self.ctx)
        self._claim(now)
        if self._pruned_at is None or abs(now - self._pruned_at) >= PRUNE:
            deliveries.prune(self.ctx)
            self._pruned_at = now

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent."""
        return not self._held

    def _claim(self, now: datetime) -> None:
        busy = Counter(held.claimed.delivery.resource_id for held in self._held.values())
        for resource_id, hook_id in deliveries.due(self.ctx):
            if len(self._held) >= SLOTS:
                return
            if hook_id in self._held or busy[resource_id] >= MOST_OF_ONE:
                continue
            claimed = deliveries.claim(self.ctx, self.owner, resource_id, hook_id)
            if claimed is not None:
                sending = self.pool.submit(self.send, self.ctx, claimed)
                self._held[hook_id] = _Held(claimed, sending, beaten_at=now)
                sending.add_done_callback(lambda _: self._wake.set())
                busy[resource_id] += 1

    def _settle(self) -> None:
        for hook_id, held in list(self._held.items()):
            if held.sending.done():
                self._record(held)
                del self._held[hook_id]

    def _record(self, held: _Held) -> None:
        delivery = held.claimed.delivery
        outcome = _outcome(held.sending)
        try:
            state = deliveries.record(self.ctx, delivery, outcome).state.lower()
        except LostLease:  # it was taken back, replaced or deleted meanwhile
            state = "lost"
        code = outcome.failure.code if outcome.failure else "-"
        log.info(
            "delivery %s event=%s delivery=%s hook=%s resource=%s attempt=%s status=%s code=%s",
            *(state, delivery.event, delivery.id, delivery.hook_id, delivery.resource_id, delivery.attempt),
            *(outcome.response_status or "-", code),
        )

    def _beat(self, now: datetime) -> None:
        for held in self._held.values():
            if abs(now - held.beaten_at) >= BEAT:
                try:
                    deliveries.beat(self.ctx, held.claimed.delivery)
                except LostLease:  # the attempt goes on, but what it comes to is dropped
                    log.info("delivery lost while sent delivery=%s", held.claimed.delivery.id)
                held.beaten_at = now

    def _stop(self) -> None:
        try:
            wait([held.sending for held in self._held.values()], timeout=self.stop_s)
            self._settle()
            for held in self._held.values():
                deliveries.release(self.ctx, held.claimed.delivery)
        except Exception as error:  # noqa: BLE001 - the leases will run out
            log.error("stop failed owner=%s\n%s", self.owner, trace_of(error))
        self.pool.shutdown(wait=False, cancel_futures=True)


def recover(ctx: Context, owners: Iterable[str]) -> None:
    """Take back, at once, what was being sent by couriers that are gone."""
    for owner in owners:
        deliveries.recover(ctx, owner)


def _outcome(sending: Future[Outcome]) -> Outcome:
    if (error := sending.exception()) is None:
        return sending.result()
    log.error("delivery broke\n%s", trace_of(error))
    message = "The service could not send it, by a fault of its own; ask the operator to look into the log."
    return Outcome(failure=Failure("InternalServerError", message))
