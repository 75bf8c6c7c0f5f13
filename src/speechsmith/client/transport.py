"""One connection to one service: sends requests, tries again where that is safe, turns refusals into errors.

Which requests are repeated:

- GET, PUT and DELETE after a broken answer, a time-out, 429, 502, 503 or 504; POST and PATCH only after 429, because
  any other silence may hide work that was begun, or where the caller says that nothing is changed by it.
- Nothing is repeated when no connection could be made at all: a service that is not there is reported at once.

The key, or the token in its place, goes to the server it belongs to (scheme, host and port of the base address) and to
no other. `127.0.0.1`, `localhost` and `::1` count as one host. So a URL from an answer or from a web page cannot carry
the key away. The same holds for a body with another secret in it, and `observe` is shown neither.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import IO
from urllib.parse import SplitResult, quote, urlsplit

import httpx2

import speechsmith
from speechsmith.client.entity import Json
from speechsmith.client.errors import BadReference, ClientError, Unreachable, refusal

KEY_HEADER, TOKEN_HEADER = "Ocp-Apim-Subscription-Key", "Authorization"
ATTEMPTS = 4
MOST_ANSWER_BYTES = 1 << 26
"""No answer that is read as a whole is that long; the content of files is read piece by piece."""
MOST_LEVELS = 100
LONGEST_PAUSE = 30.0  # seconds; what a server may ask for between two attempts
_REPEATABLE = {"GET", "PUT", "DELETE"}
_BUSY = {429, 502, 503, 504}
_ADDRESS = re.compile(r"https?://[^/?#\s]+(:\d+)?(/[^?#\s]*)?$")
_HEADER = re.compile(r"[!-~]*")
_HERE = "localhost"
_OF_BODY = {"content-encoding", "content-length", "transfer-encoding"}
_LASTING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.TooManyRedirects, httpx2.DecodingError)
"""What is the same at the next attempt."""
_PASSWORD = re.compile(r"//[^/]*@")
_LOOPBACK = {"127.0.0.1", _HERE, "::1"}
_SECRET = re.compile(rb'("(?:targetSubscriptionKey|secret)": )"(?:[^"\\]|\\.)*"')
"""A member of a body that nobody but its server is to see, as `json.dumps` writes it."""
_DIRECT = ("all://127.0.0.1", f"all://{_HERE}", "all://[::1]")  # no proxy on the way to this very machine


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it left, for those who want to look. `body` is None when it was streamed or absent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its HTTP status, its JSON body (None when empty) and for how many seconds the service asks to wait, if
    it does."""

    status: int
    body: Json
    retry_after: float | None


class Transport:
    """Requests to the service at `base`, such as `http://127.0.0.1:8080/speechtotext/v3.2`. Times are seconds."""

    def __init__(
        self,
        base: str,
        key: str | None,
        *,
        token: str | None = None,
        proxy: str | None = None,
        timeout: float = 100.0,
        observe: Callable[[Sent], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: token: sent instead of a key. proxy: the URL of what stands in between, not on the way to this machine.

        Raises: BadReference.
        """
        self.base = base.rstrip("/")
        self.clock, self.sleep = clock, sleep
        if not _HEADER.fullmatch(token or key or ""):  # the HTTP library would show it in its error
            raise BadReference(
                f"The {'token' if token else 'key'} has a blank, the end of a line or a sign in it that none has; "
                "look how it was copied."
            )
        self._secret = {TOKEN_HEADER: f"Bearer {token}"} if token else {KEY_HEADER: key} if key else {}
        self._observe = observe
        self._timeout, self._proxy = timeout, proxy
        self._connections: dict[bool, httpx2.Client] = {}
        self._opening = Lock()
        if proxy is not None:
            _origin(proxy)
            if not _ADDRESS.match(proxy):
                raise BadReference(
                    f"'{_masked(proxy)}' is not an address of a proxy; one looks like http://proxy.example:3128."
                )
        if not _ADDRESS.match(self.base):
            raise BadReference(
                f"'{_masked(base)}' is not the address of a service; one begins with http:// or https://, like "
                "http://127.0.0.1:8080."
            )

    def close(self) -> None:
        """Let the connections go."""
        for connection in self._connections.values():
            connection.close()

    def url(self, collection: str, reference: str) -> str:
        """The URL of one entity, from its id or from its URL. Raises: BadReference."""
        if reference.startswith(("http://", "https://")):
            if f"/{collection}/" not in parts_of(reference).path:
                raise BadReference(f"{reference} does not name one of the {collection}.")
            return reference.rstrip("/")
        if reference in {"", ".", ".."} or any(sign in reference for sign in "/?#") or reference != reference.strip():
            raise BadReference(f"'{reference}' is neither an id nor a URL of one of the {collection}.")
        return f"{self.base}/{collection}/{quote(reference)}"

    def call(
        self,
        method: str,
        url: str,
        *,
        body: Json = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        file: tuple[str, IO[bytes], str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_harmless: bool = False,
    ) -> Reply:
        """Send one request and read its answer.

        Args:
            body: sent as JSON. content: sent as it is. form and file (name, open file, media type): sent as a
                multipart form, the fields first, the file streamed from where it lies.
            is_harmless: it may be sent again whatever its method is.
        Raises:
            ServiceError: the answer is a refusal. Unreachable: there is none. BadReference: a secret would have gone
                to another server.
        """
        all_headers = dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            all_headers["Content-Type"] = "application/json"
            if _SECRET.search(content) and not self.is_home(url):
                raise BadReference(f"{url} is on another server than {self.base}; the secret is not sent there.")
        elif content is not None:
            all_headers.setdefault("Content-Type", "application/octet-stream")

        connection = self._connection(url)

        def build() -> httpx2.Request:
            if file is None:
                return connection.build_request(method, url, content=content, headers=all_headers)
            file[1].seek(0)
            return connection.build_request(method, url, data=form, files={"data": file}, headers=all_headers)

        answer = self._send(connection, build, stream=False, is_repeatable=is_harmless or method in _REPEATABLE)
        return Reply(answer.status_code, _json(answer), _retry_after(answer))

    def token(self) -> str:
        """An access token of the resource that the key belongs to. Raises: ServiceError, Unreachable."""
        url = f"{self.base.partition('/speechtotext')[0]}/sts/v1.0/issueToken"
        connection = self._connection(url)
        return self._send(
            connection, lambda: connection.build_request("POST", url), stream=False, is_repeatable=True
        ).text

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """The answer to a GET whose body is yet to be read, piece by piece. Raises: ServiceError, Unreachable."""
        connection = self._connection(url)
        request = partial(connection.build_request, "GET", url, headers=headers)
        answer = self._send(connection, request, stream=True, is_repeatable=True)
        try:
            yield answer
        except httpx2.RequestError as error:
            raise _unreachable(answer.request, error) from error
        finally:
            answer.close()

    def is_home(self, url: str) -> bool:
        """Whether a URL leads to the server of the base address, and so may be sent the key. Raises: BadReference."""
        return _origin(url) == _origin(self.base)

    def _connection(self, url: str) -> httpx2.Client:
        # Certificates take a tenth of a second to load; the way home over http is never redirected and needs none.
        bare = self.is_home(url) and self.base.startswith("http://")
        with self._opening:
            if bare not in self._connections:
                self._connections[bare] = httpx2.Client(
                    timeout=httpx2.Timeout(self._timeout, connect=10.0),
                    headers={"User-Agent": f"speechsmith/{speechsmith.__version__}", "Accept": "application/json"},
                    proxy=self._proxy,
                    mounts=dict.fromkeys(_DIRECT),
                    verify=not bare,
                )
            return self._connections[bare]

    def _send(
        self,
        connection: httpx2.Client,
        build: Callable[[], httpx2.Request],
        *,
        stream: bool,
        is_repeatable: bool,
    ) -> httpx2.Response:
        attempt = 0
        while True:
            attempt += 1
            request = build()
            home = self.is_home(str(request.url))
            if home:
                request.headers.update(self._secret)
            if self._observe:
                self._observe(_sent(request))
            try:
                # A redirect is followed only when no key travels along.
                answer = connection.send(request, stream=True, follow_redirects=not home)
                if answer.is_error or not stream:
                    answer = _whole(answer)
            except httpx2.RequestError as error:
                if isinstance(error, _LASTING) or not is_repeatable or attempt == ATTEMPTS:
                    raise _unreachable(request, error) from error
                self.sleep(pause_after(attempt))
                continue
            if answer.has_redirect_location:
                answer.close()
                raise ClientError(
                    f"{_server_of(request)} redirects to {answer.headers['Location']}, where no key is sent unasked. "
                    "If that is the address of the service, name it."
                )
            if not answer.is_error:
                return answer
            answer.close()
            busy = answer.status_code == 429 or (answer.status_code in _BUSY and is_repeatable)
            if not busy or attempt == ATTEMPTS:
                had_key = bool(self._secret) or not home
                raise refusal(answer.status_code, _json(answer), answer.headers, had_key=had_key)
            asked = _retry_after(answer)
            self.sleep(pause_after(attempt) if asked is None else min(asked, LONGEST_PAUSE))


def pause_after(attempt: int) -> float:
    """Seconds to wait after attempt 1, 2, 3, ... failed: 0.5, 1, 2, ..."""
    return min(0.5 * 2.0 ** (attempt - 1), LONGEST_PAUSE)


def parts_of(url: str) -> SplitResult:
    """The parts of a URL. Raises: BadReference."""
    try:
        return urlsplit(url)
    except ValueError as error:
        raise BadReference(f"'{_masked(url)}' is not an address: {error}.") from None


def _masked(url: str) -> str:
    """An address as it may be told, without a password."""
    return _PASSWORD.sub("//***@", url)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise BadReference(f"'{_masked(url)}' is not an address: {error}.") from None
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, _HERE if parts.host in _LOOPBACK else parts.host, port


def _sent(request: httpx2.Request) -> Sent:
    secrets = {KEY_HEADER.lower(), TOKEN_HEADER.lower()}
    headers = tuple(
        (name, "***" if name.lower() in secrets else value) for name, value in request.headers.multi_items()
    )
    streamed = isinstance(request.stream, httpx2.SyncByteStream) and not isinstance(request.stream, httpx2.ByteStream)
    body = None if streamed else _SECRET.sub(rb'\1"***"', request.content)
    return Sent(request.method, _masked(str(request.url)), headers, body)


def _whole(answer: httpx2.Response) -> httpx2.Response:
    """The answer with all of its body. Raises: ClientError, httpx2.RequestError."""
    body = bytearray()
    try:
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_ANSWER_BYTES:
                raise ClientError(f"{_server_of(answer.request)} answers with more than a service has to say.")
    finally:
        answer.close()
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_BODY}
    return httpx2.Response(answer.status_code, headers=headers, content=bytes(body), request=answer.request)


def _server_of(request: httpx2.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode()}"


def _unreachable(request: httpx2.Request, error: Exception) -> Unreachable:
    server = _server_of(request)
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable(f"{server} did not answer in time. Try again, or ask whether it is overloaded.")
    reason = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return Unreachable(
            f"The certificate of {server} is not trusted here ({reason}). If you do, name its file in SSL_CERT_FILE."
        )
    if isinstance(error, httpx2.ConnectError):
        return Unreachable(
            f"No connection to {server} ({reason}). Is the service running there, and is the address right?"
        )
    return Unreachable(f"The connection to {server} broke off ({reason}). Try again.")


def _json(answer: httpx2.Response) -> Json:
    if not answer.content:
        return None
    try:
        found: Json = answer.json()
        if not _is_shallow(found, MOST_LEVELS):
            raise RecursionError
    except (ValueError, RecursionError):
        if answer.is_error:
            return None
        raise ClientError(
            f"{answer.request.url} answered with something that is not JSON. Is this the address of the service?"
        ) from None
    return found


def _is_shallow(value: Json, levels: int) -> bool:
    """Whether a value is nested no deeper than so many levels, as the functions that go down into it must know."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _retry_after(answer: httpx2.Response) -> float | None:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
