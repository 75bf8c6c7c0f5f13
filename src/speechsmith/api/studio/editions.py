"""Pages of the Editor: the list, the recordings of one dataset in it, and what becomes of them."""

from speechsmith.api.studio import forms
from speechsmith.api.studio.lists import listed
from speechsmith.api.studio.nouns import EDITION
from speechsmith.api.studio.projects import REFUSALS
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Answers, Goto, Shown, Visit, number_of
from speechsmith.api.studio.wizard import PORTAL
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.editions import Edition
from speechsmith.domain.errors import Invalid, SpeechError
from speechsmith.domain.values import DISPLAY_NAME_CHARS
from speechsmith.services import datasets, entities
from speechsmith.services import editions as cases
from speechsmith.services.editions import Share, Wish

SHOWN = {"": None, "draft": False, "accepted": True}
"""Which files a page lists, by what its query says."""

MOST_NUMBER = 10**9


def show_list(visit: Visit) -> Answer:
    """The Editor."""
    shown = listed(visit, Edition, "editions.html")
    ids = [edition.id for edition, _ in shown.values["rows"]]
    return Shown(shown.template, {**shown.values, "tallies": cases.tallies(visit.ctx, visit.resource.id, ids)})


def show(visit: Visit) -> Answer:
    """One of its datasets: how far the import is, or the files."""
    project, edition = EDITION.found(visit)
    ctx, me = visit.ctx, visit.resource.id
    state = visit.query["state"] if visit.query["state"] in SHOWN else ""
    page = cases.page(ctx, me, edition.id, is_accepted=SHOWN[state], skip=visit.skip, top=MOST_SHOWN)
    values = {
        **EDITION.values(project, edition),
        "work": entities.work_of(ctx, me, edition),
        "busy": not edition.status.is_final,
        "tally": cases.tallies(ctx, me, [edition.id])[edition.id],
        "next_draft": cases.next_draft(ctx, me, edition.id, after=0),
        "state": state,
        "files": page.values,
        "has_more": page.has_more,
    }
    return Shown("edition.html", values)


def last_look(visit: Visit, error: SpeechError | None = None) -> Answer:
    """What deleting it would do."""
    project, edition = EDITION.found(visit)
    tally = cases.tallies(visit.ctx, visit.resource.id, [edition.id])[edition.id]
    return forms.shown("edition_delete.html", {**EDITION.values(project, edition), "tally": tally}, error)


def delete(visit: Visit) -> Answer:
    """Delete it."""
    _, edition = EDITION.found(visit)
    try:
        cases.delete(visit.ctx, visit.resource.id, edition.id)
    except REFUSALS as error:
        return last_look(visit, error)
    return Goto(EDITION.list_address(visit))


def exported(visit: Visit) -> Answer:
    """What is to be exported, and what it will be called."""
    return _export(visit, visit.query)


def export(visit: Visit) -> Answer:
    """Make a dataset of it."""
    project, edition = EDITION.found(visit)
    ctx, me, given = visit.ctx, visit.resource.id, visit.form
    labels = entities.Labels(
        display_name=given["displayName"],
        description=given["description"],
        locale=project.locale,
        project_id=project.id,
        custom_properties=PORTAL,
    )
    try:
        with cases.packed(ctx, me, edition.id, _wish(given)) as archive:
            new = datasets.NewDataset(labels=labels, kind=CorpusKind.ACOUSTIC)
            made = datasets.create(ctx, me, new, upload=archive)
    except REFUSALS as error:
        return _export(visit, given, error)
    return Goto(f"{visit.base}/projects/{project.id}/datasets/{made.id}")


def _wish(given: Answers) -> Wish:
    """Raises: Invalid."""
    if given["share"] not in tuple(Share):
        raise Invalid("InvalidParameterValue", "Choose which files are exported.", target="share")
    return Wish(Share(given["share"]), _ticked(given))


def _ticked(given: Answers) -> list[int]:
    return [number for number in (number_of(value, MOST_NUMBER) for value in given.all("file")) if number]


def _export(visit: Visit, given: Answers, error: SpeechError | None = None) -> Answer:
    project, edition = EDITION.found(visit)
    ticked = _ticked(given)
    shares = {
        share: cases.exported(visit.ctx, visit.resource.id, edition.id, Wish(share, ticked))
        for share in Share
        if ticked or share is not Share.TICKED
    }
    first = Share.TICKED if ticked else Share.ACCEPTED if shares[Share.ACCEPTED].files else Share.ALL
    values = {
        **EDITION.values(project, edition),
        "shares": shares,
        "share": given["share"] or first,
        "ticked": ticked,
        "given": {
            "displayName": given.get("displayName", f"{edition.display_name}, edited"[:DISPLAY_NAME_CHARS]),
            "description": given["description"],
        },
    }
    return forms.shown("edition_export.html", values, error)
