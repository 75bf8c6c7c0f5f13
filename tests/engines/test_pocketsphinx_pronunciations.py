"""Which of the user's pronunciations can be used, and which say something that the base lexicon does not."""

import pytest

from speechsmith.asr.lexicon import Lexicon
from speechsmith.engines.pocketsphinx.pronunciations import Entry, contested, is_word

LEXICON = Lexicon({"read": [("R", "EH", "D"), ("R", "IY", "D")], "wall": [("W", "AO", "L")]})


def own(word: str, *ways: str) -> Entry:
    return Entry(word, "user", tuple(tuple(way.split()) for way in ways))


def test_a_word_that_the_lexicon_says_otherwise_is_contested_and_comes_with_the_ways_of_the_lexicon():
    found = contested([own("wall", "W AO L", "V AO L"), own("read", "R AE D")], LEXICON)

    assert found == {"wall": LEXICON["wall"], "read": LEXICON["read"]}


def test_a_new_word_is_not_contested():
    assert contested([own("zorblex", "Z AO R B")], LEXICON) == {}


def test_a_word_that_is_said_as_the_lexicon_says_it_is_not_contested():
    assert contested([own("read", "R IY D"), own("wall", "W AO L")], LEXICON) == {}


@pytest.mark.parametrize("word", ["3cpo", ".net", "c++", "at&t", "o'neill", "e-mail", "'em"])
def test_signs_may_stand_in_a_word(word):
    assert is_word(word)


@pytest.mark.parametrize("word", ["", "two words", "<s>", "[noise]", "++um++", "{part}", "a(2)", "snake_case", "_"])
def test_what_the_decoder_or_a_compound_has_its_own_meaning_for_is_no_word(word):
    assert not is_word(word)
