"""Short audio: speech in, text out, by endpoint or by language."""

import base64
import io
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from caller import Api, reference

from bench import speech, wav
from loud_engine import peak
from speechsmith.api.speech import MAX_SECONDS
from speechsmith.asr.display import Formatter, Profanity
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.recording import Phrase
from speechsmith.realtime import results
from speechsmith.realtime.context import Mode

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
SILENCE = wav(np.zeros(16_000))
QUIET = wav(soundfile.read(io.BytesIO(speech(0)))[0] * 0.08 / peak(0))
"""A voice of which the engine makes no word."""


def ask(api: Api, content: bytes, *, path: str = PATH, **query: str):
    query = query if "cid" in query or "language" in query else query | {"language": "en-US"}
    return api.call("POST", path, params=query, content=content, headers={"Content-Type": "audio/wav"})


def test_the_simple_answer_is_what_is_shown(sqlite_api):
    answer = ask(sqlite_api, speech(2)).json()

    assert (answer["RecognitionStatus"], answer["DisplayText"]) == ("Success", "Thank you.")
    assert set(answer) == {"RecognitionStatus", "DisplayText", "Offset", "Duration", "Model"}
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


def test_every_answer_names_the_model_that_was_used(sqlite_api):
    model = sqlite_api.done(sqlite_api.make("models", text="gasket"))
    cid = sqlite_api.done(sqlite_api.make("endpoints", model=reference(model)))["self"][-36:]

    for content in (speech(0), QUIET, SILENCE):
        for form in ("simple", "detailed"):
            assert ask(sqlite_api, content, cid=cid, format=form).json()["Model"] == model["self"][-36:]
            assert ask(sqlite_api, content, format=form).json()["Model"] == sqlite_api.base()["self"][-36:]


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


@pytest.mark.parametrize("form", ["simple", "detailed"])
def test_silence_is_an_answer(sqlite_api, form):
    answer = ask(sqlite_api, SILENCE, format=form).json()

    assert (answer["RecognitionStatus"], answer["Offset"], answer["Duration"]) == (
        "InitialSilenceTimeout",
        10_000_000,
        0,
    )
    assert set(answer) == {"RecognitionStatus", "Offset", "Duration", "Model"}


@pytest.mark.parametrize("form", ["simple", "detailed"])
def test_a_voice_without_a_word_is_no_match_and_has_its_place(sqlite_api, form):
    answer = ask(sqlite_api, QUIET, format=form).json()

    assert answer["RecognitionStatus"] == "NoMatch"
    assert 0 < answer["Duration"] <= 20_000_000
    assert set(answer) == {"RecognitionStatus", "Offset", "Duration", "Model"}


@pytest.mark.parametrize("sound", [np.zeros(800), np.full(800, 0.5), np.zeros(1)])
@pytest.mark.parametrize("mode", list(MAX_SECONDS))
def test_a_moment_of_sound_is_answered(sqlite_api, mode, sound):
    answer = ask(sqlite_api, wav(sound), path=PATH.replace("conversation", mode))

    assert answer.json()["RecognitionStatus"] in {"InitialSilenceTimeout", "NoMatch", "Success"}


def polite(api: Api, *profane: str) -> str:
    """An endpoint to which these words are profanity."""
    data = api.done(api.dataset("\n".join(["#profanity", *profane]).encode(), "OutputFormatting"))
    model = api.done(api.make("models", datasets=[reference(data)]))
    return api.done(api.make("endpoints", model=reference(model)))["self"][-36:]


def test_profanity_is_masked_removed_or_shown(sqlite_api):
    cid = polite(sqlite_api, "thank")

    def shown(**query: str) -> str:
        return ask(sqlite_api, speech(2), cid=cid, **query).json()["DisplayText"]

    assert shown() == shown(profanity="masked") == shown(profanity="Masked") == "***** you."
    assert shown(profanity="removed").lower() == "you."
    assert shown(profanity="raw") == "Thank you."


def test_profanity_is_masked_in_the_alternatives_too(sqlite_api):
    answer = ask(sqlite_api, speech(2), cid=polite(sqlite_api, "thank"), format="detailed").json()

    assert [best["Display"] for best in answer["NBest"]] == ["***** you.", "*****."]
    assert [best["MaskedITN"] for best in answer["NBest"]] == ["***** you", "*****"]
    assert [best["ITN"] for best in answer["NBest"]] == ["thank you", "thank"]


@pytest.mark.parametrize("form", ["simple", "detailed"])
def test_nothing_is_told_where_all_was_profanity_that_is_to_be_removed(sqlite_api, form):
    cid = polite(sqlite_api, "thank you")

    answer = ask(sqlite_api, speech(2), cid=cid, format=form, profanity="removed").json()

    assert answer["RecognitionStatus"] == "NoMatch"
    assert not {"DisplayText", "NBest"} & set(answer)
    assert ask(sqlite_api, speech(2), cid=cid, format=form).json()["RecognitionStatus"] == "Success"


@pytest.mark.parametrize(
    ("mode", "shown"),
    [("interactive", "Hello comma world."), ("conversation", "Hello comma world."), ("dictation", "Hello, world.")],
)
def test_marks_that_are_said_are_set_in_dictation_alone(mode, shown):
    words = tuple(Word(word, at, at + 0.5, 0.9) for at, word in enumerate(("hello", "comma", "world")))
    writer = Formatter("en-US", Profanity.MASKED, dictation=Mode(mode).punctuation)

    answer = results.recording([Phrase(0.0, 3.0, (Hypothesis(words, 0.9),))], 3.0, writer, detailed=False)

    assert answer["DisplayText"] == shown


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


@pytest.mark.parametrize(
    ("mode", "seconds", "instead"),
    [
        ("interactive", 15, "send it to conversation (60 s) or dictation (60 s), cut it"),
        ("conversation", 60, "takes; cut it, or transcribe it as a batch"),
        ("dictation", 60, "takes; cut it, or transcribe it as a batch"),
    ],
)
def test_a_mode_takes_its_seconds_and_says_what_takes_more(sqlite_api, mode, seconds, instead):
    path = PATH.replace("conversation", mode)

    refused = ask(sqlite_api, wav(np.zeros((seconds + 1) * 16_000)), path=path)

    assert (refused.status_code, refused.json()["innerError"]["code"]) == (400, "AudioTooLong")
    assert f"longer than the {seconds} s that {mode} takes" in refused.json()["message"]
    assert instead in refused.json()["message"]
    assert ask(sqlite_api, wav(np.zeros(seconds * 16_000)), path=path).status_code == 200


def test_an_assessment_of_pronunciation_is_refused_and_not_passed_over(sqlite_api):
    wished = base64.b64encode(b'{"ReferenceText": "thank you", "GradingSystem": "HundredMark"}').decode()
    headers = {"pronunciation-assessment": wished}

    refused = sqlite_api.call("POST", PATH, params={"language": "en-US"}, content=speech(2), headers=headers)

    assert (refused.status_code, refused.json()["target"]) == (400, "Pronunciation-Assessment")
    assert refused.json()["innerError"]["code"] == "PronunciationAssessmentNotSupported"
    assert "without Pronunciation-Assessment" in refused.json()["message"]


def test_another_mode_is_not_here(sqlite_api):
    assert ask(sqlite_api, speech(2), path=PATH.replace("conversation", "singing")).status_code == 404


def test_a_broken_model_is_a_fault_of_the_pipeline(sqlite_api, inline):
    (inline / "en-US-20250101" / "broken").touch()

    response = sqlite_api.call("POST", PATH, params={"language": "en-US"}, content=speech(2), checked=False)

    assert (response.status_code, response.json()["code"]) == (500, "PipelineError")
