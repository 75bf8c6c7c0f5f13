"""Pages of what was said to an endpoint and kept: list, hear, download, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from speechsmith.api.studio.nouns import ENDPOINT
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Goto, Sent, Shown, Visit
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.logs import Place, id_of, is_name
from speechsmith.services import logs as cases

_MEDIA = {FileKind.AUDIO: "audio/wav", FileKind.TRANSCRIPTION: "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """What was kept of one request: the recording, the transcript, or both, with their ids as logs."""

    files: Mapping[FileKind, File]

    @property
    def began(self) -> datetime:
        """When it was made."""
        return next(iter(self.files.values())).created_at

    @property
    def ids(self) -> Mapping[FileKind, str]:
        """What each of its files is called in the list of logs."""
        return {kind: id_of(file.created_at, file.name) for kind, file in self.files.items()}


def show_list(visit: Visit) -> Answer:
    """The requests that were kept, oldest first."""
    project, endpoint = ENDPOINT.found(visit)
    values: dict[str, Any] = {**ENDPOINT.values(project, endpoint), "requests": [], "following": "", "silent": ""}
    try:
        page = cases.page(visit.ctx, visit.resource.id, endpoint.id, after=_place(visit), top=2 * MOST_SHOWN)
    except Conflict as error:
        values["silent"] = error.code
    else:
        values["requests"] = _requests(page.values)
        if page.has_more:
            last = page.values[-1]
            values["following"] = "?" + urlencode({"after": last.created_at.isoformat(), "name": last.name})
    return Shown("endpoint_logs.html", values | {"is_first": _place(visit) is None})


def download(visit: Visit) -> Answer:
    """One file of a request. Raises: NotFound, Invalid."""
    _, endpoint = ENDPOINT.found(visit)
    entry = cases.get(visit.ctx, visit.resource.id, endpoint.id, visit.query.get("log", ""))
    try:
        path = visit.ctx.blobs.path(entry.blob)
    except FileNotFoundError:  # it was deleted meanwhile
        raise NotFound("log", entry.name) from None
    return Sent(path, entry.name, _MEDIA[entry.kind], is_saved=True)


def delete(visit: Visit) -> Answer:
    """Delete what was kept of one request."""
    _, endpoint = ENDPOINT.found(visit)
    cases.delete(visit.ctx, visit.resource.id, endpoint.id, *visit.form.all("log"))
    return Goto(f"{ENDPOINT.address(visit)}/logs?deleted")


def last_look(visit: Visit) -> Answer:
    """The form to delete many."""
    return _many_form(visit, "")


def delete_many(visit: Visit) -> Answer:
    """Delete all up to a day, or all there are."""
    _, endpoint = ENDPOINT.found(visit)
    try:
        cases.delete_until(visit.ctx, visit.resource.id, endpoint.id, visit.form.get("until") or None)
    except Invalid as error:
        return _many_form(visit, error.message)
    return Goto(f"{ENDPOINT.address(visit)}/logs?deleted")


def _many_form(visit: Visit, error: str) -> Answer:
    project, endpoint = ENDPOINT.found(visit)
    values = {**ENDPOINT.values(project, endpoint), "error": error, "until": visit.form.get("until", "")}
    return Shown("endpoint_logs_delete.html", values, 400 if error else 200)


def _requests(entries: Sequence[File]) -> list[Request]:
    """The files of each request beside each other, as they are in the list."""
    grouped = groupby(entries, key=lambda entry: (entry.created_at, entry.name.partition(".")[0]))
    return [Request({file.kind: file for file in files}) for _, files in grouped]


def _place(visit: Visit) -> Place | None:
    """Where the list goes on; None at its beginning."""
    after, name = visit.query.get("after", ""), visit.query.get("name", "")
    try:
        moment = datetime.fromisoformat(after)
    except ValueError:
        return None
    return Place(moment, name) if moment.tzinfo is not None and is_name(name) else None
