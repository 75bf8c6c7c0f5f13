"""How the sound of short audio comes: in which form, in which pieces, and how early a request is refused."""

import asyncio
import io
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
import uvicorn
from caller import Api
from uvicorn.server import ServerState

from bench import speech, wav
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.server import BoundedHttp, bind

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
SAMPLES = soundfile.read(io.BytesIO(speech(2)), dtype="float32")[0]


def said(api: Api, content: bytes, media: str = "") -> str:
    headers = {"Content-Type": media} if media else {}
    answer = api.call("POST", PATH, params={"language": "en-US"}, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json().get("DisplayText", "")


def encoded(form: str, subtype: str, samples: np.ndarray = SAMPLES, rate_hz: int = 16_000) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate_hz, format=form, subtype=subtype)
    return out.getvalue()


def muxed(name: str, codec: str) -> bytes:
    """The voice as FFmpeg writes it, at 48 kHz."""
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg cannot write {codec}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=48_000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(SAMPLES[None], format="fltp", layout="mono")
            frame.sample_rate = 16_000
            context = stream.codec_context
            resampler = av.AudioResampler(context.format, "mono", 48_000, context.frame_size)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(piece))
            container.mux(stream.encode(None))
        return path.read_bytes()


@pytest.mark.parametrize(
    ("form", "subtype", "media"),
    [
        ("WAV", "PCM_16", "audio/wav; codecs=audio/pcm; samplerate=16000"),
        ("WAV", "PCM_24", "audio/wav"),
        ("WAV", "FLOAT", ""),
        ("WAV", "ULAW", "audio/basic"),
        ("OGG", "OPUS", "audio/ogg; codecs=opus"),
        ("OGG", "VORBIS", "audio/ogg"),
        ("FLAC", "PCM_16", "audio/flac"),
        ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
        ("AIFF", "PCM_16", "application/octet-stream"),
        ("FLAC", "PCM_16", "audio/wav"),  # the bytes count, and not what they are called
    ],
)
def test_whatever_can_be_decoded_is_recognized(sqlite_api, form, subtype, media):
    assert said(sqlite_api, encoded(form, subtype), media) == "Thank you."


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libopus"), ("a.m4a", "aac"), ("a.mka", "libopus")])
def test_what_browsers_and_telephones_record_is_recognized(sqlite_api, name, codec):
    assert said(sqlite_api, muxed(name, codec)) == "Thank you."


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_other_rates_and_two_channels_are_brought_to_one_of_16_khz(sqlite_api, rate_hz):
    samples = soxr.resample(SAMPLES, 16_000, rate_hz)

    assert said(sqlite_api, encoded("WAV", "PCM_16", samples, rate_hz)) == "Thank you."
    assert said(sqlite_api, encoded("WAV", "PCM_16", np.stack([samples] * 2, axis=1), rate_hz)) == "Thank you."


@pytest.mark.parametrize("length", [0, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_who_sends_while_he_records_need_not_know_the_length_of_his_wav(sqlite_api, length):
    content = bytearray(speech(2))
    struct.pack_into("<I", content, 4, length)
    struct.pack_into("<I", content, content.index(b"data") + 4, length)

    assert said(sqlite_api, bytes(content)) == "Thank you."


# on the line


def heard(api: Api, head: bytes, pieces: Sequence[bytes], *, waits: bool = True) -> bytes:
    """What a client hears that sends a head and, once it is told to go on, the pieces; the service listens on a socket.

    A client that does not wait sends them at once.
    """
    config = uvicorn.Config(api.app, log_config=None, lifespan="off")

    async def converse() -> bytes:
        listener = bind("127.0.0.1", 0)
        made = lambda: BoundedHttp(config, ServerState(), {})  # noqa: E731
        async with await asyncio.get_running_loop().create_server(made, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(head)
            first = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30) if waits else GO_ON
            if first == GO_ON:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
            rest = await asyncio.wait_for(reader.read(), 30)
            writer.close()
            return (first if waits else b"") + rest

    return api.runner.run(converse())


def head(key: str, query: str, *more: str) -> bytes:
    lines = [f"POST {PATH}?{query} HTTP/1.1", "Host: x", f"{KEY_HEADER}: {key}", "Connection: close", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def chunks(content: bytes, size: int) -> list[bytes]:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return [*(b"%x\r\n%s\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]


CHUNKED = "Transfer-Encoding: chunked"
EXPECTS = "Expect: 100-continue"


@pytest.mark.parametrize("size", [641, 3_200, 100_000])
def test_audio_that_comes_in_chunks_is_asked_for_and_recognized_as_in_one_piece(sqlite_api, size):
    key = sqlite_api.headers[KEY_HEADER]

    told = heard(sqlite_api, head(key, "language=en-US", CHUNKED, EXPECTS), chunks(speech(2), size))

    assert told.startswith(GO_ON + b"HTTP/1.1 200 OK\r\n")
    assert b'"DisplayText":"Thank you."' in told


def test_who_sends_chunks_without_asking_is_answered_all_the_same(sqlite_api):
    key = sqlite_api.headers[KEY_HEADER]

    told = heard(sqlite_api, head(key, "language=en-US", CHUNKED), chunks(speech(2), 3_200), waits=False)

    assert told.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"DisplayText":"Thank you."' in told


@pytest.mark.parametrize(
    ("query", "more", "status"),
    [
        ("", (), 400),
        ("language=fr-FR", (), 400),
        ("cid=x", (), 400),
        ("language=en-US&format=long", (), 400),
        ("language=en-US&profanity=some", (), 400),
        ("language=en-US&wordLevelTimestamps=yes", (), 400),
        ("language=en-US&storeAudio=yes", (), 400),
        ("language=en-US&phrases=a&phrasesWeight=9", (), 400),
        ("language=en-US", ("Pronunciation-Assessment: e30=",), 400),
        ("language=en-US", ("Content-Encoding: gzip",), 415),
    ],
)
def test_who_will_be_refused_is_not_asked_for_his_audio(sqlite_api, query, more, status):
    key = sqlite_api.headers[KEY_HEADER]

    told = heard(sqlite_api, head(key, query, CHUNKED, EXPECTS, *more), [])

    assert told.startswith(b"HTTP/1.1 %d " % status)
    assert GO_ON not in told


def test_who_has_a_wrong_key_is_not_asked_for_his_audio(sqlite_api):
    told = heard(sqlite_api, head("wrong", "language=en-US", CHUNKED, EXPECTS), [])

    assert told.startswith(b"HTTP/1.1 401 ")


def test_what_is_more_than_all_audio_may_be_is_not_asked_for(sqlite_api):
    length = f"Content-Length: {65 << 20}"

    told = heard(sqlite_api, head(sqlite_api.headers[KEY_HEADER], "language=en-US", length, EXPECTS), [])

    assert told.startswith(b"HTTP/1.1 413 ")


def test_a_recording_of_nothing_but_a_header_is_refused_with_its_code(sqlite_api):
    refused = sqlite_api.call("POST", PATH, params={"language": "en-US"}, content=wav(np.zeros(0)))

    assert (refused.status_code, refused.json()["innerError"]["code"]) == (400, "EmptyAudio")
