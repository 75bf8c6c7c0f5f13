"""Speech to the service and phrases back, without a command line."""

import pytest

from client.service import Answer
from speechsmith.client.errors import ServiceError
from speechsmith.client.recognition import RATE_HZ, Recognizer, Stretch, Wish, root_of
from speechsmith.client.transport import Transport

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
ASKED = f"{PATH}?language=en-US&format=detailed"
SOUND = Stretch(2.5, bytes(2 * RATE_HZ))
HEARD = {
    "RecognitionStatus": "Success",
    "Offset": "1000000",
    "Duration": "5000000",
    "NBest": [{"Display": "Hello.", "Words": [{"Word": "hello", "Offset": 1_000_000, "Duration": 5_000_000}]}],
}


@pytest.fixture
def server(service, clock):
    made = Transport(root_of(service.url(PATH)), "secret-key", clock=clock, sleep=clock.sleep)
    yield made
    made.close()


def test_times_count_from_the_start_of_the_recording(server, service):
    service.on("POST", ASKED, Answer(HEARD))

    [phrase] = Recognizer(server, service.url(PATH), Wish("en-US")).phrases([SOUND])

    assert (phrase.display, phrase.start, phrase.duration) == ("Hello.", 2.6, 0.5)
    assert phrase.best["Words"] == [{"Word": "hello", "Offset": 26_000_000, "Duration": 5_000_000}]
    assert phrase.result["Duration"] == "5000000"


def test_a_result_without_words_is_a_phrase_too(server, service):
    service.on("POST", ASKED, Answer({"RecognitionStatus": "NoMatch", "Offset": 0, "Duration": 0}))

    [phrase] = Recognizer(server, service.url(PATH), Wish("en-US")).phrases([SOUND])

    assert (phrase.display, phrase.best, phrase.start) == ("", {}, 2.5)


def test_one_session_asks_for_all_phrases_of_a_recording(server, service):
    service.on("POST", ASKED, Answer(HEARD))

    recognizer = Recognizer(server, service.url(PATH), Wish("en-US"))
    assert len(list(recognizer.phrases([SOUND, SOUND]))) == 2

    assert {asked.headers["X-ConnectionId"] for asked in service.asked} == {recognizer.session}


def test_a_service_that_is_busy_is_asked_again(server, service, clock):
    service.on("POST", ASKED, Answer(None, 503), Answer(HEARD))

    assert len(list(Recognizer(server, service.url(PATH), Wish("en-US")).phrases([SOUND]))) == 1
    assert len(service.lines) == len(clock.slept) + 1 == 2


def test_what_may_have_been_kept_is_not_sent_twice(server, service):
    service.on("POST", f"{ASKED}&storeAudio=true", Answer(None, 503), Answer(HEARD))

    with pytest.raises(ServiceError, match="503"):
        list(Recognizer(server, service.url(PATH), Wish("en-US", logged=True)).phrases([SOUND]))

    assert len(service.lines) == 1
