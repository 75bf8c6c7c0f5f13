"""Subtitles: how speech becomes cues, and how cues are written."""

import re
from itertools import pairwise

import numpy as np
import pytest

from speechsmith.asr.subtitles import LINE, LINES, LONGEST, Cue, Spoken, cues, srt, vtt

TIME = r"(\d\d+):(\d\d):(\d\d)[.,](\d\d\d)"


def said(text: str, *, start: float = 0.0, each: float = 0.3, pauses: dict[int, float] | None = None) -> list[Spoken]:
    """Words of `each` seconds, with pauses before the words of these places."""
    words = []
    for place, word in enumerate(text.split(" ")):
        start += (pauses or {}).get(place, 0.0)
        words.append(Spoken(word, start, start + each))
        start += each
    return words


def shown(made: list[Cue]) -> list[tuple[str, ...]]:
    return [cue.lines for cue in made]


def read(text: str) -> list[Cue]:
    """The cues of a file of either format."""
    found = []
    for block in re.split(r"\n\n", text):
        if match := re.search(rf"^{TIME} --> {TIME}\n(.*)", block, re.M | re.S):
            h1, m1, s1, ms1, h2, m2, s2, ms2 = (int(part) for part in match.groups()[:8])
            lines = tuple(match[9].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split("\n"))
            found.append(Cue(h1 * 3600 + m1 * 60 + s1 + ms1 / 1000, h2 * 3600 + m2 * 60 + s2 + ms2 / 1000, lines))
    return found


def test_a_short_phrase_is_one_line_that_stays_for_a_second_at_least():
    assert cues([said("Thank you.", start=2.0, each=0.2)]) == [Cue(2.0, 3.0, ("Thank you.",))]


def test_a_cue_stays_until_it_is_read_but_not_into_the_next_one():
    long = said("Please send the seventeen characters.", each=0.1)
    (alone,) = cues([long])
    before, _ = cues([long, said("Now.", start=1.2)])

    assert alone.end == pytest.approx(37 / 17)
    assert before.end == 1.2


def test_two_lines_are_as_equal_as_can_be():
    made = cues([said("Would you please send the order to the address that is known", each=0.2)])

    assert shown(made) == [("Would you please send the order", "to the address that is known")]


def test_a_long_phrase_is_cut_behind_a_sentence():
    text = (
        "The first sentence ends here and is not short at all. The second one is so long that it does not fit any more."
    )

    made = cues([said(text, each=0.2)])

    assert [" ".join(lines) for lines in shown(made)] == [text[:53], text[54:]]


def test_without_a_sentence_it_is_cut_behind_a_comma():
    text = "the order that was sent on a day in the spring, came back in the summer without a word of an excuse"

    assert " ".join(shown(cues([said(text, each=0.2)]))[0]).endswith("spring,")


def test_without_any_mark_it_is_cut_where_the_speaker_pauses():
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"

    made = cues([said(text, each=0.2, pauses={10: 0.3, 12: 0.2, 2: 0.9})])

    assert " ".join(shown(made)[0]).endswith(" ten")


def test_what_takes_longer_than_seven_seconds_is_cut():
    made = cues([said("a b c d e f g h i j", each=1.0)])

    assert [" ".join(lines) for lines in shown(made)] == ["a b c d e f g", "h i j"]
    assert all(cue.end - cue.start <= LONGEST for cue in made)


def test_a_word_that_is_longer_than_a_line_stays_whole():
    assert shown(cues([said("x" * 60)])) == [("x" * 60,)]


def test_silence_has_no_cues():
    assert cues([]) == cues([[]]) == []
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n\n"


def test_a_dictated_new_line_is_a_blank():
    assert shown(cues([[Spoken("Hello\n", 0, 1), Spoken("you", 1, 2)]])) == [("Hello you",)]


def test_phrases_of_two_channels_are_in_the_order_of_time():
    made = cues([said("one", start=5.0), said("two", start=1.0)])

    assert shown(made) == [("two",), ("one",)]


def test_subrip_counts_its_cues_and_has_commas_in_times():
    text = srt([Cue(0.0, 1.5, ("a", "b")), Cue(3661.0015, 3662.0, ("c",))])

    assert text == "1\n00:00:00,000 --> 00:00:01,500\na\nb\n\n2\n01:01:01,002 --> 01:01:02,000\nc\n\n"


def test_web_vtt_has_points_in_times_and_escapes_tags():
    assert vtt([Cue(0.5, 100 * 3600.0, ("<profanity>a</profanity> & b",))]) == (
        "WEBVTT\n\n00:00:00.500 --> 100:00:00.000\n&lt;profanity&gt;a&lt;/profanity&gt; &amp; b\n\n"
    )


def test_no_text_can_be_taken_for_times():
    assert "\n1 --> 2" not in srt([Cue(0, 1, ("1 --> 2",))])


def test_cues_keep_the_rules_lose_no_word_and_survive_a_round_trip():
    rng = np.random.default_rng(7)
    for _ in range(200):
        words = ["x" * int(size) + str(rng.choice(["", "", "", ",", "."])) for size in rng.integers(1, 12, 80)]
        phrases, now = [], 0.0
        for _ in range(3):
            spoken = []
            for word in words:
                now += float(rng.choice([0.0, 0.0, 0.25]))
                spoken.append(Spoken(word, now, now + (length := float(rng.uniform(0.05, 0.9)))))
                now += length
            phrases.append(spoken)

        made = cues(phrases)

        assert " ".join(" ".join(cue.lines) for cue in made).split() == words * 3
        assert all(len(cue.lines) <= LINES and max(map(len, cue.lines)) <= LINE for cue in made)
        assert all(0 < cue.end - cue.start <= LONGEST + 1e-9 for cue in made)
        assert all(one.end <= other.start + 1e-9 for one, other in pairwise(made))
        for text in (srt(made), vtt(made)):
            back = read(text)
            assert [cue.lines for cue in back] == [cue.lines for cue in made]
            assert [cue.start for cue in back] == pytest.approx([cue.start for cue in made], abs=0.0006)
