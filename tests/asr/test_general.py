"""The general text: everyday English that a general model must know."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from speechsmith.asr.general import LOCALES, sentences
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.text import normalizer


@pytest.fixture(scope="module")
def lexical() -> list[list[str]]:
    return [normalizer("en-US").lexical(sentence).split() for sentence in sentences("en-US")]


def test_there_are_three_hundred_different_sentences_of_about_three_thousand_words(lexical):
    assert len(set(map(tuple, lexical))) == len(lexical) == 300
    assert 3_000 <= sum(map(len, lexical)) <= 3_600


@pytest.mark.parametrize("locale", LOCALES)
def test_each_is_written_as_a_sentence(locale):
    for sentence in sentences(locale):
        assert sentence == sentence.strip()
        assert sentence[0].isupper(), sentence
        assert sentence[-1] in ".?!", sentence
        assert not any(letter.isdigit() for letter in sentence), sentence


@pytest.mark.parametrize("locale", ["de-DE", "en-GB", "", "../general/en-US", "en-US.txt"])
def test_a_locale_without_general_text_has_none(locale):
    assert sentences(locale) == ()


def test_its_words_are_as_common_as_general_words_are(lexical):
    """The packaged dictionary knows them, and no word but small ones comes again and again."""
    library = find_spec("pocketsphinx")
    assert library is not None
    assert library.submodule_search_locations
    known = Lexicon.read(Path(library.submodule_search_locations[0]) / "model" / "en-us" / "cmudict-en-us.dict")

    words = [word for sentence in lexical for word in sentence]

    assert [word for word in words if word not in known] == []
    assert len(set(words)) > 1_000
    assert max(words.count(word) for word in set(words) if len(word) > 5) < 20
