"""Recall of terms: counted by hand, and held against what must hold for every alignment."""

from speechsmith.asr.scoring import TermCounts, align, term_counts

TERMS = {"gasket", "torx"}


def counted(said: str, heard: str, terms=frozenset(TERMS)) -> TermCounts:
    return term_counts(align(said.split(), heard.split()).edits, terms)


def test_a_term_is_a_hit_where_it_was_said():
    # gasket is recognized, torx is replaced by talks, and the second gasket is lost: 1 of 3
    found = counted("send a gasket and a torx or gasket", "send a gasket and a talks or")

    assert found == TermCounts(said=3, hits=1, false_alarms=0)
    assert found.recall == 1 / 3


def test_a_term_that_was_not_said_is_a_false_alarm():
    # gasket stands for basket, and torx for nothing at all
    assert counted("send a basket now", "send a gasket now torx") == TermCounts(said=0, hits=0, false_alarms=2)


def test_a_term_taken_for_another_term_is_both_missed_and_made_up():
    assert counted("the torx", "the gasket") == TermCounts(said=1, hits=0, false_alarms=1)


def test_without_terms_there_is_no_recall():
    assert counted("thank you", "thank you").recall is None
    assert counted("send a gasket", "send a gasket", terms=frozenset()) == TermCounts()


def test_who_hears_what_was_said_has_all_terms_and_who_hears_nothing_none():
    text = "a gasket is no torx and a torx no gasket"

    assert counted(text, text) == TermCounts(said=4, hits=4)
    assert counted(text, "") == TermCounts(said=4)


def test_several_alignments_are_counted_together():
    first, second = align(["gasket"], ["gasket"]).edits, align(["torx"], ["talks"]).edits

    assert term_counts((*first, *second), TERMS) == TermCounts(said=2, hits=1)
