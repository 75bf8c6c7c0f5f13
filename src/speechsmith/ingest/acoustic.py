"""Audio with human transcripts: a zip of audio files and one transcript, at its root.

    speech01.wav<TAB>speech recognition is awesome

The transcript is the one file that ends with .txt or .tsv. `trans.txt` holds the lines that can be used, with the
names of the converted files in `audio/`, and the transcripts as the user wrote them. Names match exactly, else without
regard to case and Unicode form, else by the last part of the path, as long as only one file is meant.

A line stands or falls with its audio, and counts once. Equal lines for one file stay, for they raise its weight;
different ones fall together, since nobody can tell which is true. Audio that ends before its header says is refused:
its transcript would teach and score words that cannot be heard.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from speechsmith.asr.audio import Conversion
from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest.archive import (
    TRANSCRIPT_SUFFIXES,
    Listing,
    Member,
    folded,
    open_archive,
    raise_if_closing,
    unpack_from,
)
from speechsmith.ingest.base import (
    AUDIO_FOLDER,
    Box,
    Content,
    DataFile,
    Ingested,
    IngestError,
    IngestRequest,
    Issue,
    Problem,
)
from speechsmith.ingest.lines import Line, check_encoding, read_lines, remark_issue, too_long
from speechsmith.ingest.report import Report
from speechsmith.ingest.rules import TextRules, remark
from speechsmith.ingest.sounds import Sound, sounds
from speechsmith.sandbox import SandboxError

FILE = "trans.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """A good line of the transcript, and the file that it names."""

    line: Line
    member: Member
    transcript: str


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:
    """Read an archive of audio with a transcript.

    Raises: IngestError (as `open_archive`, NoTranscript, SeveralTranscripts, TranscriptUnreadable, EmptyFile,
        FileTooLarge, NotText, NoUtf8WithBom, NothingAccepted).
    """
    report = Report(CorpusKind.ACOUSTIC, request)
    listing = open_archive(box, upload, request.limits)
    for issue in listing.notes:
        report.note(issue)
    transcript = _only_transcript(listing)
    audio = [member for member in listing.members if member is not transcript]
    lines = _transcript_lines(box, upload, transcript, out / f"{FILE}.part", request)
    index = _Index(audio, listing.refused)
    entries = _without_conflicts(_entries(lines, index, request, report), report)
    for issue in index.unnamed():
        report.reject(issue)
    lines_of: dict[Member, list[Line]] = defaultdict(list)
    for entry in entries:
        lines_of[entry.member].append(entry.line)
    wanted = [member for member in audio if member in lines_of]
    files, names = [], {}
    for sound in sounds(box, upload, wanted, out, request.limits, progress=progress):
        problem = _problem(sound)
        if problem:
            for line in lines_of[sound.member]:
                report.reject(_issue(problem, line, sound.member.name))
            sound.path.unlink(missing_ok=True)
        elif isinstance(sound.result, Conversion):
            _tell(sound, sound.result, request, report)
            names[sound.member] = sound.name
            file = DataFile(f"{AUDIO_FOLDER}/{sound.name}", Content.AUDIO, sound.path, sound.result.duration)
            files.append(file)
    with (out / FILE).open("w", encoding="utf-8", newline="\n") as written:
        for entry in entries:
            if name := names.get(entry.member):
                written.write(f"{name}\t{entry.transcript}\n")
                report.accepted += 1
                if aside := remark(entry.transcript):
                    report.note(remark_issue(aside, entry.line, entry.member.name))
    duration = sum(file.duration or 0.0 for file in files)
    return report.finish(out, [DataFile(FILE, Content.TRANSCRIPTS, out / FILE), *files], duration)


def _only_transcript(listing: Listing) -> Member:
    found = [member for member in listing.members if member.name.lower().endswith(TRANSCRIPT_SUFFIXES)]
    for issue in listing.refused:
        if (issue.file or "").lower().endswith(TRANSCRIPT_SUFFIXES):
            raise IngestError("TranscriptUnreadable", f"{issue.file}: {issue.message} {issue.hint}")
    if not found:
        raise IngestError("NoTranscript", "The archive has no transcript. Put one .txt or .tsv file beside the audio.")
    if len(found) > 1:
        names = ", ".join(member.name for member in found[:5])
        raise IngestError("SeveralTranscripts", f"The archive has {len(found)} transcripts, one is needed: {names}.")
    return found[0]


def _transcript_lines(
    box: Box, upload: Path, transcript: Member, unpacked: Path, request: IngestRequest
) -> Iterator[Line]:
    """Unpack the transcript in the box and check its encoding; the lines are read when they are asked for."""
    if transcript.size_bytes > request.limits.transcript_bytes:
        raise IngestError(
            "FileTooLarge",
            f"The transcript has {transcript.size_bytes} bytes; {request.limits.transcript_bytes} are allowed.",
        )
    try:
        problem = box.call(unpack_from, upload, transcript.index, unpacked)
    except SandboxError as error:
        raise_if_closing(error)
        problem = Problem("DamagedFile", str(error))
    try:
        if problem:
            raise IngestError("TranscriptUnreadable", f"{transcript.name}: {problem.message} Make the archive again.")
        encoding = check_encoding(unpacked, request.limits.transcript_bytes)
        return iter(list(read_lines(unpacked, encoding, request.limits.transcript_chars)))
    finally:
        unpacked.unlink(missing_ok=True)


def _entries(lines: Iterable[Line], index: "_Index", request: IngestRequest, report: Report) -> Iterator[Entry]:
    """The lines that name a file of the archive and have a good transcript; the others are reported."""
    rules = TextRules(request.language)
    for line in lines:
        name, tab, text = line.text.partition("\t")
        if not line.is_whole:
            report.reject(_issue(too_long(request.limits.transcript_chars), line))
        elif not tab:
            report.reject(_issue(Problem("NoTab", "The line has no tab after the name of the file."), line))
        elif not name.strip():
            report.reject(_issue(Problem("EmptyName", "The line has no name before the tab."), line))
        else:
            member = index.named(name.strip())
            transcript, problem = rules.check(text)
            if isinstance(member, Problem):
                report.reject(_issue(member, line, name.strip()))
            elif problem:
                report.reject(_issue(problem, line, member.name))
            else:
                yield Entry(line, member, transcript)


def _without_conflicts(entries: Iterable[Entry], report: Report) -> list[Entry]:
    kept = list(entries)
    transcripts: dict[Member, set[str]] = defaultdict(set)
    for entry in kept:
        transcripts[entry.member].add(entry.transcript)
    for entry in kept:
        if len(transcripts[entry.member]) > 1:
            problem = Problem("ConflictingTranscripts", "Lines with different transcripts name this file.")
            report.reject(_issue(problem, entry.line, entry.member.name))
    return [entry for entry in kept if len(transcripts[entry.member]) == 1]


def _problem(sound: Sound) -> Problem | None:
    if isinstance(sound.result, Problem):
        return sound.result
    if sound.result.missing:
        return Problem("AudioTruncated", f"The last {sound.result.missing:.1f} s of the audio are missing.")
    return None


def _tell(sound: Sound, conversion: Conversion, request: IngestRequest, report: Report) -> None:
    if conversion.changes:
        report.converted(sound.member.name, conversion.changes)
    if conversion.duration > request.limits.training_seconds:
        message = f"{conversion.duration:.1f} s: training cuts audio over {request.limits.training_seconds:g} s "
        message += "into utterances, where the speaker pauses."
        report.note(Issue("CutForTraining", message, file=sound.member.name))


def _issue(problem: Problem, line: Line, file: str | None = None) -> Issue:
    return Issue(*problem, file=file, line=line.number, text=line.text)


class _Index:
    """Finds the file that a line names, and remembers which were named."""

    def __init__(self, members: Iterable[Member], refused: Iterable[Issue]) -> None:
        self._members = list(members)
        self._refused = {folded(issue.file or ""): issue for issue in refused}
        self._named: set[str] = set()
        self._exact = {member.name: member for member in self._members}
        self._folded: dict[str, list[Member]] = defaultdict(list)
        self._last: dict[str, list[Member]] = defaultdict(list)
        for member in self._members:
            self._folded[folded(member.name)].append(member)
            self._last[PurePosixPath(folded(member.name)).name].append(member)

    def named(self, name: str) -> Member | Problem:
        """The file that is meant, or why it cannot be used."""
        key = folded(name)
        if key in self._refused:
            self._named.add(key)
            return Problem(self._refused[key].code, self._refused[key].message)
        found = [self._exact[name]] if name in self._exact else self._folded.get(key, [])
        found = found or self._last.get(PurePosixPath(key).name, [])
        if not found:
            return Problem("AudioMissing", "No file of the archive has this name.")
        if len(found) > 1:
            return Problem("AudioMissing", f"{len(found)} files of the archive could be meant.")
        self._named.add(folded(found[0].name))
        return found[0]

    def unnamed(self) -> Iterator[Issue]:
        """An issue for each file that no line has named."""
        for key, issue in self._refused.items():
            if key not in self._named:
                yield issue
        for member in self._members:
            if folded(member.name) not in self._named:
                yield Issue("AudioWithoutLine", "No line of the transcript names the file.", file=member.name)
