"""Turns over a real socket: what is said, in which order, and what goes on beside it."""

from uuid import UUID

from wire import samples, texts

from speechsmith.services import endpoints

GASKET, THANKS = "Please send a.", "Thank you."


def test_a_turn_is_told_in_order_under_the_id_that_the_client_gave_it(service):
    caller = service.call()
    odd = "aB0-~!{} x:y\t'\"\\%00"

    caller.say(odd, samples(0) + samples(2))
    told = caller.until("turn.end")

    paths = [one.path for one in told]
    assert {one.id for one in told} == {odd}
    assert paths[:2] == ["turn.start", "speech.startDetected"]
    assert paths[-3:] == ["speech.endDetected", "speech.phrase", "turn.end"]
    assert texts(told) == [GASKET, THANKS]
    assert [one.body["RecognitionStatus"] for one in told if one.path == "speech.phrase"][-1] == "EndOfDictation"
    assert paths.index("speech.hypothesis") < paths.index("speech.phrase")
    assert told[-2].body["Offset"] == 7 * 10_000_000


def test_a_phrase_list_is_heard_and_each_turn_has_its_own(service):
    caller = service.call("interactive")
    words = {"dgi": {"Groups": [{"Type": "Generic", "Items": [{"Text": "Gasket"}]}]}}

    caller.say("A1", samples(0), **words)
    first = caller.until("turn.end")
    caller.say("A2", samples(0))
    second = caller.until("turn.end")

    assert texts(first) == ["Please send a gasket."]
    assert texts(second) == [GASKET]
    assert second[1].body["Offset"] < 10_000_000  # of this turn


def test_a_turn_that_is_given_up_says_nothing_more_and_the_next_one_all(service):
    caller = service.call()
    caller.context("A1")
    caller.sound("A1", samples(0)[:64_000], first=True)
    assert caller.until("speech.startDetected")

    caller.say("A2", samples(2))
    told = caller.until("turn.end")

    of_second = [one for one in told if one.id == "A2"]
    assert texts(told) == [THANKS]
    assert of_second[0].path == "turn.start"
    assert not [one for one in told if one.id == "A1" and told.index(one) > told.index(of_second[0])]


def test_turns_upon_turns_that_are_not_waited_for_leave_the_last_one_whole(service):
    caller = service.call()
    for number in range(30):
        caller.say(f"A{number}", samples(2)[:6400])

    caller.say("last", samples(2))
    told = caller.until("turn.end")
    while told[-1].id != "last":
        told = caller.until("turn.end")

    assert texts(told) == [THANKS]


def test_two_turns_may_have_the_same_id(service):
    caller = service.call("interactive")

    for _ in range(2):
        caller.say("A1", samples(2))
        assert texts(caller.until("turn.end")) == [THANKS]


def test_turns_without_sound_are_answered_at_once_however_many(service):
    caller = service.call()

    for number in range(50):
        caller.say(f"A{number}", bytes(number % 5))
        assert [one.path for one in caller.until("turn.end")][-2:] == ["speech.phrase", "turn.end"]

    assert service.lines.speaking == 0


def test_four_and_more_speak_at_once_and_each_hears_his_own(service):
    callers = [service.call() for _ in range(6)]
    for number, caller in enumerate(callers):
        caller.context(f"A{number}")
        caller.sound(f"A{number}", b"", first=True)
    for at in range(0, len(samples(0)), 16_000):
        for number, caller in enumerate(callers):
            caller.sound(f"A{number}", samples(2 * (number % 2))[at : at + 16_000])
    for number, caller in enumerate(callers):
        caller.end(f"A{number}")

    assert [texts(caller.until("turn.end")) for caller in callers] == [[GASKET], [THANKS]] * 3


def test_a_model_is_changed_under_a_session_that_speaks(service):
    models = service.rest("GET", "/speechtotext/v3.2/models/base").json()["values"]
    older, newer = [UUID(one["self"].rpartition("/")[2]) for one in models if one["locale"] == "en-US"]
    new = endpoints.NewEndpoint(labels=service.bench.labels(), model_id=older)
    endpoint = endpoints.create(service.bench.ctx, service.bench.me, new)
    service.bench.work_off()
    caller = service.call("interactive", cid=str(endpoint.id))
    caller.context("A1")
    caller.sound("A1", samples(2)[:64_000], first=True)
    caller.until("speech.startDetected")

    link = {"self": f"http://here/speechtotext/v3.2/models/base/{newer}"}
    changed = service.rest("PATCH", f"/speechtotext/v3.2/endpoints/{endpoint.id}", json={"model": link})
    service.bench.work_off()
    caller.sound("A1", samples(2)[64_000:])
    first = caller.until("turn.end")
    caller.say("A2", samples(2))
    second = caller.until("turn.end")

    assert changed.status_code == 200, changed.text
    assert texts(first) == texts(second) == [THANKS]
    assert [told[-2].body["Model"] for told in (first, second)] == [str(older), str(newer)]
