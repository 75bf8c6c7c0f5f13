"""Audio without transcripts: a zip of audio files, each converted to `audio/<name>.wav`."""

from pathlib import Path

from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest.archive import TRANSCRIPT_SUFFIXES, open_archive
from speechsmith.ingest.base import (
    AUDIO_FOLDER,
    Box,
    Content,
    DataFile,
    Ingested,
    IngestRequest,
    Issue,
    Problem,
)
from speechsmith.ingest.report import Report
from speechsmith.ingest.sounds import sounds


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:
    """Read an archive of audio. Raises: IngestError (as `open_archive`, and NothingAccepted)."""
    report = Report(CorpusKind.AUDIO_FILES, request)
    listing = open_archive(box, upload, request.limits)
    for issue in listing.refused:
        report.reject(issue)
    for issue in listing.notes:
        report.note(issue)
    is_text = {member: member.name.lower().endswith(TRANSCRIPT_SUFFIXES) for member in listing.members}
    for member in filter(is_text.get, listing.members):
        report.reject(Issue("UnexpectedTranscript", "Data of the kind AudioFiles has no transcript.", file=member.name))
    audio = [member for member in listing.members if not is_text[member]]
    files, duration = [], 0.0
    for sound in sounds(box, upload, audio, out, request.limits, progress=progress):
        if isinstance(sound.result, Problem):
            report.reject(Issue(*sound.result, file=sound.member.name))
            continue
        if sound.result.missing:
            report.note(Issue("AudioCutShort", f"{sound.result.missing:.1f} s are missing.", file=sound.member.name))
        if sound.result.changes:
            report.converted(sound.member.name, sound.result.changes)
        report.accepted += 1
        duration += sound.result.duration
        files.append(DataFile(f"{AUDIO_FOLDER}/{sound.name}", Content.AUDIO, sound.path, sound.result.duration))
    return report.finish(out, files, duration)
