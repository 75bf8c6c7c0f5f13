"""The page that connects to a project what belongs to none: made without one, copied, or left behind by a project."""

from collections.abc import Mapping, Sequence

from speechsmith.api.studio import forms
from speechsmith.api.studio.projects import REFUSALS, SECTIONS, opened
from speechsmith.api.studio.visit import Answer, Goto, Visit
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid, NotFound, SpeechError
from speechsmith.domain.projects import Project
from speechsmith.services import projects as cases

MOST_OFFERED = 20
"""Of a kind, the newest."""


def show(visit: Visit) -> Answer:
    """What could be connected."""
    return _page(visit, opened(visit))


def connect(visit: Visit) -> Answer:
    """Connect what was ticked, or nothing where something of it cannot be."""
    project = opened(visit)
    wanted = {kind: visit.form.ids(section) for kind, section in SECTIONS.items()}
    try:
        if not any(wanted.values()):
            raise Invalid("InvalidPayload", "Tick what is to be connected.")
        count = cases.connect(visit.ctx, visit.resource.id, project.id, wanted)
    except (*REFUSALS, NotFound) as error:
        return _page(visit, project, error)
    return Goto(f"{visit.base}/projects/{project.id}?connected={count}")


def _found(visit: Visit, project: Project) -> Mapping[str, Sequence[Processed]]:
    return {
        section: cases.unattached(visit.ctx, visit.resource.id, kind, locale=project.locale, top=MOST_OFFERED).values
        for kind, section in SECTIONS.items()
    }


def _page(visit: Visit, project: Project, error: SpeechError | None = None) -> Answer:
    values = {
        "project": project,
        "found": _found(visit, project),
        "ticked": {id for section in SECTIONS.values() for id in visit.form.ids(section)},
        "most": MOST_OFFERED,
    }
    return forms.shown("connect.html", values, error)
