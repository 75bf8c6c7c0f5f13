"""Posting to an address of a user's: where it goes, where it does not, and what receivers do to it."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.net.post import check_receiver, post

INSIDE = FetchPolicy(allow_private=True, timeout_s=5, total_s=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"


def received(client: socket.socket) -> bytes:
    """What has come of a request that is not over."""
    more = client.recv(65536)
    assert more, "the request ends too early"
    return more


def request(client: socket.socket) -> bytes:
    """All of a request, in however many packets it comes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(client)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(body) < length:
        body += received(client)
    return head + b"\r\n\r\n" + body


@contextmanager
def receiver(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A receiver of one request, whose answer is written by hand; its URL, and what it was sent."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            client, _ = server.accept()
            with client:
                got.append(request(client))
                answer(client)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", got
        thread.join(10)
        assert not thread.is_alive()


def says(data: bytes) -> Callable[[socket.socket], None]:
    return lambda client: client.sendall(data)


def refusal(url: str, policy: FetchPolicy = INSIDE, **how) -> FetchError:
    with pytest.raises(FetchError) as caught:
        post(url, b"{}", {}, policy, **how)
    return caught.value


@pytest.mark.parametrize("size", [b"-5", b"zz", b"f" * 40])
def test_a_body_that_cannot_be_read_leaves_the_status(size):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\nabc\r\n0\r\n\r\n"

    with receiver(says(chunked)) as (url, _):
        assert post(url, b"{}", {}, INSIDE).status == 200


def test_the_body_and_the_headers_arrive_as_they_are():
    with receiver(says(OK)) as (url, got):
        answer = post(f"{url}/a b?x=1", b'{"a":1}', {"Content-Type": "application/json", "X-Event": "Ping"}, INSIDE)

    head, _, body = got[0].partition(b"\r\n\r\n")
    assert (answer.status, answer.body) == (200, b"done")
    assert head.startswith(b"POST /a%20b?x=1 HTTP/1.1\r\n")
    assert b"\r\nX-Event: Ping" in head
    assert b"\r\nContent-Length: 7" in head
    assert body == b'{"a":1}'


def test_a_redirect_is_an_answer_and_is_not_followed():
    with receiver(says(b"HTTP/1.1 307 No\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as (url, _):
        assert post(url, b"", {}, INSIDE).status == 307


def test_no_more_of_an_answer_is_read_than_asked_for():
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 5000

    with receiver(says(endless)) as (url, _):
        assert post(url, b"", {}, INSIDE, most_bytes=10).body == b"x" * 10


def test_a_receiver_that_never_answers_is_left_in_time():
    quick = FetchPolicy(allow_private=True, total_s=0.2)

    with receiver(lambda client: client.recv(1)) as (url, _):
        error = refusal(url, quick)

    assert (error.code, str(error)) == ("Timeout", "127.0.0.1 did not answer within 0.2 s.")


def test_a_receiver_that_drips_is_left_in_time():
    quick = FetchPolicy(allow_private=True, total_s=0.3)

    def drip(client: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(2000):
                client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                threading.Event().wait(0.01)

    with receiver(drip) as (url, _):
        error = refusal(url, quick)

    assert error.code == "Timeout"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"nonsense\r\n\r\n"])
def test_a_receiver_that_hangs_up_is_told_of(answer):
    with receiver(says(answer)) as (url, _):
        error = refusal(url)

    assert (error.code, str(error)) == ("Unreachable", "127.0.0.1 closed the connection without an answer.")


def test_nobody_there_is_told_of():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    error = refusal(f"http://127.0.0.1:{port}/")

    assert (error.code, str(error)) == ("Unreachable", "Nothing could be sent: no connection to 127.0.0.1.")


def test_the_name_is_resolved_once_and_the_connection_goes_to_that_address():
    answers = iter([["127.0.0.1"]])

    with receiver(says(OK)) as (url, got):
        port = url.rpartition(":")[2]
        post(f"http://hooks.example:{port}/", b"", {}, INSIDE, resolve=lambda host: next(answers))

    assert f"Host: hooks.example:{port}".encode() in got[0]


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/"),
        *("http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest", "http://168.63.129.16/"),
    ],
)
def test_private_addresses_are_refused_before_and_at_the_post(url):
    assert refusal(url, FetchPolicy()).code == "PrivateAddress"
    with pytest.raises(FetchError) as caught:
        check_receiver(url, FetchPolicy())
    assert caught.value.code == "PrivateAddress"


def test_a_name_that_is_public_when_checked_and_private_when_posted_to_is_refused():
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    check_receiver("http://hooks.example/", FetchPolicy(), resolve=lambda host: next(answers))
    error = refusal("http://hooks.example/", FetchPolicy(), resolve=lambda host: next(answers))

    assert error.code == "PrivateAddress"


@pytest.mark.parametrize("url", ["", "hook", "ftp://h/", "http://", "http://u:p@h/", "http://h/\r\nX: y"])
def test_what_is_no_link_is_refused(url):
    with pytest.raises(FetchError) as caught:
        check_receiver(url, INSIDE)
    assert caught.value.code == "InvalidUri"


@pytest.mark.parametrize("errno", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_a_name_that_nobody_knows_yet_passes_the_check_and_fails_at_the_post(errno):
    def unknown(host: str) -> list[str]:
        raise socket.gaierror(errno, "x")

    check_receiver("http://hooks.example/", FetchPolicy(), resolve=unknown)

    assert refusal("http://hooks.example/", FetchPolicy(), resolve=unknown).code == "Unreachable"
