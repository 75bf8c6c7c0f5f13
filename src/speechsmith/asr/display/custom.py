"""What a user wants written otherwise: rules, replacements, profanity, and tests of them. The text of a file of it:

    // a comment
    #itn            one pattern a line, see `patterns`
    #rewrite        original<TAB>new
    #profanity      a word or a phrase a line
    #test           words as recognized<TAB>text as displayed

`#itn` works on the output of the built-in ITN, `#rewrite` on the finished display text. A replacement is found in any
case and whatever punctuation stands between its words; the longest original wins. At the start of a sentence the
capital stays, unless the first new word has a capital of its own somewhere: "iPhone".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from speechsmith.asr.display.formatter import Formatter
from speechsmith.asr.display.patterns import Matcher, PatternError, parse
from speechsmith.asr.display.tokens import Token, Tokens

_ENGLISH = (f"en-{region}" for region in ("AU", "CA", "GB", "HK", "IE", "IN", "NG", "NZ", "PH", "SG", "US"))
LOCALES = frozenset(_ENGLISH) | {
    *("da-DK", "de-DE", "es-ES", "es-MX", "fi-FI", "fr-CA", "fr-FR", "hi-IN", "it-IT", "ja-JP", "ko-KR", "nb-NO"),
    *("nl-NL", "pl-PL", "pt-BR", "pt-PT", "sv-SE", "tr-TR", "zh-CN", "zh-HK"),
}
"""Where there is output formatting."""

_MARKS = ".,?!:;、？。，¿¡।؟،"
_SENTENCE_END = frozenset(".?!？。।؟\n")
_WITHOUT_BLANKS = ("zh", "ja")
_HEADING = re.compile(r"#\s*([^\W\d_]+)\s*:?")
_PIECE = re.compile(r"\S+")
_CHARACTER = re.compile(rf"[^\s{re.escape(_MARKS)}]")
_LATIN = re.compile("[A-Za-z]")
_GAP = "\x1f"  # stands between two tokens ...
_CLOSED = "\x1e"  # ... and this where they became one


class Section(StrEnum):
    """The parts of a file; the values are their headings."""

    ITN = "itn"
    REWRITE = "rewrite"
    PROFANITY = "profanity"
    TEST = "test"


MOST_LINES: Mapping[Section, int] = {Section.ITN: 200, Section.REWRITE: 1000, Section.PROFANITY: 1000}
MOST_TESTS = 10_000  # that are run; how many there may be is a matter of the file's size


class FormatError(ValueError):
    """A line that cannot be used. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_comment(line: str) -> bool:
    """Whether a line says nothing: it is blank or begins with `//`."""
    return not line.strip() or line.lstrip().startswith("//")


def heading(line: str) -> Section | None:
    """The section that a line begins; None when it is no heading. Raises: FormatError (`UnknownSection`)."""
    match = _HEADING.fullmatch(line.strip())
    if match is None:
        return None
    name = match[1].lower()
    if name not in {section.value for section in Section}:
        known = ", ".join(f"#{section}" for section in Section)
        raise FormatError("UnknownSection", f"'#{match[1]}' is no section; there are {known}.")
    return Section(name)


def checked(section: Section, line: str, locale: str) -> str:
    """A line of a section as it is kept. Raises: FormatError, with the code of what is wrong."""
    line = line.strip(" \r\n") if section in (Section.REWRITE, Section.TEST) else line.strip()
    if section is Section.ITN:
        try:
            return parse(line).text
        except PatternError as error:
            raise FormatError(error.code, str(error)) from None
    if section is Section.PROFANITY:
        return _checked_profanity(line, locale)
    first, tab, second = line.partition("\t")
    if not tab:
        raise FormatError("NoTab", "The line has no tab.")
    first, second = first.strip(), second.strip()
    if "\t" in second:
        raise FormatError("TooManyTabs", "The line has more than one tab.")
    if not (first and second):
        side = "before" if second else "after"
        raise FormatError("EmptySide", f"Nothing stands {side} the tab.")
    if section is Section.REWRITE and not units_of(first, locale):
        raise FormatError("EmptySide", "Only punctuation stands before the tab.")
    return f"{first}\t{second}"


def _checked_profanity(line: str, locale: str) -> str:
    words = line.split()
    if any(word != word.strip(_MARKS) for word in words):
        raise FormatError("PunctuationInProfanity", "A word begins or ends with a punctuation mark.")
    if _is_written_without_blanks(locale) and len(words) > 1 and _LATIN.search(line):
        raise FormatError("EnglishPhrase", f"In {locale}, English profanity is one word a line.")
    return " ".join(words)


@dataclass(frozen=True)
class OutputFormat:
    """The user's formatting for one locale, ready for a `Formatter`. `tests` are pairs of lexical and display form."""

    locale: str
    itn_rules: tuple[str, ...] = ()
    rewrites: tuple[tuple[str, str], ...] = ()
    profanity: tuple[str, ...] = ()
    tests: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, lines: Iterable[str], locale: str) -> "OutputFormat":
        """What a file that has been checked says. Raises: FormatError."""
        found: dict[Section, list[str]] = {section: [] for section in Section}
        section = None
        for line in lines:
            if is_comment(line):
                continue
            if (begun := heading(line)) is not None:
                section = begun
            elif section is None:
                raise FormatError("NoSection", "The line stands before the first section.")
            else:
                found[section].append(checked(section, line, locale))
        return cls(
            locale,
            tuple(found[Section.ITN]),
            tuple(map(_pair, found[Section.REWRITE])),
            tuple(found[Section.PROFANITY]),
            tuple(map(_pair, found[Section.TEST])),
        )

    def __add__(self, other: "OutputFormat") -> "OutputFormat":
        """Both together; where they contradict each other, the first is followed."""
        return OutputFormat(
            self.locale,
            self.itn_rules + other.itn_rules,
            self.rewrites + other.rewrites,
            self.profanity + other.profanity,
            self.tests + other.tests,
        )

    def itn(self, tokens: Tokens) -> Tokens:
        """The tokens of the ITN form, with what the rules write."""
        return self._matcher.apply(tokens)

    def rewrite(self, tokens: Tokens) -> Tokens:
        """The tokens of the display form, with the replacements; tokens of one replacement become one."""
        if not (tokens and self.rewrites):
            return tokens
        text = _GAP.join(token.text for token in tokens)
        written, place = "", 0
        for start, stop, new in self._changes(text):
            written += text[place:start] + new + _CLOSED * text.count(_GAP, start, stop)
            place = stop
        made, first = [], 0
        for part in (written + text[place:]).split(_GAP):
            last = first + part.count(_CLOSED)
            made.append(Token(part.replace(_CLOSED, ""), tokens[first].start, tokens[last].stop))
            first = last + 1
        return tuple(made)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher([parse(rule) for rule in self.itn_rules], self.locale)

    @cached_property
    def _by_first(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """The replacements by the first unit of their originals, the longest first."""
        known: dict[tuple[str, ...], str] = {}
        for original, new in self.rewrites:
            known.setdefault(units_of(original, self.locale), new)
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for units, new in sorted(known.items(), key=lambda item: -len(item[0])):
            found.setdefault(units[0], []).append((units, new))
        return found

    def _changes(self, text: str) -> Iterator[tuple[int, int, str]]:
        """What is to be replaced: from where to where, and with what."""
        units = _units(text, self.locale)
        words = [unit for unit, _, _ in units]
        place = 0
        while place < len(units):
            candidates = self._by_first.get(words[place], ())
            found = next((item for item in candidates if tuple(words[place : place + len(item[0])]) == item[0]), None)
            if found is None:
                place += 1
                continue
            (_, start, _), (_, _, stop) = units[place], units[place + len(found[0]) - 1]
            yield start, stop, _with_capital(found[1], text, start)
            place += len(found[0])


@dataclass(frozen=True, slots=True)
class CheckedTest:
    """A test, and what came of it."""

    lexical: str
    expected: str
    actual: str

    @property
    def has_passed(self) -> bool:
        """Whether the display form is what was expected."""
        return self.actual == self.expected


def check_tests(tests: Iterable[tuple[str, str]], formatter: Formatter) -> Iterator[CheckedTest]:
    """Format the lexical form of each test. Where the expected text has no mark at its end, none is put there."""
    plain = replace(formatter, punctuation=False)
    for lexical, expected in tests:
        writer = formatter if expected.endswith(tuple(_MARKS)) else plain
        yield CheckedTest(lexical, expected, writer.forms(lexical.split()).display)


def _pair(line: str) -> tuple[str, str]:
    first, _, second = line.partition("\t")
    return first, second


def _is_written_without_blanks(locale: str) -> bool:
    return locale.lower().partition("-")[0] in _WITHOUT_BLANKS


def units_of(text: str, locale: str) -> tuple[str, ...]:
    """What is compared of an original: originals of equal units are found in the same places."""
    return tuple(unit for unit, _, _ in _units(text, locale))


def _units(text: str, locale: str) -> list[tuple[str, int, int]]:
    """What is compared: words in lower case without the marks around them, or characters; and where each stands."""
    if _is_written_without_blanks(locale):
        return [(match[0].casefold(), match.start(), match.end()) for match in _CHARACTER.finditer(text)]
    units = []
    for match in _PIECE.finditer(text):
        core = match[0].strip(_MARKS)
        if core:
            start = match.start() + match[0].index(core)
            units.append((core.casefold(), start, start + len(core)))
    return units


def _with_capital(new: str, text: str, start: int) -> str:
    """The new text, with the capital that the start of a sentence has given to the old one."""
    before = text[:start].rstrip(_GAP + " ¿¡\"'(")
    starts_sentence = not before or before[-1] in _SENTENCE_END
    first = new.split(maxsplit=1)[0]
    if starts_sentence and text[start].isupper() and first == first.lower():
        return new[0].upper() + new[1:]
    return new
