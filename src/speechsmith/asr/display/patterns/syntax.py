"""The language of ITN rules: a rule shows what is to be written, and is compiled to all ways to say it.

    literal text           said in any way: `JO:500` as "j o five hundred", "joe five oh oh", "j o colon 500"
    \\d  \\l  \\u  \\a         a digit; a letter, written lower, upper, as it is
    [5-7]  [05]  [A-F0-9]  a character of a set
    (...)  (a|b)           a phrase, and alternatives
    (...)? (...)+ (...)*   at most once, at least once, any number of times; after phrases only
    {spoken>written}       these words are said, and that is written
    {spoken}               these words are said, and nothing is written
    \\\\ \\( \\) \\{ \\} \\| \\+ \\? \\*   the character itself, also \\[ \\] \\>

A rule is never multiplied out: `automaton` makes a few states of each of its characters.
Punctuation and blanks need not be said; a point between digits must be, and so must signs such as & and %.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from speechsmith.asr.display.patterns.sounds import Kind

MAX_CHARS = 250
MAX_DEPTH = 10

_SPECIAL = frozenset("()[]{}|+?*\\")
_ESCAPED = _SPECIAL | {">"}
_CLASSES: Mapping[str, Callable[[str], str]] = {"l": str.lower, "u": str.upper, "a": str}
_DIGITS = {digit: digit for digit in "0123456789"}
_SPELLED = frozenset({Kind.SPELLED})


class PatternError(ValueError):
    """A rule that cannot be understood. `code` is stable; `position` counts the rule's characters from 1."""

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(f"{message} (character {position}).")
        self.code = code
        self.position = position


@dataclass(frozen=True, slots=True)
class Step:
    """Take a sound of one of the kinds. `written` maps what was heard to what is written; None: any letter."""

    kinds: frozenset[Kind]
    written: Mapping[str, str] | None
    case: Callable[[str], str] = str

    def hear(self, kind: Kind, sound: str) -> str | None:
        """What is written for the sound, or None when it is another."""
        if kind not in self.kinds:
            return None
        if self.written is not None:
            return self.written.get(sound.lower())
        return self.case(sound) if sound.isalpha() else None


# the syntax tree; an item is one of these


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class Character:
    step: Step


@dataclass(frozen=True, slots=True)
class Spoken:
    words: str
    written: str


@dataclass(frozen=True, slots=True)
class Phrase:
    options: tuple[tuple["Item", ...], ...]
    optional: bool = False
    repeated: bool = False


Item: TypeAlias = Literal | Character | Spoken | Phrase


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been understood."""

    text: str
    items: tuple[Item, ...]


def parse(text: str) -> Rule:
    """Understand a rule. Raises: PatternError."""
    if len(text) > MAX_CHARS:
        raise PatternError("PatternTooLong", f"The rule has {len(text)} characters; {MAX_CHARS} are allowed", MAX_CHARS)
    items = _Parser(text).rule()
    if all(map(_may_be_silent, items)):
        raise PatternError("PatternMatchesNothing", "Nothing needs to be said for this rule", 1)
    return Rule(text, items)


class _Parser:
    """Reads one rule from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rule(self) -> tuple[Item, ...]:
        items = self._sequence(depth=0)
        if self._at < len(self._text):
            sign = self._text[self._at]
            if sign == "|":
                raise self._error("PatternBar", "Alternatives stand in parentheses: (a|b)")
            raise self._error("PatternBracket", f"'{sign}' closes nothing")
        return items

    def _error(self, code: str, message: str, at: int | None = None) -> PatternError:
        return PatternError(code, message, (self._at if at is None else at) + 1)

    def _sequence(self, depth: int) -> tuple[Item, ...]:
        items: list[Item] = []
        while self._at < len(self._text) and (sign := self._text[self._at]) not in "|)}]":
            if sign == "(":
                items.append(self._phrase(depth + 1))
            elif sign == "{":
                items.append(self._spoken())
            elif sign == "[":
                items.append(self._set())
            elif sign in "?+*":
                message = f"'{sign}' repeats a phrase in parentheses only; write \\{sign} for the sign itself"
                raise self._error("PatternRepetition", message)
            else:
                items.append(self._character())
        return tuple(_joined(items))

    def _phrase(self, depth: int) -> Phrase:
        start = self._at
        if depth > MAX_DEPTH:
            raise self._error("PatternTooDeep", f"Phrases stand in each other {depth} deep; {MAX_DEPTH} are allowed")
        options = []
        while True:
            self._at += 1
            option = self._sequence(depth)
            if not option:
                raise self._error("PatternEmpty", "A phrase or an alternative is empty")
            options.append(option)
            if self._at == len(self._text):
                raise self._error("PatternBracket", "'(' is not closed", start)
            if self._text[self._at] != "|":
                break
        if self._text[self._at] != ")":
            raise self._error("PatternBracket", f"'{self._text[self._at]}' closes nothing")
        self._at += 1
        sign = self._text[self._at : self._at + 1]
        if not sign or sign not in "?+*":
            return Phrase(tuple(options))
        self._at += 1
        return Phrase(tuple(options), optional=sign in "?*", repeated=sign in "+*")

    def _spoken(self) -> Spoken:
        start = self._at
        self._at += 1
        parts = [""]
        while (sign := self._text[self._at : self._at + 1]) != "}":
            if not sign or sign == "{":
                raise self._error("PatternBracket", "'{' is not closed", start)
            if sign == ">" and len(parts) == 1:
                parts.append("")
                self._at += 1
            else:
                parts[-1] += self._escaped() if sign == "\\" else sign
                self._at += sign != "\\"
        self._at += 1
        if not any(map(str.isalnum, parts[0])):
            raise self._error("PatternEmpty", "No words stand in the braces before '>' or '}'", start)
        return Spoken(parts[0], parts[1] if len(parts) > 1 else "")

    def _set(self) -> Character:
        start = self._at
        stop = self._text.find("]", start)
        if stop < 0:
            raise self._error("PatternBracket", "'[' is not closed")
        members, at = "", start + 1
        while at < stop:
            first, last = self._text[at], self._text[at + 2] if self._text[at + 1 : at + 2] == "-" else ""
            if last and at + 2 < stop:
                alike = all(map(str.isascii, first + last)) and any(
                    test(first) and test(last) for test in (str.isdigit, str.islower, str.isupper)
                )
                if not alike or first > last:
                    message = f"'{first}-{last}' is no range: use two digits or two letters of one case, in order"
                    raise self._error("PatternSet", message, at)
                members += "".join(map(chr, range(ord(first), ord(last) + 1)))
                at += 3
            else:
                members += first
                at += 1
        if not members or not all(map(str.isalnum, members)):
            raise self._error("PatternSet", "A set holds letters and digits, and at least one", start)
        self._at = stop + 1
        return Character(Step(_SPELLED, {member.lower(): member for member in reversed(members)}))

    def _character(self) -> Item:
        if self._text[self._at] != "\\":
            self._at += 1
            return Literal(self._text[self._at - 1])
        letter = self._text[self._at + 1 : self._at + 2]
        if letter == "d":
            self._at += 2
            return Character(Step(_SPELLED, _DIGITS))
        if letter in _CLASSES:
            self._at += 2
            return Character(Step(_SPELLED, None, _CLASSES[letter]))
        return Literal(self._escaped())

    def _escaped(self) -> str:
        sign = self._text[self._at + 1 : self._at + 2]
        if sign not in _ESCAPED:
            known = " ".join(f"\\{one}" for one in "dlua\\(){}|+?*[]>")
            raise self._error("PatternEscape", f"'\\{sign}' means nothing; known: {known}")
        self._at += 2
        return sign


def _joined(items: Sequence[Item]) -> list[Item]:
    """Literals that stand side by side as one."""
    joined: list[Item] = []
    for item in items:
        before = joined[-1] if joined else None
        if isinstance(item, Literal) and isinstance(before, Literal):
            joined[-1] = Literal(before.text + item.text)
        else:
            joined.append(item)
    return joined


def _may_be_silent(item: Item) -> bool:
    if isinstance(item, Literal):
        return not any(map(str.isalnum, item.text))
    if isinstance(item, Phrase):
        return item.optional or any(all(map(_may_be_silent, option)) for option in item.options)
    return False
