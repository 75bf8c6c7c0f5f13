"""The page about the REST API tells what the code has: properties of filters, headers, limits."""

from pathlib import Path

from speechsmith.api import repeats
from speechsmith.domain.deliveries import DeliveryState
from speechsmith.domain.filters import DEEPEST, MOST_CHARACTERS, MOST_COMPARISONS, PROPERTIES, Operator
from speechsmith.domain.jobs import JobKind, JobState

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rest-api.md").read_text(encoding="utf-8")


def test_every_property_and_operator_of_filters_is_told():
    told = {property.name for properties in PROPERTIES.values() for property in properties} | set(Operator)

    assert [word for word in sorted(told) if f"`{word}`" not in PAGE] == []


def test_the_bounds_of_filters_are_told():
    bounds = f"at most {MOST_CHARACTERS} characters and {MOST_COMPARISONS} comparisons, with {DEEPEST} parentheses"

    assert bounds in " ".join(PAGE.split())


def test_the_headers_of_repeated_requests_are_told():
    for header in (repeats.KEY, repeats.REQUEST_ID, repeats.FIRST_SENT, repeats.RESULT, repeats.REPLAYED):
        assert header in PAGE


def test_metrics_are_told_with_their_labels(sqlite_api):
    told = {line.split(" ")[2] for line in sqlite_api.get("/metrics").text.splitlines() if line.startswith("# TYPE")}

    assert told
    assert [word for word in [*told, *JobKind, *JobState, *DeliveryState] if f"`{word}`" not in PAGE] == []
