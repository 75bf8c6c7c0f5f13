"""Text files as lines, one at a time, whatever their size: encoding, line ends, and sifting good lines from bad.

A file is UTF-8, with or without a byte order mark; lines end with LF, CR LF or CR; blank lines count for nothing. The
encoding is checked for the whole file before the first line is taken, since one wrong byte says that all accents of
the file are in doubt.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr.types import Progress
from speechsmith.ingest.base import MIB, IngestError, Issue, Problem, shown
from speechsmith.ingest.report import Report

UTF_8 = "utf-8-sig"
WINDOWS = "cp1252"
REPORT_EVERY_LINES = 5_000

_MAGIC = (
    (b"PK\x03\x04", "a zip archive"), (b"PK\x05\x06", "a zip archive"), (b"PK\x07\x08", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!\x1a", "a RAR archive"),
    (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ\x00", "an xz archive"),
    (b"RIFF", "a WAV file"), (b"RF64", "a WAV file"), (b"ID3", "an MP3 file"), (b"\xff\xfb", "an MP3 file"),
    (b"\xff\xf3", "an MP3 file"), (b"OggS", "an OGG file"), (b"fLaC", "a FLAC file"), (b"#!AMR", "an AMR file"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska file"), (b"FORM", "an AIFF file"), (b"\x30\x26\xb2\x75", "a WMA file"),
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"{\\rtf", "an RTF document"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. `is_whole` is false when it was longer than allowed and `text` is only its beginning."""

    number: int
    text: str
    is_whole: bool = True


def recognized(head: bytes) -> str | None:
    """What a file is, in words, by its first bytes; None when it may be text. A name never counts."""
    is_binary = 0 in head  # a text may begin with FORM
    if is_binary and head[4:8] == b"ftyp":
        return "an MP4 file"
    found = (what for magic, what in _MAGIC if head.startswith(magic) and (is_binary or not magic.isalnum()))
    return next(found, None)


def check_encoding(path: Path, most_bytes: int, *, may_be_windows: bool = False) -> str:
    """The name of the encoding to read the file with.

    Raises: IngestError (FileTooLarge, EmptyFile, NotText, NoUtf8WithBom).
    """
    size = path.stat().st_size
    if size > most_bytes:
        raise IngestError("FileTooLarge", f"The text has {size} bytes; {most_bytes} are allowed. Divide it.")
    with path.open("rb") as file:
        head = file.read(4096)
        if size <= len(head) and not head.removeprefix(codecs.BOM_UTF8).strip():
            raise IngestError("EmptyFile", "The file holds no text. Upload a file with one entry a line.")
        if what := recognized(head):
            raise IngestError("NotText", f"The file is {what}, not text. Upload plain text, UTF-8 with BOM.")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) > len(head) // 4:
            raise _not_utf8("The file looks like UTF-16.")
        file.seek(0)
        decoder, lines = codecs.getincrementaldecoder("utf-8")(), 0
        while chunk := file.read(MIB):
            try:
                decoder.decode(chunk, final=len(chunk) < MIB)
            except UnicodeDecodeError as error:
                if may_be_windows:
                    return WINDOWS
                line = lines + error.object[: error.start].count(b"\n") + 1
                byte = error.object[error.start]
                raise _not_utf8(f"Line {line} is not UTF-8 (byte 0x{byte:02X}).") from None
            lines += chunk.count(b"\n")
    return UTF_8


def _not_utf8(what: str) -> IngestError:
    return IngestError("NoUtf8WithBom", f"{what} Save the file as UTF-8 with BOM and upload it again.")


def read_lines(path: Path, encoding: str, most_chars: int) -> Iterator[Line]:
    """The lines that are not blank, numbered from 1 with the blank ones; never more than `most_chars` at a time."""
    number = 0
    with path.open(encoding=encoding, errors="replace" if encoding == WINDOWS else "strict", newline=None) as file:
        while text := file.readline(most_chars + 1):
            number += 1
            is_whole = len(text) <= most_chars or text.endswith("\n")
            rest = text
            while not rest.endswith("\n") and (rest := file.readline(MIB)):
                is_whole = False
            if not is_whole or text.strip():
                yield Line(number, text.rstrip("\n"), is_whole)


def sift(
    upload: Path,
    target: Path,
    lines: Iterator[Line],
    judge: Callable[[Line], str | Problem],
    *,
    report: Report,
    progress: Progress,
) -> None:
    """Write each line that `judge` gives back as text into `target`, one a line, and report those with a problem."""
    size, read = upload.stat().st_size, 0
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for count, line in enumerate(lines):
            verdict = judge(line)
            if isinstance(verdict, str):
                file.write(verdict + "\n")
                report.accepted += 1
            else:
                report.reject(Issue(*verdict, line=line.number, text=line.text))
            read += len(line.text) + 1
            if count % REPORT_EVERY_LINES == 0:
                progress("Reading lines", min(1.0, read / size))  # characters of bytes: never more than there are
    progress("Reading lines", 1.0)


def too_long(most_chars: int) -> Problem:
    """What is wrong with a line that is not whole."""
    return Problem("LineTooLong", f"The line has more than {most_chars} characters.")


def remark_issue(aside: str, line: Line, file: str | None = None) -> Issue:
    """The note of a line that has a remark of an annotator."""
    message = f"{shown(aside)} counts as words that are spoken."
    return Issue("RemarkInLine", message, file=file, line=line.number, text=line.text)
