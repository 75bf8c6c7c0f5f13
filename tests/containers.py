"""A blob service on the loopback, as far as signed URLs of containers are concerned: fixture `container`.

It is written after the published REST API of Azure Blob Storage: List Blobs in pages, Get Blob, Put Blob; all of it
only with the signature that it has given, and only what that permits.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

SIGNATURE = "very+secret/="
ENDS = "2099-01-01T00:00:00Z"


@dataclass
class Container:
    """What is in it by name, and what was asked of it. A name in `failing` answers with the statuses listed, once each.

    `permitted` is what the signature permits; `page` is how many names a page of the list has.
    """

    address: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    failing: dict[str, list[int]] = field(default_factory=dict)
    permitted: str = "rlw"
    page: int = 2
    folders: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def url(self, **said: str) -> str:
        """The signed URL; `said` replaces what it says of itself."""
        members = {"sv": "2022-11-02", "sr": "c", "sp": self.permitted, "se": ENDS, "sig": SIGNATURE} | said
        return self.address + "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in members.items())


def listing(container: Container, marker: str, most: int) -> bytes:
    names = sorted([*container.blobs, *container.folders])
    start = names.index(marker) if marker else 0
    end = start + min(container.page, most)
    shown = "".join(_entry(container, name) for name in names[start:end])
    after = names[end : end + 1]
    following = f"<NextMarker>{escape(after[0])}</NextMarker>" if after else "<NextMarker />"
    text = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="calls">'
        f"<Blobs>{shown}</Blobs>{following}</EnumerationResults>"
    )
    return b"\xef\xbb\xbf" + text.encode()


def _entry(container: Container, name: str) -> str:
    kind = "<ResourceType>directory</ResourceType>" if name in container.folders else ""
    size = len(container.blobs.get(name, b""))
    named = f'<Name Encoded="true">{quote(name)}</Name>' if not name.isprintable() else f"<Name>{escape(name)}</Name>"
    return f"<Blob>{named}<Properties><Content-Length>{size}</Content-Length>{kind}</Properties></Blob>"


class _Handler(BaseHTTPRequestHandler):
    container: Container

    def do_GET(self) -> None:
        parts, said = urlsplit(self.path), {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        name = self._name(parts.path)
        self.container.asked.append(("GET", name))
        if not self._may("l" if not name else "r", said, name):
            return
        if not name:
            assert (said["restype"], said["comp"]) == ("container", "list")
            self._answer(200, listing(self.container, said.get("marker", ""), int(said["maxresults"])))
        elif name in self.container.blobs:
            self._answer(200, self.container.blobs[name])
        else:
            self._answer(404, b"<Error><Code>BlobNotFound</Code></Error>")

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        parts, said = urlsplit(self.path), {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        name = self._name(parts.path)
        self.container.asked.append(("PUT", name))
        assert self.headers["x-ms-blob-type"] == "BlockBlob"
        if self._may("w", said, name):
            self.container.blobs[name] = content
            self.container.types[name] = self.headers["Content-Type"]
            self._answer(201)

    def _name(self, path: str) -> str:
        return unquote(path.removeprefix("/account/calls").removeprefix("/"))

    def _may(self, permission: str, said: dict[str, str], name: str) -> bool:
        if self.container.failing.get(name):
            self._answer(self.container.failing[name].pop(0))
        elif said.get("sig") != SIGNATURE or permission not in self.container.permitted:
            self._answer(403, b"<Error><Code>AuthenticationFailed</Code></Error>", "AuthenticationFailed")
        else:
            return True
        return False

    def _answer(self, status: int, body: bytes = b"", code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("x-ms-error-code", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def container() -> Iterator[Container]:
    """An empty container."""
    made = Container()
    handler = type("Handler", (_Handler,), {"container": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made.address = f"http://127.0.0.1:{server.server_address[1]}/account/calls"
        yield made
        server.shutdown()
        thread.join()
