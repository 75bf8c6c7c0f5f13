"""The wizard that brings datasets into the Editor: which, who listens to them, and a name."""

from collections.abc import Mapping, Sequence
from typing import Any

from speechsmith.api.studio.projects import REFUSALS, opened
from speechsmith.api.studio.visit import Answer, Answers, Goto, Visit
from speechsmith.api.studio.wizard import NAMED, PORTAL, Step, Wizard
from speechsmith.api.studio.words import told
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Listening, check_editable
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.filters import PROPERTIES, parse
from speechsmith.domain.projects import Project
from speechsmith.domain.values import DISPLAY_NAME_CHARS
from speechsmith.services import candidates, entities
from speechsmith.services import editions as cases
from speechsmith.services.candidates import MOST_OFFERED, Candidate

LISTENING = {
    Listening.UNTRANSCRIBED: (
        "To recordings without a transcript",
        "What it hears is the draft that you correct.",
    ),
    Listening.ALL: (
        "To all recordings",
        "Where a human has written a transcript, that stays, and what the model hears is shown beside it.",
    ),
    Listening.NONE: ("To none", "Recordings without a transcript begin with an empty text."),
}
"""What can be chosen, and what it means."""

_WITH_SOUND = parse("kind eq 'Acoustic' or kind eq 'AudioFiles'", PROPERTIES[Dataset])


def _check_data(visit: Visit, given: Answers) -> None:
    cases.check_datasets(visit.ctx, visit.resource.id, given.ids("dataset"), opened(visit))


def _check_listening(visit: Visit, given: Answers) -> None:
    if given["listening"] not in LISTENING:
        raise Invalid("InvalidParameterValue", "Choose to which recordings a model listens.", target="listening")
    if given["listening"] == Listening.NONE:
        return
    if (model := given.id("model")) is None:
        raise Invalid("InvalidModel", "Choose the model that listens.", target="model")
    candidates.check_models(visit.ctx, opened(visit), [model])


WIZARD = Wizard(
    "edition_new.html",
    (
        Step("Choose data", ("dataset",), _check_data),
        Step("Machine transcripts", ("listening", "model"), _check_listening),
        NAMED,
        Step("Review"),
    ),
)


def new(visit: Visit) -> Answer:
    """The step of the address."""
    return WIZARD.show(visit, _values(visit, visit.answers))


def create(visit: Visit) -> Answer:
    """Begin the import, and go back to the list; before the last step, go on."""
    if WIZARD.is_asking(visit):
        return new(visit)
    project, given = opened(visit), visit.form
    try:
        WIZARD.check(visit)
        labels = entities.Labels(
            display_name=given["displayName"],
            description=given["description"],
            locale=project.locale,
            project_id=project.id,
            custom_properties=PORTAL,
        )
        wished = cases.NewEdition(
            labels=labels,
            dataset_ids=given.ids("dataset"),
            listening=Listening(given["listening"]),
            model_id=given.id("model"),
        )
        cases.create(visit.ctx, visit.resource.id, wished)
    except (*REFUSALS, NotFound) as error:
        return WIZARD.refuse(visit, error, _values(visit, given))
    return Goto(f"{visit.base}/projects/{project.id}/datasets/editor")


def _values(visit: Visit, given: Answers) -> Mapping[str, Any]:
    """What can be chosen, and by its id what was."""
    project = opened(visit)
    datasets, has_more = _datasets(visit, project)
    models = candidates.models(visit.ctx, project)
    chosen = [one.entity for one in datasets if str(one.entity.id) in given.all("dataset")]
    has_audio_only = any(one.kind is CorpusKind.AUDIO_FILES for one in chosen)
    default = Listening.UNTRANSCRIBED if has_audio_only else Listening.NONE
    names = ", ".join(one.display_name for one in chosen)[:DISPLAY_NAME_CHARS]
    return {
        "project": project,
        "datasets": datasets,
        "models": models,
        "model": given["model"] or next((str(one.entity.id) for one in models if not one.refusal), ""),
        "ways": LISTENING,
        "listening": given["listening"] or default,
        "given_labels": {"displayName": given.get("displayName", names), "description": given["description"]},
        "names": {str(one.id): one.display_name for one in (*chosen, *(other.entity for other in models))},
        "has_more": has_more,
    }


def _datasets(visit: Visit, project: Project) -> tuple[Sequence[Candidate[Dataset]], bool]:
    """Those of the project with recordings, newest first, and whether there are more. Others have no place here."""
    page = entities.page(
        visit.ctx,
        visit.resource.id,
        Dataset,
        top=MOST_OFFERED,
        project_id=project.id,
        wanted=_WITH_SOUND,
        newest_first=True,
    )
    return [Candidate(one, _refusal(one, project)) for one in page.values], page.has_more


def _refusal(dataset: Dataset, project: Project) -> str:
    try:
        check_editable(dataset, locale=project.locale)
    except Invalid as error:
        return told(error)
    return ""
