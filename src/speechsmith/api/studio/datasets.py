"""Pages of datasets: the list, what became of an upload and why, its utterances to be heard, its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speechsmith.api.studio import forms
from speechsmith.api.studio.lists import listed
from speechsmith.api.studio.nouns import DATASET
from speechsmith.api.studio.projects import REFUSALS
from speechsmith.api.studio.uploads import form_of
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Goto, Sent, Shown, Visit
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import SpeechError
from speechsmith.services import datasets as cases
from speechsmith.services import entities, sounds

FEW = 10
"""How many entries and utterances the page of a dataset has; all of them have pages of their own."""

PARTS = {"rejected": "Left out", "notes": "Notes", "conversions": "Converted audio", "tests": "Tests of the rules"}
"""The parts of a report, by their names in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report. `more` is how many entries the report itself leaves out."""

    name: str
    title: str
    count: int
    counts: Mapping[str, int]
    entries: list[Mapping[str, Any]]
    more: int


def show_list(visit: Visit) -> Answer:
    """Speech datasets."""
    shown = listed(visit, Dataset, "datasets.html")
    busy = sum(not dataset.status.is_final and not dataset.awaits_blocks for dataset, _ in shown.values["rows"])
    return Shown(shown.template, {**shown.values, "busy": busy})


def show(visit: Visit, error: SpeechError | None = None) -> Answer:
    """A dataset: while its data is on its way a form for it, then what became of it."""
    project, dataset = DATASET.found(visit)
    ctx, me = visit.ctx, visit.resource.id
    files = cases.data_files(ctx, me, dataset.id)
    models, tests = cases.uses(ctx, me, dataset.id)
    values = {
        **DATASET.values(project, dataset),
        "work": entities.work_of(ctx, me, dataset),
        "busy": not dataset.status.is_final and not dataset.awaits_blocks,
        "report": _parts(visit, dataset),
        "utterances": sounds.page(ctx, me, dataset.id, skip=0, top=FEW),
        "lines": cases.first_lines(ctx, files),
        "files": files,
        "models": models,
        "tests": tests,
        "few": FEW,
        "upload": form_of(visit, dataset) if dataset.awaits_blocks else None,
    }
    return forms.shown("dataset.html", values, error)


def commit(visit: Visit) -> Answer:
    """All blocks are there: join them, and begin the import."""
    _, dataset = DATASET.found(visit)
    try:
        cases.commit_blocks(visit.ctx, visit.resource.id, dataset.id, visit.form.get("blocks", "").split())
    except REFUSALS as error:
        return show(visit, error)
    return Goto(visit.path)


def report(visit: Visit) -> Answer:
    """All of one part of the report of a dataset; where it has nothing to tell, the dataset."""
    project, dataset = DATASET.found(visit)
    parts = _parts(visit, dataset)
    part = next((part for part in parts if part.name == visit.query.get("part")), parts[0] if parts else None)
    if part is None:
        return Goto(DATASET.address(visit))
    entries = part.entries[visit.skip : visit.skip + MOST_SHOWN]
    values = {**DATASET.values(project, dataset), "report": parts, "part": part, "entries": entries}
    return Shown("dataset_report.html", values | {"has_more": len(part.entries) > visit.skip + MOST_SHOWN})


def utterances(visit: Visit) -> Answer:
    """All utterances of a dataset."""
    project, dataset = DATASET.found(visit)
    page = sounds.page(visit.ctx, visit.resource.id, dataset.id, skip=visit.skip, top=MOST_SHOWN)
    return Shown("dataset_utterances.html", {**DATASET.values(project, dataset), "utterances": page})


def file(visit: Visit) -> Answer:
    """One of the files of a dataset, to be saved."""
    _, dataset = DATASET.found(visit)
    kept, path = entities.content(visit.ctx, visit.resource.id, Dataset, dataset.id, visit.ids["file"])
    return Sent(path, kept.name, "application/octet-stream", is_saved=True)


def last_look(visit: Visit, error: SpeechError | None = None) -> Answer:
    """What deleting a dataset would do."""
    project, dataset = DATASET.found(visit)
    models, tests = cases.uses(visit.ctx, visit.resource.id, dataset.id)
    values = {**DATASET.values(project, dataset), "models": models, "tests": tests}
    return forms.shown("dataset_delete.html", values, error)


def delete(visit: Visit) -> Answer:
    """Delete a dataset, unless something needs it."""
    _, dataset = DATASET.found(visit)
    try:
        cases.delete(visit.ctx, visit.resource.id, dataset.id)
    except REFUSALS as error:
        return last_look(visit, error)
    return Goto(DATASET.list_address(visit))


def _parts(visit: Visit, dataset: Dataset) -> list[Part]:
    """The report, but for what it has nothing of; empty while there is none."""
    read = cases.report(visit.ctx, visit.resource.id, dataset.id) if dataset.status.is_final else None
    return [_part(name, read[name]) for name in PARTS if read and read.get(name, {}).get("entries")]


def _part(name: str, section: Mapping[str, Any]) -> Part:
    entries, more = list(section["entries"]), section["leftOut"]
    return Part(name, PARTS[name], len(entries) + more, section.get("counts", {}), entries, more)
