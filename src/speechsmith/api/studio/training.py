"""The wizard that trains a new model: base, data, name, and, where it is wished for, a test that follows."""

from collections.abc import Sequence
from dataclasses import replace

from speechsmith.api.studio.projects import REFUSALS, opened
from speechsmith.api.studio.visit import Answer, Answers, Goto, Visit
from speechsmith.api.studio.wizard import Step, Wizard
from speechsmith.api.studio.words import told
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.evaluations import check_testable
from speechsmith.domain.models import BaseModel, PlannedTest, check_trainable, default_among
from speechsmith.domain.projects import Project
from speechsmith.services import entities, model_choice
from speechsmith.services import models as cases
from speechsmith.services.candidates import Candidate

MOST_OFFERED = 200
"""Datasets, the newest."""

_TARGETS = {"properties.customModelWeightPercent": "weight", "baseModel": "base"}
"""Where the wizard asks for what a use case calls otherwise."""


def show(visit: Visit) -> Answer:
    """A step of the wizard."""
    project = opened(visit)
    return _wizard(visit.answers).show(visit, _values(visit, project, visit.answers))


def create(visit: Visit) -> Answer:
    """Train the model, and go back to the list; before the last step, go on."""
    project, wizard = opened(visit), _wizard(visit.form)
    if wizard.is_asking(visit):
        return show(visit)
    try:
        wizard.check(visit)
        made = cases.create(visit.ctx, visit.resource.id, _new(visit.form, project))
    except (*REFUSALS, NotFound) as error:
        return wizard.refuse(visit, error, _values(visit, project, visit.form))
    return Goto(f"{visit.base}/projects/{project.id}/models?made={made.id}")


def _wizard(given: Answers) -> Wizard:
    """The steps, with that of the test where one is wished for."""
    test = [Step("Add test", ("testDataset", "testName"), _check_test)] if "addTest" in given else []
    return Wizard(
        "model_new.html",
        [
            Step("Select a baseline model", ("base",), _check_base),
            Step("Choose data", ("datasets",), _check_data),
            Step("Name and description", ("displayName", "description", "weight", "addTest"), _check_labels),
            *test,
            Step("Review"),
        ],
    )


def _new(given: Answers, project: Project) -> cases.NewModel:
    """What was answered so far."""
    weight = given.get("weight", "").strip()
    test = None
    if "addTest" in given and (dataset_id := given.id("testDataset")) is not None:
        test = PlannedTest(dataset_id=dataset_id, display_name=given.get("testName", ""))
    return cases.NewModel(
        labels=entities.Labels(
            display_name=given.get("displayName", ""),
            description=given.get("description", ""),
            locale=project.locale,
            project_id=project.id,
        ),
        base_model_id=given.id("base"),
        dataset_ids=tuple(dict.fromkeys(given.ids("datasets"))),
        weight_percent=_number(weight) if weight else None,
        test=test,
    )


def _number(text: str) -> int:
    """What is no number is 0, which no weight is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _check_base(visit: Visit, given: Answers) -> None:
    offers = {str(offer.entity.id): offer.refusal for offer in _bases(visit, opened(visit))}
    if refusal := offers.get(str(given.id("base")), "Select one of the baseline models."):
        raise Invalid("InvalidBaseModel", refusal, target="base")


def _check_data(visit: Visit, given: Answers) -> None:
    """As the service will, but for what was not asked yet; text goes in as a dataset here."""
    project = opened(visit)
    if not given.ids("datasets"):
        raise Invalid("InvalidDataset", "Tick at least one dataset to train with.", target="datasets")
    new = _new(given, project)
    labels = replace(new.labels, display_name="unnamed", description="")
    _check(visit, replace(new, labels=labels, weight_percent=None, test=None))


def _check_labels(visit: Visit, given: Answers) -> None:
    _check(visit, replace(_new(given, opened(visit)), test=None))


def _check_test(visit: Visit, given: Answers) -> None:
    """What is wrong with the test is told as that, and not as if the model were meant."""
    if given.id("testDataset") is None:
        raise Invalid("InvalidTest", "Choose the dataset that the model is tested with.", target="testDataset")
    try:
        cases.check(visit.ctx, visit.resource.id, _new(given, opened(visit)))
    except REFUSALS as error:
        target = "testName" if error.target == "displayName" else "testDataset"
        raise Invalid(error.code, f"{told(error)} The test was not made, nor the model.", target=target) from None


def _check(visit: Visit, new: cases.NewModel) -> None:
    """Raises: Invalid, under the name that the wizard asks for it by, NotFound."""
    try:
        cases.check(visit.ctx, visit.resource.id, new)
    except Invalid as error:
        raise Invalid(error.code, error.message, target=_TARGETS.get(error.target or "", error.target)) from None


def _values(visit: Visit, project: Project, given: Answers) -> dict[str, object]:
    """What all steps show."""
    bases = _bases(visit, project)
    chosen = next((offer.entity for offer in bases if offer.entity.id == given.id("base")), None)
    default = default_among((offer.entity for offer in bases), project.locale)
    data, has_more = _data(visit, project, chosen or default)
    tests = [replace(offer, refusal=_refused_for_test(offer.entity, project)) for offer in data]
    return {
        "project": project,
        "given_labels": {name: given.get(name, "") for name in ("displayName", "description")},
        "bases": bases,
        "base": chosen,
        "base_id": str(chosen.id if chosen else default.id if default else ""),
        "data": data,
        "has_more": has_more,
        "tests": tests,
        "named": {str(offer.entity.id): offer.entity for offer in data},
    }


def _bases(visit: Visit, project: Project) -> Sequence[Candidate[BaseModel]]:
    """The base models of the project's language, newest first."""
    page = entities.page(visit.ctx, visit.resource.id, BaseModel, top=MOST_OFFERED, newest_first=True)
    return [
        Candidate(base, _refusal_of_base(visit, base, project), model_choice.deadlines(visit.ctx, base).adaptation)
        for base in page.values
        if base.locale == project.locale
    ]


def _refusal_of_base(visit: Visit, base: BaseModel, project: Project) -> str:
    try:
        model_choice.check_adaptable(visit.ctx, base)
        check_trainable(base, [], has_text=True, locale=project.locale)
    except Invalid as error:
        return told(error)
    return ""


def _data(visit: Visit, project: Project, base: BaseModel | None) -> tuple[Sequence[Candidate[Dataset]], bool]:
    """The datasets of the project, newest first, and whether there are more than can be offered."""
    page = entities.page(
        visit.ctx, visit.resource.id, Dataset, top=MOST_OFFERED, project_id=project.id, newest_first=True
    )
    return [Candidate(dataset, _refused_for(dataset, project, base)) for dataset in page.values], page.has_more


def _refused_for(dataset: Dataset, project: Project, base: BaseModel | None) -> str:
    if base is None:
        return ""
    try:
        check_trainable(base, [dataset], has_text=False, locale=project.locale)
    except Invalid as error:
        return told(error)
    return ""


def _refused_for_test(dataset: Dataset, project: Project) -> str:
    try:
        check_testable(dataset, locale=project.locale)
    except Invalid as error:
        return told(error)
    return ""
