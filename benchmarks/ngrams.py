"""N-gram estimation beside KenLM's `lmplz`, in one run: perplexity at equal order and smoothing, and time.

Both are programs that read a file of text and write an ARPA file; ours is `python -m benchmarks.ngrams`. The models
then score the same held-out lines with the same code. `lmplz` is no part of the project: it is measured where it is on
the PATH, or where SPEECHSMITH_LMPLZ names it. (The source package `kenlm` of PyPI has it, in lm/builder.)

KenLM keeps a share of the single words for `<unk>`; so does ours here, or its perplexity would be better by that share.
Text that is made of other text tells times, but no perplexities worth the name.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.adaptation import CORPUS, LARGE_BYTES, generated
from benchmarks.report import Run, Table, seconds
from speechsmith.asr.ngram import END, START, encode, estimate, perplexity, read_arpa, write_arpa
from speechsmith.asr.text import normalizer

ORDERS = (3, 4)
HELD_OUT = 10  # one line of so many
SEED = 1
OURS, OTHER = "Speechsmith", "lmplz"

Command = Callable[[Path, int, Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Training:
    """One model made: wall and CPU seconds of the program, and those of estimation alone where it tells them."""

    wall: float
    cpu: float
    estimation: float | None


def measure(run: Run) -> Iterator[Table]:
    """The text of a real domain, and ten megabytes that are made of it."""
    lexical = normalizer("en-US").lexical
    raw = run.required(CORPUS).read_text(encoding="utf-8").splitlines()[: 200 if run.is_quick else None]
    lines = [line for line in map(lexical, raw) if line]
    many = generated(lines, LARGE_BYTES // (100 if run.is_quick else 1)).splitlines()
    trainers = _trainers()
    rows = [
        row
        for name, text in ((Path(CORPUS).name, lines), ("generated.txt", many))
        for order in ORDERS
        for row in _compared(name, text, order, trainers, run.repetitions)
    ]
    yield Table(
        "Estimation of n-gram models, from a text file to an ARPA file",
        ("text", "order", "trainer", "n-grams", "perplexity", f"against {OTHER}", "wall", "CPU", "estimation, CPU"),
        rows,
        (
            f"Modified Kneser-Ney, interpolated. Times: median of {run.repetitions}, of whole processes.",
            "Estimation: from words in memory to a model in memory, which is what a custom model needs.",
            f"Perplexity: of one line in {HELD_OUT}, drawn with seed {SEED}, over the words that the other lines have.",
            *([] if OTHER in trainers else [f"{OTHER} was not found; name it by SPEECHSMITH_LMPLZ."]),
            f"Target: within 2 % of {OTHER}.",
        ),
    )


def _trainers() -> dict[str, Command]:
    """Ours, and the other if it is on this machine: how they are called on a text."""
    trainers: dict[str, Command] = {
        OURS: lambda text, order, arpa: [sys.executable, "-m", "benchmarks.ngrams", str(text), str(order), str(arpa)]
    }
    if lmplz := os.environ.get("SPEECHSMITH_LMPLZ") or shutil.which(OTHER):
        trainers[OTHER] = lambda text, order, arpa: [
            lmplz, "--order", str(order), "--text", str(text), "--arpa", str(arpa),
            "--memory", "1G", "--temp_prefix", f"{arpa.parent}/", "--discount_fallback",
        ]  # fmt: skip
    return trainers


def _compared(
    name: str, lines: Sequence[str], order: int, trainers: Mapping[str, Command], repetitions: int
) -> Iterator[list[str]]:
    """A row for each trainer, by turns on the same lines."""
    shuffled = random.Random(SEED).sample(lines, len(lines))
    held_out, learned = shuffled[::HELD_OUT], [line for i, line in enumerate(shuffled) if i % HELD_OUT]
    made: dict[str, list[Training]] = {trainer: [] for trainer in trainers}
    with tempfile.TemporaryDirectory() as scratch:
        text, arpas = Path(scratch) / "text.txt", {trainer: Path(scratch) / f"{trainer}.arpa" for trainer in trainers}
        text.write_text("".join(f"{line}\n" for line in learned), encoding="utf-8")
        for _ in range(repetitions):
            for trainer, command in trainers.items():
                made[trainer].append(_trained(command(text, order, arpas[trainer])))
        found = {trainer: _perplexity(arpa, held_out) for trainer, arpa in arpas.items()}
    for trainer, (ngrams, value) in found.items():
        against = f"{round(100 * (value / found[OTHER][1] - 1), 2) + 0:+.2f} %" if OTHER in found else "-"
        size = f"{name}, {sum(map(len, learned)) / 1e6:.2f} MB"
        yield [size, str(order), trainer, f"{ngrams:,}", f"{value:.2f}", against, *_shown(made[trainer])]


def _trained(command: Sequence[str]) -> Training:
    """Run a trainer. Raises: CalledProcessError."""
    before, began = os.times(), time.monotonic()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, after = time.monotonic() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Training(wall, cpu, float(ended.stdout) if command[0] == sys.executable else None)


def _perplexity(arpa: Path, held_out: Sequence[str]) -> tuple[int, float]:
    """How many n-grams the model has, and the perplexity of the lines, over the words that it knows."""
    model = read_arpa(arpa)
    return sum(model.sizes), perplexity(model.token_log_probs(encode(held_out, model.index)))


def _shown(made: Sequence[Training]) -> list[str]:
    alone = [one.estimation for one in made if one.estimation is not None]
    return [
        seconds(statistics.median(one.wall for one in made)),
        seconds(statistics.median(one.cpu for one in made)),
        f"{statistics.median(alone):.2f} s" if alone else "-",
    ]


def main(text: Path, order: int, arpa: Path) -> None:
    """Our trainer: estimate a model of a file of text, and print the CPU seconds that estimation alone took."""
    sentences = text.read_text(encoding="utf-8").splitlines()
    words = (START, END, "<unk>", *sorted({word for sentence in sentences for word in sentence.split()}))
    tokens = encode(sentences, {word: row for row, word in enumerate(words)})
    began = time.process_time()
    model = estimate(tokens, words, order=order)
    print(time.process_time() - began)
    write_arpa(model, arpa)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
