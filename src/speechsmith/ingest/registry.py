"""Which reader reads which kind of dataset."""

from collections.abc import Mapping
from pathlib import Path

from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest import acoustic, audio_files, language, markdown, output_formatting, pronunciation
from speechsmith.ingest.base import Box, Ingested, IngestRequest, Reader

READERS: Mapping[CorpusKind, Reader] = {
    CorpusKind.ACOUSTIC: acoustic.read,
    CorpusKind.AUDIO_FILES: audio_files.read,
    CorpusKind.LANGUAGE: language.read,
    CorpusKind.LANGUAGE_MARKDOWN: markdown.read,
    CorpusKind.PRONUNCIATION: pronunciation.read,
    CorpusKind.OUTPUT_FORMATTING: output_formatting.read,
}


def ingest(  # noqa: PLR0917  # a reader's arguments, and which reader
    kind: CorpusKind, upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress
) -> Ingested:
    """Read an upload of the stated kind: its bytes must be of that kind, its name does not matter.

    What can be used is written into the empty folder `out`, with `report.json`; the report is there as well when
    nothing was accepted. What else a refusal leaves in `out` is the caller's to delete.

    Raises: IngestError, SandboxDied when the box is closed meanwhile.
    """
    return READERS[kind](upload, out, request, box, progress)
