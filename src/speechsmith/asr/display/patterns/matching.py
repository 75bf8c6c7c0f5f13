"""Rules at work: where one of them hears what it is for, its written form stands in the place of the words.

From each token on, all rules are tried; the match that takes in most tokens wins, and of equal ones the rule that
stands first. Then the search goes on behind the match. A rule visits each pair of a node of the lattice and a state of
the automaton once, the preferred way first, so that its time is bounded by their product whatever the rule; and all
rules together have `MOST_VISITS` for each token of the phrase, after which the rest of the phrase stays as it is.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from speechsmith.asr.display.patterns.automaton import Automaton
from speechsmith.asr.display.patterns.sounds import Kind, Lattice, lattice
from speechsmith.asr.display.patterns.syntax import Rule
from speechsmith.asr.display.tokens import Token, Tokens

MOST_VISITS = 5_000  # for each token of a phrase
_Written: TypeAlias = "tuple[_Written, str] | None"  # the last piece of text, and those before it


class _Match(NamedTuple):
    stop: int
    text: str


class Matcher:
    """Some rules, ready to be applied to many phrases. The locale says whose number words are understood."""

    def __init__(self, rules: Sequence[Rule], locale: str) -> None:
        self._english = locale.lower().partition("-")[0] == "en"
        self._automaton = Automaton(rules)
        self._starting: dict[str, set[int]] = {}  # rules by the sounds that they may start with
        self._starting_with_letter: set[int] = set()
        for number, entry in enumerate(self._automaton.entries):
            for step in self._automaton.first_steps(entry):
                if step.written is None:
                    self._starting_with_letter.add(number)
                for sound in step.written or ():
                    self._starting.setdefault(sound, set()).add(number)

    def apply(self, tokens: Tokens) -> Tokens:
        """The tokens, with what the rules write in the places where they match."""
        if not tokens or not self._automaton.entries:
            return tokens
        search = _Search(self._automaton, lattice(tokens, english=self._english), len(tokens))
        made: list[Token] = []
        place = 0
        while place < len(tokens):
            match = search.best(place, self._candidates(search.arcs, place))
            if match is None:
                made.append(tokens[place])
                place += 1
                continue
            if match.text:
                made.append(Token(match.text, tokens[place].start, tokens[match.stop - 1].stop))
            place = match.stop
        return tuple(made)

    def _candidates(self, arcs: Lattice, node: int) -> list[int]:
        """The rules that may match from a node on, in their order."""
        found: set[int] = set()
        for kind, sound, to in arcs[node]:
            if kind is Kind.SILENCE:
                found.update(self._candidates(arcs, to))
            elif kind is Kind.SPELLED and sound.isalpha():
                found |= self._starting_with_letter
            found |= self._starting.get(sound.lower(), set())
        return sorted(found)


class _Search:
    """The matches in one phrase of n tokens."""

    def __init__(self, automaton: Automaton, arcs: Lattice, tokens: int) -> None:
        self.arcs = arcs
        self._automaton = automaton
        self._tokens = tokens
        self._visits_left = MOST_VISITS * tokens

    def best(self, start: int, rules: Sequence[int]) -> _Match | None:
        """The longest match from a token on."""
        best = None
        for rule in rules:
            match = self._longest(start, self._automaton.entries[rule])
            if match is not None and (best is None or match.stop > best.stop):
                best = match
        return best

    def _longest(self, start: int, entry: int) -> _Match | None:
        """The longest match of one rule, found depth first."""
        states, ends = self._automaton.states, self._automaton.ends
        best: tuple[int, _Written] | None = None
        seen: set[tuple[int, int]] = set()
        waiting: list[tuple[int, int, _Written]] = [(start, entry, None)]
        while waiting and self._visits_left:
            node, number, written = waiting.pop()
            if (node, number) in seen:
                continue
            seen.add((node, number))
            self._visits_left -= 1
            step, text, targets = states[number]
            if text:
                written = (written, text)
            if number in ends and start < node <= self._tokens and (best is None or node > best[0]):
                best = node, written
            if step is None:
                waiting += [(node, target, written) for target in reversed(targets)]
                continue
            for arc in reversed(self.arcs[node] if node != self._tokens else ()):
                if arc.kind is Kind.SILENCE:
                    waiting.append((arc.to, number, written))
                elif (heard := step.hear(arc.kind, arc.sound)) is not None:
                    waiting.append((arc.to, targets[0], (written, heard) if heard else written))
        return None if best is None else _Match(best[0], _text(best[1]))


def _text(written: _Written) -> str:
    pieces = []
    while written is not None:
        written, piece = written
        pieces.append(piece)
    return " ".join("".join(reversed(pieces)).split())
