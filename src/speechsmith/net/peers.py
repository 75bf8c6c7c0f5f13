"""Other Speechsmith servers: which ones the operator has named, and how this one speaks with them.

A peer is reached at the address that its operator gave it and at no other: it is not looked up, redirects are not
followed, and what users say only chooses among the peers. Beyond this machine it is spoken with under TLS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.net.hosts import is_loopback
from speechsmith.net.post import post

PATH = "/peers/v1"
POLICY = FetchPolicy(allow_private=True, timeout_s=10.0, total_s=30.0)  # the operator has named it, wherever it is
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server. A trusted one may be asked whose a key is."""

    region: str
    url: str
    is_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a peer answered; a body that is no JSON object is empty."""

    status: int
    body: Mapping[str, Any]


class PeerSilent(Exception):
    """No answer, or none that counts: it may come later. The message is a sentence."""


def parse(text: str) -> tuple[Peer, ...]:
    """Peers as they are written in the settings: "northeurope https://b.example, westus2 https://c.example trusted".

    Raises: ValueError with a sentence.
    """
    peers = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        words = entry.split()
        if len(words) not in (2, 3) or words[2:] not in ([], ["trusted"]):
            raise ValueError(f"'{entry}' is no peer; write a region, its address, and 'trusted' if it is.")
        peers.append(Peer(words[0], _address(words[1]), is_trusted=len(words) == 3))
    return tuple(peers)


def find(peers: Sequence[Peer], endpoint: str) -> Peer | None:
    """The peer at an address; how it is written does not matter."""
    try:
        wanted = _origin(endpoint)
    except ValueError:
        return None
    return next((peer for peer in peers if _origin(peer.url) == wanted), None)


def call(peer: Peer, path: str, body: Mapping[str, Any]) -> Said:
    """Ask a peer. Raises: PeerSilent, also for answers that say that it is not well.

    That a resource there has no room (QuotaViolation) is an answer, though its status is that of one request too many.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        answer = post(f"{peer.url}{PATH}{path}", orjson.dumps(body), headers, POLICY, most_bytes=_MOST_BYTES)
    except FetchError as error:
        raise PeerSilent(f"The peer {peer.url} does not answer: {error}") from None
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    told = said if isinstance(said, dict) else {}
    inner = told.get("innerError")
    is_full = isinstance(inner, dict) and inner.get("code") == "QuotaViolation"
    if answer.status >= 500 or (answer.status == 429 and not is_full):
        raise PeerSilent(f"The peer {peer.url} is not well: it answered with the status {answer.status}.")
    return Said(answer.status, told)


def _address(url: str) -> str:
    """The address of a peer, without a slash at its end. Raises: ValueError."""
    try:
        parts = urlsplit(url)
        scheme, host, _ = _origin(url)
        is_whole = scheme in ("http", "https") and bool(host) and parts.path in ("", "/")
    except ValueError:
        is_whole = False
    if not is_whole or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"'{url}' is no address of a peer; one looks like https://b.example:8443.")
    if scheme == "http" and not is_loopback(host):
        raise ValueError(f"'{url}' leaves this machine without TLS; give its https address.")
    return url.rstrip("/")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return (
        parts.scheme.lower(),
        (parts.hostname or "").lower(),
        parts.port or {"http": 80, "https": 443}.get(parts.scheme),
    )
