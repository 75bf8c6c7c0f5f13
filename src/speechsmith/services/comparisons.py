"""Use cases of comparisons: many models on one dataset, put together from tests of one or two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from speechsmith.asr.scoring import ErrorCounts, align, paired_bootstrap
from speechsmith.domain.errors import Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.status import Status
from speechsmith.services import scores
from speechsmith.services.context import Context
from speechsmith.services.scores import Compared, Heard, Results
from speechsmith.tasks.evaluate import FEWEST_FOR_INTERVAL

MOST_TESTS = 8
"""As many at once. Their results are remembered together, see `scores`."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A model of a comparison: the test that its results are from, and its rates there.

    `odds`: how probable it is that it is better than the first model; None of that one, and where nobody can say.
    """

    model_id: UUID
    test: Evaluation
    score: Mapping[str, object]
    odds: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Each model once, in the order of the tests, and what they heard; their results count as those of one test."""

    models: Sequence[Tried]
    results: Results


def check_alike(tests: Sequence[Evaluation]) -> None:
    """Raises: Invalid unless there are tests, not too many, on one dataset and counted by the same rules."""
    if not 1 <= len(tests) <= MOST_TESTS:
        number = "none is" if not tests else f"{len(tests)} are"
        raise Invalid("InvalidTest", f"Tick 1 to {MOST_TESTS} tests to compare; {number} ticked.", target="test")
    first = tests[0]
    for test in tests:
        both = f"The tests '{first.display_name}' and '{test.display_name}'"
        if test.dataset_id != first.dataset_id:
            raise Invalid(
                "InvalidTest",
                f"{both} are on different data, so their rates cannot be compared; tick tests on one dataset.",
                target="test",
            )
        if test.status is first.status is Status.SUCCEEDED and _rules(test) != _rules(first):
            raise Invalid(
                "InvalidTest",
                f"{both} were counted by the rules of different versions, so their rates cannot be compared; make the "
                "older one again.",
                target="test",
            )


def compare(ctx: Context, tests: Sequence[Evaluation]) -> Comparison:
    """The models of those tests that have Succeeded; what other models are held against is the first one's.

    Raises: Invalid, as `check_alike`; Conflict (ResultsMissing).
    """
    check_alike(tests)
    places: dict[UUID, _Place] = {}
    for test in tests:
        if test.status is Status.SUCCEEDED:
            results = scores.results(ctx, test)
            for at, model_id in enumerate(results.model_ids):
                places.setdefault(model_id, (test, results, at))
    if not places:
        return Comparison((), Results((), (), ()))
    merged = _merged(list(places.values()))
    models = [
        Tried(model_id, test, test.scores[-1 if at else 0] if test.scores else {}, _odds(merged.utterances, number))
        for number, (model_id, (test, _, at)) in enumerate(places.items())
    ]
    return Comparison(models, merged)


_Place = tuple[Evaluation, Results, int]
"""The test that a model was in, what that found, and the column of the model there."""


def _merged(columns: Sequence[_Place]) -> Results:
    """One test's results with a column for each model."""
    test, first, _ = columns[0]
    rows = zip(*(results.utterances for _, results, _ in columns), strict=True)
    utterances = [
        replace(row[0], heard=[one.heard[at] for one, (_, _, at) in zip(row, columns, strict=True)]) for row in rows
    ]
    if not (test.scores and test.scores[0]):
        utterances = [replace(one, heard=_held_against_the_first(one.heard)) for one in utterances]
    terms = first.terms and replace(first.terms, counts=scores.counted(utterances, len(columns), first.terms.words))
    return Results(
        [results.model_ids[at] for _, results, at in columns],
        utterances,
        [results.words[at] for _, results, at in columns],
        terms,
    )


def _held_against_the_first(heard: Sequence[Heard]) -> list[Heard]:
    """Without a transcript: what differs from what the first model heard."""
    words = [[edit.hypothesis for edit in one.edits if edit.hypothesis is not None] for one in heard]
    aligned = [align(words[0], mine) for mine in words]
    return [replace(one, edits=made.edits, counts=made.counts) for one, made in zip(heard, aligned, strict=True)]


def _odds(utterances: Sequence[Compared], number: int) -> float | None:
    first, other = (tuple(one.heard[at].counts for one in utterances) for at in (0, number))
    can_be_told = number > 0 and len(utterances) >= FEWEST_FOR_INTERVAL and sum(one.words for one in first) > 0
    return _improvement(first, other) if can_be_told else None


@lru_cache(maxsize=64)
def _improvement(first: tuple[ErrorCounts, ...], other: tuple[ErrorCounts, ...]) -> float:
    """Remembered, as it takes a second for 10,000 utterances, and each page of them asks for it."""
    return paired_bootstrap(first, other)


def _rules(test: Evaluation) -> object:
    """By which normalizer a test was counted."""
    return (test.comparison or {}).get("normalizer")
