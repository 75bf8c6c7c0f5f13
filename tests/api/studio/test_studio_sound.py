"""What was said can be heard in the browser, in the parts that a player asks for; by nobody else."""

import io
from uuid import uuid4

import pytest
import soundfile
from browser import Browser

from bench import acoustic, speech
from speechsmith.services import resources


@pytest.fixture
def heard(browser, projects):
    """Where the sounds of a dataset with two utterances begin."""
    address = browser.project(projects)
    dataset = browser.api.dataset(acoustic({0: "Please send a gasket.", 2: "Thank you."}))
    return f"{address}/datasets/{dataset['self'].rpartition('/')[2]}/audio"


def test_each_utterance_has_its_own_sound(browser, heard):
    for number, sentence in ((1, 0), (2, 2)):
        answer = browser.call("GET", f"{heard}/{number}").response
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "audio/wav"
        given, _ = soundfile.read(io.BytesIO(answer.content))
        sent, _ = soundfile.read(io.BytesIO(speech(sentence)))
        assert (given == sent).all()


def test_a_player_gets_the_part_that_it_asks_for(browser, heard):
    whole = browser.call("GET", f"{heard}/1").response

    part = browser.call("GET", f"{heard}/1", headers={"Range": "bytes=100-199"}).response
    beyond = browser.call("GET", f"{heard}/1", headers={"Range": "bytes=99999999-"}).response

    assert whole.headers["accept-ranges"] == "bytes"
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert beyond.status_code == 416


@pytest.mark.parametrize("number", ["0", "3", "99999999999999999999999"])
def test_there_is_no_sound_beyond_the_last(browser, heard, number):
    assert browser.call("GET", f"{heard}/{number}").status == 404


def test_the_sound_of_another_resource_is_not_there(browser, heard):
    other = Browser(browser.api)
    made = resources.create(browser.api.bench.ctx, name="other", region="there")
    own = other.project(other.sign_in(made.key1))

    assert other.call("GET", f"{heard}/1").status == 404
    assert other.call("GET", f"{own}/{heard.partition('/datasets/')[2]}/1").status == 404
    assert other.call("GET", f"{own}/datasets/{heard.split('/')[-2]}/audio/1").status == 404
    assert browser.call("GET", f"{heard.replace(heard.split('/')[4], str(uuid4()))}/1").status == 404


def test_a_sound_that_is_lost_is_not_there(browser, heard):
    for path in (browser.api.bench.folder / "blobs").rglob("0.wav"):
        path.unlink()

    assert browser.call("GET", f"{heard}/1").status == 404
