"""Studio's own words for what the service says in those of the REST API."""

import pytest

from speechsmith.api.studio.words import amount, counted, listed, plain, size, told
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Invalid


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The dataset 'Names' is Pronunciation.", "The dataset 'Names' is Pronunciation."),
        ("'Calls' is AudioFiles; give Acoustic.", "'Calls' is Audio; give Audio + human-labeled transcript."),
        ("The dataset 'Acoustic' is NotStarted.", "The dataset 'Acoustic' is Waiting."),
        ("The dataset 'Bob's Language' is Running.", "The dataset 'Bob's Language' is Processing."),
        ("Languages are many.", "Languages are many."),
        ("", ""),
    ],
)
def test_a_sentence_has_the_names_of_studio_and_those_of_users_stay(said, shown):
    assert plain(said) == shown
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("locale must be given.", "Language must be given."),
        ("displayName: too long.", "Name: too long."),
        ("LanguageMarkdown is not for this.", "Structured text in Markdown is not for this."),
    ],
)
def test_a_refusal_begins_with_the_label_of_its_field(message, shown):
    assert told(Invalid("InvalidPayload", message)) == shown


def test_a_dataset_is_counted_in_what_it_has():
    assert amount(CorpusKind.ACOUSTIC, 25) == "25 utterances"
    assert amount(CorpusKind.AUDIO_FILES, 1) == "1 recording"
    assert amount(CorpusKind.LANGUAGE, 25) == "25 lines"
    assert counted(1, "model") == "1 model"


def test_several_things_are_told_in_a_sentence():
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_a_size_has_one_unit_everywhere():
    assert (size(2 * 1024**3), size(1536), size(7)) == ("2 GB", "1.5 KB", "7 bytes")
