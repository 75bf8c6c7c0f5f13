"""What a project has: the page of which entity an address is, and the pages that every kind of entity has alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from speechsmith.api.studio import forms
from speechsmith.api.studio.projects import REFUSALS, SECTIONS, opened, renaming
from speechsmith.api.studio.visit import Answer, Goto, Visit
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import NotFound, SpeechError
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.services import entities

P = TypeVar("P", bound=Processed)


@dataclass(frozen=True, slots=True)
class Noun(Generic[P]):
    """A kind of entity. `name` is what addresses and templates call one, `about` what a form says of its name.

    `renamed` is what its address has behind it once it has another name, so that its page can tell.
    """

    kind: type[P]
    name: str
    about: str
    renamed: str = ""

    def found(self, visit: Visit) -> tuple[Project, P]:
        """The project and the entity of the address. Raises: NotFound, also when the one is not of the other."""
        project = opened(visit)
        entity = entities.get(visit.ctx, visit.resource.id, self.kind, visit.ids[self.name])
        if entity.project_id != project.id:
            raise NotFound(self.name, entity.id)
        return project, entity

    def values(self, project: Project, entity: P) -> dict[str, Any]:
        """What the templates of all its pages need (in_entity.html)."""
        return {"project": project, self.name: entity, "entity": entity, "section": SECTIONS[self.kind]}

    def list_address(self, visit: Visit) -> str:
        """Where the list is that it stands in."""
        return f"{visit.base}/projects/{visit.ids['id']}/{SECTIONS[self.kind]}"

    def address(self, visit: Visit) -> str:
        """Where the pages of the entity of the address begin."""
        return f"{self.list_address(visit)}/{visit.ids[self.name]}"

    def labels(self, visit: Visit) -> Answer:
        """The form for another name."""
        _, entity = self.found(visit)
        return self._form(visit, {"displayName": entity.display_name, "description": entity.description})

    def rename(self, visit: Visit) -> Answer:
        """Give it another name and description."""
        _, entity = self.found(visit)
        try:
            entities.update(visit.ctx, visit.resource.id, self.kind, entity.id, renaming(visit.form))
        except REFUSALS as error:
            return self._form(visit, visit.form, error)
        return Goto(f"{self.address(visit)}{self.renamed}")

    def _form(self, visit: Visit, given: Mapping[str, str], error: SpeechError | None = None) -> Answer:
        values = self.values(*self.found(visit)) | {
            "about": self.about,
            "given": {name: given.get(name, "") for name in ("displayName", "description")},
        }
        return forms.shown("rename.html", values, error)


DATASET = Noun(Dataset, "dataset", "What is in the data, such as who speaks, when and where.")
EDITION = Noun(Edition, "edition", "What is heard in it, and what is still to be done.")
MODEL = Noun(CustomModel, "model", "What the model knows, such as the words of a trade.", "?done=renamed")
TEST = Noun(Evaluation, "test", "What is tested, such as the models and the data.")
ENDPOINT = Noun(Endpoint, "endpoint", "What listens here, such as the counter or the hotline.", "?done=renamed")
