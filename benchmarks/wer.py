"""Word error rates on real speech: of the base model, of a model that has read text, and of one that has also listened.

    base            as it comes
    text            trained on `train/related-text.txt`, or where there is none on the transcripts of `train/`
    text alone      the same where nothing else is ever said, and the user says so: `customModelWeightPercent` is 100
    text and audio  trained on audio and transcripts of `train/`, and on the related text where there is one

Evaluations of the service tell the rates, with 95 % ranges from a bootstrap over utterances. The base and the model of
text and audio are evaluated as a pair, the model of text alone: so nothing is recognized twice.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import service, speech
from benchmarks.report import Run, Table, seconds
from benchmarks.training import Training, train
from speechsmith.client.entity import Entity, part, text

RELATED = "related-text.txt"
Floor = float | str
NO_WORSE = "no worse than base"
FLOORS: dict[str, tuple[Floor, Floor]] = {
    "asterisk_ivr_dev": (0.48, 0.13),
    "fsdd_dev": (0.45, 0.05),
    "so762_dev": (NO_WORSE, 0.72),
    "libri_other_dev": (NO_WORSE, NO_WORSE),
    "phone_numbers_dev": (0.27, 0.22),
}
"""What the rate of a set's test part must not exceed: of the model of text, of the model of text and audio."""
NOTHING_ELSE = ("fsdd_dev", "phone_numbers_dev")
"""Sets of people who were asked for digits: what they say consists of the words that the text has."""
HEADER = (
    "model",
    "learned from",
    "WER",
    "95 %",
    "floor",
    "better than base",
    "weight of the text",
    "acoustics",
    "verdict of the guard",
    "general text",
    "training, wall",
    "CPU",
)
REMARKS = (
    "Floor: what the rate must not exceed; met or missed by the rate itself, whatever its range.",
    "Better than base: how probable that is, by a paired bootstrap over utterances.",
    "Weight of the text's language model, and strength of the acoustic adaptation: as training has chosen them.",
    "Verdict: that of training, on parts of train/ that it has held out.",
    "General text: how the perplexity of everyday sentences changes, with its 95 % range.",
    "Training: from POST to Succeeded, without the learning curve.",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A word error rate with its 95 % range, a fraction; a few utterances have no range."""

    value: float
    spread: tuple[float, float] | None

    def cells(self) -> list[str]:
        """As tables show it."""
        spread = f"{100 * self.spread[0]:.1f} to {100 * self.spread[1]:.1f} %" if self.spread else "n/a"
        return [f"{100 * self.value:.1f} %", spread]


def measure(run: Run) -> Iterator[Table]:
    """A table for each set of US English, as soon as it is measured."""
    sets = speech.sets(run)
    if run.is_quick:
        sets = sorted(sets, key=lambda one: len(speech.utterances(one / "test")))[:2]
    with (
        tempfile.TemporaryDirectory() as scratch,
        service.running(Path(scratch) / "home", learning_curve=False) as started,
    ):
        for set in sets:
            yield _measured(started, set, Path(scratch), REMARKS if set == sets[-1] else ())


def _measured(started: service.Service, set: Path, scratch: Path, remarks: Sequence[str]) -> Table:
    """Train both models of a set, and evaluate them and the base on its test part."""
    tested, spoken = speech.utterances(set / "test"), speech.utterances(set / "train")
    read, path = _text(set, scratch)
    test = started.upload(speech.zipped(tested, scratch / f"{set.name}-test.zip"), "Acoustic")
    heard = started.upload(speech.zipped(spoken, scratch / f"{set.name}.zip"), "Acoustic")
    language = started.upload(path, "Language")
    by_text = train(started, f"{set.name}, text", [language], scratch)
    by_both = train(started, f"{set.name}, both", [heard, language] if path.name == RELATED else [heard], scratch)
    both = _evaluated(started, by_text.base, by_both.model, test)
    alone = _evaluated(started, by_text.model, by_text.model, test)
    base, of_text, of_both = _rate(both, 1), _rate(alone, 1), _rate(both, 2)
    for_text, for_both = FLOORS.get(set.name, ("", ""))
    met = against(for_text, of_text.value, base.value), against(for_both, of_both.value, base.value)
    listened = f"{len(spoken)} utterances" + (f", {read}" if path.name == RELATED else "")
    better = f"{100 * number(both, 'probabilityOfImprovement'):.0f} %" if base.spread else "n/a"
    rows = [
        ["base", "", *base.cells(), *[""] * (len(HEADER) - 4)],
        ["text", read, *of_text.cells(), met[0], "", *trained(by_text)],
        *([_text_alone(started, set, scratch, language, test)] if set.name in NOTHING_ELSE else ()),
        ["text and audio", listened, *of_both.cells(), met[1], better, *trained(by_both)],
    ]
    return Table(f"{set.name}, {len(tested)} test utterances, {text(both, 'wordCount1')} words", HEADER, rows, remarks)


def _text_alone(started: service.Service, set: Path, scratch: Path, language: str, test: str) -> list[str]:
    """The row of a model that knows no words but those of the text."""
    made = train(started, f"{set.name}, text alone", [language], scratch, percent=100)
    rate = _rate(_evaluated(started, made.model, made.model, test), 1)
    floor = FLOORS[set.name][0]
    return ["text alone", "the same, weight 100", *rate.cells(), against(floor, rate.value, 1.0), "", *trained(made)]


def _text(set: Path, scratch: Path) -> tuple[str, Path]:
    """What there is to read: what it is called, and a file of it."""
    if (related := set / "train" / RELATED).is_file():
        return f"{RELATED}, {_size(related)} words", related
    transcripts = scratch / f"{set.name}.txt"
    spoken = speech.utterances(set / "train")
    transcripts.write_text("".join(f"{one.transcript}\n" for one in spoken), encoding="utf-8")
    return f"{len(spoken)} transcripts, {_size(transcripts)} words", transcripts


def _size(path: Path) -> str:
    return f"{len(path.read_text(encoding='utf-8').split()):,}"


def _evaluated(started: service.Service, first: str, second: str, dataset: str) -> Entity:
    """The properties of an evaluation of two models, or of one that is named twice."""
    evaluations = started.client.evaluations
    evaluation = evaluations.create(
        display_name="Test", locale=service.LOCALE, model1=first, model2=second, dataset=dataset
    )
    return part(started.finished(evaluations, evaluation), "properties")


def _rate(properties: Entity, position: int) -> Rate:
    """The rate of the first or the second model."""
    interval = part(properties, f"wordErrorRateInterval{position}")
    spread = (number(interval, "low"), number(interval, "high")) if interval else None
    return Rate(number(properties, f"wordErrorRate{position}"), spread)


def number(entity: Entity, name: str) -> float:
    """The number that is `name` in an object."""
    found = entity[name]
    assert isinstance(found, int | float)
    return float(found)


def against(floor: Floor, rate: float, base: float) -> str:
    """A floor, and whether a rate meets it; "" where there is none."""
    if not floor:
        return ""
    most, shown = (base, str(floor)) if isinstance(floor, str) else (floor, f"{100 * floor:.0f} %")
    return f"{shown}: {'met' if rate <= most else 'missed'}"


def trained(training: Training) -> list[str]:
    """What training decided, what it costs on general text, and what it took."""
    guard, general = training.report["guard"], training.report["generalText"]
    strength = (guard["chosen"]["acoustic"] or "as the base") if guard else ""
    weight = guard["chosen"]["weight"] if guard else training.report["weight"]["value"]
    change = {name: f"{100 * value:+.1f}" for name, value in general["change"].items()} if general else {}
    return [
        f"{weight:.2f}" if weight else "none",
        strength,
        guard["verdict"]["outcome"] if guard else "",
        f"{change['value']} % ({change['low']} to {change['high']})" if change else "n/a",
        seconds(training.wall),
        seconds(training.cpu),
    ]
