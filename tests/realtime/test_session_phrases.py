"""What the messages of a turn tell of phrases: section 4 of the protocol."""

import pytest
from frames import paths, told
from sessions import BEGAN, GUESS, THANKS, body, heard, listening

from speechsmith.asr.display import Formatter, Profanity
from speechsmith.decoding.events import Partial
from speechsmith.realtime.session import Turn


def test_an_open_phrase_is_told_when_it_has_changed():
    again, more = Partial(1.0, 1.6, "thank"), Partial(1.0, 1.7, "thank you")

    actions = heard(listening(), BEGAN, GUESS, again, more)

    assert [one[1]["Text"] for one in told(actions)[1:]] == ["thank", "thank you"]
    assert body(actions, "speech.hypothesis")["Offset"] == 10_000_000
    assert body(actions, "speech.hypothesis")["Duration"] == 7_000_000


def test_the_next_phrase_may_begin_as_the_last_one():
    one = listening()
    heard(one, BEGAN, GUESS, THANKS)

    assert paths(heard(one, BEGAN, GUESS)) == ["speech.hypothesis"]


def test_an_open_phrase_is_a_fragment_in_dictation():
    assert paths(heard(listening("dictation"), BEGAN, GUESS)) == ["speech.startDetected", "speech.fragment"]


@pytest.mark.parametrize(("wish", "shown"), [("masked", "**** you"), ("raw", "damn you"), ("removed", "you")])
def test_an_open_phrase_keeps_to_the_wish_about_profanity(wish, shown):
    how = {"masked": Profanity.MASKED, "raw": Profanity.NONE, "removed": Profanity.REMOVED}[wish]
    one = listening(answers=Turn(Formatter("en-US", how), "en-US", "the-model"))

    actions = heard(one, BEGAN, Partial(1.0, 1.2, "damn you"))

    assert body(actions, "speech.hypothesis")["Text"] == shown


def test_an_open_phrase_of_which_nothing_may_be_shown_is_not_told():
    removing = Turn(Formatter("en-US", Profanity.REMOVED), "en-US", "the-model")

    assert paths(heard(listening(answers=removing), BEGAN, Partial(1.0, 1.2, "damn"))) == ["speech.startDetected"]


def test_a_detailed_phrase_has_its_text_on_top_as_well():
    one = listening(format="detailed", wordLevelTimestamps="true", wordLevelConfidence="true")

    phrase = body(heard(one, BEGAN, THANKS), "speech.phrase")

    assert phrase["DisplayText"] == phrase["NBest"][0]["Display"] == "Thank you."
    assert phrase["NBest"][0]["Words"][0] == {
        "Word": "thank",
        "Offset": 10_000_000,
        "Duration": 3_000_000,
        "Confidence": 0.9,
    }


def test_a_phrase_says_when_another_model_answers():
    instead = Turn(Formatter("en-US"), "en-US", "the-base", "The base model answers instead.")

    phrase = body(heard(listening(answers=instead), BEGAN, THANKS), "speech.phrase")

    assert (phrase["Model"], phrase["Notice"]) == ("the-base", "The base model answers instead.")


def test_language_detection_is_told_the_language_of_the_model():
    actions = heard(listening(context={"languageId": {"languages": ["en-US"]}}), BEGAN, GUESS, THANKS)

    assert body(actions, "speech.hypothesis")["PrimaryLanguage"] == {"Language": "en-US"}
    assert body(actions, "speech.phrase")["PrimaryLanguage"] == {"Language": "en-US"}


def test_speakers_are_unknown_as_they_are_not_told_apart():
    context = {"phraseDetection": {"speakerDiarization": {"mode": "Anonymous"}}}

    actions = heard(listening(context=context), BEGAN, GUESS, THANKS)

    assert [body(actions, path)["SpeakerId"] for path in ("speech.hypothesis", "speech.phrase")] == ["Unknown"] * 2
    assert "SpeakerId" not in body(heard(listening(), BEGAN, THANKS), "speech.phrase")
