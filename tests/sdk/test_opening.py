"""How the SDKs come in: what they dial, who they are, and what they are told when that is not in order."""

import http.client

import pytest

from .sounds import sample

pytestmark = pytest.mark.slow

INTERACTIVE, CONVERSATION, DICTATION = (
    f"/speech/recognition/{mode}/cognitiveservices/v1" for mode in ("interactive", "conversation", "dictation")
)
UNIVERSAL = "/stt/speech/universal/v2"
NOBODY = "00000000-0000-4000-8000-000000000000"


def reason_in(details: str) -> str:
    """What the SDK told without the URL. It shows a status line whole, but of all else only what fits in 128 bytes."""
    return "\n".join(line for line in details.splitlines() if not line.startswith("ws://"))


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ({"call": "once"}, INTERACTIVE),
        ({"call": "continuous"}, CONVERSATION),
        ({"call": "once", "dictation": True}, DICTATION),
        ({"call": "continuous", "dictation": True}, DICTATION),
    ],
    ids=["once", "continuous", "once-dictation", "dictation"],
)
def test_a_host_is_enough_and_the_sdk_picks_the_path_of_the_mode(sdk, line, sounds, wish, path):
    """Section 1: Paths to serve."""
    if wish == {"call": "once", "dictation": True} and not sdk.is_python:
        path = INTERACTIVE  # JavaScript knows dictation in continuous calls alone

    seen = sdk(**wish, host=line.host, file=sounds.utterance())

    assert len(seen.texts) == 1
    assert not seen.errors
    assert {call.path for call in line.calls} == {path}


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_an_endpoint_with_a_path_is_served_whatever_the_call(sdk, line, sounds, call):
    """Section 1: Paths to serve; Mode of a turn: once on a conversation path is normal."""
    seen = sdk(call, endpoint=f"{line.host}{CONVERSATION}?language=en-US", file=sounds.utterance())

    assert len(seen.texts) == 1
    assert not seen.errors
    assert {call.path for call in line.calls} == {CONVERSATION}


@pytest.mark.parametrize("ending", ["", "/"])
@pytest.mark.parametrize("call", ["once", "continuous"])
def test_a_bare_endpoint_is_served_and_the_context_says_all(native, line, sounds, call, ending):
    """Section 1: Paths to serve; Query parameters: on v2-style URLs the context is the only source."""
    seen = native(call, endpoint=f"{line.host}{ending}", file=sounds.utterance(), detailed=True)

    assert len(seen.texts) == 1
    assert seen.bodies[0]["NBest"][0]["Words"]
    assert {call.path for call in line.calls} == {UNIVERSAL}


def test_an_endpoint_may_be_written_as_http(native, service, sounds):
    """Section 1: endpoint=http://h:p works natively."""
    assert len(native("once", endpoint=f"{service.url}{INTERACTIVE}", file=sounds.utterance()).texts) == 1


def test_a_slash_behind_the_host_is_fine(sdk, service, sounds):
    """Section 1: a trailing slash is fine."""
    assert len(sdk("once", host=f"{service.host}/", file=sounds.utterance()).texts) == 1


def test_an_unknown_path_is_refused_with_its_address(native, line, sounds):
    """Section 1: an endpoint with an unknown path is dialled as it is."""
    seen = native("once", endpoint=f"{line.host}/foo/bar", file=sounds.utterance())

    assert not seen.texts
    assert "/foo/bar" in seen.refusal["details"]
    assert {call.path for call in line.calls} == {"/foo/bar"}


def test_an_unknown_path_is_an_error_in_javascript(sdk, line, sounds):
    """Section 1: an endpoint with an unknown path; JS shows every refusal as ConnectionFailure."""
    seen = sdk("once", endpoint=f"{line.host}/foo/bar", file=sounds.utterance())

    assert not seen.texts
    assert seen.refusal["details"]


def test_without_a_language_the_sdk_says_one_in_lower_case(native, line, sounds):
    """Section 1: native default is lower-case en-us; compare without case."""
    seen = native("once", host=line.host, without=["language"], file=sounds.utterance())

    assert line.calls[0].query["language"] == "en-us"
    assert len(seen.texts) == 1


def test_the_language_of_the_url_wins_over_that_of_the_context(native, service, sounds):
    """Section 1: the query wins over the context."""
    endpoint = f"{service.host}{CONVERSATION}?language=en-US"

    assert len(native("once", endpoint=endpoint, language="xx-XX", file=sounds.utterance()).texts) == 1


def test_a_language_that_is_not_here_is_refused_in_words(native, sounds):
    """Section 1: Refusals at the upgrade; section 4: close codes."""
    refusal = native("once", language="xx-XX", file=sounds.utterance()).refusal

    assert refusal["code"] == "BadRequest"
    assert "en-US" in reason_in(refusal["details"])


def test_simple_is_what_is_not_asked_to_be_detailed(sdk, sounds):
    """Section 1: format; section 4: the simple and the detailed phrase."""
    simple = sdk("once", file=sounds.utterance()).bodies[0]
    detailed = sdk("once", file=sounds.utterance(), detailed=True).bodies[0]

    assert "NBest" not in simple
    best = detailed["NBest"][0]
    assert best["Display"] == detailed["DisplayText"] == simple["DisplayText"]
    assert {"Confidence", "Lexical", "ITN", "MaskedITN"} <= set(best)
    assert 0 < best["Confidence"] <= 1


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_words_have_times_inside_their_phrase(sdk, sounds, call):
    """Section 1: wordLevelTimestamps, wordLevelConfidence; section 4: the detailed phrase."""
    [body] = sdk(call, file=sounds.utterance(), detailed=True, words=True).bodies

    words = body["NBest"][0]["Words"]
    assert " ".join(word["Word"] for word in words) == body["NBest"][0]["Lexical"]
    starts, ends = ([word["Offset"] + side * word["Duration"] for word in words] for side in (0, 1))
    assert body["Offset"] <= starts[0]
    assert ends[-1] <= body["Offset"] + body["Duration"]
    assert starts == sorted(starts)
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


@pytest.mark.parametrize(
    ("wish", "text"),
    [({}, "****"), ({"profanity": "masked"}, "****"), ({"profanity": "raw"}, "damn"), ({"profanity": "removed"}, None)],
    ids=["default", "masked", "raw", "removed"],
)
def test_profane_words_are_written_as_is_asked(sdk, sounds, wish, text):
    """Section 1: profanity; absent = masked."""
    [said] = sdk("once", file=sounds.dictated(), **wish).texts

    assert "water" in said
    assert ("****" in said, "damn" in said) == (text == "****", text == "damn")


def test_what_the_service_does_not_know_it_ignores(sdk, line, sounds):
    """Section 1: anything else in the query must be ignored."""
    unknown = {
        "named": {"SomethingElse": "1", "SPEECH-Unheard-Of": "yes"},
        "service": {"wibble": "wobble", "clientId": "of mine", "testhooks": "1"},
        "properties": {"SpeechServiceResponse_StablePartialResultThreshold": "3"},
    }

    seen = sdk("once", host=line.host, file=sounds.utterance(), **unknown)

    assert line.calls[0].query["wibble"] == "wobble"
    assert (len(seen.texts), seen.errors) == (1, [])


def test_a_wrong_key_is_told_at_once_by_the_native_sdk(native, line, sounds):
    """Section 1: Refusals at the upgrade: 401, one try."""
    seen = native("once", host=line.host, key="0" * 32, file=sounds.utterance())

    assert (seen.refusal["code"], "401" in seen.refusal["details"]) == ("AuthenticationFailure", True)
    assert [call.status for call in line.calls] == [401]


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_a_wrong_key_is_an_error(sdk, sounds, call):
    """Section 1: Refusals at the upgrade."""
    seen = sdk(call, key="0" * 32, file=sounds.utterance())

    assert not seen.texts
    assert "401" in seen.refusal["details"]
    assert seen.refusal["code"] == ("AuthenticationFailure" if sdk.is_python else "ConnectionFailure")


def test_without_a_key_nobody_comes_in(native, sounds):
    """Section 1: with no credentials in the config, no credential header is sent."""
    seen = native("once", without=["key"], file=sounds.utterance())

    assert seen.refusal["code"] == "AuthenticationFailure"


def token(service) -> str:
    """What an application gets for its key."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/sts/v1.0/issueToken", headers={"Ocp-Apim-Subscription-Key": service.key})
    answer = connection.getresponse()
    assert answer.status == 200
    text = answer.read().decode()
    connection.close()
    return text


def test_a_token_opens_the_door_without_the_key(sdk, service, sounds):
    """Section 1: Headers: Authorization: Bearer TOKEN when only a token is set."""
    seen = sdk("once", without=["key"], token=token(service), file=sounds.utterance())

    assert (len(seen.texts), seen.errors) == (1, [])


def test_a_token_that_was_changed_does_not(native, service, sounds):
    """Section 1: Refusals at the upgrade."""
    head, claims, signature = token(service).split(".")

    seen = native("once", without=["key"], token=f"{head}.{claims}.{signature[::-1]}", file=sounds.utterance())

    assert seen.refusal["code"] == "AuthenticationFailure"


@pytest.mark.parametrize("named", [NOBODY, "no-id-at-all"])
def test_an_endpoint_id_that_is_not_here_is_refused_once_with_the_reason(native, line, sounds, named):
    """Section 1: best for an unknown cid: 400 with a short plain-text body."""
    seen = native("once", host=line.host, endpoint_id=named, file=sounds.utterance())

    assert seen.refusal["code"] == "BadRequest"
    assert "endpoint" in reason_in(seen.refusal["details"])
    assert [call.status for call in line.calls] == [400]


def test_an_endpoint_id_that_is_not_here_is_an_error_in_both(sdk, sounds):
    """Section 1: Refusals at the upgrade; JS shows every refusal as ConnectionFailure."""
    seen = sdk("continuous", endpoint_id=NOBODY, file=sounds.utterance())

    assert not seen.texts
    assert "400" in seen.refusal["details"]


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_an_endpoint_id_picks_the_custom_model_and_its_locale(sdk, line, sounds, endpoint_id, call):
    """Section 1: cid: its own locale wins; section 7: endpoint-id requests carry no locale in the query."""
    wish = {"host": line.host, "file": sounds.utterance(13)}
    base, custom = sdk(call, **wish), sdk(call, **wish, endpoint_id=endpoint_id)

    assert "received" in base.texts[0]
    assert "received" not in custom.texts[0]
    assert "****" in custom.texts[0]
    assert line.calls[-1].query["cid"] == endpoint_id


def test_a_result_names_the_model_that_was_used(sdk, service, sounds, endpoint_id):
    """Section 4: the simple phrase, and extra members of it."""
    base, custom = (
        sdk("once", file=sounds.utterance(), **wish).bodies[0]["Model"] for wish in ({}, {"endpoint_id": endpoint_id})
    )

    model = service.client.endpoints.get(endpoint_id)["model"]["self"]
    assert custom in model
    assert base != custom


def test_a_host_header_and_a_connection_id_come_with_every_sdk(sdk, line, sounds):
    """Section 1: Headers: X-ConnectionId, 32 hex, the SDK's session id."""
    seen = sdk("once", host=line.host, file=sounds.utterance())

    session = seen.all("session_started")[0]["session"]
    assert f"X-ConnectionId: {session}".lower() in bytes(line.calls[0].sent[:4000]).decode("latin-1").lower()


def test_no_key_no_token_and_no_words_are_in_the_log(sdk, service, sounds):
    """Section 1: the key is in the URL: keep it out of logs."""
    bearer = token(service)
    [said] = sdk("once", file=sounds.utterance()).texts
    sdk("once", without=["key"], token=bearer, file=sounds.utterance())

    log = (service.home / "service.log").read_text(encoding="utf-8")
    assert [secret for secret in (service.key, bearer, said) if secret in log] == []


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 1), (16_000, 2), (44_100, 2)])
@pytest.mark.parametrize("call", ["once", "continuous"])
def test_any_rate_and_number_of_channels_is_heard(sdk, sounds, rate, channels, call):
    """Section 3: 8, 16, 44.1 kHz and stereo arrive as they are; the server resamples and mixes down."""
    file = sounds(f"shaped-{rate}-{channels}", sample(23), rate=rate, channels=channels)

    seen = sdk(call, file=file)

    assert len(seen.texts) == 1
    assert "order" in seen.texts[0]
    assert not seen.errors
