"""What tests of models need, made by REST in a project of the browser."""

from dataclasses import dataclass
from typing import Any

from browser import Browser

from bench import acoustic
from speechsmith.domain.evaluations import Evaluation
from speechsmith.services import entities

# The base model hears "please send a uh", one that has learned the gasket "please send a gasket"; all hear "thank you".
SPOKEN = {0: "Please send a gasket.", 2: "Thank you very much."}


def id_of(entity: Any) -> str:
    return str(entity["self"].rpartition("/")[2])


@dataclass(frozen=True)
class Lab:
    """The section Test models of a project."""

    browser: Browser
    project: str

    @property
    def address(self) -> str:
        return f"{self.project}/tests"

    @property
    def reference(self) -> dict[str, str]:
        return {"self": f"http://speech.test/speechtotext/v3.2/projects/{self.project.rpartition('/')[2]}"}

    @property
    def base(self) -> Any:
        return self.browser.api.base()

    def data(self, content: bytes | None = None, **members: Any) -> Any:
        sounds = acoustic(SPOKEN) if content is None else content
        return self.browser.api.dataset(sounds, project=self.reference["self"], **({"displayName": "Exam"} | members))

    def model(self, text: str = "send a gasket", name: str = "Mine") -> Any:
        made = self.browser.api.make("models", displayName=name, text=text, project=self.reference)
        return self.browser.api.done(made)

    def test(self, data: Any, first: Any, second: Any = None, name: str = "Trial", *, wait: bool = True) -> str:
        """The id of a test; it is done, unless nobody is to wait for it."""
        named = {"model1": {"self": first["self"]}, "model2": {"self": (second or first)["self"]}}
        members = {"dataset": {"self": data["self"]}, "project": self.reference, "displayName": name}
        made = self.browser.api.make("evaluations", **named, **members)
        return id_of(self.browser.api.done(made) if wait else made)

    def kept(self) -> list[Evaluation]:
        bench = self.browser.api.bench
        return list(entities.page(bench.ctx, bench.me, Evaluation, top=100).values)

    def lose(self, test: str) -> None:
        """The result files of a test are gone from the blob store."""
        bench = self.browser.api.bench
        (evaluation,) = (one for one in self.kept() if str(one.id) == test)
        for file in bench.files_of(evaluation).values():
            bench.ctx.blobs.purge(file.blob)
