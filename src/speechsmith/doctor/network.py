"""Whether others reach the service, and it them: addresses, certificates, peers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from speechsmith.doctor.findings import Finding, Patient, ok, problem, warning
from speechsmith.net import peers

SOON = timedelta(days=30)


def address(patient: Patient) -> Iterator[Finding]:
    """The public URL is one, and the certificate of our own is good for a while."""
    public = patient.settings.public_url
    try:
        parts = urlsplit(public)
        host, is_whole = parts.hostname or "", parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        host, is_whole = "", False
    if not public:
        yield ok("address", "as each request says: SPEECHSMITH_PUBLIC_URL is not set")
    elif not is_whole:
        yield problem("address", f"'{public}' is no URL", "Set SPEECHSMITH_PUBLIC_URL, as in https://speech.example.")
    elif parts.scheme == "http" and not _is_loopback(host):
        said = f"{public} has no TLS: keys travel in the clear"
        yield warning("address", said, "Let the service or a proxy do TLS (docs/howto/operate.md), and name https.")
    else:
        yield ok("address", public)
    yield from _certificate(patient)


def _certificate(patient: Patient) -> Iterator[Finding]:
    path = patient.home / "tls" / "cert.pem"
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


def reachable_peers(patient: Patient) -> Iterator[Finding]:
    """Each peer answers as one."""
    for peer in peers.parse(patient.settings.peers):
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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
