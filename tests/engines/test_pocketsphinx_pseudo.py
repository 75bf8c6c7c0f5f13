"""Which phrases that nobody has transcribed are learned from, and what the report tells of them."""

from pathlib import Path

import pytest

from speechsmith.asr.types import Hypothesis, Word
from speechsmith.engines.pocketsphinx.pseudo import LEAST_WORDS, LISTED, SURE, PseudoTranscript, report
from speechsmith.engines.pocketsphinx.sounds import Sound


def phrase(words: str, confidence: float, *, seconds=2.0, start=0.0) -> PseudoTranscript:
    said = tuple(Word(word, n, n + 1, confidence) for n, word in enumerate(words.split()))
    return PseudoTranscript("calls.wav", Sound(0, Path("a.wav"), seconds, start), Hypothesis(said, confidence))


@pytest.mark.parametrize(
    ("words", "confidence", "kept"),
    [
        ("hold the line", 0.95, True),
        ("hold the line", SURE, True),
        ("hold the line", SURE - 0.001, False),
        (" ".join(["line"] * LEAST_WORDS), 0.95, True),
        ("line", 1.0, False),
        ("", 0.0, False),
    ],
)
def test_a_phrase_is_learned_from_if_it_is_sure_and_more_than_a_word(words, confidence, kept):
    assert phrase(words, confidence).is_kept is kept


def test_the_report_tells_what_was_used_and_where_it_is():
    told = report([phrase("hold the line", 0.91234, start=3.456), phrase("huh", 0.9, seconds=0.5)])

    assert told == {
        "phrases": 2,
        "used": 1,
        "seconds": 2.5,
        "secondsUsed": 2.0,
        "leastConfidence": SURE,
        "transcripts": [
            {
                "recording": "calls.wav",
                "transcript": "hold the line",
                "confidence": 0.912,
                "start": 3.46,
                "seconds": 2.0,
                "used": True,
            },
            {
                "recording": "calls.wav",
                "transcript": "huh",
                "confidence": 0.9,
                "start": 0.0,
                "seconds": 0.5,
                "used": False,
            },
        ],
    }


def test_the_report_counts_all_phrases_and_lists_the_first():
    told = report([phrase("hold the line", 0.9)] * (LISTED + 5))

    assert told["phrases"] == told["used"] == LISTED + 5
    assert len(told["transcripts"]) == LISTED


def test_no_phrases_are_told_as_none():
    assert report([]) == {
        "phrases": 0,
        "used": 0,
        "seconds": 0,
        "secondsUsed": 0,
        "leastConfidence": SURE,
        "transcripts": [],
    }
