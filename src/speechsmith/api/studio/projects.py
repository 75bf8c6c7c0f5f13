"""Pages of projects: list, create, open, rename, delete."""

from collections.abc import Mapping

from speechsmith.api.studio import forms
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Goto, Shown, Visit
from speechsmith.api.studio.words import FIELDS, counted, listed
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, Invalid, NotFound, SpeechError, TooMany
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.values import check_display_name
from speechsmith.services import entities
from speechsmith.services import projects as cases

SECTIONS: Mapping[type[Processed], str] = {
    Dataset: "datasets",
    Edition: "datasets/editor",
    CustomModel: "models",
    Evaluation: "tests",
    Endpoint: "endpoints",
}
"""What of a project has a page, by the last part of its address."""

_NOUNS = {
    Dataset: "dataset",
    Edition: "Editor dataset",
    CustomModel: "model",
    Evaluation: "test",
    Endpoint: "endpoint",
}
"""What of a project has a page, as people call one."""

REFUSALS = (Invalid, Conflict, TooMany)
"""What is told beside the form that led to it; that its entity is gone, is not."""


def show_list(visit: Visit) -> Answer:
    """The projects of a resource, with how much is in each."""
    page = entities.page(visit.ctx, visit.resource.id, Project, skip=visit.skip, top=MOST_SHOWN, newest_first=True)
    counts = cases.counts(visit.ctx, visit.resource.id, [project.id for project in page.values])
    rows = [(project, _by_section(counts[project.id])) for project in page.values]
    return Shown("projects.html", {"rows": rows, "has_more": page.has_more, "made": _made(visit)})


def new(visit: Visit) -> Answer:
    """The form for a new project."""
    return _form(visit, "project_new.html", {})


def create(visit: Visit) -> Answer:
    """Make a project."""
    labels = entities.Labels(
        display_name=visit.form.get("displayName", ""),
        description=visit.form.get("description", ""),
        locale=visit.form.get("locale", ""),
    )
    try:
        made = cases.create(visit.ctx, visit.resource.id, labels)
    except REFUSALS as error:
        return _form(visit, "project_new.html", visit.form, error)
    return Goto(f"{visit.base}/projects?made={made.id}")


def show(visit: Visit) -> Answer:
    """A project, with how much is in it."""
    project = opened(visit)
    counts = cases.counts(visit.ctx, visit.resource.id, [project.id])[project.id]
    values = {
        "project": project,
        "counts": _by_section(counts),
        "connected": visit.query.number("connected", 9_999),
        "has_unattached": any(
            cases.unattached(visit.ctx, visit.resource.id, kind, locale=project.locale, top=1).values
            for kind in SECTIONS
        ),
    }
    return Shown("project.html", values)


def labels(visit: Visit) -> Answer:
    """The form for another name."""
    project = opened(visit)
    given = {"displayName": project.display_name, "description": project.description}
    return _form(visit, "project_rename.html", given, project=project)


def rename(visit: Visit) -> Answer:
    """Give a project another name and description."""
    project = opened(visit)
    try:
        entities.update(visit.ctx, visit.resource.id, Project, project.id, renaming(visit.form))
    except REFUSALS as error:
        return _form(visit, "project_rename.html", visit.form, error, project=project)
    return Goto(f"{visit.base}/projects/{project.id}")


def last_look(visit: Visit) -> Answer:
    """What deleting a project would do."""
    project = opened(visit)
    counts = cases.counts(visit.ctx, visit.resource.id, [project.id])[project.id]
    held = listed([counted(count, noun) for kind, noun in _NOUNS.items() if (count := counts.get(kind, 0))])
    return Shown("project_delete.html", {"project": project, "held": held})


def delete(visit: Visit) -> Answer:
    """Delete a project."""
    cases.delete(visit.ctx, visit.resource.id, visit.ids["id"])
    return Goto(f"{visit.base}/projects?deleted")


def opened(visit: Visit) -> Project:
    """The project of the address. Raises: NotFound."""
    return entities.get(visit.ctx, visit.resource.id, Project, visit.ids["id"])


def renaming(given: Mapping[str, str]) -> entities.Change:
    """What a form for another name asks for. Raises: Invalid for no name, where a PATCH would leave the former one."""
    return entities.Change(
        display_name=check_display_name(given.get("displayName", "")), description=given.get("description", "")
    )


def _made(visit: Visit) -> Project | None:
    """The project that was made just now, if it is still there."""
    made = visit.query.id("made")
    try:
        return None if made is None else entities.get(visit.ctx, visit.resource.id, Project, made)
    except NotFound:
        return None


def _by_section(counts: Mapping[type[Processed], int]) -> dict[str, int]:
    return {section: counts.get(kind, 0) for kind, section in SECTIONS.items()}


def _form(
    visit: Visit,
    template: str,
    given: Mapping[str, str],
    error: SpeechError | None = None,
    project: Project | None = None,
) -> Answer:
    """A form with what was given, and, where it was refused, with why."""
    values = {
        "given": {name: given.get(name, "") for name in FIELDS},
        "locales": entities.locales(visit.ctx),
        "project": project,
    }
    return forms.shown(template, values, error)
