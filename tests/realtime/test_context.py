"""What a turn is asked for, sections 1 and 3 of the wire protocol: query, path and speech.context."""

from contextlib import suppress

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechsmith.asr.display import Dictation, Profanity
from speechsmith.asr.segments import SegmentOptions
from speechsmith.domain.errors import Invalid
from speechsmith.realtime.context import Candidate, Mode, TurnOptions, path_mode, turn_options

V1 = "/speech/recognition/{}/cognitiveservices/v1"
LANGUAGE = {"language": "en-us"}


def wished(context=None, query=None, mode=Mode.CONVERSATION) -> TurnOptions:
    return turn_options(orjson.dumps(context or {}), LANGUAGE if query is None else query, mode)


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        (V1.format("interactive"), Mode.INTERACTIVE),
        (V1.format("conversation"), Mode.CONVERSATION),
        (V1.format("dictation"), Mode.DICTATION),
        (V1.format("Interactive"), Mode.INTERACTIVE),
        ("/stt/speech/universal/v2", None),
        ("/speech/universal/v2", None),
        ("/foo/bar", None),
    ],
)
def test_the_path_names_a_mode_or_none(path, mode):
    assert path_mode(path) is mode


@pytest.mark.parametrize("spelling", ["INTERACTIVE", "Interactive", "interactive"])
def test_the_mode_of_the_context_wins_over_that_of_the_path(spelling):
    assert wished({"phraseDetection": {"mode": spelling}}, mode=Mode.DICTATION).mode is Mode.INTERACTIVE
    assert wished({}, mode=Mode.DICTATION).mode is Mode.DICTATION
    assert wished({}, mode=None).mode is Mode.CONVERSATION


def test_without_wishes_there_are_defaults():
    usual = TurnOptions(mode=Mode.CONVERSATION, language="en-us")

    assert wished() == usual
    assert turn_options(b"", LANGUAGE, None) == usual
    assert (usual.profanity, usual.alternatives, usual.segments) == (Profanity.MASKED, 1, SegmentOptions())


def test_only_an_interactive_turn_waits_five_seconds_for_speech():
    waits = {mode: wished(mode=mode).initial_silence for mode in Mode}

    assert waits == {Mode.INTERACTIVE: 5.0, Mode.CONVERSATION: None, Mode.DICTATION: None}


def test_punctuation_is_said_in_dictation():
    assert [mode.punctuation for mode in Mode] == [Dictation.NONE, Dictation.NONE, Dictation.CERTAIN]


def test_the_query_of_the_native_sdk_is_understood():
    query = {
        "language": "en-GB",
        "format": "detailed",
        "wordLevelTimestamps": "true",
        "wordLevelConfidence": "true",
        "profanity": "removed",
        "initialSilenceTimeoutMs": "3000",
        "segmentationSilenceTimeoutMs": "800",
        "storeAudio": "true",
        "stableIntermediateThreshold": "3",
        "postprocessing": "TrueText",
        "Ocp-Apim-Subscription-Key": "key",
        "whatever": "it is",
    }

    assert wished({}, query) == TurnOptions(
        mode=Mode.CONVERSATION,
        language="en-GB",
        detailed=True,
        word_times=True,
        word_confidences=True,
        profanity=Profanity.REMOVED,
        initial_silence=3.0,
        end_silence=0.8,
        store_audio=True,
    )


def test_the_context_says_the_same_where_there_is_no_query():
    context = {
        "phraseDetection": {
            "mode": "CONVERSATION",
            "language": "en-GB",
            "initialSilenceTimeout": 3000,
            "trailingSilenceTimeout": 700,
            "enrichment": {"profanity": "Raw"},
        },
        "phraseOutput": {"format": "Detailed", "detailed": {"options": ["WordTimings", "WordConfidence", "SNR"]}},
        "dgi": {
            "Groups": [{"Type": "Generic", "Items": [{"Text": "Contoso"}, {"Text": "Jessie"}]}],
            "bias": 1.5,
        },
        "audio": {"streams": {"1": None}},
        "continuation": {"previousServiceTag": "tag", "audio": {"streams": {"1": {"offset": "35400000"}}}},
    }

    found = wished(context, {}, None)

    assert found == TurnOptions(
        mode=Mode.CONVERSATION,
        language="en-GB",
        detailed=True,
        word_times=True,
        word_confidences=True,
        profanity=Profanity.NONE,
        phrases=("Contoso", "Jessie"),
        weight=1.5,
        initial_silence=3.0,
        end_silence=0.7,
    )
    assert found.alternatives > 1


def test_names_in_the_context_have_any_case():
    context = {"PHRASEDETECTION": {"Language": "en-GB"}, "DGI": {"groups": [{"items": [{"text": "Contoso"}]}]}}

    found = wished(context, {})

    assert (found.language, found.phrases) == ("en-GB", ("Contoso",))


def test_the_query_wins_over_the_context_and_an_endpoint_over_both():
    context = {"phraseDetection": {"language": "en-us", "enrichment": {"profanity": "raw"}}}

    by_query = wished(context, {"language": "en-GB", "profanity": "masked"})
    by_endpoint = wished(context, {"language": "en-GB", "cid": "x"})

    assert (by_query.language, by_query.profanity) == ("en-GB", Profanity.MASKED)
    assert (by_endpoint.cid, by_endpoint.language) == ("x", None)


def test_an_empty_wish_is_none():
    context = {"phraseDetection": {"language": "en-GB", "enrichment": None, "initialSilenceTimeout": None}}

    assert wished(context, {"language": "", "cid": "", "format": ""}).language == "en-GB"


def test_the_silence_that_ends_a_phrase_is_that_of_the_mode_in_force():
    segmentation = {"segmentation": {"mode": "Custom", "segmentationSilenceTimeoutMs": 800}}
    context = {"phraseDetection": {"INTERACTIVE": segmentation, "trailingSilenceTimeout": 400}}

    assert wished(context, mode=Mode.INTERACTIVE).end_silence == 0.8
    assert wished(context, mode=Mode.DICTATION).end_silence == 0.4


@pytest.mark.parametrize("milliseconds", [100, 300, 800, 5_000, 10_000])
def test_the_sound_is_cut_at_the_silence_that_is_wished(milliseconds):
    found = wished({}, LANGUAGE | {"segmentationSilenceTimeoutMs": str(milliseconds)})

    assert found.segments.join == milliseconds / 1000


def test_languages_to_choose_from_come_with_their_endpoints():
    context = {
        "languageId": {"languages": ["en-US", "de-DE", "EN-us"], "mode": "DetectAtAudioStart", "Priority": "Latency"},
        "phraseDetection": {
            "customModels": [{"language": "DE-de", "endpoint": "x"}],
            "onSuccess": {"action": "None"},
            "language": "en-us",
        },
    }

    found = wished(context, {"lidEnabled": "en-US,de-DE", "language": "en-us"})

    assert found.candidates == (Candidate("en-US"), Candidate("de-DE", "x"))
    assert found.language is None


def test_an_endpoint_leaves_no_language_to_choose():
    assert wished({"languageId": {"languages": ["en-US"]}}, {"cid": "x"}).candidates == ()


def test_the_wish_to_tell_speakers_apart_is_noted_and_translation_passed_over():
    context = {
        "phraseDetection": {
            "mode": "Conversation",
            "speakerDiarization": {"mode": "Anonymous", "audioSessionId": "a", "audioOffsetMs": 0},
            "onSuccess": {"action": "Translate"},
        },
        "translation": {"targetLanguages": ["de"]},
    }

    assert wished(context).speakers
    assert not wished({}).speakers


@pytest.mark.parametrize(
    ("context", "query", "target"),
    [
        ({}, {}, "language"),
        ({"phraseDetection": {"mode": "SINGING"}}, {}, "mode"),
        ({"phraseDetection": []}, LANGUAGE, "phraseDetection"),
        ({"phraseDetection": {"language": True}}, {}, "language"),
        ({"phraseDetection": {"language": ["en-US"]}}, {}, "language"),
        ({"phraseDetection": {"enrichment": {"profanity": "some"}}}, LANGUAGE, "profanity"),
        ({"phraseDetection": {"initialSilenceTimeout": 0}}, LANGUAGE, "initialSilenceTimeoutMs"),
        ({"phraseDetection": {"initialSilenceTimeout": "soon"}}, LANGUAGE, "initialSilenceTimeoutMs"),
        ({"phraseDetection": {"trailingSilenceTimeout": 99}}, LANGUAGE, "endSilenceTimeoutMs"),
        ({"phraseDetection": {"CONVERSATION": {"segmentation": 1}}}, LANGUAGE, "segmentation"),
        ({"phraseOutput": {"format": "long"}}, LANGUAGE, "format"),
        ({"phraseOutput": {"detailed": {"options": "WordTimings"}}}, LANGUAGE, "options"),
        ({"dgi": {"Groups": {}}}, LANGUAGE, "Groups"),
        ({"dgi": {"Groups": ["a"]}}, LANGUAGE, "A member of Groups"),
        ({"dgi": {"bias": "much"}}, LANGUAGE, "dgi.bias"),
        ({"languageId": {"languages": [1]}}, LANGUAGE, "languageId.languages"),
        ({"languageId": {"languages": [str(n) for n in range(11)]}}, LANGUAGE, "languageId.languages"),
        ({}, LANGUAGE | {"segmentationSilenceTimeoutMs": "nan"}, "segmentationSilenceTimeoutMs"),
        ({}, LANGUAGE | {"endSilenceTimeoutMs": "10001"}, "endSilenceTimeoutMs"),
        ({}, LANGUAGE | {"storeAudio": "maybe"}, "storeAudio"),
        ({}, LANGUAGE | {"wordLevelTimestamps": "1"}, "wordLevelTimestamps"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_by_its_name(context, query, target):
    with pytest.raises(Invalid) as refusal:
        wished(context, query)

    assert refusal.value.target == target
    assert target in refusal.value.message


@pytest.mark.parametrize(
    "context",
    [
        {"phraseDetection": {"enrichment": {"pronunciationAssessment": {"referenceText": "hello"}}}},
        {"phraseOutput": {"format": "Detailed", "detailed": {"options": ["PronunciationAssessment"]}}},
    ],
)
def test_pronunciation_is_not_assessed_and_that_is_said(context):
    with pytest.raises(Invalid, match="not available here"):
        wished(context)


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b'"text"', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(Invalid, match=r"speech\.context"):
        turn_options(body, LANGUAGE, None)


MEMBERS = [
    *("phraseDetection", "mode", "language", "enrichment", "profanity", "dgi", "Groups", "Items", "Text", "bias"),
    *("phraseOutput", "format", "detailed", "options", "languageId", "languages", "customModels", "CONVERSATION"),
    *("segmentation", "segmentationSilenceTimeoutMs"),
]
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the code
@given(st.dictionaries(st.sampled_from(["phraseDetection", "dgi", "phraseOutput", "languageId"]), VALUES))
def test_no_context_raises_anything_else(context):
    with suppress(Invalid):
        assert wished(context).segments
