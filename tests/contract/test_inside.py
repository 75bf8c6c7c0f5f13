"""Links that lead inside: from every place where a user may write a URL, nothing behind the service is reached.

Each place is asked as a user asks it, until what follows from it is done. A guard stands where connections are made:
it lets none through, except to one public address that stands for a server of an attacker, and it notes where the
service wanted to go. Names are resolved by a table.
"""

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from caller import Api
from receivers import deliver
from seeded import World

from speechsmith.net import containers, fetch

pytestmark = pytest.mark.slow

OUTSIDE = "93.184.216.34"
SIGNED = "?sv=2024-11-04&sr=c&sp=rlw&se=2099-01-01T00:00:00Z&sig=x"
LATER = timedelta(days=2)

ADDRESSES = [
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost."),
    *("2130706433", "0x7f000001", "0x7F.1", "017700000001", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0x1"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[2001:0:7f00:1::]"),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("169.254.169.254", "2852039166", "0xA9FEA9FE", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "inside.example", "mixed.example", "six.example", "ends.example."),
]
"""This machine, its neighbors, and where clouds tell their secrets, in every spelling."""

UNUSABLE = [
    *("file:///etc/passwd", "file://127.0.0.1/etc/passwd", "ftp://outside.example/a", "gopher://127.0.0.1:6379/_INFO"),
    *("data:text/plain,hello", "unix:///var/run/x.sock", "ldap://127.0.0.1/", "jar:http://outside.example!/a"),
    *("//127.0.0.1/a", "http:///127.0.0.1/a", "http:127.0.0.1", "http://", "/etc/passwd", "a.wav", "http://[::1/a"),
    *("http://me:secret@outside.example/a", "http://outside.example:80@127.0.0.1/", "http://@127.0.0.1/"),
    *(f"http://{OUTSIDE}\\@127.0.0.1/", "http://outside.example:0/", "http://outside.example:99999/"),
    *("http://outside.example/\r\nHost: inside.example", "http://out\tside.example/", "http://127.0.0.1\n.example/"),
]
"""Other schemes, user names, and what two parsers might read in two ways."""

NAMES = {
    "inside.example": ["127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "ends.example.": ["10.0.0.1"],
    "mixed.example": [OUTSIDE, "192.168.0.1"],
    "six.example": ["::ffff:169.254.169.254"],
    "outside.example": [OUTSIDE],
}


@dataclass
class Guard:
    """Where the service wanted to go, and which names it asked for; `turns` are answers that change."""

    port: int
    connected: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    turns: dict[str, Iterator[list[str]]] = field(default_factory=dict)

    def resolve(self, host: Any, *rest: Any, **named: Any) -> list[Any]:
        host = str(host)
        self.asked.append(host)
        found = next(self.turns[host]) if host in self.turns else NAMES.get(host.lower())
        if found is None:  # an address, or a name that nobody is asked for
            return _resolve(host, *rest, **named, flags=socket.AI_NUMERICHOST)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    def connect(self, where: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        self.connected.append(where[0])
        if where[0] != OUTSIDE:
            raise ConnectionRefusedError("the guard lets nobody in")
        return _connect(("127.0.0.1", self.port), *rest, **named)


_resolve, _connect = socket.getaddrinfo, socket.create_connection


@dataclass
class Attacker:
    """A server outside. Whatever it is asked, it sends to `place`, or gives nothing of use."""

    place: str = ""
    status: int = 302


@pytest.fixture(scope="module")
def attacker() -> Iterator[tuple[Attacker, int]]:
    attacker = Attacker()

    class Handler(BaseHTTPRequestHandler):
        def send_away(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(attacker.status if attacker.place else 404)
            self.send_header("Location", attacker.place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.send_away
            raise AttributeError(name)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield attacker, server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def guard(attacker: tuple[Attacker, int], monkeypatch: pytest.MonkeyPatch) -> Guard:
    attacker[0].place = ""
    guard = Guard(attacker[1])
    monkeypatch.setattr(socket, "getaddrinfo", guard.resolve)
    monkeypatch.setattr(socket, "create_connection", guard.connect)
    for function in (containers.put_blob, fetch.fetch):
        monkeypatch.setitem(function.__kwdefaults__, "sleep", lambda _: None)  # before it tries again
    return guard


@pytest.fixture(scope="module")
def api(world: World) -> Api:
    """A service as it comes: private addresses are not allowed, and there is one peer."""
    return world.api.under(allow_private_urls=False, peers="there https://outside.example trusted")


def refusal(response: Any) -> str | None:
    """What is said to a request that is refused at once."""
    if response.status_code < 400:
        return None
    assert response.status_code == 400, response.text
    return str(response.text)


def outcome(api: Api, response: Any) -> str:
    """What is said of a URL, at once or when the work that it asks for has failed."""
    if said := refusal(response):
        return said
    entity = api.done(response.json())
    assert entity["status"] == "Failed", entity
    return str(entity["properties"]["error"])


def content_url(api: Api, url: str) -> str:
    new = {"displayName": "thing", "locale": "en-US", "kind": "Language", "contentUrl": url}
    return outcome(api, api.post("/datasets", new))


def content_urls(api: Api, url: str) -> str:
    new = {"displayName": "thing", "locale": "en-US", "contentUrls": [url]}
    return outcome(api, api.post("/transcriptions", new))


def container(api: Api, url: str) -> str:
    new = {"displayName": "thing", "locale": "en-US", "contentContainerUrl": f"{url}{SIGNED}"}
    return outcome(api, api.post("/transcriptions", new))


def destination(api: Api, url: str) -> str:
    recorded = next(one for one in api.get("/datasets").json()["values"] if one["kind"] == "Acoustic")
    new = {"displayName": "thing", "locale": "en-US", "dataset": {"self": recorded["self"]}}
    wish = {"destinationContainerUrl": f"{url}{SIGNED}"}
    return outcome(api, api.post("/transcriptions", new | {"properties": wish}))


def web_hook(api: Api, url: str) -> str:
    response = api.post("/webhooks", {"displayName": "thing", "webUrl": url, "events": {"ping": True}})
    if said := refusal(response):
        return said
    hook = response.json()
    for _ in range(4):  # a challenge is sent again
        deliver(api.bench, after=LATER)
    found = api.get(hook["self"]).json()
    api.delete(hook["self"])
    assert found["status"] == "Failed", found
    return str(found["properties"]["error"])


def copy_target(api: Api, url: str) -> str:
    authorization = {
        "id": "x",
        "sourceResourceId": str(api.bench.me),
        "targetResourceId": str(api.bench.me),
        "targetResourceRegion": "there",
        "targetResourceEndpoint": url,
        "expirationDateTime": "2099-01-01T00:00:00Z",
    }
    (model,) = [one for one in api.get("/models").json()["values"] if one["displayName"] == "thing"][:1]
    said = refusal(api.post(model["links"]["copy"], authorization))
    assert said is not None
    return said


PLACES: list[Callable[[Api, str], str]] = [content_url, content_urls, container, destination, web_hook, copy_target]
ANYWHERE = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
FOLLOWED = pytest.mark.parametrize("place", [content_url, content_urls, container], ids=lambda place: place.__name__)


@ANYWHERE
def test_no_spelling_of_an_address_inside_is_connected_to(api: Api, guard: Guard, place: Any) -> None:
    for address in ADDRESSES:
        for scheme in ("http", "https"):
            said = place(api, f"{scheme}://{address}:8080/secrets")
            assert guard.connected == [], address
            assert re.search("private address|PrivateAddress|Invalid|There is no host", said), (address, said)


@ANYWHERE
def test_what_is_no_plain_link_is_connected_to_by_nobody(api: Api, guard: Guard, place: Any) -> None:
    for url in UNUSABLE:
        said = place(api, url)
        assert guard.connected == [], url
        assert "secret" not in said, url


@ANYWHERE
def test_names_are_not_asked_for_what_is_no_link(api: Api, guard: Guard, place: Any) -> None:
    place(api, "ftp://outside.example/a")
    place(api, "http://me:secret@outside.example/a")

    assert guard.asked == []


@FOLLOWED
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_server_outside_cannot_send_the_service_inside(
    api: Api, guard: Guard, attacker: tuple[Attacker, int], place: Any, address: str
) -> None:
    attacker[0].place = f"http://{address}:8080/secrets".encode("ascii", "ignore").decode()

    place(api, "http://outside.example/a")

    assert set(guard.connected) == {OUTSIDE}


@FOLLOWED
@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://me:pw@127.0.0.1/", "//127.0.0.1/a"])
def test_a_redirect_is_a_link_like_any_other(
    api: Api, guard: Guard, attacker: tuple[Attacker, int], place: Any, url: str
) -> None:
    for status in (301, 302, 303, 307, 308):
        attacker[0].place, attacker[0].status = url, status

        said = place(api, "http://outside.example/a")

        assert set(guard.connected) == {OUTSIDE}
        assert "pw" not in said


def test_a_web_hook_is_not_redirected(api: Api, guard: Guard, attacker: tuple[Attacker, int]) -> None:
    attacker[0].place = "http://outside.example/again"

    web_hook(api, "http://outside.example/a")

    challenges = len(guard.connected)
    assert set(guard.connected) == {OUTSIDE}
    assert challenges == guard.asked.count("outside.example") - 1  # one before the hook was taken


@FOLLOWED
def test_a_name_that_changes_is_followed_to_where_it_was_checked(api: Api, guard: Guard, place: Any) -> None:
    answers = iter([[OUTSIDE], *[["127.0.0.1"]] * 99])
    guard.turns["turns.example"] = answers

    place(api, "http://turns.example/a")

    assert guard.connected == [OUTSIDE]
    assert guard.asked.count("turns.example") == 1


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_hook_whose_name_turns_inside_later_is_not_posted_to(api: Api, guard: Guard, inside: str) -> None:
    guard.turns["turns.example"] = iter([[OUTSIDE], *[[inside]] * 99])

    said = web_hook(api, "http://turns.example/a")

    assert guard.connected == []
    assert "PrivateAddress" in said


@FOLLOWED
def test_a_name_that_turns_inside_between_two_redirects_is_refused(
    api: Api, guard: Guard, attacker: tuple[Attacker, int], place: Any
) -> None:
    attacker[0].place = "http://turns.example/again"
    guard.turns["turns.example"] = iter([[OUTSIDE], [OUTSIDE], *[["127.0.0.1"]] * 99])

    said = place(api, "http://turns.example/a")

    assert guard.connected == [OUTSIDE, OUTSIDE]
    assert "PrivateAddress" in said


def test_the_address_of_a_peer_is_that_of_its_operator_alone(api: Api, guard: Guard) -> None:
    for url in (
        *("https://outside.example@inside.example", "https://outside.example:8443"),
        *("http://outside.example", "https://outside.example.inside.example", "https://OUTSIDE.example\\@127.0.0.1"),
    ):
        assert "is no peer of it" in copy_target(api, url), url
    assert guard.connected == []
