"""The report of a training, as a page shows it: what docs/reference/model-report.md describes, section by section.

The report of a copy was written by another server. What has not the shape that it should have is left out, a section at
a time, and never breaks a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import pydantic
from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

MOST_ROWS = 100
"""Of a table; the file has all."""

WIDTH, HEIGHT = 480.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 28.0, 12.0, 28.0
"""Of the chart and its margins, in units of the drawing."""

_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000, 36_000, 180_000)
"""How far apart lines with a number may be."""


class _Section(pydantic.BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=_Section)

Rate = Annotated[float, Field(ge=0, le=1000)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]


class Range(_Section):
    """A rate with its 95 % range."""

    value: Annotated[float, Field(ge=-1000, le=1000)]
    low: Annotated[float, Field(ge=-1000, le=1000)]
    high: Annotated[float, Field(ge=-1000, le=1000)]


class Verdict(_Section):
    """Whether the model is better than its base, in a sentence, and by how much."""

    outcome: str
    words: str
    word_error_rate_before: Range | None = None
    word_error_rate_after: Range | None = None
    difference: Range | None = None
    word_count: int | None = None


class Tried(_Section):
    """A setting that was tried."""

    weight: float | None = None
    acoustic: str | None = None
    word_error_rate: Rate


class Guard(_Section):
    """What held-out speech says."""

    verdict: Verdict
    tried: Sequence[Tried] = ()


class Weight(_Section):
    """How loud the text is, and who has chosen that."""

    value: float | None = None
    asked: float | None = None
    how: str = ""


class Text(_Section):
    """How much text was read."""

    sentences: int
    words_read: int
    words_used: int
    vocabulary: int


class HeldOut(_Section):
    """What held-out sentences say of the text."""

    sentences: int
    perplexity_before: float | None = None
    perplexity_after: float | None = None
    oov_rate_before: Rate | None = None
    oov_rate_after: Rate | None = None


class NewWord(_Section):
    """A word that the base model could not recognize."""

    word: str
    source: str
    pronunciations: Sequence[str] = ()


class NotPronounced(_Section):
    """Words that were left out."""

    count: int
    words: Sequence[str] = ()


class Line(_Section):
    """A line that training could not use."""

    file: str
    line: int
    code: str
    text: str = ""
    hint: str = ""


class Rejected(_Section):
    """Lines that training could not use."""

    count: int
    lines: Sequence[Line] = ()


class NotUsed(_Section):
    """An utterance that was not used."""

    name: str
    code: str
    reason: str = ""


class AllNotUsed(_Section):
    """Utterances that were not used."""

    count: int
    utterances: Sequence[NotUsed] = ()


class Speech(_Section):
    """The speech that was learned from."""

    utterances: int
    seconds: Seconds
    seconds_used: Seconds
    band: str = ""
    not_used: AllNotUsed | None = None


class Change(_Section):
    """What everyday text loses."""

    words: str = ""
    change: Range


class GeneralSpeech(_Section):
    """What everyday speech loses."""

    utterances: int
    word_error_rate_before: Range
    word_error_rate_after: Range


class Point(_Section):
    """The error with so much of the speech."""

    seconds: Seconds
    word_error_rate: Range


class FailedTest(_Section):
    """A test of an output format that came out otherwise."""

    text: str
    expected: str
    actual: str


class Tests(_Section):
    """The tests of output formats."""

    passed: int
    failed: int
    failures: Sequence[FailedTest] = ()


class Display(_Section):
    """How text is written."""

    casing: int
    rules: Mapping[str, int] | None = None
    tests: Tests | None = None


class Stages(_Section):
    """How long each stage took."""

    seconds: Mapping[str, Seconds]


class NewWords(_Section):
    """All of them."""

    out_of_vocabulary: Sequence[NewWord]


class Points(_Section):
    """All of them."""

    learning_curve: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a page shows of a report; what it does not have is None or empty."""

    guard: Guard | None
    weight: Weight | None
    text: Text | None
    held_out: HeldOut | None
    new_words: Sequence[NewWord]
    not_pronounced: NotPronounced | None
    rejected: Rejected | None
    speech: Speech | None
    general_text: Change | None
    general_speech: GeneralSpeech | None
    display: Display | None
    curve: Sequence[Point]
    chart: "Chart | None"
    stages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the chart, and how far its range reaches: smaller `y` is higher."""

    x: float
    y: float
    low_y: float
    high_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a line with a number is."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The word error rate over the seconds of speech, in units of the drawing."""

    width: float
    height: float
    left: float
    right: float
    bottom: float
    marks: Sequence[Mark]
    across: Sequence[Tick]
    up: Sequence[Tick]

    @property
    def line(self) -> str:
        """The points, as SVG writes them."""
        return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in self.marks)


def read(said: Mapping[str, Any]) -> Report:
    """What can be shown of a report."""
    points = _section(Points, said)
    words = _section(NewWords, said)
    stages = _section(Stages, said)
    curve = sorted(points.learning_curve, key=lambda point: point.seconds) if points else []
    return Report(
        guard=_section(Guard, said.get("guard")),
        weight=_section(Weight, said.get("weight")),
        text=_section(Text, said.get("text")),
        held_out=_section(HeldOut, said.get("heldOut")),
        new_words=words.out_of_vocabulary if words else (),
        not_pronounced=_section(NotPronounced, said.get("notPronounced")),
        rejected=_section(Rejected, said.get("rejected")),
        speech=_section(Speech, said.get("speech")),
        general_text=_section(Change, said.get("generalText")),
        general_speech=_section(GeneralSpeech, said.get("generalSpeech")),
        display=_section(Display, said.get("display")),
        curve=curve,
        chart=chart(curve),
        stages=stages.seconds if stages else {},
    )


def _section(kind: type[S], said: Any) -> S | None:
    try:
        return kind.model_validate(said)
    except ValidationError:
        return None


def chart(curve: Sequence[Point]) -> Chart | None:
    """The learning curve, from no error and no speech on; None when there is no line to draw."""
    if len(curve) < 2 or curve[-1].seconds <= 0:
        return None
    across = _ticks(curve[-1].seconds, _SECONDS)
    up = _ticks(max(max(point.word_error_rate.value, point.word_error_rate.high) for point in curve), _RATES)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(seconds: float) -> float:
        return LEFT + (right - LEFT) * seconds / across[-1]

    def y(rate: float) -> float:
        return bottom - (bottom - TOP) * max(0.0, rate) / up[-1]

    marks = [
        Mark(x(point.seconds), y(error.value), y(error.low), y(error.high))
        for point in curve
        for error in [point.word_error_rate]
    ]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=right,
        bottom=bottom,
        marks=marks,
        across=[Tick(x(value), value) for value in across],
        up=[Tick(y(value), value) for value in up],
    )


def _ticks(most: float, steps: Sequence[float]) -> Sequence[float]:
    """From 0 on, a few, the last not before `most`."""
    step = next((step for step in steps if most <= 5 * step), most / 5)
    count = max(1, -int(-most // step))
    return [step * number for number in range(count + 1)]
