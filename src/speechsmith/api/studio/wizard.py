"""A wizard: steps at one address, `?step=2&…`. What was answered travels in the address, so that going back is what a
browser does, two tabs do not meet, and nothing is kept of who leaves. Each step is sent as a form, which leads to the
address of the next one; answers that are too long for an address travel in the forms alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from speechsmith.api.studio import forms
from speechsmith.api.studio.visit import Answers, Goto, Shown, Visit
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import SpeechError
from speechsmith.domain.values import check_description, check_display_name


def _nothing(_visit: Visit, _given: Answers) -> None:
    """Whatever was answered will do."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked for on one page. `check` raises SpeechError when the answers to it will not do."""

    title: str
    fields: Sequence[str] = ()
    check: Callable[[Visit, Answers], None] = _nothing


def _check_labels(_visit: Visit, given: Answers) -> None:
    check_display_name(given.get("displayName", ""))
    check_description(given.get("description", ""))


NAMED = Step("Name and description", ("displayName", "description"), _check_labels)
"""The step that most wizards have alike."""

MOST_ADDRESS = 2_000
"""Bytes. It is sent in a header, of which some proxies hold 4 KB in all."""

PORTAL = {"PortalAPIVersion": "3"}
"""The custom property by which the published service knows what was made in the browser."""

FOR_TESTING = {"usedFor": "Testing"}
"""The custom property of data that was uploaded to test with."""


def is_for_testing(dataset: Dataset) -> bool:
    """Whether data was uploaded to test with, and not to be learned from."""
    return FOR_TESTING.items() <= dataset.custom_properties.items()


@dataclass(frozen=True, slots=True)
class Wizard:
    """The template gets `wizard` (this), `at` (the number of the step, from 1), `step`, `given` (all answers),
    `carried` (names and values that the form of this step has to hand on), `answered` (the same with those of this
    step), `back` (the address of the step before; empty on the first, and where it would be too long), and as forms do
    `error` and `target`.
    """

    template: str
    steps: Sequence[Step]

    @property
    def fields(self) -> Sequence[str]:
        """All that is asked for."""
        return [name for step in self.steps for name in step.fields]

    def is_asking(self, visit: Visit) -> bool:
        """Whether the form that was sent is that of a step which another follows, and nothing is to be made yet."""
        return "step" in visit.form

    def show(self, visit: Visit, values: Mapping[str, Any]) -> Shown | Goto:
        """The step that was asked for, or the first before it whose answers will not do, with why."""
        given = visit.answers
        number = given.number("step", len(self.steps)) or 1
        if visit.form and (address := self._address(number, given)):
            return Goto(f"{visit.path}{address}")
        for at, step in enumerate(self.steps[: number - 1], 1):
            try:
                step.check(visit, given)
            except SpeechError as error:
                return self._page(given, at, values, error)
        return self._page(given, number, values)

    def check(self, visit: Visit) -> None:
        """All answers of the form that was sent. Raises: SpeechError, of the first that will not do."""
        for step in self.steps:
            step.check(visit, visit.form)

    def refuse(self, visit: Visit, error: SpeechError, values: Mapping[str, Any]) -> Shown:
        """The step that asked for what was refused, the last where none did, with why."""
        asks = (at for at, step in enumerate(self.steps, 1) if error.target in step.fields)
        return self._page(visit.form, next(asks, len(self.steps)), values, error)

    def _page(self, given: Answers, at: int, values: Mapping[str, Any], error: SpeechError | None = None) -> Shown:
        step, answered = self.steps[at - 1], self._answered(given)
        told_of = {
            "wizard": self,
            "at": at,
            "step": step,
            "given": given,
            "carried": [(name, value) for name, value in answered if name not in step.fields],
            "answered": answered,
            "back": self._address(at - 1, given) if at > 1 else "",
        }
        return forms.shown(self.template, {**told_of, **values}, error)

    def _answered(self, given: Answers) -> list[tuple[str, str]]:
        return [(name, value) for name in self.fields for value in given.all(name)]

    def _address(self, at: int, given: Answers) -> str:
        """The query of a step; empty where it would be too long."""
        query = "?" + urlencode([("step", at), *self._answered(given)])
        return query if len(query) <= MOST_ADDRESS else ""
