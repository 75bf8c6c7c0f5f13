"""Deliveries: one event on its way to one web hook, and the only moves that it can make.

    WAITING --claim--> SENDING --ended--> DELIVERED
       ^                  |-----ended--> FAILED          (its attempts are used up)
       |------------------|-----ended, release, expire
       |---------------------- replay -- DELIVERED, FAILED

It is sent at least once: whoever sends it holds a lease, and when the lease runs out the outcome is unknown and it is
sent again, under the same id, by which receivers drop repeats. `attempt` grows with each claim and tells one holder
from the next; `failures` counts the answers that were no success, and bounds them. A supervisor that is killed says
nothing about the receiver, so an expired lease only counts against `last_attempt`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speechsmith.domain.errors import Conflict, LostLease
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.domain.webhooks import CHALLENGE, WebHook, dated_signature, header_of, signature

LEASE = timedelta(seconds=30)
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 600, 3_600, 10_800, 43_200))
"""How long after each failure it is sent again: eight times in all, the last after about 16 hours."""
CHALLENGE_BACK_OFF = BACK_OFF[:2]
"""A challenge is asked three times."""
MAX_ATTEMPTS = 30


class DeliveryState(StrEnum):
    """Where it is."""

    WAITING = "Waiting"
    SENDING = "Sending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Request:
    """A POST to a receiver."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: what the receiver answered, if it did, and why that is no success; `is_final`: it stays."""

    response_status: int | None = None
    failure: Failure | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`body` is sent as it is, by each attempt; of a challenge it is the token. `entity` is the address of what the
    event is about.

    `response_status` and `failure` tell of the last attempt: what the receiver answered, and why that was no success.
    After `last_attempt` it is given up, whatever became of the others.
    """

    id: UUID
    resource_id: UUID
    hook_id: UUID
    event: str
    entity: str = ""
    body: str
    created_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempt: int = 0
    last_attempt: int = MAX_ATTEMPTS
    failures: int = 0
    not_before: datetime
    owner: str | None = None
    lease_until: datetime | None = None
    last_action_at: datetime
    response_status: int | None = None
    failure: Failure | None = None

    @property
    def status(self) -> Status:
        """The same in the words of the contract."""
        match self.state:
            case DeliveryState.DELIVERED:
                return Status.SUCCEEDED
            case DeliveryState.FAILED:
                return Status.FAILED
        return Status.RUNNING if self.attempt else Status.NOT_STARTED

    def claim(self, owner: str, now: datetime) -> "Delivery":
        """Take it for one attempt. Raises: LostLease when it is not due."""
        if self.state is not DeliveryState.WAITING or self.not_before > now:
            raise LostLease(self.id)
        return replace(
            self,
            state=DeliveryState.SENDING,
            attempt=self.attempt + 1,
            owner=owner,
            lease_until=now + LEASE,
            last_action_at=now,
        )

    def is_held(self, held: "Delivery") -> bool:
        """True while the attempt `held` is the one that counts."""
        return (self.state, self.owner, self.attempt) == (DeliveryState.SENDING, held.owner, held.attempt)

    def beat(self, held: "Delivery", now: datetime) -> "Delivery":
        """Hold on to it. Raises: LostLease."""
        self._check(held)
        return replace(self, lease_until=now + LEASE)

    def ended(self, held: "Delivery", now: datetime, outcome: "Outcome") -> "Delivery":
        """The receiver has taken it; or it has not, and it is sent again later, a few times. Raises: LostLease."""
        self._check(held)
        if outcome.failure is None:
            return self._final(DeliveryState.DELIVERED, now, outcome)
        waits = CHALLENGE_BACK_OFF if self.event == CHALLENGE else BACK_OFF
        counted = replace(self, failures=self.failures + 1)
        if outcome.is_final or self.failures >= len(waits) or self.attempt >= self.last_attempt:
            return counted._final(DeliveryState.FAILED, now, outcome)
        told = replace(counted, last_action_at=now, response_status=outcome.response_status, failure=outcome.failure)
        return told._again(now + waits[self.failures])

    def release(self, held: "Delivery", now: datetime) -> "Delivery":
        """Give it back, its outcome unknown, because the supervisor stops. Raises: LostLease."""
        self._check(held)
        return self._again(now)

    def expire(self, now: datetime, *, owner_is_gone: bool = False) -> "Delivery":
        """Its holder has not been heard of, or is known to be gone. Raises: LostLease when the lease still runs."""
        is_over = owner_is_gone or (self.lease_until is not None and self.lease_until <= now)
        if self.state is not DeliveryState.SENDING or not is_over:
            raise LostLease(self.id)
        if self.attempt >= self.last_attempt:
            return self._final(DeliveryState.FAILED, now, Outcome(failure=_ABANDONED))
        return self._again(now)

    def replay(self, now: datetime) -> "Delivery":
        """To be sent again, at once and with all its attempts. Raises: Conflict while it is being sent."""
        if self.event == CHALLENGE:
            raise Conflict(
                "InvalidPrerequisite", "A challenge cannot be replayed; PATCH webUrl of the web hook, and it is asked."
            )
        if self.state is DeliveryState.SENDING:
            raise Conflict("InvalidPrerequisite", "This delivery is being sent; read it again for its outcome.")
        again = replace(self, failures=0, last_attempt=self.attempt + MAX_ATTEMPTS, last_action_at=now, failure=None)
        return again._again(now)

    def _check(self, held: "Delivery") -> None:
        if not self.is_held(held):
            raise LostLease(self.id)

    def _again(self, not_before: datetime) -> "Delivery":
        return replace(self, state=DeliveryState.WAITING, owner=None, lease_until=None, not_before=not_before)

    def _final(self, state: DeliveryState, now: datetime, outcome: "Outcome") -> "Delivery":
        return replace(
            self,
            state=state,
            owner=None,
            lease_until=None,
            last_action_at=now,
            response_status=outcome.response_status,
            failure=outcome.failure,
        )


def addressed(hook: WebHook, event: str, *, id: UUID, now: datetime, entity: str = "", body: str = "") -> Delivery:
    """A new delivery; without a body of its own it says which entity it is about, and its id."""
    assert hook.resource_id is not None
    return Delivery(
        id=id,
        resource_id=hook.resource_id,
        hook_id=hook.id,
        event=event,
        entity=entity,
        body=body or json.dumps({"self": entity, "invocationId": str(id)}, separators=(",", ":")),
        created_at=now,
        not_before=now,
        last_action_at=now,
    )


def requested(delivery: Delivery, web_url: str, secret: str | None, now: datetime) -> Request:
    """What is sent to a receiver, signed if there is a secret.

    The published signature of a challenge covers its token, ours the body, which is empty.
    """
    body, url = delivery.body.encode(), web_url
    signed = body
    if delivery.event == CHALLENGE:
        before, mark, fragment = web_url.partition("#")
        url = f"{before}{'&' if '?' in before else '?'}validationToken={delivery.body}{mark}{fragment}"
        body = b""
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-MicrosoftSpeechServices-Event": header_of(delivery.event),
        "webhook-id": str(delivery.id),
        "webhook-timestamp": timestamp,
    }
    if secret:
        headers["X-MicrosoftSpeechServices-Signature"] = signature(secret, signed)
        headers["webhook-signature"] = dated_signature(secret, str(delivery.id), timestamp, body)
    return Request(url, body, headers)


def judged(delivery: Delivery, status: int, body: bytes) -> Outcome:
    """What a receiver's answer means; `body` is its beginning. What it says is not repeated to anybody."""
    is_challenge = delivery.event == CHALLENGE
    if 300 <= status < 400:
        message = f"The receiver redirects ({status}), which is not followed. PATCH webUrl with the final address."
        return Outcome(status, Failure("Redirected", message))
    if status != 200 if is_challenge else not 200 <= status < 300:
        wanted = "200 and the validationToken" if is_challenge else "a status from 200 to 299"
        return Outcome(status, Failure("HttpStatus", f"The receiver answered with the status {status}, not {wanted}."))
    if is_challenge and body.strip() != delivery.body.encode():
        message = "The receiver answered with something else than the value of validationToken as the whole body."
        return Outcome(status, Failure("WrongToken", message), is_final=True)
    return Outcome(status)


_ABANDONED = Failure(
    "Abandoned", f"The service was stopped {MAX_ATTEMPTS} times while it sent this, and gave up. Replay it."
)
