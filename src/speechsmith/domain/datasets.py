"""Datasets: audio, transcripts, text or pronunciations of one locale, checked line by line before use."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.values import Failure


class TextNormalization(StrEnum):
    """Whether the service normalizes the text or takes it as it is."""

    DEFAULT = "Default"
    NONE = "None"


TRAINING_KINDS = frozenset({CorpusKind.ACOUSTIC, CorpusKind.LANGUAGE, CorpusKind.PRONUNCIATION})
"""What a model can be trained with; the others wait for their issue in the engine."""

IMPORTABLE_KINDS = TRAINING_KINDS | {CorpusKind.AUDIO_FILES}


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


def check_importable(kind: CorpusKind) -> CorpusKind:
    """Raises: Invalid for the kinds that this version does not read yet."""
    if kind not in IMPORTABLE_KINDS:
        known = ", ".join(sorted(IMPORTABLE_KINDS))
        raise Invalid(
            "InvalidDataset", f"Datasets of kind {kind} cannot be imported yet; use one of {known}.", target="kind"
        )
    return kind
