"""The entities of the contract, each with what it takes to make one and to change one."""

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Unpack
from urllib.parse import urlencode

from speechsmith.client.collection import (
    About,
    Change,
    Collection,
    Jobs,
    Stateful,
    check_names,
    copy_of,
    entity_of,
    given,
)
from speechsmith.client.entity import Entity, Json, id_of
from speechsmith.client.errors import BadReference, NotFound
from speechsmith.client.transport import Transport
from speechsmith.client.uploads import send_in_blocks

ONE_SHOT_BYTES = 100_000_000  # above this an upload goes in blocks


class Projects(Collection):
    """Folders for everything else, in one locale."""

    name = "projects"

    def create(self, *, display_name: str, locale: str, **about: Unpack[About]) -> Entity:
        """Make a project."""
        return self.make(display_name, locale, about)


class Datasets(Jobs):
    """Audio, text and rules to train with and to test on."""

    name = "datasets"

    def create(
        self,
        *,
        display_name: str,
        locale: str,
        kind: str | None,
        content_url: str | None = None,
        **about: Unpack[About],
    ) -> Entity:
        """Make a dataset of what lies at `content_url`; without one it stays NotStarted and waits for blocks."""
        return self.make(
            display_name,
            locale,
            about,
            kind=kind,
            contentUrl=content_url,
        )

    def upload(
        self,
        data: Path,
        *,
        display_name: str,
        locale: str,
        kind: str,
        seen: Callable[[int, int], None],
        **about: Unpack[About],
    ) -> Entity:
        """Make a dataset of a file: in one form up to 100 MB, in blocks above (or where the form lacks a field).

        Raises:
            UploadStopped: go on with `resume`. OSError: the file cannot be read.
        """
        properties = about.get("properties") or {}
        if data.stat().st_size > ONE_SHOT_BYTES or properties.keys() - {"email"}:
            made = self.create(display_name=display_name, locale=locale, kind=kind, **about)
            return self.resume(id_of(made), data, seen=seen)
        check_names(about, About)
        project = about.get("project")
        form = {
            "project": None if project is None else self.server.url("projects", project),
            "kind": kind,
            "locale": locale,
            "displayName": display_name,
            "description": about.get("description"),
            "customProperties": _form_text(copy_of(about.get("custom_properties"))),
            "email": _form_text(properties.get("email")),
        }
        media = "application/zip" if kind.casefold() in {"acoustic", "audiofiles"} else "text/plain"
        with data.open("rb") as file:
            reply = self.server.call(
                "POST",
                f"{self.server.base}/{self.name}/upload",
                form={name: value for name, value in form.items() if value is not None},
                file=(data.name, file, media),
            )
        return entity_of(reply.body)

    def resume(self, reference: str, data: Path, *, seen: Callable[[int, int], None]) -> Entity:
        """Bring a file in blocks into a dataset without content; blocks that are there are not sent again."""
        send_in_blocks(self.server, self.url(reference), data, seen)
        return self.get(reference)


class BaseModels(Collection):
    """Models that ship with the engines or were installed; nobody can change them here."""

    name = "models/base"


class Models(Jobs):
    """Custom models. Where one is read, a base model is found too."""

    name = "models"

    def get(self, reference: str) -> Entity:
        """Read a custom model, or the base model that has this id."""
        custom, *base = self._places(reference)
        try:
            return entity_of(self.server.call("GET", custom).body)
        except NotFound as missing:  # what it says of the custom model is what a user wants to hear
            for url in base:
                with contextlib.suppress(NotFound):
                    return entity_of(self.server.call("GET", url).body)
            raise missing from None

    def locate(self, reference: str) -> str:
        """The URL of a model given by its URL, or by an id that may be a custom or a base model's.

        An id that is neither gives the custom model's URL, so that the service can refuse it in its own words.
        """
        places = self._places(reference)
        for url in places if len(places) > 1 else ():
            try:
                self.server.call("GET", url)
                return url
            except NotFound:
                continue
        return places[0]

    def _places(self, reference: str) -> list[str]:
        custom = self.url(reference)
        is_id = "://" not in reference
        return [custom, self.server.url("models/base", reference)] if is_id else [custom]

    def create(
        self,
        *,
        display_name: str,
        locale: str,
        base_model: str | None = None,
        datasets: Sequence[str] | None = None,
        text: str | None = None,
        **about: Unpack[About],
    ) -> Entity:
        """Train a model from a base model (the locale's default if none is given), with datasets or sentences."""
        base = None
        if base_model is not None:
            named = "models/base" if "/models/base/" in base_model or "://" not in base_model else "models"
            base = self.link(named, base_model)
        return self.make(
            display_name,
            locale,
            about,
            baseModel=base,
            datasets=None if datasets is None else [self.link("datasets", one) for one in datasets],
            text=text,
        )

    def rebase(
        self,
        reference: str,
        *,
        base_model: str | None = None,
        dataset: str | None = None,
        display_name: str | None = None,
    ) -> Entity:
        """Train one again on another base model (the newest default if none is given); `dataset`: then compare both."""
        body = given(
            {
                "baseModel": self.link("models/base", base_model),
                "dataset": self.link("datasets", dataset),
                "displayName": display_name,
            }
        )
        return entity_of(self.server.call("POST", f"{self.url(reference)}:rebase", body=body).body)

    def copy_to(self, reference: str, *, target_key: str) -> Entity:
        """Copy one into the resource with that key, as v3.1 does it; gives the new model, which is in the target."""
        url = f"{self.url(reference)}:copyto"
        return entity_of(self.server.call("POST", url, body={"targetSubscriptionKey": target_key}).body)

    def authorize_copy(self, *, source_resource: str) -> Entity:
        """Allow one copy from a resource into that of this client; from v3.2 on. Gives what `copy` takes."""
        url = f"{self.server.base}/{self.name}:authorizecopy"
        return entity_of(self.server.call("POST", url, body={"sourceResourceId": source_resource}).body)

    def copy(self, reference: str, *, authorization: Entity) -> Entity:
        """Copy one into the resource that has authorized it; gives the operation, to be waited for."""
        return entity_of(self.server.call("POST", f"{self.url(reference)}:copy", body=authorization).body)


class Operations(Stateful):
    """Copies of models, from v3.2 on: when one has Succeeded `result.link` is the new model, in the target."""

    name = "operations/models/copy"


class ModelUsers(Jobs):
    """Entities that stand on a model."""

    def __init__(self, server: Transport, models: Models) -> None:
        super().__init__(server)
        self._models = models

    def _model(self, reference: str | None) -> Json:
        return None if reference is None else {"self": self._models.locate(reference)}


class Evaluations(ModelUsers):
    """Two models measured on one dataset."""

    name = "evaluations"

    def create(
        self,
        *,
        display_name: str,
        locale: str,
        model1: str | None,
        model2: str | None,
        dataset: str | None,
        **about: Unpack[About],
    ) -> Entity:
        """Measure two models, custom or base, on a dataset; the same model twice measures that one."""
        return self.make(
            display_name,
            locale,
            about,
            model1=self._model(model1),
            model2=self._model(model2),
            dataset=self.link("datasets", dataset),
        )


class Endpoints(ModelUsers):
    """Models that listen. Their files are the logs of what was said to them."""

    name = "endpoints"
    files_path = "files/logs"

    def create(
        self,
        *,
        display_name: str,
        locale: str,
        model: str | None = None,
        text: str | None = None,
        logging: bool | None = None,
        **about: Unpack[About],
    ) -> Entity:
        """Deploy a model. `logging`: keep what is said to it; it is always sent, False unless asked for."""
        about["properties"] = {"contentLoggingEnabled": bool(logging), **(about.get("properties") or {})}
        return self.make(display_name, locale, about, model=self._model(model), text=text)

    def update(
        self, reference: str, *, model: str | None = None, logging: bool | None = None, **change: Unpack[Change]
    ) -> Entity:
        """Change what is given; while a new model is being deployed the former one goes on listening."""
        properties: Json = None if logging is None else {"contentLoggingEnabled": logging}
        return self.patch(reference, change, model=self._model(model), properties=properties)

    def suspend(self, reference: str) -> Entity:
        """Let one answer nobody until it is resumed; it keeps its id and its model."""
        return entity_of(self.server.call("POST", f"{self.url(reference)}:suspend", is_harmless=True).body)

    def resume(self, reference: str) -> Entity:
        """Let a suspended one answer again; its model is deployed anew."""
        return entity_of(self.server.call("POST", f"{self.url(reference)}:resume", is_harmless=True).body)

    def delete_log(self, reference: str, log: str) -> None:
        """Remove one entry of the log, named by its id, its own URL, or its name in the list. Raises: NotFound."""
        url = log if "://" in log else f"{self.url(reference)}/{self.files_path}/{id_of(self.file(reference, log))}"
        if f"/{self.files_path}/" not in url:
            raise BadReference(f"{log} does not name a log of an endpoint.")
        self.server.call("DELETE", url)

    def delete_logs(self, reference: str, *, until: str | None = None) -> None:
        """Remove all entries, or those up to the end of a day, `2023-03-15`, in UTC."""
        asked = "" if until is None else f"?{urlencode({'endDate': until})}"
        self.server.call("DELETE", f"{self.url(reference)}/{self.files_path}{asked}")


class Transcriptions(ModelUsers):
    """Recordings written down in the background."""

    name = "transcriptions"

    def create(
        self,
        *,
        display_name: str,
        locale: str,
        content_urls: Sequence[str] | None = None,
        content_container_url: str | None = None,
        dataset: str | None = None,
        model: str | None = None,
        **about: Unpack[About],
    ) -> Entity:
        """Transcribe recordings at URLs, in a container, or in a dataset (exactly one of the three)."""
        return self.make(
            display_name,
            locale,
            about,
            model=self._model(model),
            dataset=self.link("datasets", dataset),
            contentUrls=None if content_urls is None else list(content_urls),
            contentContainerUrl=content_container_url,
        )


def _form_text(value: Json) -> str | None:
    return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)
