"""Users of the SDK who ask for more than recognition: several languages, speakers, translation, an assessment."""

import pytest

from .sounds import in_a_row

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_language_detection_connects_and_names_the_language(sdk, sounds, call):
    """Section 4: PrimaryLanguage; section 7: language detection returns results once the extra fields are there."""
    seen = sdk(call, file=sounds.utterance(), languages=["en-US"], without=["language"])

    assert [phrase["language"] for phrase in seen.phrases] == ["en-US"]
    assert not seen.errors


def test_languages_without_any_model_are_refused_in_words(native, sounds):
    """Section 4: close codes: 1007 with a reason."""
    refusal = native("once", file=sounds.utterance(), languages=["xx-XX", "yy-YY"], without=["language"]).refusal

    assert refusal["code"] == "BadRequest"
    assert "xx-XX" in refusal["details"]


def test_a_transcriber_of_conversations_gets_phrases_and_no_invented_speakers(sdk, sounds):
    """Section 1: ConversationTranscriber; section 4: SpeakerId."""
    file = sounds("talk", in_a_row((23, 19)))

    seen = sdk("continuous", kind="transcriber", file=file)

    assert seen.texts == sdk("continuous", file=file).texts
    assert {phrase["speaker"] for phrase in seen.phrases} == {"Unknown"}
    assert not seen.errors


def test_a_transcriber_with_a_bare_endpoint_is_served(native, line, sounds):
    """Section 1: ConversationTranscriber, native, bare endpoint=."""
    seen = native("continuous", kind="transcriber", endpoint=line.host, file=sounds.utterance())

    assert len(seen.texts) == 1
    assert {call.path for call in line.calls} == {"/stt/speech/universal/v2"}


def test_a_translator_gets_plain_phrases(native, line, sounds):
    """Section 1: TranslationRecognizer; section 4: it takes plain phrases, with no translations."""
    seen = native("continuous", host=line.host, kind="translator", file=sounds.utterance())

    assert len(seen.texts) == 1
    assert not seen.errors
    assert {call.path for call in line.calls} == {"/stt/speech/universal/v2"}


@pytest.mark.parametrize("call", ["once", "continuous"])
def test_an_assessment_of_pronunciation_is_refused_in_words(sdk, line, sounds, call):
    """Section 4: for errors that a retry cannot cure, close 1007 with a reason; section 7: PronunciationAssessment."""
    seen = sdk(call, host=line.host, file=sounds.utterance(), assess="cancel two of the six", without=["language"])

    assert not seen.texts
    assert "ronunciation" in seen.refusal["details"]
    assert seen.refusal["code"] == ("BadRequest" if sdk.is_python else "BadRequestParameters")
    assert len(line.calls) == 1
