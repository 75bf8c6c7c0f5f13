"""Capitals: how each word is written inside a sentence, learned from text, and what every English text knows.

Theory. A word inside a sentence is written as it most often was inside the sentences of the training text: "iPhone",
"NASA", "Contoso". The first word of a sentence tells nothing, unless it has a capital behind its first letter. Lines
without any lower-case word (headlines) tell nothing at all. Among equals lower case wins.
"""

# ruff: noqa: SIM905
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from speechsmith.asr.display.english.calendar import AMBIGUOUS_MONTHS, MONTHS

_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_CALENDAR = frozenset({*_DAYS, *MONTHS}) - AMBIGUOUS_MONTHS
_BEFORE_A_MONTH = frozenset("early in last late next of since until".split())
_ENGLISH = {"ok": "OK", "tv": "TV", "pc": "PC", "mr.": "Mr.", "mrs.": "Mrs.", "ms.": "Ms.", "dr.": "Dr."}
_INITIALS = re.compile(r"([a-z]\.){2,}$")  # "u.s."
_LETTER = re.compile(r"([b-z]|[a-z]\.)$")  # "b" and, in some lexicons, "b."; "a" is a word
_CORE = re.compile(r"^\W*(.*?)\W*$", re.DOTALL)
_SENTENCE_END = (".", "?", "!", ":")


@dataclass(frozen=True)
class Casing:
    """Word in lower case -> as it is written, for the words that are not written in lower case."""

    written: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def learned(lines: Iterable[str], displayed: Iterable[str] = ()) -> "Casing":
        """The casing of a text, one sentence or more a line, as its writer wrote it.

        Args: displayed: words as they are to be written; one with a capital is followed, whatever the text has.
        """
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for line in lines:
            for word in _evidence(line):
                seen[word.lower()][word] += 1
        most = {key: max(forms, key=lambda form: (forms[form], form == key, form)) for key, forms in seen.items()}
        wanted = {form.lower(): form for form in displayed if form != form.lower()}
        return Casing({key: form for key, form in sorted((most | wanted).items()) if form != key})

    @staticmethod
    def from_json(value: Any) -> "Casing":
        """Raises: ValueError unless it is what `to_json` gives."""
        if not isinstance(value, dict) or any(not isinstance(f, str) or f.lower() != k for k, f in value.items()):
            raise ValueError("A casing is an object: word in lower case -> the same word as it is written.")
        return Casing(value)

    def to_json(self) -> dict[str, str]:
        """As plain JSON."""
        return dict(self.written)

    def of(self, word: str, *, before: str = "", english: bool = False) -> str:
        """The word as it is written inside a sentence, after the word `before`."""
        key = word.lower()
        learned = self.written.get(key) or self._of_owner(key)
        if learned:
            return learned
        return _english(word, before) if english else word

    def _of_owner(self, key: str) -> str:
        """Owners: "contoso's" is written as "Contoso" is."""
        owner = self.written.get(key.removesuffix("'s"), "") if key.endswith("'s") else ""
        return f"{owner}'s" if owner else ""


def _english(word: str, before: str) -> str:
    if word in _CALENDAR or word.removesuffix("'s") in _CALENDAR:
        return word.capitalize()
    if word in AMBIGUOUS_MONTHS and before in _BEFORE_A_MONTH:
        return word.capitalize()
    if word in _ENGLISH:
        return _ENGLISH[word]
    if _INITIALS.match(word):
        return word.upper()
    if _LETTER.match(word):
        return word[0].upper()  # the name of something: "plan B"
    if word.startswith("i'"):
        return word.capitalize()
    return word


def _evidence(line: str) -> Iterator[str]:
    """The words of a line that tell how they are written."""
    is_first, words = True, []
    for piece in line.replace("’", "'").split():
        match = _CORE.match(piece)
        core = match[1] if match else ""
        if core.isascii() and core.isdigit():
            is_first = piece.endswith(_SENTENCE_END)
            continue
        if core and (not is_first or core[1:] != core[1:].lower()):
            words.append(core)
        if core:
            is_first = piece.rstrip("\"')”»").endswith(_SENTENCE_END)
    if any(word.islower() for word in words):
        yield from words
