"""Which of the user's pronunciations say something that the base lexicon does not."""

from speechsmith.asr.lexicon import Lexicon
from speechsmith.engines.pocketsphinx.pronunciations import Entry, contested

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
