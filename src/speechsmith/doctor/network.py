"""Whether others reach the service, and it them: addresses, certificates, peers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from speechsmith.config import TLS, Settings
from speechsmith.doctor.findings import SOON, Finding, ok, problem, warning
from speechsmith.net import peers
from speechsmith.net.hosts import is_loopback


def address(settings: Settings) -> Iterator[Finding]:
    """The public URL is one, and the certificate of our own is good for a while."""
    public = settings.public_url
    try:
        parts = urlsplit(public)
        host, is_whole = parts.hostname or "", parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        host, is_whole = "", False
    if not public:
        yield ok("address", "as each request says: SPEECHSMITH_PUBLIC_URL is not set")
    elif not is_whole:
        yield problem("address", f"'{public}' is no URL", "Set SPEECHSMITH_PUBLIC_URL, as in https://speech.example.")
    elif parts.scheme == "http" and not is_loopback(host):
        said = f"{public} has no TLS: keys travel in the clear"
        yield warning("address", said, "Let the service or a proxy do TLS (docs/howto/operate.md), and name https.")
    else:
        yield ok("address", public)
    yield from _certificate(settings)


def _certificate(settings: Settings) -> Iterator[Finding]:
    path = settings.home / TLS / "cert.pem"
    if not path.exists():
        return
    from cryptography import x509  # noqa: PLC0415  # only servers with TLS need it

    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except ValueError as error:
        yield problem("certificate", f"{path} cannot be read: {error}", "Remove the folder; the next start makes one.")
        return
    if ends <= datetime.now(UTC):
        yield problem(
            "certificate", f"{path} has ended on {ends:%Y-%m-%d}", "Start the service again: it makes another."
        )
    elif ends <= datetime.now(UTC) + SOON:
        yield warning("certificate", f"{path} ends on {ends:%Y-%m-%d}", "Start the service again: it makes another.")
    else:
        yield ok("certificate", f"{path}, until {ends:%Y-%m-%d}")


def reachable_peers(settings: Settings) -> Iterator[Finding]:
    """Each peer answers as one."""
    for peer in peers.parse(settings.peers):
        try:
            said = peers.call(peer, "/challenges", {})
        except peers.PeerSilent as error:
            yield problem("peers", str(error), "Ask its operator, or mend SPEECHSMITH_PEERS.")
            continue
        if said.status < 400 and "nonce" in said.body:
            yield ok("peers", f"{peer.url} ({peer.region}) answers")
        else:
            told = f"{peer.url} answers with the status {said.status}, as no peer does"
            yield problem("peers", told, "Mend its address in SPEECHSMITH_PEERS.")
