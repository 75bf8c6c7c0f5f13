"""Fetching what a user's link names, without letting the link choose whom this machine talks to.

`net.post` sends by the same rule: `checked`, `addresses` and `connect` are the one place where it stands.

Theory. A link from outside may point inside: to this machine, its neighbors, or the address where a cloud tells its
secrets. So each hop of a fetch goes like this:

1. Only http and https, and no user name or password in the link.
2. The name is resolved once. If *any* of its addresses is not a public one, the link is refused.
3. The connection goes to an address that was checked, never to the name, which could by then resolve to something
   else; the name is still what the server hears (Host, and SNI with its certificate). The standard library's client is
   used here because it takes a socket that is connected already; the one that our own client stands on does not.
4. A redirect is followed by hand, five times at most, and starts again at 1.

No proxy is used, whatever the environment says: the proxy would resolve the name a second time. Nothing is logged, and
no message shows the query of a link, where signatures are.

A transfer that is cut goes on where it stopped (Range, with If-Range so that it is still the same file), and the size
is counted as it comes.
"""

import hashlib
import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from speechsmith.net.signatures import advice

Address: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str], Iterable[str]]  # a host name to the addresses it has, as text

MOST_REDIRECTS = 5
MOST_ADDRESSES = 6  # that are tried, so that a name with a thousand silent ones cannot hold the service
CHUNK_BYTES = 1 << 16
DRIP_S = 60.0  # how long a server may be slow
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})  # statuses that may be gone a moment later
_CLOUDS_OWN = (  # count as public to the library, and tell each virtual machine its secrets
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.0/24"),
)
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")  # the library calls more than this global: site-local addresses, for one
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CODE = re.compile(r"\w{1,60}", re.ASCII)  # of an error, as Azure Blob Storage names it


class FetchError(Exception):
    """The link gave no file, or took none. `code` is stable:

    InvalidUri       not an http or https link, one with a password, or more than five redirects
    PrivateAddress   it leads to an address that is not public
    TooLarge         more bytes than are allowed
    Unreachable      no such name, no connection, or cut again and again
    HttpStatus       the server refused; `status` is what it said
    Timeout          (`net.post`) no answer in time
    InvalidContainer (`net.containers`) what should list a container does not
    """

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.status = status

    def __str__(self) -> str:
        return str(self.args[1])


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What a fetch may do. `allow_private` is for operators whose files lie in their own network.

    `authorities` is a PEM file of certificates to trust instead of the system's. It travels between processes.
    `timeout_s` bounds each wait for the server, `total_s` the whole fetch; a server that has given less than
    `least_bytes_per_s` after the first minute is not waited for. A cut is tried again `retries` times, and no more than
    `most_redirects` are followed.
    """

    allow_private: bool = False
    max_bytes: int = 1 << 30
    timeout_s: float = 30.0
    total_s: float = 3600.0
    least_bytes_per_s: float = 4096.0
    retries: int = 4
    most_redirects: int = MOST_REDIRECTS
    authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lies in the target: its size, its digest in hex, and a file name without a folder, from server or link."""

    bytes: int
    sha256: str
    name: str


class Cut(Exception):
    """The transfer ended early or could not begin, and may go better next time; the message is half a sentence."""


def fetch(
    url: str,
    target: Path,
    policy: FetchPolicy | None = None,
    *,
    progress: Callable[[float], None] = lambda _share: None,
    resolve: Resolver | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Write what the link names to `target`; on a refusal no target is left.

    `progress` is told, as bytes come, the share of the file that has come; 0 when the server does not say its size.

    Raises: FetchError; OSError when the target cannot be written.
    """
    transfer = _Transfer(
        url.strip(), target, policy or FetchPolicy(), progress=progress, resolve=resolve or resolve_name, clock=clock
    )
    try:
        for attempt in range(transfer.policy.retries + 1):
            try:
                return transfer.go_on()
            except Cut as cut:
                if attempt == transfer.policy.retries:
                    raise FetchError("Unreachable", f"{shown(url)} could not be fetched: {cut}.") from cut
                sleep(2.0**attempt)
        raise AssertionError("the last attempt returns or raises")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Transfer:
    """One file on its way: what has come of it so far, and how to ask for the rest."""

    def __init__(
        self,
        url: str,
        target: Path,
        policy: FetchPolicy,
        *,
        progress: Callable[[float], None],
        resolve: Resolver,
        clock: Callable[[], float],
    ) -> None:
        self.policy = policy
        self._progress = progress
        self._url = url
        self._target = target
        self._resolve = resolve
        self._clock = clock
        self._end = clock() + policy.total_s
        self._validator = ""  # what If-Range takes; empty: the file cannot be continued
        self._start_again()

    def _start_again(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self._target.write_bytes(b"")

    def go_on(self) -> Fetched:
        """Ask for what is missing and take it. Raises: FetchError, Cut."""
        if self._size and not self._validator:
            self._start_again()
        with ExitStack() as held:
            return self._take(self._open(held))

    def _open(self, held: ExitStack) -> http.client.HTTPResponse:
        """Follow the link to an answer that is a file; what has to be closed is put into `held`."""
        url = self._url
        for _ in range(self.policy.most_redirects + 1):
            parts = checked(url)
            response = self._ask(connect(parts, self.policy, self._resolve, held), parts, held)
            if response.status not in _REDIRECTS:
                return response
            location = response.getheader("Location")
            if not location:
                raise FetchError("HttpStatus", f"{shown(url)} redirects to nowhere.", response.status)
            try:
                url = urljoin(url, location)
            except ValueError as error:
                raise FetchError("InvalidUri", f"{shown(url)} redirects to what is no link.") from error
        raise FetchError("InvalidUri", f"{shown(self._url)} redirects more than {self.policy.most_redirects} times.")

    def _ask(
        self, connection: http.client.HTTPConnection, parts: SplitResult, held: ExitStack
    ) -> http.client.HTTPResponse:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "speechsmith"}
        if self._size:
            headers |= {"Range": f"bytes={self._size}-", "If-Range": self._validator}
        try:
            connection.request("GET", request_target(parts), headers=headers)
            response = held.enter_context(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise Cut(f"{parts.hostname} did not answer") from error
        if is_passing(response.status):
            raise Cut(f"{parts.hostname} answered with the status {response.status}")
        if self._size and response.status == 416:
            self._validator = ""  # what has come is not the beginning of this file: take it all again
            raise Cut("the file changed while it was fetched")
        if response.status not in (_REDIRECTS | {200, 206 if self._size else 200}):
            # Not in the server's own words: those may be anything, and have the link's signature in them.
            phrase, code = http.client.responses.get(response.status, ""), response.getheader("x-ms-error-code", "")
            said = f"{response.status} {phrase}".rstrip() + (f" ({code})" if _CODE.fullmatch(code) else "")
            message = f"{shown(parts.geturl())} answered with the status {said}."
            raise FetchError("HttpStatus", message + advice(parts.geturl(), response.status), response.status)
        return response

    def _take(self, response: http.client.HTTPResponse) -> Fetched:
        """Write the body behind what there is. Raises: FetchError, Cut."""
        if self._size and not self._continues(response):
            self._start_again()
        expected = self._size + response.length if response.length is not None else None
        if expected is not None and expected > self.policy.max_bytes:
            raise self._too_large()
        self._validator = _validator(response)
        begun, before = self._clock(), self._size
        with self._target.open("ab") as file:
            while chunk := self._chunk(response):
                self._size += len(chunk)
                self._check_speed(self._size - before, self._clock() - begun)
                self._progress(self._size / expected if expected else 0.0)
                if self._size > self.policy.max_bytes:
                    raise self._too_large()
                self._digest.update(chunk)
                file.write(chunk)
        if expected is not None and self._size < expected:
            raise Cut(f"it was cut after {self._size} of {expected} bytes")
        name = _said_name(response) or unquote(urlsplit(self._url).path)
        return Fetched(self._size, self._digest.hexdigest(), _file_name(name))

    def _chunk(self, response: http.client.HTTPResponse) -> bytes:
        if self._clock() > self._end:
            message = f"{shown(self._url)} did not come within {self.policy.total_s:g} s."
            raise FetchError("Unreachable", message)
        try:
            return response.read1(CHUNK_BYTES)  # what is there, so that a server that drips cannot hold the clock
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Cut(f"it was cut after {self._size} bytes") from error

    def _check_speed(self, size: int, seconds: float) -> None:
        if seconds > DRIP_S and size < seconds * self.policy.least_bytes_per_s:
            raise FetchError("Unreachable", f"{shown(self._url)} comes too slowly: {size} bytes in {seconds:.0f} s.")

    def _continues(self, response: http.client.HTTPResponse) -> bool:
        said = response.getheader("Content-Range", "")
        return response.status == 206 and said.startswith(f"bytes {self._size}-")

    def _too_large(self) -> FetchError:
        return FetchError("TooLarge", f"{shown(self._url)} has more than the {self.policy.max_bytes} bytes allowed.")


def is_passing(status: int) -> bool:
    """Whether a server that answers so may do better a moment later."""
    return status in _PASSING


def request_target(parts: SplitResult) -> str:
    """What a server is asked for: path and query of a link."""
    return quote(urlunsplit(("", "", parts.path or "/", parts.query, "")), safe="/?%:@!$&'()*+,;=~-._[]")


def connect(parts: SplitResult, policy: FetchPolicy, resolve: Resolver, held: ExitStack) -> http.client.HTTPConnection:
    """A connection to one of the checked addresses of a link's host; `held` closes it. Raises: FetchError, Cut."""
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    problem: Exception | None = None
    for address in addresses(host, policy, resolve)[:MOST_ADDRESSES]:
        connection = http.client.HTTPConnection(host, port, timeout=policy.timeout_s)
        held.callback(connection.close)
        try:
            plain = socket.create_connection((str(address), port), timeout=policy.timeout_s)
            connection.sock = plain  # so it never resolves the name itself
            if is_secure:
                connection.sock = ssl.create_default_context(cafile=policy.authorities).wrap_socket(
                    plain, server_hostname=host
                )
                connection.default_port = 443  # else Host would carry the port
            return connection
        except OSError as error:  # ssl.SSLError is one
            problem = error
    if isinstance(problem, ssl.SSLCertVerificationError):
        raise FetchError("Unreachable", f"{host} has no valid certificate: {problem.verify_message}.")
    raise Cut(f"no connection to {host}")


def addresses(host: str, policy: FetchPolicy, resolve: Resolver) -> list[Address]:
    """The addresses of a host, if a link may lead to all of them. Raises: FetchError, Cut."""
    try:
        found = [ip_address(text) for text in resolve(host)]
    except UnicodeError as error:
        raise FetchError("InvalidUri", f"{host[:100]} is not the name of a host.") from error
    except OSError as error:
        if error.errno == socket.EAI_NONAME:
            raise FetchError("Unreachable", f"There is no host of the name {host}.") from error
        raise Cut(f"the name {host} could not be resolved") from error
    for address in found:
        if not (_is_public(address) or (policy.allow_private and not _is_nobody(address))):
            message = f"{host} is a private address, which this server does not connect to. Use a public link, "
            advice = "or let the operator allow private addresses: SPEECHSMITH_ALLOW_PRIVATE_URLS=true."
            raise FetchError("PrivateAddress", f"{message}{advice}")
    return found


def checked(url: str) -> SplitResult:
    """The parts of a link that may be followed. Raises: FetchError."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise FetchError("InvalidUri", f"The link {shown(url)} is malformed.") from error
    if parts.scheme not in {"http", "https"} or not is_whole or _CONTROL.search(url):
        raise FetchError(
            "InvalidUri",
            f"{shown(url)} is not a whole http or https link. Upload a file of your own as a dataset.",
        )
    if parts.username is not None or parts.password is not None:
        raise FetchError("InvalidUri", f"{shown(url)} has a user name in it. Use a signed link instead.")
    return parts


def resolve_name(host: str) -> list[str]:
    """The addresses that the system knows of a host. Raises: OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _is_public(address: Address) -> bool:
    """Whether the address is one of the internet, also where IPv6 wraps an IPv4 address."""
    if isinstance(address, IPv6Address):
        wrapped = IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address.ipv4_mapped
        if wrapped is not None:
            return _is_public(wrapped)
        return address.is_global and address in _UNICAST and address.sixtofour is None
    if any(address in network for network in _CLOUDS_OWN):
        return False
    return address.is_global and not address.is_multicast


def _is_nobody(address: Address) -> bool:
    """Addresses that are no one machine's, so that even a private fetch has no use for them."""
    return address.is_unspecified or address.is_multicast


def _validator(response: http.client.HTTPResponse) -> str:
    """What proves that a file is still the same (RFC 9110, section 13.1.5): a strong tag, else its date."""
    tag = response.getheader("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.getheader("Last-Modified", "")


def _said_name(response: http.client.HTTPResponse) -> str:
    """The name that a server gives to its file, if it gives one in a form that can be read."""
    try:
        return response.headers.get_filename() or ""
    except (LookupError, TypeError, ValueError):  # the library's own stumbling over parts of a name (RFC 2231)
        return ""


def _file_name(name: str) -> str:
    """The last part of a path as a harmless file name."""
    last = _CONTROL.sub("", name.replace("\\", "/")).rstrip("/").rpartition("/")[2]
    return last[-200:] if last not in {"", ".", ".."} else "download"


def shown(url: str) -> str:
    """The link for people, without what may be secret in it: a password, a query."""
    plain = _CONTROL.sub("", url.partition("?")[0].partition("#")[0])
    scheme, mark, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:300]
