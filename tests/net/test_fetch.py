"""The guarded fetch: where it goes, where it does not, and what it does when the line is cut."""

import hashlib
import ipaddress
import pickle
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from speechsmith.net.fetch import MOST_REDIRECTS, FetchError, FetchPolicy, fetch

DATA = bytes(range(256)) * 1000
INSIDE = FetchPolicy(allow_private=True, timeout_s=5)


@dataclass
class Site:
    """A server on this machine: a function for each path, and what it was asked."""

    url: str = ""
    pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)  # that clients gave in TLS


def serve(site: Site, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
            site.pages[self.path.partition("?")[0]](self)

        def log_message(self, format, *args) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address) -> None:
            pass  # clients that leave early are what is tested

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve(Site())


@pytest.fixture
def target(tmp_path):
    return tmp_path / "fetched"


def answer(status: int, body: bytes = b"", length: int | None = None, **headers: str):
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body)

    return page


def cut_file(*, tag: str | None, ends: list[int]):
    """A file whose transfer is cut at the given places, then comes to its end. Without a tag it cannot go on."""

    def page(request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        is_same = asked and request.headers["If-Range"] == tag
        start, stop = (start if is_same else 0), (ends.pop(0) if ends else len(DATA))
        headers = {"ETag": tag} if tag else {}
        if is_same:
            headers["Content-Range"] = f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        answer(206 if is_same else 200, DATA[start:stop], len(DATA) - start, **headers)(request)

    return page


def refusal(url: str, target, policy: FetchPolicy = INSIDE, **how) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, target, policy, **{"sleep": lambda seconds: None, **how})
    assert not target.exists()
    return caught.value


def test_a_file_is_written_hashed_and_named(site, target):
    site.pages["/data/my%20calls.zip"] = answer(200, DATA)

    got = fetch(f"{site.url}/data/my calls.zip?sig=abc", target, INSIDE)

    assert target.read_bytes() == DATA
    assert (got.bytes, got.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert got.name == "my calls.zip"
    assert site.asked[0]["path"] == "/data/my%20calls.zip?sig=abc"
    assert site.asked[0]["host"] == site.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('attachment; filename="a b.wav"', "a b.wav"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="..\\..\\boot.ini"', "boot.ini"),
        ('attachment; filename=".."', "download"),
        ("attachment", "file"),
    ],
)
def test_the_servers_name_for_the_file_cannot_leave_its_folder(site, target, said, name):
    site.pages["/file"] = answer(200, b"x", Content_Disposition=said)

    assert fetch(f"{site.url}/file", target, INSIDE).name == name


def test_a_chunked_answer_without_a_length_is_taken_whole(site, target):
    def page(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    site.pages["/"] = page

    fetch(site.url, target, INSIDE)

    assert target.read_bytes() == b"abcde"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("100.100.100.200", "168.63.129.16", "0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1"),
        *("192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:db8::1", "2001::1", "192.0.0.192", "::ffff:192.0.0.192"),
    ],
)
def test_a_name_that_resolves_to_a_private_address_is_refused(target, address):
    addresses = {"one.example": [address], "two.example": ["93.184.216.34", address]}

    for host in addresses:
        error = refusal(f"http://{host}/a.wav", target, FetchPolicy(), resolve=addresses.__getitem__)

        assert error.code == "PrivateAddress"
        assert host in str(error)
        assert "SPEECHSMITH_ALLOW_PRIVATE_URLS" in str(error)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_tried(target, address, monkeypatch):
    tried = []

    def refuse(where, timeout):
        tried.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", refuse)

    error = refusal("http://files.example/a.wav", target, FetchPolicy(retries=0), resolve=lambda host: [address])

    assert error.code == "Unreachable"
    assert tried == [(str(ipaddress.ip_address(address)), 80)]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "localhost"])
def test_every_spelling_of_this_machine_is_refused(target, host):
    assert refusal(f"http://{host}/", target, FetchPolicy()).code == "PrivateAddress"


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "::"])
def test_an_operator_who_allows_private_addresses_still_gets_no_multicast_or_nowhere(target, address):
    assert refusal("http://files.example/", target, resolve=lambda host: [address]).code == "PrivateAddress"


def test_the_name_is_resolved_once_and_the_connection_goes_to_that_address(site, target):
    site.pages["/a"] = answer(200, DATA)
    answers = iter([["127.0.0.1"]])
    port = site.url.rpartition(":")[2]

    fetch(f"http://files.example:{port}/a", target, INSIDE, resolve=lambda host: next(answers))

    assert site.asked[0]["host"] == f"files.example:{port}"


def test_the_next_address_is_tried_when_one_does_not_answer(site, target):
    site.pages["/a"] = answer(200, DATA)
    port = site.url.rpartition(":")[2]

    fetch(f"http://files.example:{port}/a", target, INSIDE, resolve=lambda host: ["127.99.99.99", "127.0.0.1"])

    assert target.stat().st_size == len(DATA)


@pytest.mark.parametrize("parts", ["filename*=a; filename*0*=b", f"filename*{'9' * 5_000}*=utf-8''a"])
def test_a_name_that_cannot_be_read_is_that_of_the_link(site, target, parts):
    site.pages["/calls.wav"] = answer(200, DATA, Content_Disposition=f"attachment; {parts}")

    assert fetch(f"{site.url}/calls.wav", target, INSIDE).name == "calls.wav"


def test_a_redirect_to_a_private_address_is_refused(site, target, monkeypatch):
    site.pages["/a"] = answer(302, Location="http://secrets.example/latest/meta-data")
    addresses = {"127.0.0.1": ["127.0.0.1"], "secrets.example": ["0.0.0.0"]}

    error = refusal(f"{site.url}/a", target, resolve=addresses.get)

    assert error.code == "PrivateAddress"
    assert "secrets.example" in str(error)


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://me:pw@127.0.0.1/", "http://[::1", "http://[pw]/"]
)
def test_a_redirect_cannot_change_to_what_a_link_may_not_be(site, target, place):
    site.pages["/a"] = answer(302, Location=place)

    error = refusal(f"{site.url}/a", target)

    assert error.code == "InvalidUri"
    assert "pw" not in str(error)


def test_redirects_are_followed_also_relative_ones_but_not_for_ever(site, target):
    for n in range(MOST_REDIRECTS):
        site.pages[f"/{n}"] = answer(307, Location=f"{n + 1}")
    site.pages[f"/{MOST_REDIRECTS}"] = answer(200, b"there")
    fetch(f"{site.url}/0", target, INSIDE)
    assert target.read_bytes() == b"there"

    site.pages[f"/{MOST_REDIRECTS}"] = answer(307, Location="/0")
    error = refusal(f"{site.url}/0", target)

    assert error.code == "InvalidUri"
    assert "more than 5 times" in str(error)


def test_a_fetch_may_follow_no_redirect_at_all(site, target):
    site.pages["/a"] = answer(302, Location="/b")
    site.pages["/b"] = answer(200, DATA)

    with pytest.raises(FetchError, match="more than 0 times"):
        fetch(f"{site.url}/a", target, replace(INSIDE, most_redirects=0))


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.wav", "file:///etc/passwd", "ftp://h/a", "http://", "http://h:99999/", "http://[::1/", "//h/a"),
        *("http://user:secret@h/", "http://user@h/", f"http://{'a' * 70}.example/", "HTTPS:/h", "http://h/\r\nX: y"),
    ],
)
def test_what_is_not_a_link_to_a_file_is_refused(target, url):
    error = refusal(url, target)

    assert error.code == "InvalidUri"
    assert "secret" not in str(error)


def test_too_many_bytes_are_refused_by_their_announced_length_before_they_come(site, target):
    site.pages["/a"] = answer(200, b"x", length=10**12)

    assert refusal(f"{site.url}/a?sig=secret", target).code == "TooLarge"


def test_too_many_bytes_without_an_announcement_are_refused_as_they_come(site, target):
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(DATA)

    site.pages["/a"] = page

    fetch(f"{site.url}/a", target, FetchPolicy(allow_private=True, max_bytes=len(DATA)))
    error = refusal(f"{site.url}/a?sig=secret", target, FetchPolicy(allow_private=True, max_bytes=len(DATA) - 1))

    assert error.code == "TooLarge"
    assert "secret" not in str(error)


def test_a_refusal_is_not_told_in_the_words_of_the_server(site, target):
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(403, f"no {request.path}")
        request.send_header("x-ms-error-code", f"no {request.path}")
        request.send_header("Content-Length", "0")
        request.end_headers()

    site.pages["/a"] = page

    assert str(refusal(f"{site.url}/a?secret", target)) == f"{site.url}/a answered with the status 403 Forbidden."


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_of_the_server_is_told_with_its_status_and_not_tried_again(site, target, status):
    site.pages["/a"] = answer(status, b"no")

    error = refusal(f"{site.url}/a?sig=secret", target)

    assert (error.code, error.status, len(site.asked)) == ("HttpStatus", status, 1)
    assert "secret" not in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_transfer_that_is_cut_goes_on_where_it_stopped(site, target):
    site.pages["/a"] = cut_file(tag='"v1"', ends=[100_000, 150_000])
    slept: list[float] = []

    got = fetch(f"{site.url}/a", target, INSIDE, sleep=slept.append)

    assert target.read_bytes() == DATA
    assert got.sha256 == hashlib.sha256(DATA).hexdigest()
    assert [asked.get("range") for asked in site.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert [asked.get("if-range") for asked in site.asked] == [None, '"v1"', '"v1"']
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
def test_a_file_that_cannot_be_known_again_is_taken_from_its_start(site, target, tag):
    site.pages["/a"] = cut_file(tag=tag, ends=[100_000])

    got = fetch(f"{site.url}/a", target, INSIDE, sleep=lambda seconds: None)

    assert (got.bytes, got.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert [asked.get("range") for asked in site.asked] == [None, None]


def test_a_file_that_changed_between_two_parts_is_taken_whole_again(site, target):
    first, later = cut_file(tag='"v1"', ends=[100_000]), answer(200, b"new", ETag='"v2"')

    def page(request: BaseHTTPRequestHandler) -> None:
        (first if len(site.asked) == 1 else later)(request)

    site.pages["/a"] = page

    got = fetch(f"{site.url}/a", target, INSIDE, sleep=lambda seconds: None)

    assert target.read_bytes() == b"new"
    assert got.sha256 == hashlib.sha256(b"new").hexdigest()


def test_a_server_that_is_busy_is_asked_again_a_bounded_number_of_times(site, target):
    site.pages["/a"] = answer(503)
    slept: list[float] = []

    error = refusal(f"{site.url}/a", target, sleep=slept.append)

    assert error.code == "Unreachable"
    assert "status 503" in str(error)
    assert (len(site.asked), slept) == (5, [1.0, 2.0, 4.0, 8.0])


def test_a_transfer_that_takes_too_long_in_all_is_ended(site, target):
    site.pages["/a"] = answer(200, DATA)
    now = iter(range(0, 10**6, 1000))

    error = refusal(f"{site.url}/a", target, FetchPolicy(allow_private=True, total_s=1500), clock=lambda: next(now))

    assert error.code == "Unreachable"
    assert "1500 s" in str(error)


def test_a_host_that_does_not_exist_is_told_at_once(target):
    slept: list[float] = []

    def unknown(host):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    error = refusal("http://nowhere.example/", target, resolve=unknown, sleep=slept.append)

    assert error.code == "Unreachable"
    assert slept == []


def test_no_proxy_of_the_environment_is_used(site, target, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.pages["/a"] = answer(200, b"direct")

    fetch(f"{site.url}/a", target, INSIDE)

    assert target.read_bytes() == b"direct"


@pytest.fixture
def certificate(tmp_path):
    """A certificate for files.example that signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "files.example")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("files.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def safe_site(certificate) -> Iterator[Site]:
    site = Site()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda socket, name, context: site.names.append(name)
    yield from serve(site, context)


def test_a_secure_server_hears_the_name_and_its_certificate_is_checked_against_it(safe_site, target, certificate):
    safe_site.pages["/a"] = answer(200, b"safe")
    port = safe_site.url.rpartition(":")[2]
    trusting = FetchPolicy(allow_private=True, authorities=certificate, retries=0)
    here = {"resolve": lambda host: ["127.0.0.1"]}

    fetch(f"https://files.example:{port}/a", target, trusting, **here)
    assert target.read_bytes() == b"safe"
    assert safe_site.names == ["files.example"]
    target.unlink()

    assert "no valid certificate" in str(refusal(f"https://other.example:{port}/a", target, trusting, **here))
    assert "no valid certificate" in str(refusal(f"https://files.example:{port}/a", target, **here))
