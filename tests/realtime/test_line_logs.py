"""What is said live is kept for whoever asked for it, and for nobody else."""

import io
from dataclasses import replace
from uuid import uuid4

import frames
import httpx2
import numpy as np
import pytest
import soundfile
from websockets.frames import Opcode
from wire import PATIENCE_S, RATE, Service, frame, raw, samples, texts

from speechsmith.api.auth import KEY_HEADER
from speechsmith.services import endpoints
from waiting import until

BASE = "/speechtotext/v3.2/endpoints/base/en-US/files/logs"


@pytest.fixture
def alone(service: Service) -> Service:
    """The service for a resource without logs."""
    bench = service.bench.as_tenant(f"alone {uuid4()}")
    return replace(service, bench=bench, key=bench.tenant.key1)


def logs(service: Service, path: str = BASE) -> dict[str, bytes]:
    """All logs by their names, once all calls are over and they are kept."""
    service.hang_up()
    assert service.app.state.service.recorder.wait(PATIENCE_S)
    listed = service.rest("GET", path).json()["values"]
    return {entry["name"]: httpx2.get(entry["links"]["contentUrl"], timeout=PATIENCE_S).content for entry in listed}


def test_sound_and_transcript_are_kept_under_the_name_of_the_connection(alone):
    name = uuid4()
    caller = alone.call(
        headers={KEY_HEADER: alone.key, "X-ConnectionId": name.hex}, language="en-US", storeAudio="true"
    )

    caller.say("A1", samples(2))
    caller.until("turn.end")
    caller.say("A2", samples(2))
    caller.until("turn.end")

    kept = logs(alone)
    assert len(kept) == 4
    mine = {log.partition(".")[2]: content for log, content in kept.items() if f"__{name}." in log}
    assert set(mine) == {"wav", "v2.json"}
    sound, rate = soundfile.read(io.BytesIO(mine["wav"]), dtype="int16")
    assert (rate, sound.tobytes()) == (RATE, samples(2))
    assert b'"Thank you."' in mine["v2.json"]
    assert b'"Model"' in mine["v2.json"]


def test_nothing_is_kept_unless_it_was_asked_for(alone):
    caller = alone.call()
    caller.say("A1", samples(2))
    caller.until("turn.end")

    assert logs(alone) == {}


def test_an_endpoint_that_logs_keeps_what_is_said_to_it(alone):
    new = endpoints.NewEndpoint(labels=alone.bench.labels(), logging_enabled=True)
    endpoint = endpoints.create(alone.bench.ctx, alone.bench.me, new)
    alone.bench.work_off()
    caller = alone.call(cid=str(endpoint.id))
    caller.say("A1", samples(2))
    caller.until("turn.end")

    assert len(logs(alone, f"/speechtotext/v3.2/endpoints/{endpoint.id}/files/logs")) == 2
    assert logs(alone) == {}


@pytest.mark.parametrize(("bits", "tag"), [(8, 1), (24, 1), (32, 1), (32, 3)])
def test_sound_of_every_form_can_be_played_again(alone, bits, tag):
    said = np.frombuffer(samples(2), "<i2").astype(np.float64) / 32768
    subtype = "FLOAT" if tag == 3 else f"PCM_{'U8' if bits == 8 else bits}"
    data = io.BytesIO()
    soundfile.write(data, said, RATE, format="RAW", subtype=subtype, endian="LITTLE")
    caller = alone.call(language="en-US", storeAudio="true")
    caller.context("A1")
    caller.sound("A1", frames.wav_header(RATE, 1, bits, tag=tag), packet=44)
    caller.sound("A1", data.getvalue(), packet=3331)
    caller.end("A1")
    told = caller.until("turn.end")

    kept, rate = soundfile.read(io.BytesIO(next(sound for name, sound in logs(alone).items() if name.endswith("wav"))))

    assert texts(told) == ["Thank you."]
    assert rate == RATE
    np.testing.assert_allclose(kept, said, atol=1 / 127)


def test_what_was_said_before_a_client_vanished_is_kept(alone):
    with raw(alone, query="&storeAudio=true") as client:
        client.sendall(frame(Opcode.TEXT, frames.text("speech.context", "A1", {})))
        client.sendall(frame(Opcode.BINARY, frames.audio("A1", frames.wav_header() + samples(2) + samples(2)[:32_000])))
        heard = b""
        while b"speech.phrase" not in heard:
            heard += client.recv(1 << 16)
    until(lambda: not alone.lines.lines, seconds=PATIENCE_S)

    assert [b'"Thank you."' in content for name, content in logs(alone).items() if name.endswith("json")] == [True]


def test_a_connection_that_is_made_anew_under_its_name_overwrites_nothing(alone):
    name = uuid4()
    for sentence in (0, 2):
        headers = {KEY_HEADER: alone.key, "X-ConnectionId": name.hex}
        caller = alone.call(headers=headers, language="en-US", storeAudio="true")
        caller.say("A1", samples(sentence))
        caller.until("turn.end")

    kept = logs(alone)
    assert len({log.partition("__")[2].partition(".")[0] for log in kept}) == 2


def test_who_cannot_be_logged_is_heard_all_the_same(alone, monkeypatch, caplog):
    (alone.bench.folder / "file").touch()
    full = replace(alone.lines.ctx, scratch=alone.bench.folder / "file")
    monkeypatch.setattr(alone.lines, "ctx", full)
    caller = alone.call(language="en-US", storeAudio="true")

    caller.say("A1", samples(2))

    assert texts(caller.until("turn.end")) == ["Thank you."]
    assert "turn not logged" in caplog.text
    caplog.clear()
