"""A Speech resource that has much of everything, written into the service's database: making it would take days.

All of it is finished, so that no job touches it. Half of what can be in a project is in the first one, the rest in one
project each; the first dataset, model, evaluation and transcription have many files, the first endpoint and the base
model many logs, the first web hook many deliveries, and the first dataset in the Editor many texts.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

from benchmarks import service
from speechsmith.asr.scoring import align, tagged
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.deliveries import Delivery, DeliveryState
from speechsmith.domain.editions import EditedFile, Edition, Listening
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.logs import LogBook, id_of
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.resources import key_digest
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription
from speechsmith.domain.webhooks import WebHook
from speechsmith.store.files import Block
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, Transaction, sqlite_url
from speechsmith.store.tables import COLLECTIONS

NAMES = UUID("8d2f3f0a-6f0f-5d8c-9d6e-1f6b6c0d7a11")  # ids are made from it, so that every run has the same rows
KINDS = (Project, Dataset, CustomModel, Evaluation, Endpoint, Transcription, WebHook, CopyOperation)
OWN_FILES = {
    Dataset: FileKind.AUDIO,
    CustomModel: FileKind.MODEL_REPORT,
    Evaluation: FileKind.EVALUATION_DETAILS,
    Transcription: FileKind.TRANSCRIPTION,
}
MODEL_FILES = 12
"""How many files the first model consists of, beside its base."""

_SCORES = {
    "wordErrorRate": 0.138,
    "sentenceErrorRate": 0.39,
    "sentenceCount": 96,
    "wordCount": 621,
    "correctWordCount": 541,
    "wordSubstitutionCount": 52,
    "wordDeletionCount": 28,
    "wordInsertionCount": 6,
    "wordErrorRateInterval": {"level": 0.95, "low": 0.11, "high": 0.17},
    "tokenErrorRate": 0.151,
    "tokenCount": 640,
    "correctTokenCount": 550,
    "tokenSubstitutionCount": 57,
    "tokenDeletionCount": 33,
    "tokenInsertionCount": 7,
}
_EVENTS = ("datasetCompletion", "evaluationCompletion", "modelCompletion", "transcriptionCompletion")


@dataclass(frozen=True)
class Filled:
    """What is there: `count` of each kind, and as many files, logs and deliveries; `blocks` of one dataset."""

    home: Path
    url: str
    count: int
    blocks: int
    resource_id: UUID
    base_id: UUID
    since: datetime

    @cached_property
    def shell_id(self) -> UUID:
        """A dataset that waits for its blocks."""
        return uuid5(NAMES, "shell")

    @cached_property
    def books(self) -> dict[str, UUID]:
        """The logs of the first endpoint, and those of the base model, by what their addresses begin with."""
        base = LogBook.base(self.resource_id, service.LOCALE)
        return {"/endpoints/{id:uuid}": id(Endpoint, 0), "/endpoints/base/{locale}": base.id}

    def address(self, template: str, chance: random.Random) -> str:
        """An address with something behind it, for an address of the table of operations.

        What is asked for itself is any of its kind; what is below something is below the first of its kind.
        """
        kind = next((kind for kind in KINDS if template.startswith(f"/{COLLECTIONS[kind]}")), CopyOperation)
        number = chance.randrange(self.count)
        one = id(kind, number if template.endswith("/{id:uuid}") else 0)
        one = self.base_id if template.startswith("/models/base") else one
        one = self.shell_id if template.endswith("/blocks") else one
        path = template.replace("{id:uuid}", str(one)).replace("{locale}", service.LOCALE)
        path = path.replace("{file_id:uuid}", str(part(one, number)))
        path = path.replace("{delivery_id:uuid}", str(part(one, number)))
        if "{log_id}" in path:
            book = next(book for begin, book in self.books.items() if template.startswith(begin))
            entry = self.log(book, number)
            path = path.replace("{log_id}", id_of(entry.created_at, entry.name))
        return path

    def total(self, template: str) -> int:
        """How much a list has."""
        return (self.count + 1) // 2 if template.startswith("/projects/{") else self.count

    def fill(self) -> None:
        """Write everything."""
        store = self._store()
        with store.write(self.resource_id) as tx:
            for number in range(self.count):
                for entity in self._entities(number, 0):
                    tx.table(type(entity)).add(entity)
            for kind, holds in OWN_FILES.items():
                if kind is not Evaluation:
                    tx.files.add([self._file(id(kind, 0), number, holds) for number in range(self.count)])
            tx.files.add([self._results(number) for number in range(self.count)])
            for book in self.books.values():
                tx.logs.add([self.log(book, number) for number in range(self.count)])
            tx.edited.add(id(Edition, 0), self.resource_id, [self._edited(number) for number in range(self.count)])
            tx.deliveries.add(self._delivery(number) for number in range(self.count))
            self._add_shell(tx)
        store.close()
        folder = self.home / "blobs" / _FOLDER
        folder.mkdir(parents=True)
        for number in range(MODEL_FILES):
            (folder / f"part{number}").write_bytes(bytes(1_000))
        folder = self.home / "blobs" / str(self.resource_id) / str(id(Evaluation, 0))
        folder.mkdir(parents=True)
        for number in range(self.count):
            (folder / str(number)).write_bytes(_heard(number))

    def reword(self, wording: int) -> None:
        """Change the description of every entity, so that each row is one that the service has not seen."""
        store = self._store()
        with store.write(self.resource_id) as tx:
            for number in range(self.count):
                for entity in self._entities(number, wording):
                    tx.table(type(entity)).put(entity)
        store.close()

    def log(self, book: UUID, number: int) -> File:
        """An entry of the logs of an endpoint or base model."""
        began = self.since + timedelta(minutes=number)
        name = f"{began:%H%M%S}__{part(book, number)}.wav"
        return self._file(book, number, FileKind.AUDIO, name)

    def _store(self) -> Store:
        return Store(sqlite_url(self.home / "speechsmith.db"))

    def _add_shell(self, tx: Transaction) -> None:
        tx.table(Dataset).add(
            Dataset(
                id=self.shell_id,
                resource_id=self.resource_id,
                locale=service.LOCALE,
                display_name="Shell",
                kind=CorpusKind.LANGUAGE,
                created_at=self.since,
                last_action_at=self.since,
            )
        )
        for number in range(self.blocks):
            name = f"{number:04}"
            tx.blocks.put(self.shell_id, Block(name, f"{self.shell_id}/{name}", 8_000_000))

    def _file(self, owner: UUID, number: int, kind: FileKind, name: str = "") -> File:
        return File(
            id=part(owner, number),
            resource_id=self.resource_id,
            owner_id=owner,
            name=name or f"recording_{number:05}.wav",
            kind=kind,
            blob=f"{self.resource_id}/{owner}/{number}",
            size_bytes=64_044,
            duration=timedelta(seconds=2) if kind is FileKind.AUDIO else None,
            created_at=self.since + timedelta(minutes=number),
        )

    def _results(self, number: int) -> File:
        """What the first evaluation has of an utterance: of one model in the first half, of the other in the second."""
        model, utterance = divmod(number, self.count // 2)
        name = f"recording_{utterance:05}.wav.model{model + 1}_score.json"
        return self._file(id(Evaluation, 0), number, FileKind.EVALUATION_DETAILS, name)

    def _edited(self, number: int) -> EditedFile:
        return EditedFile(
            number=number + 1,
            name=f"recording_{number:05}.wav",
            audio_id=part(id(Edition, 0), number),
            duration=timedelta(seconds=2),
            text="Please send two gaskets to the counter in town.",
            heard="please send two caskets to the counter in town",
            is_accepted=bool(number % 2),
        )

    def _delivery(self, number: int) -> Delivery:
        hook, now = id(WebHook, 0), self.since + timedelta(minutes=number)
        return Delivery(
            id=part(hook, number),
            resource_id=self.resource_id,
            hook_id=hook,
            event="modelCompletion",
            entity=f"{self.url}/speechtotext/v3.2/models/{id(CustomModel, number)}",
            body="{}",
            created_at=now,
            state=DeliveryState.DELIVERED,
            attempt=1,
            not_before=now,
            last_action_at=now,
            response_status=200,
        )

    def _entities(self, number: int, wording: int) -> list[Entity]:
        """One of each kind, all with this number, and Succeeded."""
        created = self.since + timedelta(minutes=number)
        named: dict[str, Any] = {
            "resource_id": self.resource_id,
            "locale": service.LOCALE,
            "display_name": f"Number {number}",
            "description": f"Calls of week {wording}, with the names of new products.",
            "custom_properties": {"team": "clinic", "build": str(number)},
            "created_at": created,
        }
        done = named | {"status": Status.SUCCEEDED, "last_action_at": created + timedelta(minutes=5)}
        inside = done | {"project_id": id(Project, number if number % 2 else 0)}
        dataset, model, heard = id(Dataset, number), id(CustomModel, number), id(Transcription, number)
        return [
            Project(id=id(Project, number), **named),
            Dataset(
                id=dataset,
                kind=CorpusKind.ACOUSTIC,
                upload="data.zip",
                accepted=640,
                duration=timedelta(minutes=50),
                folder="data",
                **inside,
            ),
            CustomModel(
                id=model,
                base_model_id=self.base_id,
                dataset_ids=(dataset, id(Dataset, (number + 1) % self.count)),
                weight_percent=60,
                folder=_FOLDER,
                **inside,
            ),
            Evaluation(
                id=id(Evaluation, number),
                model1_id=self.base_id,
                model2_id=model,
                dataset_id=dataset,
                transcription1_id=heard,
                transcription2_id=heard,
                scores=(_SCORES, _SCORES),
                comparison={"normalizer": {"name": "en", "version": 2}},
                **inside,
            ),
            Edition(
                id=id(Edition, number),
                dataset_ids=(dataset,),
                listening=Listening.NONE,
                duration=timedelta(minutes=50),
                **inside,
            ),
            Endpoint(id=id(Endpoint, number), model_id=model, serving_id=model, **inside),
            Transcription(id=heard, model_id=model, dataset_id=dataset, duration=timedelta(hours=1), **inside),
            WebHook(
                id=id(WebHook, number),
                web_url=f"https://example.com/hooks/{number}",
                events=_EVENTS,
                api_version="v3.2",
                root=self.url,
                **done | {"locale": ""},
            ),
            CopyOperation(id=id(CopyOperation, number), model_id=model, copy_id=model, **done),
        ]


_FOLDER = "benchmark/models/first"


def id(kind: type[Entity], number: int) -> UUID:
    """The id of an entity."""
    return uuid5(NAMES, f"{kind.__name__} {number}")


def part(owner: UUID, number: int) -> UUID:
    """The id of a file, log or delivery."""
    return uuid5(owner, str(number))


def _heard(number: int) -> bytes:
    """The result of an utterance, as evaluations write it: one word is wrong, and in every third another is missing."""
    said = f"please send {number} gaskets to the counter in town before noon".split()
    heard = [word.replace("g", "c") for word in said if number % 3 or word != "in"]
    words = [
        {"word": word, "offsetInTicks": at * 3_000_000, "durationInTicks": 2_500_000, "confidence": 0.9}
        for at, word in enumerate(heard)
    ]
    text = " ".join(heard)
    best = {"confidence": 0.9, "lexical": text, "itn": text, "maskedITN": text, "display": text, "words": words}
    phrase = {"recognitionStatus": "Success", "channel": 0, "offsetInTicks": 0, "nBest": [best]}
    result = {
        "combinedRecognizedPhrases": [{"channel": 0, "lexical": text, "display": text}],
        "recognizedPhrases": [phrase],
        "alignment": {"scoringResult": tagged(align(said, heard))},
    }
    return orjson.dumps(result, option=orjson.OPT_INDENT_2)


def owner_and_base(tx: Transaction, key: str) -> tuple[UUID, UUID]:
    """The id of the resource that a key belongs to, and that of the base model."""
    owner = tx.resources.by_key(key_digest(key))
    assert owner is not None
    return owner.id, tx.table(BaseModel).page().values[0].id


def filled(home: Path, url: str, key: str, count: int, blocks: int) -> Filled:
    """Fill a resource, of which there is only the key; `url` is how its user reaches the service."""
    store = Store(sqlite_url(home / "speechsmith.db"))
    with store.read(EVERY_RESOURCE) as tx:
        owner_id, base_id = owner_and_base(tx, key)
    store.close()
    found = Filled(home, url, count, blocks, owner_id, base_id, datetime.now(UTC) - timedelta(days=2))
    found.fill()
    return found
