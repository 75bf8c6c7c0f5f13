"""Sentences: by rule, by pauses, as dictated; and hesitations."""

# ruff: noqa: SIM905
import pytest

from speechsmith.asr.display import Dictation, Formatter

AUTOMATIC = Formatter("en-US")
DICTATED = Formatter("en-US", punctuation=False, dictation=Dictation.CERTAIN)
BOTH = Formatter("en-US", dictation=Dictation.POSSIBLE)
NONE = Formatter("en-US", punctuation=False)


def pauses(spoken: str) -> tuple[list[str], list[float]]:
    """ "so / we" has a second of silence before "we"."""
    words, silence = [], []
    seconds = 0.0
    for word in spoken.split():
        if word == "/":
            seconds = 1.0
            continue
        words.append(word)
        silence.append(seconds)
        seconds = 0.0
    return words, silence


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("we are here / where are you", "We are here. Where are you?"),
        ("we went to / the store", "We went to the store."),
        ("we went out / and they stayed", "We went out and they stayed."),
        ("call five five five / oh one nine nine", "Call 555-0199."),
        ("it is done / um / yes it is", "It is done. Yes, it is."),
        ("i live at thirty five lexington avenue / call me", "I live at 35 Lexington Ave. Call me."),
        ("/ hello", "Hello."),
    ],
)
def test_a_sentence_ends_at_a_pause_unless_the_words_go_on(spoken, written):
    words, silence = pauses(spoken)

    assert AUTOMATIC.forms(words, pauses=silence).display == written


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("yeah that's what i mean", "Yeah, that's what I mean."),
        ("okay so we wait", "Okay, so we wait."),
        ("no it's fine", "No, it's fine."),
        ("well done everybody", "Well done everybody."),
        ("no problem at all", "No problem at all."),
        ("i called but they're out", "I called, but they're out."),
        ("they have nothing but time", "They have nothing but time."),
    ],
)
def test_a_comma_stands_where_a_clause_begins_anew(spoken, written):
    assert AUTOMATIC.forms(spoken.split()).display == written


def test_without_punctuation_a_pause_changes_nothing():
    words, silence = pauses("we are here / where are you")

    assert NONE.forms(words, pauses=silence).display == "We are here where are you"


@pytest.mark.parametrize(
    ("spoken", "asks"),
    [
        ("what's your name", True),
        ("so when does it start", True),
        ("how about lunch", True),
        ("aren't they here", True),
        ("is this it", True),
        ("when you say pain do you mean here", True),
        ("you like it don't you", True),
        ("what you said", False),
        ("what they're doing is fine", False),
        ("may the force be with you", False),
        ("have the papers ready", False),
        ("is", False),
        ("they are you know nice", False),
        ("tell me how it was", False),
    ],
)
def test_a_question_opens_like_one(spoken, asks):
    assert AUTOMATIC.forms(spoken.split()).display.endswith("?") is asks


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("dear sir comma new line thank you period", "Dear sir,\nThank you."),
        ("are you there question mark i am exclamation point", "Are you there? I am!"),
        ("he said open quote go away close quote period", 'He said "go away".'),
        ("he said open quote go away period close quote then he left", 'He said "go away." Then he left'),
        ("open paren see page two close paren", "(See page 2)"),
        ("a well hyphen known either slash or", "A well-known either/or"),
        ("wait dash no dot dot dot", "Wait - no..."),
        ("note colon second semicolon third full stop", "Note: second; third."),
        ("one new paragraph two", "One\n\nTwo"),
        ("a trial period of a comma", "A trial period of a comma"),
        ("period", "."),
        ("the end new line", "The end\n"),
        ("is it period", "Is it."),
    ],
)
def test_marks_are_written_where_they_are_dictated(spoken, written):
    assert DICTATED.forms(spoken.split()).display == written


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("we waited comma then left period", "We waited, then left."),
        ("we waited period / then we left", "We waited. Then we left."),
        ("the trial period ended", "The trial period ended."),
        ("during that period we slept", "During that period we slept."),
        ("is it over period", "Is it over."),
        ("the long dash home", "The long dash home."),
    ],
)
def test_where_marks_are_also_set_by_rule_a_name_that_is_a_word_needs_a_stop(spoken, written):
    words, silence = pauses(spoken)

    assert BOTH.forms(words, pauses=silence).display == written


def test_who_surely_dictates_may_leave_the_last_mark_to_the_rule():
    certain = Formatter("en-US", dictation=Dictation.CERTAIN)

    assert certain.forms("we left period it was late".split()).display == "We left. It was late."


def test_marks_are_not_written_where_nobody_dictates():
    assert AUTOMATIC.forms("thank you period".split()).display == "Thank you period."


def test_a_dictated_mark_belongs_to_the_word_before_it():
    tokens = DICTATED.forms("thank you period new line bye".split()).tokens

    assert [(token.text, token.start, token.stop) for token in tokens] == [
        ("Thank", 0, 1),
        ("you.\n", 1, 5),
        ("Bye", 5, 6),
    ]


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("um the the uh door", "The door."),
        ("i was i was there", "I was there."),
        ("it was very very good", "It was very very good."),
        ("call two two", "Call 22."),
        ("um", "Um."),
    ],
)
def test_hesitations_are_left_out_of_what_is_shown_alone(spoken, written):
    forms = AUTOMATIC.forms(spoken.split())

    assert forms.display == written
    assert forms.lexical == spoken


def test_hesitations_can_be_kept():
    assert Formatter("en-US", hesitations=True).forms("um the the door".split()).display == "Um the the door."
