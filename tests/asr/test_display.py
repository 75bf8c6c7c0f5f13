"""The four forms of a phrase: capitals, the full stop, and profanity in each of its modes."""

from dataclasses import dataclass

import pytest

from speechsmith.asr.display import Formatter, Forms, Profanity, Tokens

ENGLISH = Formatter("en-US")


@dataclass(frozen=True)
class Profane:
    """A custom formatting that has words of the user and nothing else."""

    profanity: tuple[str, ...]

    def itn(self, tokens: Tokens) -> Tokens:
        return tokens

    def rewrite(self, tokens: Tokens) -> Tokens:
        return tokens


def test_a_phrase_is_shown_with_a_capital_and_a_full_stop():
    forms = ENGLISH.forms(["remind", "me", "to", "buy", "five", "pencils"])

    assert forms == Forms(
        lexical="remind me to buy five pencils",
        itn="remind me to buy five pencils",
        masked_itn="remind me to buy five pencils",
        display="Remind me to buy five pencils.",
    )


def test_the_english_i_is_a_capital_also_before_an_apostrophe():
    assert ENGLISH.forms(["so", "i", "think", "i'm", "in"]).display == "So I think I'm in."
    assert Formatter("it-IT").forms(["amo", "i", "libri"]).display == "Amo i libri."


def test_silence_has_four_empty_forms():
    assert ENGLISH.forms([]) == Forms("", "", "", "")


def test_the_full_stop_can_be_switched_off():
    assert Formatter("en-US", punctuation=False).forms(["yes"]).display == "Yes"


@pytest.mark.parametrize(
    ("mode", "masked_itn", "display"),
    [
        (Profanity.NONE, "what the fuck is that", "What the fuck is that."),
        (Profanity.REMOVED, "what the is that", "What the is that."),
        (
            Profanity.TAGS,
            "what the <profanity>fuck</profanity> is that",
            "What the <profanity>fuck</profanity> is that.",
        ),
        (Profanity.MASKED, "what the **** is that", "What the **** is that."),
    ],
)
def test_profanity_is_treated_as_asked_in_the_shown_forms_only(mode, masked_itn, display):
    forms = Formatter("en-US", profanity=mode).forms(["what", "the", "fuck", "is", "that"])

    assert (forms.masked_itn, forms.display) == (masked_itn, display)
    assert forms.lexical == forms.itn == "what the fuck is that"


def test_a_sentence_whose_first_word_is_removed_begins_with_the_next():
    assert Formatter("en-US", profanity=Profanity.REMOVED).forms(["damn", "it"]).display == "It."


def test_nothing_is_shown_when_every_word_is_removed():
    forms = Formatter("en-US", profanity=Profanity.REMOVED).forms(["shit"])

    assert (forms.lexical, forms.masked_itn, forms.display) == ("shit", "", "")


@pytest.mark.parametrize(
    ("rule", "spoken", "display"),
    [
        ("xyz", "mask xyz", "Mask ***."),
        ("abc lmn", "mask abc lmn", "Mask *** ***."),
        ("masked word", "masked word", "****** ****."),
        ("Abc", "mask abc", "Mask ***."),
    ],
)
def test_words_of_the_user_are_masked_word_by_word_in_any_case(rule, spoken, display):
    assert Formatter("en-US", custom=Profane((rule,))).forms(spoken.split()).display == display


def test_part_of_a_phrase_is_not_profane():
    assert Formatter("en-US", custom=Profane(("abc lmn",))).forms(["abc", "abc", "lmn"]).display == "Abc *** ***."


def test_the_longest_phrase_wins():
    formatter = Formatter("en-US", custom=Profane(("abc", "abc lmn")))

    assert formatter.forms(["abc", "lmn", "abc", "x"]).masked_itn == "*** *** *** x"


def test_a_mask_has_one_asterisk_for_each_letter_and_keeps_the_apostrophe():
    assert Formatter("en-US", custom=Profane(("abc's",))).forms(["abc's"]).masked_itn == "***'*"


def test_english_profanity_is_left_alone_in_other_locales():
    assert Formatter("de-DE").forms(["dick", "aufgetragen"]).display == "Dick aufgetragen."
