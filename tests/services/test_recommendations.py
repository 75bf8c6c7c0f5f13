"""What a test says about the data to add next: words that a model lacks, words that it misses, or how people sound."""

from speechsmith.services.recommendations import FEWEST_ERRORS, FEWEST_WORDS, Data, advice

PLENTY = {"the": 300}


def test_of_too_few_words_or_errors_nothing_is_said():
    enough = {"gasket": FEWEST_ERRORS}

    assert advice({"gasket": FEWEST_WORDS - 1}, enough, {"gasket"}, insertions=0, has_read=True) is None
    assert advice(PLENTY, {"the": FEWEST_ERRORS - 1}, set(), insertions=0, has_read=True) is None
    assert advice(PLENTY, enough, {"gasket"}, insertions=0, has_read=True) is not None


def test_words_that_the_model_lacks_call_for_text_and_the_most_missed_are_named_first():
    found = advice(
        PLENTY | {"torx": 4, "gasket": 8},
        {"torx": 4, "gasket": 8},
        {"torx", "gasket", "unsaid"},
        insertions=0,
        has_read=True,
    )

    assert found is not None
    assert (found.words, found.errors) == (312, 12)
    (one,) = found.suggestions
    assert (one.data, one.errors, one.words) == (Data.NEW_WORDS, 12, [("gasket", 8), ("torx", 4)])


def test_words_that_are_known_and_missed_nearly_always_call_for_text_too():
    found = advice(PLENTY | {"bolt": 12, "nut": 12}, {"bolt": 10, "nut": 2}, set(), insertions=0, has_read=True)

    assert found is not None
    assert [(one.data, one.words) for one in found.suggestions] == [(Data.MISSED_WORDS, [("bolt", 10)])]


def test_errors_spread_over_words_that_the_model_knows_call_for_audio():
    found = advice(PLENTY, {"the": 20}, set(), insertions=10, has_read=True)

    assert found is not None
    assert [(one.data, one.errors, one.words) for one in found.suggestions] == [(Data.AUDIO, 30, ())]


def test_text_comes_before_audio_for_a_model_that_has_read_none():
    found = advice(PLENTY, {"the": 20}, set(), insertions=10, has_read=False)

    assert found is not None
    assert [(one.data, one.errors) for one in found.suggestions] == [(Data.TEXT, 30)]


def test_the_surest_comes_first():
    found = advice(PLENTY | {"torx": 10}, {"torx": 10, "the": 40}, {"torx"}, insertions=0, has_read=True)

    assert found is not None
    assert [one.data for one in found.suggestions] == [Data.NEW_WORDS, Data.AUDIO]


def test_without_the_vocabulary_nothing_is_called_unknown():
    found = advice(PLENTY | {"torx": 12}, {"torx": 12}, None, insertions=0, has_read=True)

    assert found is not None
    assert [one.data for one in found.suggestions] == [Data.MISSED_WORDS]


def test_a_single_slip_is_no_pattern():
    found = advice(PLENTY | {"torx": 1}, {"torx": 1, "the": 12}, {"torx"}, insertions=0, has_read=True)

    assert found is not None
    assert [one.data for one in found.suggestions] == [Data.AUDIO]
