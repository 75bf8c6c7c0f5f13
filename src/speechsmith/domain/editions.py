"""Editions: copies of recordings in the Editor, where people write and mend what is said in them.

Datasets never change. So an edition has the recordings of one or more of them, and a text for each, which is a draft
until somebody accepts it. What is accepted becomes a dataset of its own.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.models import check_ready
from speechsmith.domain.values import check_same_locale

MOST_CHARACTERS = 20_000
"""Of a text that is saved."""


class Listening(StrEnum):
    """Which recordings a model listens to, to write a draft."""

    UNTRANSCRIBED = "untranscribed"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition(Processed):
    """`model_id` is the model that writes drafts, None where none listens. Recordings and texts are beside it."""

    dataset_ids: tuple[UUID, ...]
    listening: Listening
    model_id: UUID | None = None
    duration: timedelta | None = None

    def references(self) -> tuple[UUID, ...]:
        """While it is filled, what it is filled from must stay."""
        if self.status.is_final:
            return ()
        return (*self.dataset_ids, *((self.model_id,) if self.model_id else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """A recording of an edition, by its number from 1. `audio_id` is the file with its sound.

    `heard` is what the model made of it, None where none has listened. `version` grows with each change, so that who
    saves tells which text he has seen.
    """

    number: int
    name: str
    audio_id: UUID
    duration: timedelta
    text: str
    heard: str | None = None
    is_accepted: bool = False
    version: int = 1

    def edited(self, text: str, *, is_accepted: bool, version: int) -> "EditedFile":
        """The file with another text; itself where nothing changes.

        Args: version: what the one who saves has seen.
        Raises: Conflict (TextChanged) when that is not the newest, Invalid for a text that cannot be kept.
        """
        if (text, is_accepted) == (self.text, self.is_accepted):
            return self
        if version != self.version:
            raise Conflict(
                "TextChanged",
                f"Somebody else has changed '{self.name}' since you opened it. Compare the two texts, and save again "
                "what is right.",
                target="text",
            )
        if len(text) > MOST_CHARACTERS:
            raise Invalid(
                "InvalidParameterValue",
                f"The text has {len(text)} characters; at most {MOST_CHARACTERS} are kept here. Cut the recording into "
                "several, and import them anew.",
                target="text",
            )
        return replace(self, text=text, is_accepted=is_accepted, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many files an edition has, and how many of them are accepted."""

    files: int = 0
    accepted: int = 0

    @property
    def drafts(self) -> int:
        """How many are not accepted."""
        return self.files - self.accepted


def check_editable(dataset: Dataset, *, locale: str) -> None:
    """Raises: Invalid unless the dataset has audio, is ready and of the locale."""
    check_same_locale(f"dataset '{dataset.display_name}'", dataset.locale, locale)
    if dataset.kind not in (CorpusKind.ACOUSTIC, CorpusKind.AUDIO_FILES):
        raise Invalid(
            "InvalidDataset",
            f"The dataset '{dataset.display_name}' is {dataset.kind}; the Editor needs recordings: Acoustic or "
            "AudioFiles.",
            target="dataset",
        )
    check_ready(dataset)
