"""Which locale is spoken: the surest model tells, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.asr.types import Hypothesis, Word
from speechsmith.decoding.languages import chosen

WORDS = st.builds(
    lambda start, seconds, confidence: Word("w", start, start + seconds, confidence),
    st.sampled_from([0.0, 1.0, 2.5]),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
HEARD = st.dictionaries(
    st.sampled_from(["de-DE", "en-GB", "en-US", "fr-FR"]),
    st.lists(st.builds(lambda words: Hypothesis(tuple(words), 0.5), st.lists(WORDS, max_size=4)), max_size=3),
)


def heard(*words: tuple[float, float]) -> Hypothesis:
    """Words of so many seconds and such confidences, one after another."""
    return Hypothesis(tuple(Word("w", at, at + seconds, sure) for at, (seconds, sure) in enumerate(words)), 0.0)


def test_the_surest_is_chosen():
    assert chosen({"de-DE": [heard((1, 0.4))], "en-US": [heard((1, 0.6))]}, "de-DE") == "en-US"


def test_a_long_word_counts_for_more_than_a_short_one():
    one, other = heard((1.0, 0.3), (0.2, 0.9)), heard((1.0, 0.9), (0.2, 0.3))

    assert chosen({"de-DE": [one], "en-US": [other]}, "fr-FR") == "en-US"


def test_what_a_model_has_no_word_for_speaks_against_it():
    one, other = heard((0.2, 1.0)), heard((0.5, 0.7), (0.5, 0.7))

    assert chosen({"de-DE": [one], "en-US": [other]}, "fr-FR") == "en-US"


def test_a_recording_is_judged_by_all_of_its_phrases():
    german = [heard((1, 0.9)), heard((3, 0.2))]
    english = [heard((1, 0.1)), heard((3, 0.8))]

    assert chosen({"de-DE": german, "en-US": english}, "de-DE") == "en-US"


@pytest.mark.parametrize(
    "silent", [{}, {"de-DE": [], "en-US": []}, {"de-DE": [heard()], "en-US": [heard()]}, {"de-DE": [heard((1, 0.0))]}]
)
def test_where_nobody_has_heard_a_word_it_is_the_fallback(silent):
    assert chosen(silent, "fr-FR") == "fr-FR"


def test_of_two_that_are_equally_sure_neither_is_chosen():
    both = {"de-DE": [heard((1, 0.5))], "en-US": [heard((0.5, 1.0))], "en-GB": [heard((1, 0.1))]}

    assert chosen(both, "fr-FR") == "fr-FR"
    assert chosen(both, "en-GB") == "en-GB"


@given(HEARD, st.randoms())
def test_the_order_of_candidates_and_of_phrases_does_not_matter(found, random):
    turned = [(locale, random.sample(hypotheses, len(hypotheses))) for locale, hypotheses in found.items()]
    random.shuffle(turned)

    assert chosen(dict(turned), "es-ES") == chosen(found, "es-ES")


@given(HEARD)
def test_it_is_a_candidate_or_the_fallback(found):
    assert chosen(found, "es-ES") in {*found, "es-ES"}


@given(HEARD)
def test_a_candidate_that_hears_nothing_changes_nothing(found):
    assert chosen(found | {"it-IT": [heard()]}, "es-ES") == chosen(found, "es-ES")
