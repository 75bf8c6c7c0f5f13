"""The language of filters: what is understood, in which order, and what is said about the rest."""

import contextlib
import random
from datetime import UTC, datetime

import pytest

from filter_trees import text, tree
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid
from speechsmith.domain.files import File
from speechsmith.domain.filters import DEEPEST, PROPERTIES, And, Comparison, Not, Operator, Or, parse
from speechsmith.domain.projects import Project

DATASET = {property.name: property for property in PROPERTIES[Dataset]}
NOON = datetime(2022, 2, 1, 11, tzinfo=UTC)


def is_(name: str, value: str) -> Comparison:
    return Comparison(DATASET[name], Operator.EQ, value)


def read(filter: str):
    return parse(filter, PROPERTIES[Dataset])


def refusal(filter: str, kind: type = Dataset) -> str:
    with pytest.raises(Invalid) as refused:
        parse(filter, PROPERTIES[kind])
    assert (refused.value.code, refused.value.target) == ("UnsupportedFilter", "filter")
    return refused.value.message


A, B, C = is_("displayName", "a"), is_("displayName", "b"), is_("locale", "en-US")
TEXTS = {"a": "displayName eq 'a'", "b": "displayName eq 'b'", "c": "locale eq 'en-US'"}


@pytest.mark.parametrize(
    ("filter", "meant"),
    [
        ("{a}", A),
        ("({a})", A),
        ("{a} or {b} and {c}", Or((A, And((B, C))))),
        ("{a} and {b} or {c}", Or((And((A, B)), C))),
        ("({a} or {b}) and {c}", And((Or((A, B)), C))),
        ("{a} and {b} and {c}", And((A, B, C))),
        ("not {a} and {b}", And((Not(A), B))),
        ("not ({a} and {b})", Not(And((A, B)))),
        ("not not {a}", Not(Not(A))),
        ("not({a})or({b})", Or((Not(A), B))),
        (" {a}\t\n and  {b} ", And((A, B))),
    ],
)
def test_not_binds_before_and_and_that_before_or(filter, meant):
    assert read(filter.format(**TEXTS)) == meant


@pytest.mark.parametrize(
    ("literal", "meant"),
    [
        ("''", ""),
        ("'it''s'", "it's"),
        ("''''", "'"),
        ("'a or b'", "a or b"),
        ("'(  )'", "(  )"),
        ("'漢 ä 😀'", "漢 ä 😀"),
    ],
)
def test_a_text_is_everything_between_its_quotes(literal, meant):
    assert read(f"displayName eq {literal}") == is_("displayName", meant)
    assert read(f"displayName eq{literal}") == is_("displayName", meant)


@pytest.mark.parametrize(
    "literal",
    ["2022-02-01T11:00:00Z", "2022-02-01T12:00:00+01:00", "2022-02-01T11:00:00.000Z", "2022-02-01T11:00:00-00:00"],
)
@pytest.mark.parametrize("operator", list(Operator))
def test_times_are_compared_in_six_ways(literal, operator):
    assert read(f"createdDateTime {operator} {literal}") == Comparison(DATASET["createdDateTime"], operator, NOON)


@pytest.mark.parametrize(
    ("filter", "position", "about"),
    [
        ("", 1, "a property belongs here, not the end; there are displayName, description"),
        ("  ", 3, "the end"),
        ("foo eq 'a'", 1, "'foo' is no property of this list; there are displayName, description, createdDateTime"),
        ("displayname eq 'a'", 1, "'displayname' is no property"),
        ("displayName eq 'a' and foo eq 'b'", 24, "'foo' is no property"),
        ("displayName = 'a'", 13, "displayName is compared by eq, ne, not by '='"),
        ("displayName EQ 'a'", 13, "displayName is compared by eq, ne, not by 'EQ'"),
        ("displayName gt 'a'", 13, "displayName is compared by eq, ne, not by 'gt'"),
        ("createdDateTime like 1", 17, "createdDateTime is compared by eq, ne, gt, ge, lt, le"),
        ("displayName", 12, "not by the end"),
        ("displayName eq", 15, "displayName is compared with a text in single quotes, not with the end"),
        ("displayName eq a", 16, "displayName is compared with a text in single quotes, not with 'a'"),
        ('displayName eq "a"', 16, "single quotes"),
        ("displayName eq 'a", 16, "a quote opens here and is never closed"),
        ("displayName eq 'a''", 16, "a quote opens here and is never closed"),
        ("displayName eq 'a' 'b'", 20, "'b' cannot stand here; join comparisons with and, or"),
        ("displayName eq 'a' AND locale eq 'b'", 20, "'AND' cannot stand here"),
        ("displayName eq 'a' and", 23, "a property belongs here, not the end"),
        ("displayName eq 'a' or or", 23, "a property belongs here, not 'or'"),
        ("displayName eq 'a')", 19, "this ) closes nothing"),
        ("(displayName eq 'a'", 20, "the ( at character 1 is not closed by a ) here"),
        ("()", 2, "a property belongs here"),
        ("status eq 'Done'", 11, "status is never 'Done'; it is one of 'Failed', 'NotStarted', 'Running', 'Succeeded'"),
        ("kind ne 'acoustic'", 9, "kind is never 'acoustic'; it is one of 'Acoustic'"),
        ("createdDateTime eq '2022-02-01T11:00:00Z'", 20, "a time without quotes, such as 2022-02-01T11:00:00Z"),
        ("createdDateTime eq 2022-02-01", 20, "a time without quotes"),
        ("createdDateTime eq 2022-02-01T11:00:00", 20, "a time without quotes"),
        ("createdDateTime eq 2022-02-30T11:00:00Z", 20, "a time without quotes"),
        ("createdDateTime eq ２022-02-01T11:00:00Z", 20, "a time without quotes"),
        ("createdDateTime eq 2022-02-01T11:00:00 01:00", 20, "a time without quotes"),
        ("displayName eq 'a\0b'", 16, "a character that no text can have"),
        ("displayName eq '\ud800'", 16, "a character that no text can have"),
    ],
)
def test_what_is_not_understood_is_shown_by_its_character_and_what_fits_there(filter, position, about):
    message = refusal(filter)

    assert message.startswith(f"filter, character {position}: ")
    assert about in message


def test_each_list_has_its_own_properties():
    assert "displayName, description, createdDateTime, locale." in refusal("status eq 'Failed'", Project)
    assert "name, createdDateTime, kind." in refusal("displayName eq 'a'", File)
    assert parse("name eq 'a.wav' and kind eq 'Audio'", PROPERTIES[File])


def test_what_is_too_deep_too_long_or_too_much_is_refused():
    assert read("not " * DEEPEST + TEXTS["a"])
    assert read("(" * DEEPEST + TEXTS["a"] + ")" * DEEPEST)
    assert "16 parentheses and nots" in refusal("not " * (DEEPEST + 1) + TEXTS["a"])
    assert "16 parentheses and nots" in refusal("(" * 1_000)
    assert "100 comparisons" in refusal(" or ".join(["locale eq 'x'"] * 101))
    assert "longer than 4000 characters" in refusal(f"displayName eq '{'x' * 4_000}'")
    assert read(" and ".join(f"({TEXTS['a']})" for _ in range(100)))  # beside each other they are not deep


def test_every_filter_that_is_written_down_is_read_as_it_was_meant():
    rng = random.Random(7)
    for _ in range(500):
        meant = tree(rng, PROPERTIES[Dataset], ["", "it's", "a or (b", "''"], NOON, depth=4)

        assert read(text(meant)) == meant


def test_a_slip_is_read_or_refused_and_nothing_worse():
    rng = random.Random(11)
    understood = 0
    for _ in range(2_000):
        written = text(tree(rng, PROPERTIES[Dataset], ["", "it's", "a or (b"], NOON, depth=2))
        at = rng.randrange(len(written))
        slipped = written[:at] + rng.choice(["", "'", "(", ")", " ", "x", "not "]) + written[at + rng.randint(0, 1) :]
        with contextlib.suppress(Invalid):
            read(slipped)
            understood += 1
    assert 100 < understood < 1_900
