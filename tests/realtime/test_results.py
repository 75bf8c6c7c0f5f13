"""The bodies of messages, section 4 of the wire protocol."""

from itertools import pairwise

from speechsmith.asr.display import Formatter, Profanity
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.realtime import results

WRITER = Formatter("en-US")
THANKS = Hypothesis((Word("thank", 1.0, 1.25, 0.9), Word("you", 1.25, 1.5, 0.7123456789)), 0.8123456789)
OTHER = Hypothesis((Word("thank", 1.0, 1.5, 0.5),), 0.5)
DAMN = Hypothesis((Word("damn", 1.0, 1.5, 0.5),), 0.5)
NOTHING = Hypothesis((), 0.0)
WHEN = {"Offset": 9_000_000, "Duration": 7_000_000}


def phrase(*hypotheses: Hypothesis, writer: Formatter = WRITER, **wishes: bool):
    return results.phrase(hypotheses, 0.9, 1.6, writer, **({"detailed": False} | wishes))


def test_a_simple_phrase_has_its_text():
    assert phrase(THANKS) == {"RecognitionStatus": "Success", "DisplayText": "Thank you."} | WHEN


def test_a_detailed_phrase_has_alternatives_in_four_forms():
    found = phrase(THANKS, OTHER, detailed=True)

    assert found["NBest"][0] == {
        "Confidence": 0.812346,
        "Lexical": "thank you",
        "ITN": "thank you",
        "MaskedITN": "thank you",
        "Display": "Thank you.",
    }
    assert [best["Lexical"] for best in found["NBest"]] == ["thank you", "thank"]


def test_words_have_times_and_confidences_as_is_wished():
    def words(**wishes: bool):
        best = phrase(THANKS, detailed=True, **wishes)["NBest"][0]
        return best.get("Words", [None])[-1], best.get("DisplayWords", [None])[-1]

    when = {"Offset": 12_500_000, "Duration": 2_500_000}
    assert words() == (None, None)
    assert words(word_times=True) == ({"Word": "you"} | when, {"DisplayText": "you."} | when)
    assert words(word_confidences=True) == ({"Word": "you", "Confidence": 0.712346}, None)
    assert words(word_times=True, word_confidences=True)[0] == {"Word": "you", "Confidence": 0.712346} | when


def test_what_has_no_words_or_may_not_be_shown_is_no_match():
    removing = Formatter("en-US", Profanity.REMOVED)

    assert phrase(NOTHING) == phrase(DAMN, writer=removing, detailed=True) == {"RecognitionStatus": "NoMatch"} | WHEN
    assert phrase(DAMN)["DisplayText"] == "****."


def test_a_stretch_ends_where_the_next_one_begins_to_the_tick():
    seconds = [place / 3e7 for place in range(1000)]

    stretches = [results.times(start, end) for start, end in pairwise(seconds)]

    ends = [stretch["Offset"] + stretch["Duration"] for stretch in stretches]
    assert ends[:-1] == [stretch["Offset"] for stretch in stretches[1:]]


def test_silence_and_the_end_have_a_place_and_no_length():
    assert results.initial_silence(5.0) == {
        "RecognitionStatus": "InitialSilenceTimeout",
        "Offset": 50_000_000,
        "Duration": 0,
    }
    assert results.end_of_audio(0.0) == {"RecognitionStatus": "EndOfDictation", "Offset": 0, "Duration": 0}


def test_an_open_phrase_is_told_as_it_is_said():
    assert results.hypothesis("thank", 1.0, 1.5) == {"Text": "thank", "Offset": 10_000_000, "Duration": 5_000_000}
