"""The same sound gives the same text, whichever way it comes in, and however its bytes arrive."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from web import serving

from .client import SECOND
from .sounds import in_a_row

pytestmark = pytest.mark.slow

PACKETS_MS = (20, 100, 1000)
NEAR = SECOND // 1000

FRAME = 320_000  # ticks: phrases end on frames of the voice detector, that a client may go on there


def short_audio(service, file: Path) -> dict[str, Any]:
    """The answer to a file in one request."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=60)
    connection.request(
        "POST",
        "/speech/recognition/conversation/cognitiveservices/v1?language=en-US&format=detailed",
        body=file.read_bytes(),
        headers={"Ocp-Apim-Subscription-Key": service.key, "Content-Type": "audio/wav"},
    )
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


@pytest.fixture
def batch(service, tmp_path) -> Iterator[Callable[[Path], list[dict[str, Any]]]]:
    """The phrases of the transcription of a file."""
    with serving(Path(os.sep)) as url:
        yield lambda file: transcribed(service, f"{url}{file}", tmp_path)


def transcribed(service, url: str, folder: Path) -> list[dict[str, Any]]:
    transcriptions = service.client.transcriptions
    made = transcriptions.create(display_name="same", locale="en-US", content_urls=[url])
    service.done(transcriptions, made)
    [file] = [one for one in transcriptions.files(made["self"])["values"] if one["kind"] == "Transcription"]
    service.client.download(file, folder / "batch.json", seen=lambda *_: None)
    phrases: list[dict[str, Any]] = json.loads((folder / "batch.json").read_bytes())["recognizedPhrases"]
    return phrases


def forms(best: dict[str, Any]) -> tuple[str, str]:
    """What was said and how it is written, of NBest or nBest."""
    lower = {name.lower(): value for name, value in best.items()}
    return lower["lexical"], lower["display"]


def in_packets(call, file):
    """Wishes for the same, fed in packets of each length."""
    return [{"call": call, "push": file, "packet_ms": packet} for packet in PACKETS_MS]


def side_by_side(sdk, wishes):
    """What the SDK has seen of each, in detail; some run at once, as they mostly wait."""
    with ThreadPoolExecutor(4) as clients:
        return list(clients.map(lambda wish: sdk(wish.pop("call"), detailed=True, **wish), wishes))


@pytest.mark.parametrize("number", [23, 13])
def test_one_utterance_has_one_text(sdk, service, sounds, batch, number):
    """Section 3: audio messages of any length; section 7: bounded queues."""
    file = sounds.utterance(number)
    whole = [{"call": call, "file": file} for call in ("once", "continuous")]
    ways = side_by_side(sdk, [*whole, *in_packets("once", file), *in_packets("continuous", file)])

    texts = [[forms(body["NBest"][0]) for body in seen.bodies] for seen in ways]
    texts.append([forms(short_audio(service, file)["NBest"][0])])
    texts.append([forms(phrase["nBest"][0]) for phrase in batch(file)])

    assert texts[0][0][1]
    assert texts == [texts[0]] * len(texts)


def test_several_utterances_have_the_same_segments_live_and_in_batch(sdk, sounds, batch):
    """Section 5: Conversation; section 6: Offsets."""
    file = sounds("same-segments", in_a_row((23, 19, 15, 25)))
    ways = side_by_side(sdk, [{"call": "continuous", "file": file}, *in_packets("continuous", file)])

    expected = batch(file)

    assert len(expected) == 4
    for seen in ways:
        assert [forms(body["NBest"][0]) for body in seen.bodies] == [forms(phrase["nBest"][0]) for phrase in expected]
        for phrase, known in zip(seen.phrases, expected, strict=True):
            assert phrase["offset"] == pytest.approx(known["offsetInTicks"], abs=NEAR)
            assert 0 <= known["durationInTicks"] - phrase["duration"] < FRAME
