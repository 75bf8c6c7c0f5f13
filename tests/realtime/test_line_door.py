"""Who may come in, and how everybody else is refused: before the WebSocket is one, so that an SDK shows why."""

import socket
from contextlib import contextmanager
from typing import Any

import frames
import pytest
from websockets.exceptions import InvalidStatus
from wire import PATIENCE_S, SILENCE, Service, samples

from speechsmith.api.auth import KEY_HEADER
from speechsmith.domain.endpoints import Endpoint
from speechsmith.realtime import server
from speechsmith.services import endpoints

HEAD = "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
SOCKET = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
LIVE = "/speech/recognition/conversation/cognitiveservices/v1"


def refused(service: Service, *given: Any, **how: Any) -> tuple[int, str]:
    """The status and the text of a refusal."""
    with pytest.raises(InvalidStatus) as error:
        service.call(*given, **how)
    answer = error.value.response
    assert answer.headers.get("Retry-After") == ("5" if answer.status_code in (429, 503) else None)
    return answer.status_code, (answer.body or b"").decode()


def token(service: Service, **query: str) -> str:
    return service.rest("POST", "/sts/v1.0/issueToken", params=query).text


def deployed(service: Service, model: Any = None) -> Endpoint:
    new = endpoints.NewEndpoint(labels=service.bench.labels(), model_id=model)
    made = endpoints.create(service.bench.ctx, service.bench.me, new)
    service.bench.work_off()
    return made


@contextmanager
def raw(service: Service, *parts: str | bytes) -> Any:
    """A connection of a client that is no WebSocket's, with these bytes sent."""
    with socket.create_connection(service.address, timeout=PATIENCE_S) as client:
        for part in parts:
            client.sendall(part.encode() if isinstance(part, str) else part)
        yield client


def everything(client: socket.socket) -> bytes:
    """What is answered until the service closes, which it must."""
    heard = b""
    try:
        while data := client.recv(1 << 16):
            heard += data
    except ConnectionResetError:
        pass
    return heard


def test_keys_and_tokens_open_the_door_in_a_header_and_in_the_query(service):
    bearer = f"Bearer {token(service)}"

    for headers, query in (
        ({KEY_HEADER: service.key}, {}),
        ({}, {KEY_HEADER: service.key}),
        ({"Authorization": bearer}, {}),
        ({}, {"Authorization": bearer}),
    ):
        caller = service.call(headers=headers, language="en-US", **query)
        caller.say("A1", b"")
        assert caller.until("turn.end")[0].path == "turn.start"


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({KEY_HEADER: "0" * 32}, {}, 401),
        ({KEY_HEADER: "é"}, {}, 401),
        ({}, {KEY_HEADER: "0" * 32}, 401),
        ({}, {}, 403),
        ({"Authorization": "Bearer x.y.z"}, {}, 401),
        ({}, {"Authorization": "Bearer "}, 401),
        ({}, {"Authorization": "Basic eDp5"}, 403),
    ],
)
def test_who_shows_nothing_good_is_refused(service, headers, query, status):
    assert refused(service, headers=headers, language="en-US", **query)[0] == status


def test_a_token_of_another_scope_does_not_listen(service):
    managing = token(service, scope="speechservicesmanagement")

    assert refused(service, headers={"Authorization": f"Bearer {managing}"})[0] == 401


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"language": "xx-XX"}, "locale"),
        ({"language": "en-US", "format": "loud"}, "format is one of"),
        ({"language": "en-US", "profanity": "x" * 900}, "profanity is one of"),
        ({"language": "en-US", "initialSilenceTimeoutMs": "soon"}, "is a number"),
        ({"language": "en-US", "endSilenceTimeoutMs": "nan"}, "from 100 to 10,000"),
        ({"cid": "none"}, "cid, the id of an endpoint, is none: 'none'"),
        ({"cid": "00000000-0000-4000-8000-000000000000"}, "endpoint"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_in_one_line(service, query, named):
    status, said = refused(service, **query)

    assert status == 400
    assert named.lower() in said.lower()
    assert len(said) < 250
    assert "\n" not in said


def test_endpoints_of_others_and_suspended_ones_answer_nobody(service):
    mine = deployed(service)
    stranger = service.bench.as_tenant("stranger").tenant.key1
    assert refused(service, headers={KEY_HEADER: stranger}, cid=str(mine.id))[0] == 400

    endpoints.suspend(service.bench.ctx, service.bench.me, mine.id)
    status, said = refused(service, cid=str(mine.id))

    assert status == 400
    assert "suspended" in said


def test_nobody_listens_elsewhere(service):
    for path in ("/foo/bar", "/speech/recognition/loud/cognitiveservices/v1", "/", "/healthz"):
        assert refused(service, path=path)[0] == 404
    assert refused(service, path="/foo/bar", headers={})[0] == 403


def test_the_subprotocol_of_the_sdk_is_taken_and_no_other_is(service):
    for offered, taken in ((["USP"], "USP"), (None, None), (["other"], None), (["other", "USP"], "USP")):
        assert service.call(options={"subprotocols": offered}).socket.subprotocol == taken


def test_no_more_speak_than_the_machine_hears(service, monkeypatch):
    monkeypatch.setattr(service.lines, "most", 1)
    late, first = service.call(), service.call()
    late.context("L1")
    first.context("F1")
    first.sound("F1", samples(2)[:32_000], first=True)
    first.until("speech.startDetected")

    status, said = refused(service)
    late.socket.send(frames.audio("L1", frames.wav_header() + SILENCE, "audio/x-wav"))

    assert status == 429
    assert "connect again later" in said
    assert late.closed() == (4429, said)
    metrics = service.rest("GET", "/metrics").text
    assert 'speechsmith_live_streams{state="speaking"} 1.0' in metrics
    assert 'speechsmith_live_streams{state="connected"} ' in metrics
    first.end("F1")
    assert first.until("turn.end")


def test_turns_without_sound_take_nobody_s_place(service, monkeypatch):
    monkeypatch.setattr(service.lines, "most", 1)
    silent = [service.call() for _ in range(3)]
    for number, caller in enumerate(silent):
        caller.context(f"S{number}")

    caller = service.call()
    caller.say("A1", samples(2))

    assert caller.until("turn.end")[-1].id == "A1"


def test_one_resource_cannot_take_all_places_nor_all_lines(service, monkeypatch):
    settings = service.bench.limited(most_live_streams_each=1).ctx
    monkeypatch.setattr(service.lines, "ctx", settings)
    monkeypatch.setattr(server, "MOST_LINES", 4)
    other = {KEY_HEADER: service.bench.as_tenant("other").tenant.key1}
    mine = service.call()
    mine.context("M1")
    mine.sound("M1", samples(2)[:32_000], first=True)
    mine.until("speech.startDetected")

    assert refused(service)[0] == 429
    mine.end("M1")
    mine.until("turn.end")
    service.call()
    assert "connections" in refused(service)[1]
    service.call(headers=other).say("O1", b"")
    service.call(headers=other)
    assert refused(service, headers=other)[0] == 429


def test_a_service_that_stops_takes_nobody(fresh):
    idle = fresh.call()
    fresh.loop.call_soon_threadsafe(fresh.lines.stop)

    code, reason = idle.closed()

    assert code == 1001
    assert "stopping" in reason
    assert refused(fresh)[0] == 503


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("GET", "POST") + SOCKET + "\r\n",
        HEAD + SOCKET + "Content-Length: 5\r\n\r\nhello",
        HEAD + SOCKET + "X-A: a\r\n" * 200 + "\r\n",
        HEAD + SOCKET + f"X-A: {'a' * 20_000}\r\n\r\n",
        HEAD.replace("{path}", "{path}?language=" + "a" * 20_000) + SOCKET + "\r\n",
        HEAD.replace("{path}", "{path}?language=é") + SOCKET + "\r\n",
        HEAD + SOCKET.replace("13", "8") + "\r\n",
        HEAD + "\r\n",
        HEAD + SOCKET + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        HEAD + SOCKET + "X-A: \x01\r\n\r\n",
    ],
)
def test_a_handshake_that_is_none_is_answered_and_left(service, head):
    with raw(service, head.format(path=LIVE, host="here")) as client:
        assert b" 101 " not in everything(client)


@pytest.mark.parametrize("host", ["[", "a/../dictation?", "x@y:z", "é"])
def test_whatever_a_client_calls_the_host_it_is_heard_as_its_path_says(service, host):
    head = HEAD.format(path=f"{LIVE}?language=en-US", host=host) + SOCKET + f"{KEY_HEADER}: {service.key}\r\n\r\n"
    with raw(service, head) as client:
        assert client.recv(1 << 16).startswith((b"HTTP/1.1 101 ", b"HTTP/1.1 400 "))


def test_who_leaves_while_he_is_let_in_leaves_no_fault(service):
    for _ in range(20):
        head = HEAD.format(path=f"{LIVE}?language=en-US", host="x") + SOCKET + f"{KEY_HEADER}: {service.key}\r\n\r\n"
        with raw(service, head):
            pass

    service.hang_up()
    assert service.lines.speaking == 0


def test_hundreds_of_connections_that_show_no_key_keep_nobody_out(service):
    many = [socket.create_connection(service.address) for _ in range(300)]
    try:
        for client in many[::2]:
            client.sendall(HEAD.format(path=LIVE, host="x").encode())
        caller = service.call()
        caller.say("A1", b"")
        assert caller.until("turn.end")
    finally:
        for client in many:
            client.close()
