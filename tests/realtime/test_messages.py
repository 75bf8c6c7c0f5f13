"""The framing, section 2 of the wire protocol: lenient towards clients, strict in what is sent."""

from contextlib import suppress

import pytest
from frames import audio, binary, text
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.realtime import messages
from speechsmith.realtime.messages import MOST_BYTES, MOST_HEADER_BYTES, MOST_REASON_BYTES, ProtocolError, parse

ID = "2B3C4D5E6F708192A3B4C5D6E7F80910"


def test_a_text_message_has_headers_and_a_body():
    message = parse(text("speech.context", ID, {"a": 1}))

    assert (message.path, message.request_id, message.body) == ("speech.context", ID, b'{"a":1}')
    assert not message.is_binary


def test_a_binary_message_has_headers_and_bytes():
    message = parse(audio(ID, b"\0\r\n\r\n\xff", "audio/x-wav"))

    assert (message.path, message.request_id, message.body) == ("audio", ID, b"\0\r\n\r\n\xff")
    assert message.headers["content-type"] == "audio/x-wav"
    assert message.is_binary


@pytest.mark.parametrize(
    "frame",
    [
        "path: audio\nx-requestid:\tab  \n\n",  # the JavaScript SDK writes a blank behind the colon
        "PATH:Audio\r\nX-REQUESTID:ab\r\n\r\n",
        "Path:audio\nX-RequestId:ab\r\n\nbody",
        binary("Path: audio\r\nX-RequestId: ab"),
        binary("Path: audio\nX-RequestId: ab\n\n", b"body"),
    ],
)
def test_names_have_any_case_values_are_trimmed_and_lines_end_as_they_like(frame):
    message = parse(frame)

    assert (message.path, message.request_id) == ("audio", "ab")


def test_an_id_is_kept_letter_by_letter():
    for id in (ID, ID.lower(), "2b3c4d5e-6f70-8192"):
        assert parse(text("telemetry", id)).request_id == id


def test_a_message_need_not_have_an_id():
    assert parse(text("speech.config", None)).request_id == ""


def test_a_value_may_have_colons():
    assert parse("Path:x\nX-Timestamp:2026-01-01T00:00:00.000Z\n\n").headers["x-timestamp"].endswith(":00.000Z")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "empty line"),
        ("Path:audio\r\n", "empty line"),
        ("X-RequestId:a\r\n\r\n", "no header Path"),
        ("Path:\r\n\r\n", "no header Path"),
        ("Path\r\n\r\n", "a line like"),
        (":audio\r\n\r\n", "a line like"),
        ("Path:áudio\r\n\r\n", "printable ASCII"),
        ("Path:audio\0\r\n\r\n", "printable ASCII"),
        ("Path:a\rb\r\n\r\n", "printable ASCII"),
        (f"Path:a\r\nX-RequestId:{'a' * 129}\r\n\r\n", "at most 128"),
        (f"Path:a\r\nX-Long:{'a' * MOST_HEADER_BYTES}\r\n\r\n", "at most 4096 bytes"),
        (b"", "two bytes"),
        (b"\0", "two bytes"),
        (b"\0\0", "no header Path"),
        (b"\0\x40Path:audio\r\n", "two bytes"),
        (binary("Path:audio\r\nX-Long:" + "a" * MOST_HEADER_BYTES), "not 4115"),
        (binary("Path:ÿ\r\n"), "printable ASCII"),
        (b"\0" * (MOST_BYTES + 1), "at most 2,097,152"),
    ],
)
def test_a_malformed_message_is_refused_with_the_reason(frame, reason):
    with pytest.raises(ProtocolError, match=reason) as refusal:
        parse(frame)

    assert refusal.value.code == 1007
    assert len(str(refusal.value).encode()) <= MOST_REASON_BYTES


@given(st.one_of(st.text(), st.binary(), st.binary().map(lambda rest: b"\0\x0cPath:audio\r\n" + rest)))
def test_no_frame_raises_anything_else(frame):
    with suppress(ProtocolError):
        assert parse(frame).path


def test_what_is_sent_is_what_the_strictest_client_takes():
    sent = messages.text("turn.end", ID, {})

    assert sent == f"Path:turn.end\r\nX-RequestId:{ID}\r\nContent-Type:application/json; charset=utf-8\r\n\r\n{{}}"


@given(st.text(), st.sampled_from(["", "é", "日"]))
def test_a_reason_fits_into_a_close_frame(reason, more):
    clipped = messages.clipped(reason + more * 100)

    assert len(clipped.encode()) <= MOST_REASON_BYTES
    assert clipped == reason + more * 100 or clipped.endswith("...")


def test_a_reason_that_is_no_text_can_be_sent():
    assert messages.clipped("\ud800") == "?"
    assert parse("Path:a\n\n\ud800").body == b"?"
