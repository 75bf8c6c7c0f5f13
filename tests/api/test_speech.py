"""Short audio: speech in, text out, by endpoint or by language."""

from uuid import uuid4

import numpy as np
import pytest
from caller import Api, reference

from bench import speech, wav

PATH = "/speech/recognition/conversation/cognitiveservices/v1"


def ask(api: Api, content: bytes, *, path: str = PATH, **query: str):
    query = query if "cid" in query or "language" in query else query | {"language": "en-US"}
    return api.call("POST", path, params=query, content=content, headers={"Content-Type": "audio/wav"})


def test_the_simple_answer_is_what_is_shown(sqlite_api):
    answer = ask(sqlite_api, speech(2)).json()

    assert (answer["RecognitionStatus"], answer["DisplayText"]) == ("Success", "Thank you.")
    assert set(answer) == {"RecognitionStatus", "DisplayText", "Offset", "Duration"}
    assert 0 < answer["Duration"] <= 20_000_000


def test_the_detailed_answer_has_alternatives_in_four_forms(sqlite_api):
    answer = ask(sqlite_api, speech(2), format="detailed").json()

    best, second = answer["NBest"]
    assert (best["Lexical"], best["Display"], best["Confidence"]) == ("thank you", "Thank you.", 0.9)
    assert second["Lexical"] == "thank"
    assert {"ITN", "MaskedITN"} <= set(best)


def test_words_have_times_as_spoken_and_as_displayed(sqlite_api):
    answer = ask(sqlite_api, speech(2), format="detailed", wordLevelTimestamps="true").json()

    best = answer["NBest"][0]
    assert [word["Word"] for word in best["Words"]] == ["thank", "you"]
    assert [word["DisplayText"] for word in best["DisplayWords"]] == ["Thank", "you."]
    assert best["Words"][0]["Offset"] == answer["Offset"] == best["DisplayWords"][0]["Offset"]
    last = best["Words"][-1]
    assert last["Offset"] + last["Duration"] == answer["Offset"] + answer["Duration"]


def test_an_endpoint_answers_with_its_model(sqlite_api):
    model = sqlite_api.done(sqlite_api.make("models", text="gasket"))
    endpoint = sqlite_api.done(sqlite_api.make("endpoints", model=reference(model)))

    by_link = sqlite_api.call("POST", endpoint["links"]["restConversation"], content=speech(0)).json()

    assert by_link["DisplayText"] == "Please send a gasket."
    assert ask(sqlite_api, speech(0)).json()["DisplayText"] == "Please send a."


def test_an_endpoint_writes_as_its_model_has_learned(sqlite_api):
    rules = b"#rewrite\nthank you\tTHX\n"
    data = sqlite_api.done(sqlite_api.dataset(rules, "OutputFormatting"))
    model = sqlite_api.done(sqlite_api.make("models", datasets=[reference(data)]))
    endpoint = sqlite_api.done(sqlite_api.make("endpoints", model=reference(model)))

    by_link = sqlite_api.call("POST", endpoint["links"]["restConversation"], content=speech(2)).json()

    assert by_link["DisplayText"] == "THX."
    assert ask(sqlite_api, speech(2)).json()["DisplayText"] == "Thank you."


def test_an_endpoint_that_cannot_answer_is_a_400(sqlite_api):
    waiting = sqlite_api.make("endpoints")["self"][-36:]
    of_others = sqlite_api.as_tenant("stranger").make("endpoints")["self"][-36:]

    for cid in (waiting, of_others, str(uuid4()), "x"):
        assert ask(sqlite_api, speech(2), cid=cid).status_code == 400


def test_a_suspended_endpoint_hears_nothing_until_it_is_resumed(sqlite_api):
    endpoint = sqlite_api.done(sqlite_api.make("endpoints", properties={"loggingEnabled": True}))
    address = endpoint["links"]["restConversation"]
    sqlite_api.post(f"{endpoint['self']}:suspend")

    refused = sqlite_api.call("POST", address, content=speech(2))

    assert (refused.status_code, refused.json()["innerError"]["code"]) == (400, "EndpointSuspended")
    assert (refused.json()["target"], "resume it" in refused.json()["message"]) == ("cid", True)
    sqlite_api.post(f"{endpoint['self']}:resume")
    assert sqlite_api.call("POST", address, content=speech(2)).json()["DisplayText"] == "Thank you."
    assert sqlite_api.app.state.service.recorder.wait(30.0)
    assert len(sqlite_api.get(endpoint["links"]["logs"]).json()["values"]) == 2  # of the second request alone


def test_silence_is_an_answer(sqlite_api):
    answer = ask(sqlite_api, wav(np.zeros(16_000))).json()

    assert (answer["RecognitionStatus"], answer["Duration"]) == ("InitialSilenceTimeout", 0)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio" * 100])
def test_what_is_no_audio_is_refused(sqlite_api, content):
    assert ask(sqlite_api, content).status_code == 400


def test_a_language_is_needed_and_must_be_here(sqlite_api):
    assert "language" in sqlite_api.call("POST", PATH, content=speech(2)).json()["message"]
    assert "de-DE, en-US" in ask(sqlite_api, speech(2), language="fr-FR").json()["message"]


@pytest.mark.parametrize("query", [{"format": "long"}, {"profanity": "some"}, {"wordLevelTimestamps": "yes"}])
def test_an_unknown_wish_is_refused(sqlite_api, query):
    assert ask(sqlite_api, speech(2), **query).status_code == 400


def test_a_phrase_of_the_request_is_heard_in_it_and_in_no_other(sqlite_api):
    plain = "Please send a."

    assert ask(sqlite_api, speech(0)).json()["DisplayText"] == plain
    assert ask(sqlite_api, speech(0), phrases="Torx driver; Gasket!").json()["DisplayText"] == "Please send a gasket."
    assert ask(sqlite_api.as_tenant("stranger"), speech(0)).json()["DisplayText"] == plain
    assert ask(sqlite_api, speech(0), phrases="gasket", phrasesWeight="0").json()["DisplayText"] == plain


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({"phrases": "a" * 201}, "phrases"),
        ({"phrases": "a", "phrasesWeight": "2.5"}, "phrasesWeight"),
        ({"phrases": "a", "phrasesWeight": "-1"}, "phrasesWeight"),
        ({"phrases": "a", "phrasesWeight": "nan"}, "phrasesWeight"),
        ({"phrases": "a", "phrasesWeight": "much"}, "phrasesWeight"),
    ],
)
def test_phrases_out_of_bounds_are_refused_with_the_field(sqlite_api, query, target):
    answer = ask(sqlite_api, speech(0), **query)

    assert (answer.status_code, answer.json()["target"]) == (400, target)
    assert answer.json()["innerError"]["code"] == "InvalidParameterValue"


def test_interactive_takes_no_more_than_fifteen_seconds(sqlite_api):
    long = wav(np.zeros(16 * 16_000))

    assert ask(sqlite_api, long, path=PATH.replace("conversation", "interactive")).status_code == 400
    assert ask(sqlite_api, long, path=PATH.replace("conversation", "dictation")).status_code == 200


def test_another_mode_is_not_here(sqlite_api):
    assert ask(sqlite_api, speech(2), path=PATH.replace("conversation", "singing")).status_code == 404


def test_a_broken_model_is_a_fault_of_the_pipeline(sqlite_api, inline):
    (inline / "en-US-20250101" / "broken").touch()

    response = sqlite_api.call("POST", PATH, params={"language": "en-US"}, content=speech(2), checked=False)

    assert (response.status_code, response.json()["code"]) == (500, "PipelineError")
