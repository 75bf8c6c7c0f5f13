"""The wizard that copies a model: to which region, into which Speech resource, into which project."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from speechsmith.api.studio.models import address_of
from speechsmith.api.studio.nouns import MODEL
from speechsmith.api.studio.projects import REFUSALS
from speechsmith.api.studio.visit import Answer, Answers, Goto, Visit
from speechsmith.api.studio.wizard import Step, Wizard
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.filters import PROPERTIES, parse
from speechsmith.domain.projects import Project
from speechsmith.domain.resources import SpeechResource
from speechsmith.domain.values import check_display_name
from speechsmith.services import copies as cases
from speechsmith.services import entities, resources

BY_KEY = "key"
"""Into a resource that nobody has signed in to here. Its key is asked for last, and is never part of an address."""

NEW = "new"
"""Instead of a Speech resource or a project: one that is made with the copy."""

MOST_OFFERED = 200
"""Projects, the newest."""


def show(visit: Visit) -> Answer:
    """The step of the address."""
    _, model = MODEL.found(visit)
    cases.check_copyable(visit.ctx, visit.resource.id, model.id)
    return _WIZARD.show(visit, _values(visit, visit.answers))


def copy(visit: Visit) -> Answer:
    """Begin the copy, and go back to the model; before the last step, go on."""
    if _WIZARD.is_asking(visit):
        return show(visit)
    _, model = MODEL.found(visit)
    try:
        _WIZARD.check(visit)
        target, project_id = _target(visit, visit.form) or _maker(visit, visit.form), visit.form.id("project")
        if target is not None:
            new = _new_project(visit.form, model.locale)
            cases.copy_within(visit.ctx, visit.resource, model.id, target, project_id=project_id, new_project=new)
        else:
            _copy_by_key(visit, model.id)
    except (*REFUSALS, NotFound) as error:
        return _WIZARD.refuse(visit, error, _values(visit, visit.form))
    return Goto(f"{address_of(visit.base, model)}?done=copying")


def _copy_by_key(visit: Visit, model_id: UUID) -> None:
    """Raises: Invalid in words that fit a form, and as the use case."""
    key, region = visit.form.get("key", "").strip(), visit.form.get("region", "")
    if not key:
        raise Invalid("SubscriptionNotFound", "Enter a key of the Speech resource.", target="key")
    try:
        cases.copy_to(visit.ctx, visit.resource, model_id, key, root=visit.root, region=region)
    except Invalid as error:
        if error.code != "SubscriptionNotFound":
            raise
        message = (
            f"No Speech resource in the region {region} has this key: neither one of this server nor one of the "
            "servers that it trusts. Look for missing characters, and whether the region is right."
        )
        raise Invalid(error.code, message, target="key") from None


def _check_region(visit: Visit, given: Answers) -> None:
    if given.get("region") not in _regions(visit):
        raise Invalid("InvalidParameterValue", "Select one of the regions.", target="region")


def _check_target(visit: Visit, given: Answers) -> None:
    with _told_at("resourceName"):
        can_be_made = _maker(visit, given) is not None
    if not can_be_made and given.get("target") != BY_KEY and _target(visit, given) is None:
        raise Invalid("InvalidParameterValue", "Select one of the Speech resources.", target="target")


def _maker(visit: Visit, given: Answers) -> Callable[[Any], SpeechResource] | None:
    """What makes the new resource that is asked for; None: none is, or none may be. Raises: Invalid, Conflict."""
    region = given.get("region", "")
    if given.get("target") != NEW or not _may_make(visit, region):
        return None
    return resources.maker(visit.ctx, visit.session, name=_new_name(given), region=region)


def _new_name(given: Answers) -> str:
    return given.get("resourceName", "").strip()


def _may_make(visit: Visit, region: str) -> bool:
    """Whether a new resource is offered: in a region of this server, where its operator lets people make them."""
    return visit.ctx.settings.new_resources and region in {one.region for one in visit.resources}


def _new_project(given: Answers, locale: str) -> entities.Labels | None:
    if given.get("project") != NEW:
        return None
    return entities.Labels(display_name=given.get("projectName", ""), locale=locale)


def _check_project(_visit: Visit, given: Answers) -> None:
    if given.get("project") == NEW:
        with _told_at("projectName"):
            check_display_name(given.get("projectName", ""))


@contextmanager
def _told_at(field: str) -> Iterator[None]:
    """What is refused is told at a field of the form."""
    try:
        yield
    except (Invalid, Conflict) as error:
        raise type(error)(error.code, error.message, target=field) from None


_WIZARD = Wizard(
    "model_copy.html",
    [
        Step("Region", ("region",), _check_region),
        Step("Speech resource", ("target", "resourceName"), _check_target),
        Step("Project", ("project", "projectName"), _check_project),
    ],
)
"""The key is none of its fields: those are carried from step to step, in pages and addresses."""


def _regions(visit: Visit) -> Sequence[str]:
    return sorted({*(resource.region for resource in visit.resources), *cases.regions(visit.ctx)})


def _target(visit: Visit, given: Answers) -> SpeechResource | None:
    """The resource that was chosen, of those that he is signed in to, whose key he has shown."""
    chosen, region = given.id("target"), given.get("region")
    return next((one for one in visit.resources if one.id == chosen and one.region == region), None)


def _values(visit: Visit, given: Answers) -> dict[str, object]:
    project, model = MODEL.found(visit)
    target = _target(visit, given)
    region = given.get("region", "")
    return {
        **MODEL.values(project, model),
        "regions": _regions(visit),
        "region": region,
        "targets": [one for one in visit.resources if one.region == region],
        "may_make": _may_make(visit, region),
        "target_name": target.name if target else _new_name(given) if given.get("target") == NEW else "",
        "projects": _projects(visit, target, model.locale) if target else [],
        "by_key": BY_KEY,
        "new": NEW,
    }


def _projects(visit: Visit, target: SpeechResource, locale: str) -> Sequence[Project]:
    """The projects of a resource that the model could be in, newest first."""
    wanted = parse(f"locale eq '{locale}'", PROPERTIES[Project])
    page = entities.page(visit.ctx, target.id, Project, top=MOST_OFFERED, wanted=wanted, newest_first=True)
    return page.values
