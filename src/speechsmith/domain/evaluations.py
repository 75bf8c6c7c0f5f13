"""Evaluations: two models on one dataset, and what they got wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid
from speechsmith.domain.models import check_ready
from speechsmith.domain.values import check_same_locale


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Processed):
    """`scores` holds the contract's properties without their suffix, one mapping for each model; empty until done.

    `comparison` holds what concerns both: the normalizer's name and version, the intervals, the overlap with training.
    """

    model1_id: UUID
    model2_id: UUID
    dataset_id: UUID
    transcription1_id: UUID
    transcription2_id: UUID
    scores: tuple[Mapping[str, object], ...] = ()
    comparison: Mapping[str, object] | None = None

    def references(self) -> tuple[UUID, ...]:
        """While it runs, what it reads and writes must stay."""
        if self.status.is_final:
            return ()
        return (self.dataset_id, self.model1_id, self.model2_id, self.transcription1_id, self.transcription2_id)


def check_testable(dataset: Dataset, *, locale: str) -> None:
    """Raises: Invalid unless the dataset has audio, is ready and of the locale."""
    check_same_locale(f"dataset '{dataset.display_name}'", dataset.locale, locale)
    if dataset.kind not in (CorpusKind.ACOUSTIC, CorpusKind.AUDIO_FILES):
        raise Invalid(
            "InvalidTest",
            f"The dataset '{dataset.display_name}' is {dataset.kind}; a test takes Acoustic or AudioFiles.",
            target="dataset",
        )
    check_ready(dataset)
