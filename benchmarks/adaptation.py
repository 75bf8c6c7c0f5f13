"""How long a model made of text takes: from POST to Succeeded, first use and later ones, small text and large."""

import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import service
from benchmarks.report import Run, Table, megabytes, seconds
from benchmarks.watch import Watch
from speechsmith.client.entity import text

CORPUS = "text/primock57_medical.txt"
LARGE_BYTES = 10_000_000
SEED = 1
INVENTED = 5_000  # words that no lexicon has
INVENTED_SHARE = 0.01
_ONSETS = ("b", "br", "d", "dr", "f", "g", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "z")
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "l", "m", "n", "r", "s", "x")


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One model: wall and CPU seconds, and peak memory in bytes, of the job and of the service with it."""

    wall: float
    cpu: float
    job_bytes: int
    service_bytes: int


def measure(run: Run) -> Iterator[Table]:
    """The text of a real domain, cold and warm, and ten megabytes that are made of it."""
    corpus = run.required(CORPUS)
    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch) / corpus.name, Path(scratch) / "generated.txt"
        lines = corpus.read_text(encoding="utf-8").splitlines()[: 200 if run.is_quick else None]
        small.write_text("\n".join(lines) + "\n", encoding="utf-8")
        large.write_text(generated(lines, LARGE_BYTES // (100 if run.is_quick else 1)), encoding="utf-8")
        rows = list(_measured((small, large), run, Path(scratch)))
    yield Table(
        "Adaptation with text, from POST to Succeeded",
        ("text", "pronunciation cache", "wall", "CPU", "peak memory of the job (PSS)", "of the whole service"),
        rows,
        (
            f"Median of {run.repetitions}; memory is the most of all.",
            "Cold: the first model of a new installation, whose pronunciation model is yet to be made.",
            f"generated.txt: each word drawn from those that follow the two before it in {CORPUS}, seed {SEED}.",
            f"{INVENTED_SHARE:.0%} of its words are replaced by one of {INVENTED:,} invented ones.",
            f"Target: {CORPUS}, warm: under 20 s and under 500 MB.",
        ),
    )


def _measured(paths: Sequence[Path], run: Run, scratch: Path) -> Iterator[list[str]]:
    """A row for first use and one for later use of each text."""
    made: dict[tuple[Path, str], list[Adaptation]] = {(path, use): [] for path in paths for use in ("cold", "warm")}
    with service.running(scratch / "home") as started:
        datasets = {path: started.upload(path, "Language") for path in paths}
        for _ in range(run.repetitions):
            for (path, use), found in made.items():
                if use == "cold":
                    shutil.rmtree(started.cache, ignore_errors=True)
                found.append(_adapt(started, datasets[path]))
    for (path, use), found in made.items():
        yield [_named(path), use, *_shown(found)]


def _named(path: Path) -> str:
    words = len(path.read_text(encoding="utf-8").split())
    return f"{path.name}, {path.stat().st_size / 1e6:.2f} MB, {words:,} words"


def _adapt(started: service.Service, dataset: str) -> Adaptation:
    models = started.client.models
    with Watch(started.job_processes) as job, Watch(started.processes) as whole:
        made = models.create(display_name="Domain", locale=service.LOCALE, datasets=[dataset])
        started.finished(models, made)
    models.delete(text(made, "self"))
    return Adaptation(job.wall, job.cpu, job.peak_bytes, whole.peak_bytes)


def _shown(made: Sequence[Adaptation]) -> list[str]:
    return [
        seconds(statistics.median(one.wall for one in made)),
        seconds(statistics.median(one.cpu for one in made)),
        megabytes(max(one.job_bytes for one in made)),
        megabytes(max(one.service_bytes for one in made)),
    ]


def generated(lines: Sequence[str], size: int) -> str:
    """Sentences of `size` bytes, at most one sentence more: each word drawn from those that follow the two before it.

    One word in a hundred is replaced by an invented one, the n-th of them with a probability of 1/n, as new names come.
    """
    chance = random.Random(SEED)
    following: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        words = ["", "", *line.split(), ""]
        for first, second, third in zip(words, words[1:], words[2:], strict=False):
            following.setdefault((first, second), []).append(third)
    names = _invented(chance)
    ranks = [1 / rank for rank in range(1, len(names) + 1)]
    sentences, written = [], 0
    while written < size:
        words, pair = [], ("", "")
        while word := chance.choice(following[pair]):
            words.append(word)
            pair = (pair[1], word)
        shown = [chance.choices(names, ranks)[0] if chance.random() < INVENTED_SHARE else word for word in words]
        sentences.append(" ".join(shown) + "\n")
        written += len(sentences[-1].encode())
    return "".join(sentences)


def _invented(chance: random.Random) -> list[str]:
    """Words of two to four syllables."""
    names: dict[str, None] = {}
    while len(names) < INVENTED:
        syllables = (
            chance.choice(_ONSETS) + chance.choice(_NUCLEI) + chance.choice(_CODAS) for _ in range(chance.randint(2, 4))
        )
        names["".join(syllables)] = None
    return list(names)
