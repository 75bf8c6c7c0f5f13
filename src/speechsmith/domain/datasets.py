"""Datasets: audio, transcripts, text, pronunciations or formatting of one locale, checked line by line before use."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from speechsmith.asr.display.custom import LOCALES
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict
from speechsmith.domain.values import Failure


class TextNormalization(StrEnum):
    """Whether the service normalizes the text or takes it as it is."""

    DEFAULT = "Default"
    NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Processed):
    """`upload` names the blob that the user sent, None until it is complete; `accepted` and `rejected` count lines."""

    kind: CorpusKind
    content_url: str | None = None
    text_normalization: TextNormalization = TextNormalization.DEFAULT
    upload: str | None = None
    accepted: int = 0
    rejected: int = 0
    duration: timedelta | None = None
    folder: str | None = None

    @property
    def awaits_blocks(self) -> bool:
        """True from creation without a source until the blocks are committed."""
        return self.content_url is None and self.upload is None

    def validated(
        self,
        now: datetime,
        *,
        accepted: int,
        rejected: int,
        duration: timedelta | None,
        folder: str,
        failure: Failure | None = None,
    ) -> "Dataset":
        """The dataset as validation leaves it; its files are in `folder`. Raises: InvalidTransition."""
        counted = replace(self, accepted=accepted, rejected=rejected, duration=duration, folder=folder)
        return counted.succeeded(now) if failure is None else counted.failed(now, failure)

    def check_takes_blocks(self) -> None:
        """Raises: Conflict when the data is already complete."""
        if not self.awaits_blocks:
            raise Conflict(
                "InvalidDataset",
                f"The dataset '{self.display_name}' already has its data; create a new one for other data.",
            )


def can_be_in(kind: CorpusKind, locale: str) -> bool:
    """Whether there is data of the kind in the locale."""
    return kind is not CorpusKind.OUTPUT_FORMATTING or locale in LOCALES
