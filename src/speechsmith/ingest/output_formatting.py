"""How text is to be written: `output_formatting_data.md` holds the good lines below their headings, without comments.

`asr.display.custom` has the form of the file and the meaning of its lines. Here lines are counted and judged, and the
tests of the file are run, with the built-in stages and those of the file: what came of them stands in the report. A
test that fails is a good line all the same.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speechsmith.asr.display import Formatter
from speechsmith.asr.display.custom import (
    LOCALES,
    MOST_LINES,
    FormatError,
    OutputFormat,
    Section,
    check_tests,
    checked,
    heading,
    is_comment,
    units_of,
)
from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest.base import (
    Box,
    Content,
    DataFile,
    Ingested,
    IngestError,
    IngestRequest,
    Issue,
    Problem,
    shown,
)
from speechsmith.ingest.lines import Line, check_encoding, read_lines, too_long
from speechsmith.ingest.report import Report
from speechsmith.ingest.rules import TextRules

FILE = "output_formatting_data.md"
_DAMAGED = frozenset({"ControlCharacter", "BrokenCharacter"})  # what is written may have signs that are not spoken
_READING = 0.5  # of the whole work; the rest is running tests
_PROGRESS_EVERY = 100


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:  # noqa: ARG001
    """Read a file of rules. No codec touches it, so the box stays empty.

    Raises: IngestError (LocaleNotSupported, FileTooLarge, EmptyFile, NotText, NoUtf8WithBom, NothingAccepted).
    """
    if request.locale not in LOCALES:
        known = ", ".join(sorted(LOCALES))
        raise IngestError("LocaleNotSupported", f"There is no output formatting in {request.locale}, only in {known}.")
    limits, report = request.limits, Report(CorpusKind.OUTPUT_FORMATTING, request)
    encoding = check_encoding(upload, limits.upload_bytes)
    progress("Reading lines", 0.0)
    document = _Document(request)
    for line in read_lines(upload, encoding, limits.line_chars):
        if problem := document.take(line):
            report.reject(Issue(*problem, line=line.number, text=line.text))
    report.accepted = sum(len(lines) for lines in document.kept.values())
    (out / FILE).write_text(document.written(), encoding="utf-8", newline="\n")
    tests = _tested(document, request, report, progress)
    return report.finish(out, [DataFile(FILE, Content.OUTPUT_FORMATS, out / FILE)], None, {"tests": tests})


@dataclass(slots=True)
class _Document:
    """The upload as it is read: the good lines of each section, with their numbers."""

    request: IngestRequest
    kept: dict[Section, list[Line]] = field(default_factory=lambda: {section: [] for section in Section})
    _section: Section | None = None
    _originals: set[tuple[str, ...]] = field(default_factory=set)
    _rules: TextRules = field(default_factory=lambda: TextRules(""))

    def take(self, line: Line) -> Problem | None:
        """Keep a line, or say why it cannot be kept."""
        text = unicodedata.normalize("NFC", line.text)
        if is_comment(text):
            return None
        if not line.is_whole:
            return too_long(self.request.limits.line_chars)
        if problem := self._damage(text):
            return problem
        try:
            begun = heading(text)
        except FormatError as error:
            self._section = None
            return Problem(error.code, str(error))
        if begun is not None:
            self._section = begun
            return None
        return self._take_entry(Line(line.number, text))

    def _damage(self, text: str) -> Problem | None:
        if text.isascii() and text.replace("\t", "").isprintable():
            return None
        problems = map(self._rules.check_characters, text)
        return next((problem for problem in problems if problem and problem.code in _DAMAGED), None)

    def _take_entry(self, line: Line) -> Problem | None:
        section = self._section
        if section is None:
            return Problem("NoSection", "No section has begun that the line could belong to.")
        most = MOST_LINES.get(section)
        if most is not None and len(self.kept[section]) >= most:
            return Problem("TooManyRules", f"A file may have {most} lines in #{section}.")
        try:
            text = checked(section, line.text, self.request.locale)
        except FormatError as error:
            return Problem(error.code, str(error))
        if section is Section.REWRITE:
            original = units_of(text.partition("\t")[0], self.request.locale)
            if original in self._originals:
                return Problem("DuplicateRewrite", "The file has a replacement of this original already.")
            self._originals.add(original)
        self.kept[section].append(Line(line.number, text))
        return None

    def written(self) -> str:
        """The good lines as a file."""
        sections = ("".join(f"{line.text}\n" for line in lines) for lines in self.kept.values())
        return "\n".join(f"#{section}\n{text}" for section, text in zip(Section, sections, strict=True) if text)


def _tested(document: _Document, request: IngestRequest, report: Report, progress: Progress) -> Mapping[str, Any]:
    """What came of the tests in the file, as the report tells it."""
    lines = document.kept[Section.TEST]
    most = request.limits.output_tests
    if len(lines) > most:
        message = f"Only the first {most} of {len(lines)} tests were run."
        report.note(Issue("TestsNotRun", message, line=lines[most].number))
    made = OutputFormat.read(document.written().split("\n"), request.locale)
    entries = []
    for number, (line, test) in enumerate(
        zip(lines, check_tests(made.tests[:most], Formatter(request.locale, custom=made)), strict=False)
    ):
        if number % _PROGRESS_EVERY == 0:
            progress("Running tests", _READING + (1 - _READING) * number / len(lines))
        entries.append(
            {
                "line": line.number,
                "text": shown(test.lexical),
                "expected": shown(test.expected),
                "actual": shown(test.actual),
                "passed": test.has_passed,
            }
        )
    entries.sort(key=lambda entry: bool(entry["passed"]))  # the failed ones first
    passed = Counter(entry["passed"] for entry in entries)
    return {
        "passed": passed[True],
        "failed": passed[False],
        "entries": entries[: request.limits.report_entries],
        "leftOut": max(0, len(entries) - request.limits.report_entries),
    }
