"""Structured text: sentences that refer to lists, and pronunciations in phones. `asr.markdown` tells the grammar.

`language_markdown_data.md` holds what is usable, in its order: every list has items, every reference has its list,
every phone is known. Reading it again changes nothing. Lists may stand behind the sentences that refer to them, so the
upload is read twice: once for the names of the usable lists, once for everything.

Items, sentences and pronunciations count as lines; headings and comments do not, unless they are refused. Comments and
the names of sections, which mean nothing, are not kept.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from speechsmith.asr.markdown import Block, Heading, Item, Malformed, entry, parse, reference, stretches
from speechsmith.asr.phones import UnknownPhone, arpabet
from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.ingest.base import Box, Content, DataFile, Ingested, IngestRequest, Issue, Problem
from speechsmith.ingest.lines import Line, check_encoding, read_lines, sift, too_long
from speechsmith.ingest.report import Report
from speechsmith.ingest.rules import TextRules, cleaned

FILE = "language_markdown_data.md"
MOST_PRONUNCIATIONS = 2  # of one word
_LANGUAGES_WITH_PHONES = frozenset({"en"})  # a phone set is published for en-US; the other Englishes may use it
_FIRST_READING = 0.3  # of the whole work


def read(upload: Path, out: Path, request: IngestRequest, box: Box, progress: Progress) -> Ingested:  # noqa: ARG001
    """Read structured text. No codec touches it, so the box stays empty.

    Raises: IngestError (FileTooLarge, EmptyFile, NotText, NoUtf8WithBom, NothingAccepted).
    """
    limits, report = request.limits, Report(CorpusKind.LANGUAGE_MARKDOWN, request)
    encoding = check_encoding(upload, limits.upload_bytes)
    progress("Reading lists", 0.0)
    first = _Document(request, Report(CorpusKind.LANGUAGE_MARKDOWN, request))
    for line in first.items(read_lines(upload, encoding, limits.line_chars)):
        if first.is_in(Block.LIST):
            first.judge(line)
    document = _Document(request, report, usable=frozenset(first.lists))
    lines = document.items(read_lines(upload, encoding, limits.line_chars))

    def rest(stage: str, fraction: float) -> None:
        progress(stage, _FIRST_READING + (1 - _FIRST_READING) * fraction)

    sift(upload, out / FILE, lines, document.judge, report=report, progress=rest)
    for name in sorted(set(document.lists) - document.referred):
        report.note(Issue("ListNotUsed", f"No sentence refers to the list {name!r}.", line=document.lists[name]))
    return report.finish(out, [DataFile(FILE, Content.TEXT, out / FILE)], None)


@dataclass(slots=True)
class _Opened:
    """A heading as it stands in the file, how many items below it are used, and why none of them can be."""

    heading: Heading
    line: Line
    accepted: int = 0
    problem: Problem | None = None


class _Document:
    """The upload as it is read, line by line. `usable` names the lists that a sentence may refer to."""

    def __init__(self, request: IngestRequest, report: Report, *, usable: frozenset[str] = frozenset()) -> None:
        self.lists: dict[str, int] = {}  # name of each list with a usable item -> line of its heading
        self.referred: set[str] = set()
        self._limits, self._locale, self._report, self._usable = request.limits, request.locale, report, usable
        self._rules = TextRules(request.language)
        self._has_phones = request.language in _LANGUAGES_WITH_PHONES
        self._pronunciations: Counter[str] = Counter()
        self._entries = 0
        self._at: _Opened | None = None
        self._written: _Opened | None = None

    def is_in(self, block: Block) -> bool:
        """Whether the line at hand stands in such a block."""
        return self._at is not None and self._at.heading.block is block

    def items(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The lines that are items. Headings open and close their blocks here, and are reported if they cannot."""
        for line in lines:
            try:
                found = parse(line.text)
            except Malformed as error:
                self._reject(Problem("NotStructured", str(error)), line)
                if line.text.lstrip().startswith("@"):
                    self._open(None)  # its items are not those of the block before
                continue
            if isinstance(found, Heading):
                self._open(_Opened(found, line))
            elif isinstance(found, Item):
                yield line
        self._open(None)

    def judge(self, line: Line) -> str | Problem:
        """An item as it is to be written, behind its heading if it is the first below it; or what is wrong."""
        item, opened = parse(line.text), self._at
        assert isinstance(item, Item)
        if opened is None:
            return Problem("ItemOutsideList", "No heading stands above the item that says what it is.")
        if opened.problem:
            return opened.problem
        if not line.is_whole:
            return too_long(self._limits.line_chars)
        block = opened.heading.block
        rule = {Block.LIST: self._listed, Block.LEXICON: self._pronounced, Block.SENTENCES: self._sentence}[block]
        verdict = rule(item.text)
        if isinstance(verdict, Problem):
            return verdict
        opened.accepted += 1
        if block is Block.LIST:
            self.lists[opened.heading.name] = opened.line.number
        written = Item(verdict).written()
        if self._written is opened:
            return written
        self._written = opened
        return f"{opened.heading.written()}\n{written}"

    def _open(self, opened: _Opened | None) -> None:
        left = self._at
        if left and left.heading.block is Block.LIST and not left.accepted and not left.problem:
            self._reject(Problem("EmptyList", f"The list {left.heading.name!r} has no usable item."), left.line)
        self._at = opened
        if opened and opened.heading.block is Block.LIST:
            opened.problem = self._problem_of_list(opened.heading.name)
            if opened.problem:
                self._reject(opened.problem, opened.line)

    def _problem_of_list(self, name: str) -> Problem | None:
        if name in self.lists:
            return Problem("DuplicateList", f"The list {name!r} stands in line {self.lists[name]} already.")
        most = self._limits.markdown_lists
        return Problem("TooManyLists", f"A file may have {most} lists.") if len(self.lists) >= most else None

    def _listed(self, text: str) -> str | Problem:
        assert self._at
        most = self._limits.list_items
        if self._at.accepted >= most:
            return Problem("TooManyItems", f"A list may have {most} items.")
        if "{" in text or "}" in text:
            return Problem("BrokenReference", "An item cannot refer to a list, and has no braces.")
        written, problem = self._rules.check(text)
        return problem or written

    def _sentence(self, text: str) -> str | Problem:
        texts, names = stretches(text)
        if any("{" in part or "}" in part for part in texts):
            return Problem("BrokenReference", "The sentence has braces that make no reference.")
        if missing := next((name for name in names if name not in self._usable), None):
            return Problem("UndefinedList", f"The file has no usable list {missing!r}.")
        spoken = [f" item{n} " for n in range(len(names))]  # never the same word again, as no item need be
        _, problem = self._rules.check(_joined(texts, spoken))
        self.referred.update([] if problem else names)
        return problem or cleaned(_joined(texts, map(reference, names)))

    def _pronounced(self, text: str) -> str | Problem:
        if not self._has_phones:
            return Problem("NoPhoneSet", f"No phone set is published for {self._locale}.")
        word, phones = entry(text) or ("", "")
        word = cleaned(word)
        if not word or " " in word:
            return Problem("NotAPronunciation", "The item is not one word, a slash and phones.")
        _, problem = self._rules.check(word)
        if problem:
            return problem
        try:
            arpabet(phones)
        except UnknownPhone as error:
            return Problem("UnknownPhone", f"{error}.")
        most = self._limits.phonetic_entries
        if self._entries >= most:
            return Problem("TooManyPhoneticEntries", f"A file may have {most} pronunciations.")
        if self._pronunciations[word.lower()] >= MOST_PRONUNCIATIONS:
            return Problem("TooManyPronunciations", f"A word may have {MOST_PRONUNCIATIONS} pronunciations.")
        self._entries += 1
        self._pronunciations[word.lower()] += 1
        return f"{word}/{' '.join(phones.upper().split())}"

    def _reject(self, problem: Problem, line: Line) -> None:
        self._report.reject(Issue(*problem, line=line.number, text=line.text))


def _joined(texts: list[str], between: Iterator[str] | list[str]) -> str:
    return "".join(chain.from_iterable(zip_longest(texts, between, fillvalue="")))
