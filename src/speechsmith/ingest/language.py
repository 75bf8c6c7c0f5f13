"""Plain text, one utterance a line: `language_data.txt` holds the good lines as they were written, in their order.

Equal lines stay: repeating a sentence is how a user gives it weight.
"""

from pathlib import Path

from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest.base import Box, Content, DataFile, Ingested, IngestRequest, Problem
from speechsmith.ingest.lines import Line, check_encoding, read_lines, remark_issue, sift, too_long
from speechsmith.ingest.report import Report
from speechsmith.ingest.rules import LINES, TextRules, remark

FILE = "language_data.txt"


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:  # noqa: ARG001
    """Read a text file. No codec touches it, so the box stays empty.

    Raises: IngestError (FileTooLarge, EmptyFile, NotText, NoUtf8WithBom, NothingAccepted).
    """
    limits, report = request.limits, Report(CorpusKind.LANGUAGE, request)
    encoding = check_encoding(upload, limits.upload_bytes)
    rules, most_lines = TextRules(request.language), LINES.get(request.language)

    def judge(line: Line) -> str | Problem:
        if most_lines and line.number > most_lines:
            return Problem("TooManyLines", f"A file in {request.locale} may have {most_lines} lines.")
        if not line.is_whole:
            return too_long(limits.line_chars)
        text, problem = rules.check(line.text)
        if not problem and (aside := remark(text)):
            report.note(remark_issue(aside, line))
        return problem or text

    lines = read_lines(upload, encoding, limits.line_chars)
    sift(upload, out / FILE, lines, judge, report=report, progress=progress)
    return report.finish(out, [DataFile(FILE, Content.TEXT, out / FILE)], None)
