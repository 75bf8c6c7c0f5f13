"""Posting to an address that a user has named, by the rule of `net.fetch`: it cannot choose whom this machine talks to.

The name is resolved once and the connection goes to an address that was checked. A redirect is an answer like any
other, and is not followed. A receiver has `total_s` for its whole answer: a timer shuts the connection down, so that
one that drips cannot hold a thread. Of the body no more is read than the caller asks for.
"""

import http.client
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import Event, Timer

from speechsmith.net.fetch import (
    Cut,
    FetchError,
    FetchPolicy,
    Resolver,
    addresses,
    checked,
    connect,
    request_target,
    resolve_name,
)


@dataclass(frozen=True, slots=True)
class Posted:
    """What a receiver answered: the status, and the beginning of the body."""

    status: int
    body: bytes


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    policy: FetchPolicy,
    *,
    method: str = "POST",
    most_bytes: int = 1024,
    resolve: Resolver | None = None,
) -> Posted:
    """One request and its answer, whatever the status; nothing is tried again.

    Of the policy, `timeout_s` bounds each try to connect, `total_s` the answer.

    Raises: FetchError (InvalidUri, PrivateAddress, Unreachable, and Timeout).
    """
    parts = checked(url)
    with ExitStack() as held:
        try:
            connection = connect(parts, policy, resolve or resolve_name, held)
        except Cut as cut:
            raise FetchError("Unreachable", f"Nothing could be sent: {cut}.") from cut
        connection.sock.settimeout(policy.total_s)
        too_late = _shut_down_after(policy.total_s, connection.sock, held)
        try:
            connection.request(method, request_target(parts), body, {"User-Agent": "speechsmith", **headers})
            response = held.enter_context(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            timed_out = too_late.is_set() or isinstance(error, TimeoutError)
            raise _no_answer(parts.hostname, policy, timed_out=timed_out) from error
        said = b""
        with suppress(OSError, http.client.HTTPException, ValueError):  # the status has come, which is what counts
            said = response.read(most_bytes)
        return Posted(response.status, said)


def check_receiver(url: str, policy: FetchPolicy, *, resolve: Resolver | None = None) -> None:
    """Refuse what could never be posted to. A name that cannot be resolved now may be known later, and passes.

    Raises: FetchError (InvalidUri, PrivateAddress).
    """
    try:
        addresses(checked(url).hostname or "", policy, resolve or resolve_name)
    except Cut:
        return
    except FetchError as error:
        if error.code != "Unreachable":
            raise


def _shut_down_after(seconds: float, connected: socket.socket, held: ExitStack) -> Event:
    """End the connection when the time is over, unless `held` is left before; the event tells that it was."""
    is_over = Event()

    def shut_down() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # of the plain socket, also below TLS

    timer = Timer(seconds, shut_down)
    timer.daemon = True
    timer.start()
    held.callback(timer.cancel)
    return is_over


def _no_answer(host: str | None, policy: FetchPolicy, *, timed_out: bool) -> FetchError:
    if timed_out:
        return FetchError("Timeout", f"{host} did not answer within {policy.total_s:g} s.")
    return FetchError("Unreachable", f"{host} closed the connection without an answer.")
