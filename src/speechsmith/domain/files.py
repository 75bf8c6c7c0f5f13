"""Files that entities own: what was uploaded, what was made of it, and reports."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class FileKind(StrEnum):
    """The contract's kinds of file; and ours, which are never listed."""

    DATASET_REPORT = "DatasetReport"
    AUDIO = "Audio"
    LANGUAGE_DATA = "LanguageData"
    PRONUNCIATION_DATA = "PronunciationData"
    ACOUSTIC_DATA_ARCHIVE = "AcousticDataArchive"
    ACOUSTIC_DATA_TRANSCRIPTION = "AcousticDataTranscriptionV2"
    TRANSCRIPTION = "Transcription"
    TRANSCRIPTION_REPORT = "TranscriptionReport"
    EVALUATION_DETAILS = "EvaluationDetails"
    MODEL_REPORT = "ModelReport"
    OUTPUT_FORMATTING_DATA = "OutputFormattingData"
    MODEL_BUNDLE = "ModelBundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of an entity. It never changes.

    `blob` is its key in the blob store; of a file that lies in the user's own storage, its URL there.
    """

    id: UUID
    resource_id: UUID
    owner_id: UUID
    name: str
    kind: FileKind
    blob: str
    size_bytes: int
    duration: timedelta | None = None
    created_at: datetime

    @property
    def is_elsewhere(self) -> bool:
        """Whether it lies in the user's own storage; keys of the blob store are no URLs."""
        return "://" in self.blob
