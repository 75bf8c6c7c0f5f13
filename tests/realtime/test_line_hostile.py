"""Clients that send what no honest one would: each is told why, or left, and nobody else notices."""

import os
import signal
import socket
import string
import threading
from collections.abc import Callable

import frames
import numpy as np
import pytest
from websockets.frames import Opcode
from wire import PATIENCE_S, SILENCE, Service, children, frame, raw, samples, served, texts

from speechsmith.api import server as transport
from speechsmith.api import websockets
from speechsmith.realtime import server
from waiting import until

LETTERS = string.ascii_lowercase
WIDE = frames.wav_header(48_000, 8, 32)
MEBIBYTE = bytes(1 << 20)
WIDE_BYTES = 48_000 * 8 * 4  # of a second


def test_who_speaks_as_usual_is_heard(service):
    """What the others in this file are compared with."""
    still_heard(service)


def still_heard(service: Service) -> None:
    caller = service.call("interactive")
    caller.say("A1", samples(2))
    assert texts(caller.until("turn.end")) == ["Thank you."]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("Hello.", "empty line"),
        ("X-RequestId:A1\r\n\r\n{}", "Path"),
        (b"", "two bytes"),
        (b"\xff\xffPath:audio", "two bytes"),
        (frames.binary("X-A:" + "a" * 5000), "4096"),
        ("Path:speech.context\r\nX-RequestId:" + "a" * 200 + "\r\n\r\n{}", "X-RequestId"),
        ("Path:speech.context\r\nX-RequestId:a\0b\r\n\r\n{}", "printable"),
        ("Path:speech.context\r\nX-RequestId:ä\r\n\r\n{}", "printable"),
        ("Path:speech.context\r\n\r\n{}", "X-RequestId"),
        (frames.text("speech.context", "A1")[:-4] + "\r\n\r\n[]", "object"),
        (frames.text("speech.context", "A1", {})[:-2] + "[" * 100_000, "JSON"),
        (frames.text("speech.context", "A1", {})[:-2] + '{"a":' * 100_000, "JSON"),
        (frames.text("speech.context", "A1", {"dgi": {"Groups": [{"Items": [{}] * 400_000}]}}), "5,000"),
        (frames.text("speech.context", "A1", {"dgi": {"Groups": [{}] * 400_000}}), "5,000"),
        (frames.text("speech.context", "A1", {"dgi": {"Groups": [{"Items": [{"Text": "a"}] * 4_000}] * 2}}), "5,000"),
        (frames.text("speech.context", "A1", {str(n): n for n in range(100_000)}), "5,000"),
        (frames.text("speech.context", "A1", {"dgi": {"Groups": [{"Items": [{"Text": "a" * 300}]}]}}), "200"),
        (frames.text("speech.context", "A1", {"dgi": {"bias": "1e999"}}), "weight"),
        (frames.text("speech.context", "A1", {"phraseDetection": {"mode": "x" * 5000}}), "mode is one of"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(service, sent, why):
    caller = service.call()

    caller.socket.send(sent)
    code, reason = caller.closed()

    assert code == 1007
    assert why in reason
    still_heard(service)


@pytest.mark.parametrize(
    ("rate", "channels", "bits", "tag"),
    [
        (0, 1, 16, 1),
        (2**28, 1, 16, 1),
        (385_000, 1, 16, 1),
        (16_000, 0, 16, 1),
        (16_000, 4096, 16, 1),
        (16_000, 1, 0, 1),
        (16_000, 1, 17, 1),
        (16_000, 1, 64, 3),
        (16_000, 1, 8, 7),
    ],
)
def test_sound_of_an_absurd_form_is_refused(service, rate, channels, bits, tag):
    caller = service.call()
    caller.context("A1")

    caller.socket.send(frames.audio("A1", frames.wav_header(rate, channels, bits, tag=tag) + SILENCE, "audio/x-wav"))

    assert caller.closed()[0] == 1007


@pytest.mark.parametrize(("rate", "channels"), [(4_001, 1), (383_987, 1), (11_025, 7)])
def test_sound_of_an_odd_form_is_heard_to_its_end(service, rate, channels):
    caller = service.call()
    caller.context("A1")
    header = frames.wav_header(rate, channels, 32, tag=3)

    caller.socket.send(frames.audio("A1", header + np.full(rate * channels, np.nan, "<f4").tobytes(), "audio/x-wav"))
    caller.end("A1")

    told = caller.until("turn.end")
    assert told[-2].body["RecognitionStatus"] == "EndOfDictation"
    assert told[-2].body["Offset"] == 10_000_000


def test_five_thousand_long_phrases_are_taken_and_the_others_go_on(service):
    names = [f"bo{first}a{then}e{last}a" for first in LETTERS for then in LETTERS for last in LETTERS]
    words = [{"Text": " ".join(names[number : number + 15])} for number in range(5000)]
    caller = service.call("interactive")

    caller.say("A1", samples(2), dgi={"Groups": [{"Type": "Generic", "Items": words}]})
    still_heard(service)

    assert texts(caller.until("turn.end")) == ["Thank you."]


def test_messages_in_fragments_are_whole_messages(service):
    with raw(service, "interactive") as client:
        context = frames.text("speech.context", "A1", {}).encode()
        client.sendall(frame(Opcode.TEXT, context[:5], fin=False))
        for at in range(5, len(context), 7):
            client.sendall(frame(Opcode.CONT, context[at : at + 7], fin=False) + frame(Opcode.PING, b"?"))
        client.sendall(frame(Opcode.CONT, b""))
        client.sendall(frame(Opcode.BINARY, frames.audio("A1")))
        heard = b""
        while b"turn.end" not in heard:
            heard += client.recv(1 << 16)

    assert b"Path:turn.start" in heard
    assert b"\x8a\x01?" in heard


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(Opcode.TEXT, b"Path:a\r\n\r\n\xff\xfe"), 1007),
        (frame(Opcode.TEXT, "ä".encode()[:1], fin=False) + frame(Opcode.CONT, b""), 1007),
        (frame(Opcode.BINARY, bytes(1 << 21) + b"x"), 1009),
        (
            b"".join(
                [frame(Opcode.BINARY, bytes(1 << 20), fin=False), *[frame(Opcode.CONT, bytes(1 << 20), fin=False)] * 2]
            ),
            1009,
        ),
        (b"\xc1" + frame(Opcode.TEXT, "Path:a\r\n\r\n")[1:], 1002),  # compressed
        (b"\x81\x0aPath:a\r\n\r\n", 1002),
        (frame(Opcode.CONT, b"x"), 1002),
        (b"\x83\x80abcd", 1002),
        (b"\x89\xfe\x00\x7eabcd" + bytes(126), 1002),
        (frame(Opcode.TEXT, b"P", fin=False) + frame(Opcode.CONT, b"", fin=False) * 5000, 1008),
        (frame(Opcode.PING, b"") * 5000, 1008),
    ],
)
def test_a_breach_of_the_websocket_itself_closes_it_with_the_code_for_it(service, sent, code):
    with raw(service) as client:
        threading.Thread(target=send, args=(client, sent), daemon=True).start()
        heard = b""
        while True:
            try:
                data = client.recv(1 << 16)
            except ConnectionResetError:
                break
            if not data:
                break
            heard += data

    assert b"\x88" in heard
    assert code.to_bytes(2, "big") in heard[heard.rindex(b"\x88") :]
    still_heard(service)


def send(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError:
        return


def test_a_client_that_asks_and_never_listens_keeps_no_memory_here_and_is_cut_off(fresh, monkeypatch):
    monkeypatch.setattr(server, "SLOW_S", 0.2)
    monkeypatch.setattr(websockets, "MOST_EMPTY_FRAMES", 10**9)
    monkeypatch.setattr(websockets, "LEAVE_S", 0.2)
    with raw(fresh) as client:
        client.sendall(frame(Opcode.PING, b"x" * 125) * 100_000)
        (connection,) = fresh.connections
        kept = connection.transport.get_write_buffer_size()
        client.sendall(frame(Opcode.TEXT, frames.text("speech.context", "A1", {})) * 3)
        until(lambda: not fresh.lines.lines, seconds=PATIENCE_S)
        until(lambda: connection not in fresh.connections, seconds=PATIENCE_S)

    assert kept < 1 << 20
    still_heard(fresh)


def test_who_sends_faster_than_he_is_heard_waits_and_is_not_taken_for_dead(loud, quiet, monkeypatch, listener):
    monkeypatch.setattr(transport, "PING_S", 0.2)
    with served(loud) as service:
        caller = service.call()
        caller.context("A1")
        caller.sound("A1", WIDE, packet=1 << 20)
        caller.sound("A1", bytes(WIDE_BYTES))
        pid = listener()
        os.kill(pid, signal.SIGSTOP)
        try:
            flood = threading.Thread(
                target=caller.sound, args=("A1", bytes(30 * WIDE_BYTES)), kwargs={"packet": 1 << 18}
            )
            flood.start()
            flood.join(3.0)
            is_held = flood.is_alive()
        finally:
            os.kill(pid, signal.SIGCONT)
        flood.join(PATIENCE_S)
        caller.end("A1")

        assert is_held
        assert caller.until("turn.end")[-2].body["Offset"] == 31 * 10_000_000


@pytest.fixture
def listener() -> Callable[[], int]:
    """Finds the one listening process that was started in this test."""
    before = set(children("decoding.ears"))

    def found() -> int:
        until(lambda: set(children("decoding.ears")) - before, seconds=PATIENCE_S)
        (one,) = set(children("decoding.ears")) - before
        return one

    return found


def test_who_waits_to_be_heard_is_told_when_nobody_will(fresh, listener):
    caller = fresh.call()
    caller.context("A1")
    caller.sound("A1", samples(2), first=True)
    caller.until("speech.phrase")
    pid = listener()
    os.kill(pid, signal.SIGSTOP)
    caller.sound("A1", SILENCE * 15, packet=64_000)

    os.kill(pid, signal.SIGKILL)
    code, reason = caller.closed()

    assert code == 1011
    assert "killed by SIGKILL" in reason
    until(lambda: not fresh.lines.lines, seconds=PATIENCE_S)
    still_heard(fresh)


def test_much_more_than_a_phrase_at_once_ends_a_turn_and_not_the_session(service):
    caller = service.call("interactive")
    for turn in ("A1", "A2"):
        caller.context(turn)
        caller.sound(turn, samples(2) + SILENCE * 30, first=True, packet=1 << 20)

        assert texts(caller.until("turn.end")) == ["Thank you."]


def test_who_vanishes_in_mid_turn_leaves_nothing_behind(service):
    for _ in range(3):
        with raw(service) as client:
            client.sendall(frame(Opcode.TEXT, frames.text("speech.context", "A1", {})))
            client.sendall(frame(Opcode.BINARY, frames.audio("A1", frames.wav_header() + samples(2)[:64_000])))
            until(lambda: service.lines.speaking == 1, seconds=PATIENCE_S)

    until(lambda: not service.lines.lines, seconds=PATIENCE_S)
    still_heard(service)


def test_who_does_not_answer_a_ping_is_gone_and_who_does_stays(loud, quiet, monkeypatch):
    monkeypatch.setattr(transport, "PING_S", 0.1)
    monkeypatch.setattr(websockets, "LEAVE_S", 0.1)
    with served(loud) as service:
        honest = service.call()
        with raw(service):
            assert len(service.lines.lines) == 2
            until(lambda: len(service.lines.lines) == 1, seconds=PATIENCE_S)
            until(lambda: len(service.connections) == 1, seconds=PATIENCE_S)

        honest.say("A1", samples(2))
        assert texts(honest.until("turn.end")) == ["Thank you."]


def test_who_says_nothing_for_too_long_is_told_so(service, monkeypatch):
    monkeypatch.setattr(server, "IDLE_S", 0.1)
    caller = service.call()

    code, reason = caller.closed()

    assert code == 1001
    assert "too long" in reason
