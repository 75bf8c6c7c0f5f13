"""The task that fills an edition: copy the recordings of datasets, and let a model write drafts of what is said."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from speechsmith.asr.audio import probe
from speechsmith.asr.display.profanity import Profanity
from speechsmith.asr.display.style import load_style
from speechsmith.asr.types import Progress, Utterance
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.editions import Listening
from speechsmith.domain.transcriptions import TranscriptionOptions
from speechsmith.engines.base import ModelFiles
from speechsmith.ingest.sounds import safe_names
from speechsmith.tasks import results
from speechsmith.tasks.base import Part, TaskError
from speechsmith.tasks.utterances import canonical, recognized

_COPYING = 0.1
"""The share of copying, of the work of listening."""

_AS_SAID = TranscriptionOptions(profanity=Profanity.NONE)
"""A transcript has every word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportToEditor:
    """The utterances of all datasets, and who listens to which: without a model, nobody does."""

    utterances: tuple[Utterance, ...]
    locale: str
    listening: Listening
    model: ModelFiles | None
    style: Path | None
    processes: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as the edition has it: its name, which no other has, and what a human and a model made of it."""

    name: str
    path: Path
    duration: timedelta
    transcript: str
    heard: str | None


def run(task: ImportToEditor, out: Path, progress: Progress) -> tuple[Recording, ...]:
    """Raises: TaskError when there is nothing to edit, or the model cannot be used."""
    if not task.utterances:
        raise TaskError("EmptyRequest", "The datasets have no recordings. Choose others.")
    wanted = [number for number, one in enumerate(task.utterances) if _is_listened_to(task, one)]
    copying = Part(progress, 0.0, _COPYING if wanted else 1.0)
    paths = _copied(task.utterances, out / "audio", copying)
    rest = Part(progress, _COPYING, 1.0 - _COPYING)
    heard = dict(zip(wanted, _heard(task, [task.utterances[number] for number in wanted], out, rest), strict=True))
    names = safe_names([utterance.name for utterance in task.utterances])
    return tuple(
        Recording(
            name=name,
            path=path,
            duration=timedelta(seconds=probe(path).duration or 0.0),
            transcript=utterance.transcript,
            heard=heard.get(number),
        )
        for number, (name, path, utterance) in enumerate(zip(names, paths, task.utterances, strict=True))
    )


def _is_listened_to(task: ImportToEditor, utterance: Utterance) -> bool:
    if task.model is None or task.listening is Listening.NONE:
        return False
    return task.listening is Listening.ALL or not utterance.transcript


def _copied(utterances: Sequence[Utterance], folder: Path, progress: Progress) -> list[Path]:
    """Datasets may be deleted, so their sounds are not shared."""
    folder.mkdir()
    paths = []
    for number, utterance in enumerate(utterances):
        progress("Copying audio", number / len(utterances))
        paths.append(Path(shutil.copyfile(utterance.audio, folder / f"{number}.wav")))
    return paths


def _heard(task: ImportToEditor, utterances: Sequence[Utterance], out: Path, progress: Progress) -> list[str]:
    if not utterances or task.model is None:
        return []
    sounds = canonical(utterances, out / "canonical", progress=Part(progress, 0.0, 0.1))
    writer = results.formatter(task.locale, _AS_SAID, load_style(task.style))

    def written(phrases: Sequence[Phrase]) -> str:
        best = [results.forms(phrase.hypotheses[0], writer)["display"] for phrase in phrases if phrase.hypotheses]
        return " ".join(" ".join(best).split())

    with DecodePool(task.processes, max_models=1) as pool:
        found = recognized(sounds, task.model, pool, progress=Part(progress, 0.1, 0.9))
    return [written(phrases) for phrases in found]
