"""What must be true of an answer: `--check`, `--expect`, `--not expect` and `--fail-if`.

A gate is `NAME OPERATOR BOUND`: `wer2 > 15%` fails an evaluation whose second model is wrong in more than 15 of 100
words, `wer2 >= wer1` one in which it is no better than the first. The gates exist so that nothing bad passes
unnoticed: a figure that is not there (-1 of a test without words, an evaluation that is not finished) holds no gate.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

import click

from speechsmith.cli.exits import CheckFailed
from speechsmith.cli.output import ask, expression
from speechsmith.cli.table.shared import FIGURES, GATE_COUNTS
from speechsmith.cli.values import Value, several
from speechsmith.client.entity import Json, part, text

COMPARISONS = {"lt": lt, "le": le, "eq": eq, "ne": ne, "ge": ge, "gt": gt}
"""What may stand between a figure and its bound, in words."""

_OPERATORS = COMPARISONS | {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "=": eq, "!=": ne}
_GATE = re.compile(r"\s*(\w+?)\s*(>=|<=|==|!=|[<>=]|\b(?:gt|ge|lt|le|eq|ne)\b)\s*([\w.]+)\s*(%?)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(\.\d+)?|\.\d+")


@dataclass(frozen=True)
class Gate:
    """One condition under which an evaluation is not good enough, as it was `written`."""

    written: str
    name: str
    operator: str
    bound: str | float

    def check(self, evaluation: Json) -> None:
        """Raises: CheckFailed: the condition is met, or a figure is not there."""
        found = _figure(evaluation, self.name)
        bound = _figure(evaluation, self.bound) if isinstance(self.bound, str) else self.bound
        if _OPERATORS[self.operator](found, bound):
            against = f", {self.bound} is {_shown(self.bound, bound)}" if isinstance(self.bound, str) else ""
            shown = f"{self.name} is {_shown(self.name, found)}{against}"
            raise CheckFailed(f"Stopped by the gate '{self.written}': {shown}.")


def gate(written: str) -> Gate:
    """A condition from its words: `wer2>0.15`, `wer2 gt 15%`, `wer2>=wer1`. Raises: UsageError."""
    read = _GATE.fullmatch(written)
    if not read:
        raise click.UsageError(f"--fail-if takes a condition like wer2>15% or wer2>=wer1, not '{written}'.")
    name, operator, bound, percent = (piece.casefold() for piece in read.groups())
    _check_name(name)
    if not _NUMBER.fullmatch(bound):
        _check_name(bound)
        if percent or _is_count(bound) != _is_count(name):
            raise click.UsageError(f"'{written}' compares what does not compare; rates go with rates.")
        return Gate(written, name, operator, bound)
    number = float(bound)
    if _is_count(name) and percent:
        raise click.UsageError(f"{name} is a count, so '{written}' takes a number without a per cent sign.")
    if not _is_count(name) and not percent and number > 1:
        raise click.UsageError(f"{name} is a fraction: write {bound}% in '{written}' if per cent are meant.")
    return Gate(written, name, operator, number / 100 if percent else number)


class Checks:
    """All that must be true of the answer of a command. Raises: UsageError: one of them cannot be understood."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self._true = [expression("--check", one) for one in several(given, "out.check")]
        self._expected = [_pattern("--expect", one) for one in several(given, "out.expect")]
        self._unexpected = [_pattern("--not expect", one) for one in several(given, "out.unexpected")]
        self._gates = [gate(one) for line in several(given, "out.fail_if") for one in line.split(";") if one.strip()]

    @property
    def are_any(self) -> bool:
        """Whether there is anything to check."""
        return any((self._true, self._expected, self._unexpected, self._gates))

    def run(self, answer: Json, printed: str) -> None:
        """Raises: CheckFailed: something is not true of the answer, or of how it is printed."""
        for asked in self._true:
            _check_true(asked.expression, ask(asked, answer), answer)
        for pattern in self._expected:
            if not pattern.search(printed):
                raise CheckFailed(f"The answer does not match '{pattern.pattern}', which is expected of it.")
        for pattern in self._unexpected:
            if pattern.search(printed):
                raise CheckFailed(f"The answer matches '{pattern.pattern}', which is not expected of it.")
        for one in self._gates:
            one.check(answer)


def _check_true(written: str, found: Json, answer: Json) -> None:
    for name, value in part(answer, "properties").items():
        if value == -1 and "Rate" in name and name in written:
            raise CheckFailed(f"The check '{written}' does not hold: {name} is -1, which means that there is none.")
    if found is not True:
        told = "false" if found is False else f"{found!r}, which is neither true nor false; compare it with something"
        told = "nothing, as the answer has no such thing" if found is None else told
        raise CheckFailed(f"The check '{written}' does not hold: it gives {told}.")


def _figure(evaluation: Json, name: str) -> float:
    status = text(evaluation, "status")
    if status.casefold() not in {"succeeded", "success"}:
        state = f"is {status}" if status else "has no status"
        raise CheckFailed(f"The evaluation {state}, so {name} is not known yet; --wait stays until it is.")
    found = part(evaluation, "properties").get(FIGURES[name])
    if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
        why = "the test has too few words for it"
        if name.startswith("ter") and found is None:
            why = "--api-version v3.2 has it"
        elif name == "improvement":
            why = "it takes two models and at least five utterances"
        raise CheckFailed(f"The evaluation has no {name} ({FIGURES[name]}); {why}. What is not known passes no gate.")
    return float(found)


def _check_name(name: str) -> None:
    if name not in FIGURES:
        raise click.UsageError(f"No figure of an evaluation is called '{name}'; there are {', '.join(FIGURES)}.")


def _is_count(name: str) -> bool:
    return name[:-1] in GATE_COUNTS


def _shown(name: str, value: float) -> str:
    return f"{value:g}" if _is_count(name) else f"{value:.4g} ({100 * value:.4g} %)"


def _pattern(option: str, written: str) -> re.Pattern[str]:
    try:
        return re.compile(written, re.MULTILINE)
    except re.error as error:
        raise click.UsageError(f"{option} takes a regular expression, and '{written}' is none: {error}.") from None
