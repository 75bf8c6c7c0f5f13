"""The states of rules: from a syntax tree to one nondeterministic automaton for all of them.

Each rule is built from its end to its beginning, so that every part knows what comes after it (Thompson, "Regular
expression search algorithm", 1968). A literal has an arc for each way to say it: a word read as a word or spelled, a
number word also as its digits, a mark by its name, as it was written by an earlier stage, or not at all.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from speechsmith.asr.display.patterns.sounds import Kind, figure
from speechsmith.asr.display.patterns.syntax import Character, Item, Literal, Phrase, Rule, Spoken, Step

_NAMES = {
    "-": "dash hyphen minus", ":": "colon", ".": "dot point period", "/": "slash", "_": "underscore", ",": "comma",
    "#": "hash number pound", "&": "and ampersand", "+": "plus", "@": "at", "=": "equals equal", "%": "percent",
    "$": "dollar dollars", "€": "euro euros", "£": "pound pounds", "°": "degree degrees", "*": "star asterisk",
    "\\": "backslash", "'": "apostrophe",
}  # fmt: skip
_MUST_BE_SAID = frozenset("&+@=%$€£°")
_PIECE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d|\s+|.", re.DOTALL)
_NO_BLANKS = "\u2e80"  # from here on, scripts that are written without blanks between words


class State(NamedTuple):
    """Write `text`; hear `step` if there is one; then go on to any of `targets`, the first preferred."""

    step: Step | None
    text: str
    targets: tuple[int, ...]


class Automaton:
    """The states of some rules. `entries` are the first state of each; its last is in `ends`."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.states: list[State] = []
        self.ends: set[int] = set()
        self.entries = tuple(self._rule(rule) for rule in rules)

    def first_steps(self, entry: int) -> Iterator[Step]:
        """The steps that may be the first from a state on."""
        seen, waiting = {entry}, [entry]
        while waiting:
            state = self.states[waiting.pop()]
            if state.step is not None:
                yield state.step
                continue
            waiting += set(state.targets) - seen
            seen.update(state.targets)

    def _rule(self, rule: Rule) -> int:
        end = self._add(None)
        self.ends.add(end)
        return self._sequence(rule.items, end)

    def _add(self, step: Step | None, *targets: int, text: str = "") -> int:
        self.states.append(State(step, text, targets))
        return len(self.states) - 1

    def _sequence(self, items: Sequence[Item], to: int) -> int:
        for place in range(len(items) - 1, -1, -1):
            item = items[place]
            if isinstance(item, Literal):
                before = place > 0 and _has_digit(items[place - 1], last=True)
                after = place + 1 < len(items) and _has_digit(items[place + 1], last=False)
                to = self._literal(item.text, to, digit_before=before, digit_after=after)
            elif isinstance(item, Character):
                to = self._add(item.step, to)
            elif isinstance(item, Spoken):
                to = self._literal(item.words, self._add(None, to, text=item.written), is_written=False)
            else:
                to = self._phrase(item, to)
        return to

    def _phrase(self, phrase: Phrase, to: int) -> int:
        if not phrase.repeated:
            entries = [self._sequence(option, to) for option in phrase.options]
            return self._add(None, *entries, *([to] if phrase.optional else []))
        again = self._add(None)  # becomes a choice between the options and what follows, once they are known
        entries = [self._sequence(option, again) for option in phrase.options]
        self.states[again] = State(None, "", (*entries, to))
        return again if phrase.optional else self._add(None, *entries)

    def _literal(
        self,
        text: str,
        to: int,
        *,
        is_written: bool = True,
        digit_before: bool = False,
        digit_after: bool = False,
    ) -> int:
        pieces = _PIECE.findall(text)
        entries = [to] * (len(pieces) + 1)
        digits = [digit_before, *map(str.isdigit, pieces), digit_after]
        for place in range(len(pieces) - 1, -1, -1):
            is_point = pieces[place] == "." and digits[place] and digits[place + 2]
            ways = [self._piece(pieces[place], entries[place + 1], must_be_said=is_point)]
            written = pieces[place]
            ways = [self._add(None, *ways, text=written if is_written else "")]
            if found := _number(pieces, place):
                number, stop = found
                after = self._add(None, entries[stop], text="".join(pieces[place:stop]) if is_written else "")
                ways.append(self._spelled(number, after))
            entries[place] = ways[0] if len(ways) == 1 else self._add(None, *ways)
        return entries[0]

    def _piece(self, piece: str, to: int, *, must_be_said: bool) -> int:
        """One word, digit, blank or mark of a literal, in all ways to say it."""
        if piece.isspace():
            return to
        if piece.isalnum() or "'" in piece[1:] or "’" in piece[1:]:
            spelled = self._spelled(piece, to)
            return self._add(None, self._word(piece, to), spelled) if piece[0].isalpha() else spelled
        ways = [self._add(_silently(Kind.MARK, piece), to)]
        if piece in _NAMES:
            ways.append(self._add(_silently(Kind.WORD, *_NAMES[piece].split()), to))
        if not must_be_said and piece not in _MUST_BE_SAID:
            ways.append(to)
        return self._add(None, *ways)

    def _spelled(self, text: str, to: int) -> int:
        for character in reversed(text.lower()):
            if character.isalnum():
                to = self._add(_silently(Kind.SPELLED, character), to)
        return to

    def _word(self, text: str, to: int) -> int:
        word = text.lower().replace("’", "'")
        for place in range(len(word) - 1, -1, -1):
            to = self._add(_in_word(word[place], first=place == 0), to)
        return to


def _number(pieces: Sequence[str], start: int) -> tuple[str, int] | None:
    """The number that the words from a piece on make, as digits, and the piece behind it."""
    words: list[str] = []
    for place in range(start, len(pieces), 2):
        if not pieces[place].isalpha() or (words and not pieces[place - 1].isspace()):
            break
        words.append(pieces[place].lower())
    found = figure(words, 0) if words else None
    return None if found is None else (found[0], start + 2 * found[1] - 1)


def _has_digit(item: Item, *, last: bool) -> bool:
    """Whether the last or the first sound of an item can be a digit."""
    if isinstance(item, Literal):
        return item.text[-1 if last else 0].isdigit()
    if isinstance(item, Character):
        return any(map(str.isdigit, item.step.written or ()))
    if isinstance(item, Phrase):
        return any(_has_digit(option[-1 if last else 0], last=last) for option in item.options)
    return False


@cache
def _silently(kind: Kind, *sounds: str) -> Step:
    """Hear one of the sounds; what is written is said elsewhere."""
    return Step(frozenset({kind}), dict.fromkeys(sounds, ""))


@cache
def _in_word(letter: str, *, first: bool) -> Step:
    may_open = first or letter >= _NO_BLANKS
    kinds = {Kind.INNER, Kind.OPENING} if may_open else {Kind.INNER}
    return Step(frozenset(kinds), {letter: ""})
