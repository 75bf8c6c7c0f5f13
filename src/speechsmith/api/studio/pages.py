"""Every page of Studio: one table."""

from collections.abc import Sequence
from dataclasses import dataclass

from speechsmith.api.studio import lists, projects, signing_in
from speechsmith.api.studio.visit import Handler

SIGN_IN = "/sign-in"
_PROJECTS = "/{resource:uuid}/projects"
_PROJECT = f"{_PROJECTS}/{{id:uuid}}"


@dataclass(frozen=True, slots=True)
class Page:
    """A method on an address below /studio. `is_open`: also for who is not signed in."""

    name: str
    method: str
    path: str
    handler: Handler
    is_open: bool = False


def _get(name: str, path: str, handler: Handler, *, is_open: bool = False) -> Page:
    return Page(name, "GET", path, handler, is_open)


def _form(name: str, path: str, show: Handler, send: Handler, *, is_open: bool = False) -> Sequence[Page]:
    """A page with a form that is sent to its own address."""
    return Page(f"Show{name}", "GET", path, show, is_open), Page(name, "POST", path, send, is_open)


PAGES: Sequence[Page] = (
    *_form("SignIn", SIGN_IN, signing_in.show, signing_in.sign_in, is_open=True),
    Page("SignOut", "POST", "/sign-out", signing_in.sign_out),
    _get("Home", "/", signing_in.home),
    _get("Resource", "/{resource:uuid}", signing_in.of_resource),
    _get("ListProjects", _PROJECTS, projects.listed),
    *_form("CreateProject", f"{_PROJECTS}/new", projects.new, projects.create),
    _get("ShowProject", _PROJECT, projects.show),
    *_form("RenameProject", f"{_PROJECT}/rename", projects.labels, projects.rename),
    *_form("DeleteProject", f"{_PROJECT}/delete", projects.last_look, projects.delete),
    _get("ListDatasets", f"{_PROJECT}/datasets", lists.datasets),
    _get("ListModels", f"{_PROJECT}/models", lists.models),
    _get("ListTests", f"{_PROJECT}/tests", lists.tests),
    _get("ListEndpoints", f"{_PROJECT}/endpoints", lists.endpoints),
)
