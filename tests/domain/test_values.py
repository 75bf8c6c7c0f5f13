"""Small values: what is accepted, and how it is written."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.domain import values
from speechsmith.domain.errors import Invalid


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (59, "PT59S"),
        (0.76, "PT0.76S"),
        (60, "PT1M"),
        (3_723, "PT1H2M3S"),
        (172_800, "P2D"),
        (97_200, "P1DT3H"),
        (0.0000004, "PT0S"),
        (59.9999996, "PT1M"),
    ],
)
def test_durations_are_written_as_the_contract_does(seconds, text):
    assert values.format_duration(timedelta(seconds=seconds)) == text


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=10_000)))
def test_a_duration_survives_writing_and_reading(duration):
    assert values.parse_duration(values.format_duration(duration), target="t") == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "12", "PT1", "1H", "P1W", "-PT1H", "PT1.5H", "P1DT", "PT1S ", "pt1s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(Invalid):
        values.parse_duration(text, target="t")


@given(st.text(max_size=60))
def test_any_text_is_a_duration_or_refused(text):
    with contextlib.suppress(Invalid):
        assert values.parse_duration(text, target="t") >= timedelta()


def test_time_to_live_is_a_month_at_most_and_zero_is_none():
    assert values.parse_time_to_live("P31D") == timedelta(days=31)
    assert values.parse_time_to_live("PT0S") is None
    with pytest.raises(Invalid):
        values.parse_time_to_live("P31DT1S")


def test_a_locale_is_found_in_any_case_and_kept_in_its_own():
    assert values.check_locale("DE-de", ["en-US", "de-DE"]) == "de-DE"
    with pytest.raises(Invalid, match="installed for: none"):
        values.check_locale("de-DE", [])


@pytest.mark.parametrize("name", ["", "  ", "x" * 1_001])
def test_a_name_has_one_to_a_thousand_characters(name):
    with pytest.raises(Invalid):
        values.check_display_name(name)


def test_a_description_has_ten_thousand_characters_at_most():
    assert values.check_description("x" * 10_000)
    with pytest.raises(Invalid, match="10001 characters"):
        values.check_description("x" * 10_001)


def test_custom_properties_keep_to_their_limits():
    assert values.check_custom_properties({"k" * 64: "v" * 256}) == {"k" * 64: "v" * 256}
    for bad in ({"k" * 65: ""}, {"": ""}, {"k": "v" * 257}, {str(n): "" for n in range(11)}):
        with pytest.raises(Invalid):
            values.check_custom_properties(bad)
