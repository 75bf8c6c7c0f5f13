"""Training a custom model on a running service: what it became, and what it cost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.service import LOCALE, Service
from benchmarks.watch import Watch
from speechsmith.client.entity import Entity, id_of, part, text


@dataclass(frozen=True, slots=True)
class Training:
    """URLs of the model and its base, its report, and what the job took from POST to Succeeded: wall and CPU seconds,
    and the most memory of its processes together (PSS), in bytes."""

    model: str
    base: str
    report: dict[str, Any]
    wall: float
    cpu: float
    peak_bytes: int


def train(
    started: Service, name: str, datasets: Sequence[str], scratch: Path, *, percent: int | None = None
) -> Training:
    """Train a model. Args: datasets: their URLs; scratch: where its report may lie; percent: the weight of the text, if
    it is not for training to choose.
    """
    models = started.client.models
    with Watch(started.job_processes) as watch:
        properties: Entity = {} if percent is None else {"customModelWeightPercent": percent}
        model = models.create(display_name=name, locale=LOCALE, datasets=list(datasets), properties=properties)
        model = started.finished(models, model)
    path = scratch / f"{id_of(model)}.json"
    started.client.download(models.file(id_of(model), "report.json"), path, seen=lambda _done, _total: None)
    report = json.loads(path.read_text(encoding="utf-8"))
    base = text(part(model, "baseModel"), "self")
    return Training(text(model, "self"), base, report, watch.wall, watch.cpu, watch.peak_bytes)
