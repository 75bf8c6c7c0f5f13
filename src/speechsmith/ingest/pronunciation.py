"""Pronunciations, one a line: `<displayed form><TAB><spoken form>`, as in `3CPO<TAB>three c p o`.

The spoken form is letters, syllables or words between blanks; phones have no place in it. A word may have several
lines. For English a file that is not UTF-8 is read as Windows-1252, as is allowed there.
"""

import unicodedata
from pathlib import Path

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
)
from speechsmith.ingest.lines import WINDOWS, Line, check_encoding, read_lines, sift, too_long
from speechsmith.ingest.report import Report
from speechsmith.ingest.rules import TextRules, cleaned, described

FILE = "pronunciation_data.txt"
NOT_FOR = frozenset({"ja", "ko", "zh", "yue", "wuu", "th", "hi"})  # letters there do not spell a spoken form
BESIDE_LETTERS = frozenset(" '’-.")


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:  # noqa: ARG001
    """Read a pronunciation file. No codec touches it, so the box stays empty.

    Raises: IngestError (LocaleNotSupported, FileTooLarge, EmptyFile, NotText, NoUtf8WithBom, NothingAccepted).
    """
    if request.language in NOT_FOR:
        raise IngestError(
            "LocaleNotSupported",
            f"Pronunciation data cannot be used in {request.locale}. Upload related text (kind Language) instead.",
        )
    limits, report = request.limits, Report(CorpusKind.PRONUNCIATION, request)
    encoding = check_encoding(upload, limits.upload_bytes, may_be_windows=request.language == "en")
    if encoding == WINDOWS:
        report.note(Issue("ReadAsWindows1252", "The file is not UTF-8 and was read as Windows-1252."))
    rules = TextRules(request.language)

    def judge(line: Line) -> str | Problem:
        if not line.is_whole:
            return too_long(limits.line_chars)
        entry = rules.check_characters(line.text) or _entry(line.text)
        if isinstance(entry, str) and len(entry.partition("\t")[0].split()) > 1:
            message = "The displayed form has several words; engines that know single words leave the line out."
            report.note(Issue("SeveralWords", message, line=line.number, text=line.text))
        return entry

    lines = read_lines(upload, encoding, limits.line_chars)
    sift(upload, out / FILE, lines, judge, report=report, progress=progress)
    return report.finish(out, [DataFile(FILE, Content.PRONUNCIATIONS, out / FILE)], None)


def _entry(line: str) -> str | Problem:
    """The line with single blanks inside its two forms, or what is wrong with it."""
    displayed, tab, spoken = line.partition("\t")
    if not tab:
        return Problem("NoTab", "The line has no tab.")
    displayed, spoken_form = cleaned(displayed), cleaned(spoken)
    if "\t" in spoken.strip():
        return Problem("TooManyTabs", "The line has more than one tab.")
    if not displayed:
        return Problem("EmptyDisplayedForm", "Nothing stands before the tab.")
    if not any(map(str.isalpha, spoken_form)):
        return Problem("EmptySpokenForm", "No letter stands after the tab.")
    for character in spoken_form:
        is_letter = unicodedata.category(character)[0] in "LM"  # a mark is part of a letter in many scripts
        if not is_letter and character not in BESIDE_LETTERS:
            return Problem("SpokenFormCharacter", f"The spoken form has {described(character)}.")
    return f"{displayed}\t{spoken_form}"
