"""Pages of tests: make one in a wizard, look at what the models got wrong, rename, delete."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from speechsmith.api.studio import findings, forms, lists
from speechsmith.api.studio.nouns import TEST
from speechsmith.api.studio.projects import opened
from speechsmith.api.studio.visit import Answer, Answers, Goto, Sent, Shown, Visit
from speechsmith.api.studio.wizard import NAMED, PORTAL, Step, Wizard
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, Invalid, NotFound, SpeechError
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.services import candidates, entities, evaluations, model_choice, scores
from speechsmith.services.candidates import Purpose
from speechsmith.services.scores import Results


def show_list(visit: Visit) -> Answer:
    """Test models."""
    shown = lists.listed(visit, Evaluation, "tests.html")
    tests = [test for test, _ in shown.values["rows"]]
    shown = lists.with_models(visit, shown, [id for test in tests for id in (test.model1_id, test.model2_id)])
    datasets = entities.known(visit.ctx, visit.resource.id, Dataset, {test.dataset_id for test in tests})
    made = next((test for test in tests if test.id == visit.query.id("made")), None)
    return replace(shown, values={**shown.values, "datasets": datasets, "made": made})


# the wizard


def _check_purpose(_visit: Visit, given: Answers) -> None:
    _purpose(given)


def _purpose(given: Answers) -> Purpose:
    try:
        return Purpose(given.get("purpose", ""))
    except ValueError:
        raise Invalid("InvalidTest", "Choose what the test is for.", target="purpose") from None


def _check_dataset(visit: Visit, given: Answers) -> None:
    project = opened(visit)
    candidates.check_dataset(_dataset(visit, given), _purpose(given), locale=project.locale)


def _dataset(visit: Visit, given: Answers) -> Dataset:
    if (id := given.id("dataset")) is None:
        raise Invalid("InvalidTest", "Choose a dataset to test on.", target="dataset")
    try:
        return entities.get(visit.ctx, visit.resource.id, Dataset, id)
    except NotFound as error:
        raise Invalid("InvalidDataset", error.message, target="dataset") from None


def _check_models(visit: Visit, given: Answers) -> None:
    candidates.check_models(visit.ctx, opened(visit), _models(given))


def _models(given: Answers) -> list[UUID]:
    return list(dict.fromkeys(given.ids("model")))


WIZARD = Wizard(
    "test_new.html",
    (
        Step("Choose a test type", ("purpose",), _check_purpose),
        Step("Choose data", ("dataset",), _check_dataset),
        Step("Choose models", ("model",), _check_models),
        NAMED,
        Step("Review"),
    ),
)


def new(visit: Visit) -> Answer:
    """A step of the wizard."""
    return WIZARD.show(visit, _offered(visit, opened(visit), visit.answers))


def create(visit: Visit) -> Answer:
    """Make the test, or as many as it takes to compare all models with the first; before the last step, go on."""
    if WIZARD.is_asking(visit):
        return new(visit)
    project = opened(visit)
    try:
        WIZARD.check(visit)
        purpose, models = _purpose(visit.form), _models(visit.form)
        made = evaluations.create_all(
            visit.ctx,
            visit.resource.id,
            entities.Labels(
                display_name=visit.form["displayName"],
                description=visit.form.get("description", ""),
                locale=project.locale,
                project_id=project.id,
                custom_properties=PORTAL | ({"testingKind": "Evaluation"} if purpose is Purpose.EVALUATE else {}),
            ),
            model_ids=models,
            dataset_id=_dataset(visit, visit.form).id,
        )
    except SpeechError as error:
        return WIZARD.refuse(visit, error, _offered(visit, project, visit.form))
    address = f"{visit.base}/projects/{project.id}/tests"
    return Goto(
        f"{address}?made={made[0].id}"
        if len(made) == 1
        else f"{address}/compare?{urlencode([('test', test.id) for test in made])}"
    )


def _offered(visit: Visit, project: Project, given: Answers) -> Mapping[str, Any]:
    """What can be chosen, and by its id what was."""
    purpose = Purpose.INSPECT if given.get("purpose") == Purpose.INSPECT else Purpose.EVALUATE
    datasets = candidates.datasets(visit.ctx, project, purpose)
    models = candidates.models(visit.ctx, project)
    default = next((str(one.entity.id) for one in models if not one.refusal), "")
    return {
        "project": project,
        "purposes": findings.PURPOSES,
        "datasets": datasets,
        "models": models,
        "preselected": given.all("model") or [default],
        "names": _names(one.entity for one in datasets) | _names(one.entity for one in models),
        "most_offered": candidates.MOST_OFFERED,
        "most_models": candidates.MOST_MODELS,
    }


def _names(found: Iterable[Processed]) -> dict[str, str]:
    return {str(entity.id): entity.display_name for entity in found}


# one test


def show(visit: Visit) -> Answer:
    """What became of a test: how far it is, why it failed, or what the models got wrong."""
    project, test = TEST.found(visit)
    try:
        found = scores.results(visit.ctx, test)
        shown, missing = findings.page(visit, [test] * len(found.model_ids), found), ""
    except Conflict as error:
        found = Results((), (), ())
        shown, missing = findings.page(visit, [], found), error.message
    models = model_choice.known(visit.ctx, visit.resource.id, (test.model1_id, test.model2_id))
    values = {
        **TEST.values(project, test),
        "work": entities.work_of(visit.ctx, visit.resource.id, test),
        "busy": not test.status.is_final,
        "is_done": test.status is Status.SUCCEEDED,
        "dataset": _dataset_of(visit, test),
        "columns": findings.columns(test, found, models),
        "verdict": findings.verdict(test, models),
        "has_transcripts": bool(test.scores and test.scores[0]),
        "missing": missing,
        "terms": findings.terms(visit, found),
    }
    return Shown("test.html", values | shown)


def _dataset_of(visit: Visit, test: Evaluation) -> Dataset | None:
    """What it was made on, if that is still there."""
    try:
        return entities.get(visit.ctx, visit.resource.id, Dataset, test.dataset_id)
    except NotFound:
        return None


def as_csv(visit: Visit) -> Answer:
    """All utterances with what each model heard, for spreadsheets."""
    _, test = TEST.found(visit)
    text = findings.csv_of(scores.results(visit.ctx, test))
    return Sent(text.encode("utf-8-sig"), f"{test.display_name}.csv", "text/csv; charset=utf-8", is_saved=True)


def as_json(visit: Visit) -> Answer:
    """The same for programs, with the rates and every word of the alignment."""
    _, test = TEST.found(visit)
    text = findings.json_of(test, scores.results(visit.ctx, test))
    return Sent(text.encode(), f"{test.display_name}.json", "application/json", is_saved=True)


def file(visit: Visit) -> Answer:
    """The result file of one utterance, as REST gives it."""
    _, test = TEST.found(visit)
    name, content = scores.file(visit.ctx, visit.resource.id, test.id, visit.ids["file"])
    return Sent(content, name, "application/json", is_saved=True)


def last_look(visit: Visit) -> Answer:
    """What deleting a test would do."""
    return forms.shown("test_delete.html", TEST.values(*TEST.found(visit)))


def delete(visit: Visit) -> Answer:
    """Delete a test."""
    project, test = TEST.found(visit)
    evaluations.delete(visit.ctx, visit.resource.id, test.id)
    return Goto(f"{visit.base}/projects/{project.id}/tests?deleted")
