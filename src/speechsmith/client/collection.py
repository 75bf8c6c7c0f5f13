"""What every kind of entity shares: list, read, update, delete, its files, and waiting until it is done.

Every entity is named by its id or by its URL. A member that is None is left out of the request, so an update changes
only what is given.
"""

from collections.abc import Callable, Mapping
from typing import TypedDict, Unpack
from urllib.parse import quote, urlencode

from speechsmith.client.entity import Entity, Json, id_of, is_done, text, values
from speechsmith.client.errors import ClientError, NotFound, Unreachable, WaitedTooLong
from speechsmith.client.transport import Transport

_TOLD = 10  # names of files that a refusal tells

SHORTEST_POLL, LONGEST_POLL = 0.5, 2.0  # seconds; Retry-After is honoured between the two
PATIENCE = 60.0  # seconds that the service may be away while one waits


class Change(TypedDict, total=False):
    """What may be changed of any entity; `project` connects it to that project."""

    display_name: str | None
    description: str | None
    project: str | None
    custom_properties: Mapping[str, Json] | None


class About(TypedDict, total=False):
    """What may be said about a new entity of any kind, besides its name and its locale."""

    project: str | None
    description: str | None
    properties: Mapping[str, Json] | None
    custom_properties: Mapping[str, Json] | None


class Collection:
    """Entities of one kind; `name` is the path that they share, such as `datasets`."""

    name = ""

    def __init__(self, server: Transport) -> None:
        self.server = server

    def url(self, reference: str) -> str:
        """The URL of one of them. Raises: BadReference."""
        return self.server.url(self.name, reference)

    def get(self, reference: str) -> Entity:
        """Read one."""
        return entity_of(self.server.call("GET", self.url(reference)).body)

    def delete(self, reference: str) -> None:
        """Remove one; it is no fault if it was gone."""
        self.server.call("DELETE", self.url(reference))

    def locales(self) -> Json:
        """The locales in which one can be made: a list, or for datasets a list for each kind."""
        return self.server.call("GET", f"{self.server.base}/{self.name}/locales").body

    def listing(
        self,
        *,
        project: str | None = None,
        top: int | None = None,
        skip: int | None = None,
        filter: str | None = None,
    ) -> Entity:
        """All of them, of one project if that is given, as `{"values": [...]}`; with `top` just that page."""
        start = f"{self.server.base}/{self.name}"
        if project is not None:
            start = f"{self.server.url('projects', project)}/{self.name}"
        return self.pages(start, {"top": top, "skip": skip, "filter": filter})

    def pages(self, start: str, query: Mapping[str, int | str | None]) -> Entity:
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        url = f"{start}?{asked}" if asked else start
        page = entity_of(self.server.call("GET", url).body)
        if query.get("top") is not None:
            return page
        merged: list[Json] = [*values(page)]
        seen = {url}
        while following := text(page, "@nextLink"):
            # Behind a proxy the service may not know its own address: then only the query of the link is of use.
            url = following if self.server.is_home(following) else f"{start}?{following.partition('?')[2]}"
            if url in seen:
                raise ClientError(f"The list goes round in a circle at {url}.")
            seen.add(url)
            page = entity_of(self.server.call("GET", url).body)
            merged += values(page)
        return {"values": merged}

    def make(self, display_name: str, locale: str, about: About, **members: Json) -> Entity:
        """Make one; `members` are those of its kind, by their names in the contract."""
        check_names(about, About)
        body = given(
            {
                "project": self.link("projects", about.get("project")),
                **members,
                "locale": locale,
                "displayName": display_name,
                "description": about.get("description"),
                "properties": copy_of(about.get("properties")),
                "customProperties": copy_of(about.get("custom_properties")),
            }
        )
        return entity_of(self.server.call("POST", f"{self.server.base}/{self.name}", body=body).body)

    def update(self, reference: str, **change: Unpack[Change]) -> Entity:
        """Change what is given."""
        return self.patch(reference, change)

    def patch(self, reference: str, change: Change, **members: Json) -> Entity:
        """Change labels, and `members` of this kind by their names in the contract."""
        check_names(change, Change)
        body = given(
            {
                "project": self.link("projects", change.get("project")),
                **members,
                "displayName": change.get("display_name"),
                "description": change.get("description"),
                "customProperties": copy_of(change.get("custom_properties")),
            }
        )
        return entity_of(self.server.call("PATCH", self.url(reference), body=body).body)

    def link(self, collection: str, reference: str | None) -> Json:
        return None if reference is None else {"self": self.server.url(collection, reference)}


class Stateful(Collection):
    """Entities with a status, which can be waited for."""

    def wait(self, reference: str, *, timeout: float, seen: Callable[[Entity], None]) -> Entity:
        """Stay until it is Succeeded or Failed; give it as it is then.

        Args:
            timeout: seconds.
            seen: told each time how it is now.
        Raises:
            WaitedTooLong: the time is up. Unreachable: the service was away for longer than a minute.
        """
        url, server = self.url(reference), self.server
        end = server.clock() + timeout
        away_since: float | None = None
        entity: Entity = {}
        pause = SHORTEST_POLL
        while True:
            try:
                reply = server.call("GET", url)
                entity, away_since = entity_of(reply.body), None
                seen(entity)
                if is_done(entity):
                    return entity
                pause = min(max(reply.retry_after or pause * 1.2, SHORTEST_POLL), LONGEST_POLL)
            except Unreachable:
                away_since = server.clock() if away_since is None else away_since
                if server.clock() - away_since > PATIENCE:
                    raise
            left = end - server.clock()
            if left <= 0:
                state = text(entity, "status") or "in an unknown state"
                raise WaitedTooLong(f"{url} is still {state} after {timeout:g} s; it goes on without you.", entity)
            server.sleep(min(pause, left))


class Jobs(Stateful):
    """Entities that are made by work in the background: they have files too."""

    files_path = "files"

    def files(
        self, reference: str, *, top: int | None = None, skip: int | None = None, filter: str | None = None
    ) -> Entity:
        """The files that belong to one, as `{"values": [...]}`."""
        return self.pages(f"{self.url(reference)}/{self.files_path}", {"top": top, "skip": skip, "filter": filter})

    def file(self, reference: str, file: str) -> Entity:
        """One file, named by its id, its own URL, or its name in the list. Raises: NotFound."""
        if file.startswith(("http://", "https://")):
            return entity_of(self.server.call("GET", file).body)
        there = values(self.files(reference))
        for listed in there:
            if file in {text(listed, "name"), id_of(listed)}:
                url = f"{self.url(reference)}/{self.files_path}/{quote(id_of(listed))}"
                return entity_of(self.server.call("GET", url).body)
        names = ", ".join(text(listed, "name") for listed in there[:_TOLD]) or "none yet"
        more = f" and {len(there) - _TOLD} more" if len(there) > _TOLD else ""
        raise NotFound(404, "NotFound", f"{self.url(reference)} has no file '{file}'; there are: {names}{more}.")


def check_names(named: About | Change, known: type) -> None:
    """Raises: TypeError for an argument that there is not, as any function does."""
    if unknown := named.keys() - known.__annotations__.keys():
        raise TypeError(f"there is no argument {sorted(unknown)[0]!r}; known: {', '.join(known.__annotations__)}")


def given(members: Mapping[str, Json]) -> Entity:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def copy_of(members: Mapping[str, Json] | None) -> Entity | None:
    """The members as an object of their own; None where there are none."""
    return dict(members) if members else None


def entity_of(body: Json) -> Entity:
    """The answer as an entity. Raises: ClientError, if the service sent anything else."""
    if not isinstance(body, dict):
        raise ClientError("The service answered without an entity. Is this the address of a speech service?")
    return body
