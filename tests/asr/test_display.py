"""The four forms of a phrase: the order of the stages, their laws, and profanity in each of its modes."""

# ruff: noqa: SIM905
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechsmith.asr.display import Dictation, Formatter, Forms, Profanity, Tokens, english
from speechsmith.asr.display.tokens import text_of

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
        itn="remind me to buy 5 pencils",
        masked_itn="remind me to buy 5 pencils",
        display="Remind me to buy 5 pencils.",
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
        (Profanity.NONE, "what the fuck is that", "What the fuck is that?"),
        (Profanity.REMOVED, "what the is that", "What the is that?"),
        (
            Profanity.TAGS,
            "what the <profanity>fuck</profanity> is that",
            "What the <profanity>fuck</profanity> is that?",
        ),
        (Profanity.MASKED, "what the **** is that", "What the **** is that?"),
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


def test_what_is_removed_leaves_its_full_stop_to_the_word_before():
    removed = Formatter("en-US", profanity=Profanity.REMOVED)

    assert removed.forms("oh well that is shit".split()).display == "Oh well that is."
    assert removed.forms("are you a bitch".split()).display == "Are you a?"


def test_the_longest_phrase_wins():
    formatter = Formatter("en-US", custom=Profane(("abc", "abc lmn")))

    assert formatter.forms(["abc", "lmn", "abc", "x"]).masked_itn == "*** *** *** x"


def test_a_mask_has_one_asterisk_for_each_letter_and_keeps_the_apostrophe():
    assert Formatter("en-US", custom=Profane(("abc's",))).forms(["abc's"]).masked_itn == "***'*"


def test_english_profanity_is_left_alone_in_other_locales():
    assert Formatter("de-DE").forms(["dick", "aufgetragen"]).display == "Dick aufgetragen."


def test_display_tokens_know_the_words_that_they_stand_for():
    forms = ENGLISH.forms("um call me at six forty five p m".split())

    assert [(token.text, token.start, token.stop) for token in forms.tokens] == [
        ("Call", 1, 2),
        ("me", 2, 3),
        ("at", 3, 4),
        ("6:45 PM.", 4, 9),
    ]


@dataclass(frozen=True)
class Rules:
    """A custom formatting that notes what it was shown."""

    profanity: tuple[str, ...] = ("zippy",)

    def itn(self, tokens: Tokens) -> Tokens:
        return tuple(replace(token, text="Zippy" if token.text == "22" else token.text) for token in tokens)

    def rewrite(self, tokens: Tokens) -> Tokens:
        return tuple(replace(token, text=token.text.replace("Zoe", "ZOE")) for token in tokens)


def test_the_rules_of_the_user_come_after_the_built_in_ones_and_before_profanity():
    forms = Formatter("en-US", custom=Rules()).forms("zoe is twenty two".split())

    assert forms == Forms("zoe is twenty two", "zoe is Zippy", "zoe is *****", "ZOE is *****.")


def test_other_locales_write_what_was_said_with_a_full_stop():
    forms = Formatter("de-DE").forms("wo sind zwanzig euro um acht".split())

    assert (forms.itn, forms.display) == ("wo sind zwanzig euro um acht", "Wo sind zwanzig euro um acht.")


VOCABULARY = """
a i o b m p the to or and of out between one two five nine ten twenty forty hundred thousand million zero oh
double triple point percent dollars cents pounds and half quarter past o'clock january may first second fifth
twelfth twentieth minus plus dot at com slash dash street avenue north mister page press say call times days
kilograms degrees um uh i'm what do you but period comma new line open quote question mark fuck x' é
""".split()
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=14)
PAUSES = st.lists(st.sampled_from([0.0, 0.3, 1.0]), max_size=14)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(WORDS, PAUSES, st.booleans(), st.sampled_from(Dictation))
def test_ranges_increase_and_lie_within_the_words(words, pauses, punctuation, dictation):
    formatter = Formatter("en-US", punctuation=punctuation, dictation=dictation)

    forms = formatter.forms(words, pauses=pauses[: len(words)])

    places = [place for token in forms.tokens for place in (token.start, token.stop)]
    assert all(token.text and token.start < token.stop for token in forms.tokens)
    assert places == sorted(places)
    assert not places or (places[0] >= 0 and places[-1] <= len(words))
    assert forms.lexical == " ".join(words)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(WORDS)
def test_no_word_is_lost_on_the_way_to_the_itn_form(words):
    tokens = english.written(words)

    assert [place for token in tokens for place in range(token.start, token.stop)] == list(range(len(words)))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(WORDS)
def test_what_is_written_is_not_written_again(words):
    once = text_of(english.written(words)).split()

    assert text_of(english.written(once)).split() == once


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.text(min_size=1).filter(lambda text: not text.isspace()), max_size=8), st.sampled_from(Profanity))
def test_no_word_is_too_odd_to_be_shown(words, profanity):
    forms = Formatter("en-US", profanity=profanity, dictation=Dictation.CERTAIN).forms(words)

    assert forms.lexical == " ".join(words)
    assert forms.display == text_of(forms.tokens)
