"""Handlers of projects."""

from speechsmith.api import generic, views
from speechsmith.api.call import Answer, Call
from speechsmith.domain.projects import Project
from speechsmith.services import entities, projects


def _shown(call: Call, project: Project) -> views.JSON:
    return views.project(call, project, projects.counts(call.ctx, call.resource.id, [project.id])[project.id])


def create(call: Call) -> Answer:
    """Projects_Create."""
    body = _shown(call, projects.create(call.ctx, call.resource.id, generic.labels_of(call.body)))
    return Answer(201, body, {"Location": body["self"]})


def get(call: Call) -> Answer:
    """Projects_Get."""
    return Answer(200, _shown(call, entities.get(call.ctx, call.resource.id, Project, call.id)))


def listed(call: Call) -> Answer:
    """Projects_List."""
    skip, top = call.page()
    wanted = call.filter(Project)
    page = entities.page(call.ctx, call.resource.id, Project, skip=skip, top=top, wanted=wanted)
    counts = projects.counts(call.ctx, call.resource.id, [project.id for project in page.values])
    values = [views.project(call, project, counts[project.id]) for project in page.values]
    return Answer(200, call.listing(values, has_more=page.has_more))


def update(call: Call) -> Answer:
    """Projects_Update."""
    change = generic.change_of(call.body)
    return Answer(200, _shown(call, entities.update(call.ctx, call.resource.id, Project, call.id, change)))
