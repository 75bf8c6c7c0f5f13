"""Use cases of the sound of utterances, which people listen to one by one."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.filters import Comparison, Operator, Property
from speechsmith.services.context import Context
from speechsmith.store.entities import Page
from speechsmith.store.sql import Transaction

_IS_SOUND = Comparison(Property("kind", "kind"), Operator.EQ, FileKind.AUDIO)
_HAS_TRANSCRIPTS = Comparison(Property("kind", "kind"), Operator.EQ, FileKind.ACOUSTIC_DATA_TRANSCRIPTION)
_MOST = 1 << 31  # databases count no further


@dataclass(frozen=True, slots=True)
class Sound:
    """The name of an utterance, and where its sound is as WAV, whatever was uploaded."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance of a dataset: its number, its name, and what a human wrote for it; empty where nobody has."""

    number: int
    name: str
    transcript: str


def utterance(ctx: Context, resource_id: UUID, dataset_id: UUID, number: int) -> Sound:
    """The utterance of a dataset that has this number, from 1. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id)
        found = of(tx, dataset_id, skip=number - 1, top=1) if 0 < number <= _MOST else []
    try:
        return Sound(found[0].name, ctx.blobs.path(found[0].blob))
    except (IndexError, FileNotFoundError):
        raise NotFound("utterance", number) from None


def page(ctx: Context, resource_id: UUID, dataset_id: UUID, *, skip: int, top: int) -> Page[Spoken]:
    """Some of the utterances of a dataset, in the order of their numbers. Raises: NotFound for the dataset."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id)
        found = of(tx, dataset_id, skip=skip, top=top + 1)
        transcripts = tx.files.of(dataset_id, wanted=_HAS_TRANSCRIPTS)
    said = _said(ctx, transcripts, {file.name for file in found[:top]})
    spoken = [Spoken(number, file.name, said.get(file.name, "")) for number, file in enumerate(found[:top], skip + 1)]
    return Page(spoken, has_more=len(found) > top)


def _said(ctx: Context, transcripts: Sequence[File], names: Set[str]) -> dict[str, str]:
    """What a human wrote for the utterances of these names."""
    said = {}
    for file in transcripts:
        with ctx.blobs.path(file.blob).open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                name, _, transcript = line.rstrip("\n").partition("\t")
                if name in names:
                    said[name] = transcript
    return said


def of(tx: Transaction, dataset_id: UUID, *, skip: int = 0, top: int | None = None) -> list[File]:
    """The sounds of a dataset, in its order."""
    return tx.files.of(dataset_id, skip=skip, top=top, wanted=_IS_SOUND)
