"""When models end: the examples of the contract, and the days that an operator sets."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from speechsmith.domain.expiry import Deadlines, parse, years_after_quarter
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.values import NEVER


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def custom(made: str) -> CustomModel:
    return CustomModel(
        id=uuid4(),
        resource_id=uuid4(),
        locale="en-US",
        display_name="m",
        created_at=day(made),
        last_action_at=day(made),
        base_model_id=uuid4(),
    )


def base(released: str, **dates: datetime) -> BaseModel:
    return BaseModel(
        id=uuid4(),
        resource_id=None,
        locale="en-US",
        display_name=released,
        created_at=day(released),
        last_action_at=day(released),
        engine="loud",
        released=released,
        **dates,
    )


@pytest.mark.parametrize(("made", "ends"), [("2024-07-14", "2026-07-15"), ("2022-05-21", "2024-07-15")])
def test_custom_models_end_two_years_after_their_quarter(made, ends):
    assert parse("azure").deadlines(custom(made)).transcription == day(ends)


def test_base_models_end_one_year_and_two_years_after_their_quarter():
    assert parse("azure").deadlines(base("20230101")) == Deadlines(day("2024-01-15"), day("2025-01-15"))


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2024-01-15T00:00:00", "2025-01-15"),
        ("2024-01-15T00:00:01", "2025-04-15"),
        ("2024-10-15T23:00:00", "2026-01-15"),
        ("2024-12-31", "2026-01-15"),
    ],
)
def test_an_end_belongs_to_the_quarter_that_it_ends(moment, end):
    assert years_after_quarter(day(moment), 1) == day(end)


def test_nothing_ends_by_itself_unless_the_operator_wants_it():
    assert parse("never").deadlines(custom("2001-01-01")) == Deadlines(NEVER, NEVER)
    assert parse("2027-12-31").deadlines(custom("2001-01-01")) == Deadlines(day("2027-12-31"), day("2027-12-31"))


@pytest.mark.parametrize("policy", ["never", "azure", "2027-12-31"])
def test_a_day_that_was_set_for_a_base_model_counts_under_each_policy(policy):
    own = base("20211013", adaptation_until=day("2023-01-15"), transcription_until=day("2024-01-15"))

    assert parse(policy).deadlines(own) == Deadlines(day("2023-01-15"), day("2024-01-15"))


@pytest.mark.parametrize("text", ["", "Never", "quarterly", "2027-13-01", "31.12.2027"])
def test_what_is_no_policy_is_refused_with_those_that_there_are(text):
    with pytest.raises(ValueError, match="there are never, azure, and a date"):
        parse(text)
