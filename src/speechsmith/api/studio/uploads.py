"""Data on its way in: the wizard that asks for it, and the blocks in which a script sends a file of any size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speechsmith.api.studio.nouns import DATASET
from speechsmith.api.studio.projects import REFUSALS, opened
from speechsmith.api.studio.visit import Answer, Answers, Goto, Told, Visit
from speechsmith.api.studio.wizard import FOR_TESTING, NAMED, PORTAL, Step, Wizard
from speechsmith.api.studio.words import KINDS
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid
from speechsmith.services import datasets as cases
from speechsmith.services import entities
from speechsmith.services.limits import largest_upload

TRAINING, TESTING = "training", "testing"
LOCAL, REMOTE = "local", "url"
_SOUND = (CorpusKind.ACOUSTIC, CorpusKind.AUDIO_FILES)
OFFERED: Mapping[str, tuple[CorpusKind, ...]] = {TRAINING: tuple(KINDS), TESTING: _SOUND}
"""What each tab of the wizard offers."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The one file that is taken. `suffixes` are what its name mostly ends in; its bytes decide."""

    words: str
    suffixes: tuple[str, ...] = (".txt",)
    is_archive: bool = False


EXPECTED = {
    CorpusKind.ACOUSTIC: Expected(
        "One .zip with the recordings, in folders or not, and one transcript, a .txt or .tsv. Each line of the "
        "transcript is the name of a recording, a tab, and what is said in it.",
        (".zip",),
        is_archive=True,
    ),
    CorpusKind.AUDIO_FILES: Expected(
        "One .zip with the recordings, in folders or not, and nothing else in it.", (".zip",), is_archive=True
    ),
    CorpusKind.LANGUAGE: Expected("One text file in UTF-8, with one sentence a line."),
    CorpusKind.LANGUAGE_MARKDOWN: Expected("One .md file in UTF-8, with lists and sentences.", (".md", ".txt")),
    CorpusKind.PRONUNCIATION: Expected(
        "One text file in UTF-8. Each line is a word as it is shown, a tab, and how it is spoken."
    ),
    CorpusKind.OUTPUT_FORMATTING: Expected("One .md file in UTF-8, with the sections of rules.", (".md", ".txt")),
}
"""By kind of dataset."""


def _check_kind(visit: Visit, given: Answers) -> None:
    locale = opened(visit).locale
    use, kind = given.get("use", TRAINING), given.get("kind", "")
    if kind not in OFFERED.get(use, ()):
        raise Invalid("InvalidParameterValue", "Choose the type of the data.", target="kind")
    if use == TRAINING and kind not in cases.trainable(visit.ctx, locale):
        message = f"No base model for {locale} that is installed here learns from {KINDS[CorpusKind(kind)]}."
        raise Invalid("InvalidDataset", message, target="kind")


def _check_location(_visit: Visit, given: Answers) -> None:
    if given.get("location", "") not in (LOCAL, REMOTE):
        raise Invalid("InvalidParameterValue", "Choose where the data is.", target="location")
    if given["location"] == REMOTE:
        cases.check_link(given.get("contentUrl", "").strip())


WIZARD = Wizard(
    "dataset_new.html",
    (
        Step("Data type", ("use", "kind"), _check_kind),
        Step("Location", ("location", "contentUrl"), _check_location),
        NAMED,
        Step("Review"),
    ),
)


def new(visit: Visit) -> Answer:
    """Upload data: a step of the wizard."""
    return WIZARD.show(visit, _values(visit))


def create(visit: Visit) -> Answer:
    """Make the dataset: of what lies at the URL, or one that waits for its file; before the last step, go on."""
    if WIZARD.is_asking(visit):
        return new(visit)
    try:
        WIZARD.check(visit)
        dataset = cases.create(visit.ctx, visit.resource.id, _wished(visit))
    except REFUSALS as error:
        return WIZARD.refuse(visit, error, _values(visit))
    return Goto(f"{visit.base}/projects/{visit.ids['id']}/datasets/{dataset.id}")


def _wished(visit: Visit) -> cases.NewDataset:
    given, project = visit.form, opened(visit)
    return cases.NewDataset(
        labels=entities.Labels(
            display_name=given["displayName"],
            description=given.get("description", ""),
            locale=project.locale,
            custom_properties=PORTAL | (FOR_TESTING if given["use"] == TESTING else {}),
            project_id=project.id,
        ),
        kind=CorpusKind(given["kind"]),
        content_url=given.get("contentUrl", "").strip() if given["location"] == REMOTE else None,
    )


def _values(visit: Visit) -> dict[str, Any]:
    project = opened(visit)
    return {
        "project": project,
        "offered": OFFERED,
        "learned": cases.trainable(visit.ctx, project.locale),
        "expected": EXPECTED,
        "most_bytes": {kind: largest_upload(visit.ctx.settings, kind) for kind in CorpusKind},
    }


def form_of(visit: Visit, dataset: Dataset) -> dict[str, Any]:
    """What the form for the file of a dataset needs, with how much of it is there."""
    blocks = cases.blocks(visit.ctx, visit.resource.id, dataset.id)
    return {
        "expected": EXPECTED[dataset.kind],
        "block_bytes": cases.MAX_BLOCK_BYTES,
        "most_bytes": largest_upload(visit.ctx.settings, dataset.kind),
        "there_bytes": sum(block.size_bytes for block in blocks),
    }


def blocks(visit: Visit) -> Answer:
    """Which blocks of a dataset are there, so that what was cut can go on."""
    _, dataset = DATASET.found(visit)
    kept = cases.blocks(visit.ctx, visit.resource.id, dataset.id)
    return Told({"blocks": [{"name": block.name, "size": block.size_bytes} for block in kept]})


def put_block(visit: Visit) -> Answer:
    """Keep a block."""
    _, dataset = DATASET.found(visit)
    if visit.upload is None:
        raise Invalid("EmptyRequest", "The block is empty; send it again.")
    cases.put_block(visit.ctx, visit.resource.id, dataset.id, visit.query.get("blockid", ""), visit.upload)
    return Told({})
