"""The task that brings the files of a model here: from files of this machine, or as the bundle of a peer."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from speechsmith.asr.types import Progress
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.tasks.base import TaskError

BUNDLE = "bundle.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """The bundle of a peer: where it is, and what it must be."""

    url: str
    sha256: str
    policy: FetchPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyModel:
    """`parts` are the files of a model by their names in a bundle, `made` is when its training ended; or `remote`."""

    parts: Mapping[str, Path] = field(default_factory=dict)
    made: datetime | None = None
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """The names of the parts that lie in the folder of the attempt; without any, BUNDLE lies there."""

    names: tuple[str, ...]
    made: datetime | None


def run(task: CopyModel, out: Path, progress: Progress) -> Copied:
    """Raises: TaskError when the bundle cannot be had, or is another."""
    if task.remote is not None:
        _fetch(task.remote, out / BUNDLE, progress)
        return Copied((), None)
    for number, (name, source) in enumerate(task.parts.items()):
        progress("Copying", number / len(task.parts))
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return Copied(tuple(task.parts), task.made)


def _fetch(remote: Remote, target: Path, progress: Progress) -> None:
    progress("Downloading", 0.0)
    try:
        fetched = fetch(remote.url, target, remote.policy, progress=lambda share: progress("Downloading", 0.9 * share))
    except FetchError as error:
        raise TaskError(error.code, f"The source did not give the model: {error} Copy it again.") from None
    if fetched.sha256 != remote.sha256:
        raise TaskError(
            "BundleDamaged", "What came from the source is not what it has announced. Copy the model again."
        )
