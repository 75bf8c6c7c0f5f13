"""The page that compares many models: the tests that somebody has ticked, on one dataset, put together."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from speechsmith.api.studio import findings
from speechsmith.api.studio.projects import opened
from speechsmith.api.studio.visit import Answer, Sent, Shown, Visit
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import Model
from speechsmith.domain.projects import Project
from speechsmith.services import comparisons, entities, model_choice
from speechsmith.services.comparisons import Comparison, Tried


def show(visit: Visit) -> Answer:
    """Each model once, with its rates and what it heard in every utterance."""
    project, tests = _asked(visit)
    found = comparisons.compare(visit.ctx, tests)
    known = model_choice.known(visit.ctx, visit.resource.id, [model.model_id for model in found.models])
    columns = _columns(project, found, known)
    kept = [("test", str(test.id)) for test in tests]
    data = entities.known(visit.ctx, visit.resource.id, Dataset, [tests[0].dataset_id])
    values = {
        "project": project,
        "tests": [(test, entities.work_of(visit.ctx, visit.resource.id, test)) for test in tests],
        "busy": sum(not test.status.is_final for test in tests),
        "dataset": data.get(tests[0].dataset_id),
        "dataset_id": tests[0].dataset_id,
        "columns": columns,
        "terms": findings.terms(visit, found.results),
        "has_transcripts": bool(columns and columns[0]["score"]),
        "kept": kept,
        "query": urlencode(kept),
    }
    return Shown("compare.html", values | findings.page(visit, [one.test for one in found.models], found.results, kept))


def as_csv(visit: Visit) -> Answer:
    """All utterances with what each model heard, for spreadsheets."""
    project, tests = _asked(visit)
    found = comparisons.compare(visit.ctx, tests)
    known = model_choice.known(visit.ctx, visit.resource.id, [model.model_id for model in found.models])
    text = findings.csv_of(found.results, [column["name"] for column in _columns(project, found, known)])
    name = f"{project.display_name} compared.csv"
    return Sent(text.encode("utf-8-sig"), name, "text/csv; charset=utf-8", is_saved=True)


def _asked(visit: Visit) -> tuple[Project, Sequence[Evaluation]]:
    """The project, and the tests that the address names, the oldest first. Raises: NotFound, Invalid."""
    project = opened(visit)
    ids = list(dict.fromkeys(visit.query.ids("test")))[: comparisons.MOST_TESTS + 1]
    tests = [entities.get(visit.ctx, visit.resource.id, Evaluation, id) for id in ids]
    for test in tests:
        if test.project_id != project.id:
            raise NotFound("test", test.id)
    comparisons.check_alike(tests)
    return project, sorted(tests, key=lambda test: (test.created_at, test.id))


def _columns(project: Project, found: Comparison, known: dict[Any, Model]) -> list[dict[str, Any]]:
    """What is said of each model."""
    rates = [_rate(model) for model in found.models]
    best = min((rate for rate in rates if rate is not None), default=None)
    return [
        {
            "id": model.model_id,
            "name": known[model.model_id].display_name if model.model_id in known else findings.GONE,
            "is_in_project": model.model_id in known and known[model.model_id].project_id == project.id,
            "test": model.test,
            "score": model.score,
            "overlap": findings.overlap(model.test, model.model_id),
            "is_best": rate is not None and rate == best,
            "versus": findings.versus(model.odds) if number else "",
        }
        for number, (model, rate) in enumerate(zip(found.models, rates, strict=True))
    ]


def _rate(model: Tried) -> float | None:
    """The word error rate; None where nothing was said."""
    rate = model.score.get("wordErrorRate")
    return rate if isinstance(rate, float) and rate >= 0 else None
