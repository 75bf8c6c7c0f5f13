"""Word error rates on real speech, of the base model and of a custom model that has read text only.

The text is the set's `train/related-text.txt` where there is one, else the transcripts of `train/`, without its audio.
Evaluations of the service tell the rates, with 95 % ranges from a bootstrap over utterances.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import service, speech
from benchmarks.report import Run, Table, seconds
from benchmarks.watch import Watch
from speechsmith.client.entity import Entity, part, text

RELATED = "related-text.txt"


def measure(run: Run) -> Iterator[Table]:
    """A row for each set of US English."""
    sets = speech.sets(run)
    if run.is_quick:
        sets = sorted(sets, key=lambda one: len(speech.utterances(one / "test")))[:2]
    rows = []
    with tempfile.TemporaryDirectory() as scratch, service.running(Path(scratch) / "home") as started:
        for set in sets:
            rows.append(_measured(started, set, Path(scratch)))
    yield Table(
        "Word error rates, base and text-adapted",
        ("set (test)", "words", "learned from", "base WER", "95 %", "adapted WER", "95 %", "relative", "wall", "CPU"),
        rows,
        (
            "Relative: the change of the rate by adaptation. Wall and CPU: training and evaluating both models.",
            f"Target: asterisk_ivr_dev with its {RELATED} and nothing else: at least 25 % below the base.",
        ),
    )


def _measured(started: service.Service, set: Path, scratch: Path) -> list[str]:
    """Train a model on the text of a set, and evaluate it beside the base on the set's test part."""
    learned, path = _text(set, scratch)
    test = started.upload(speech.zipped(speech.utterances(set / "test"), scratch / f"{set.name}.zip"), "Acoustic")
    dataset = started.upload(path, "Language")
    client = started.client
    with Watch(started.job_processes) as watch:
        model = client.models.create(display_name=set.name, locale=service.LOCALE, datasets=[dataset])
        model = started.finished(client.models, model)
        evaluation = client.evaluations.create(
            display_name=set.name,
            locale=service.LOCALE,
            model1=text(part(model, "baseModel"), "self"),
            model2=text(model, "self"),
            dataset=test,
        )
        evaluation = started.finished(client.evaluations, evaluation)
    return [set.name, *_shown(part(evaluation, "properties"), learned), seconds(watch.wall), seconds(watch.cpu)]


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


def _shown(properties: Entity, learned: str) -> Sequence[str]:
    base, adapted = (_number(properties, f"wordErrorRate{number}") for number in (1, 2))
    change = f"{100 * (adapted / base - 1):+.0f} %" if base else "n/a"
    return (
        text(properties, "wordCount1"),
        learned,
        f"{100 * base:.1f} %",
        _range(properties, "wordErrorRateInterval1"),
        f"{100 * adapted:.1f} %",
        _range(properties, "wordErrorRateInterval2"),
        change,
    )


def _range(properties: Entity, name: str) -> str:
    if name not in properties:  # of fewer than five utterances there is none
        return "n/a"
    interval = part(properties, name)
    return f"{100 * _number(interval, 'low'):.1f} to {100 * _number(interval, 'high'):.1f} %"


def _number(entity: Entity, name: str) -> float:
    found = entity[name]
    assert isinstance(found, int | float)
    return float(found)
