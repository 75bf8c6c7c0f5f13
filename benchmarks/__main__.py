"""Measure all figures, or those that are named, and print them as Markdown.

python -m benchmarks
python -m benchmarks idle rest --repetitions 1
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    acoustic,
    adaptation,
    batch,
    g2p,
    idle,
    live,
    ngrams,
    phrases,
    requests,
    rest,
    startup,
    studio,
    uploads,
    wer,
)
from benchmarks.report import Run, Skipped, Table, data_folder, load, machine

FIGURES: dict[str, Callable[[Run], Iterator[Table]]] = {
    "startup": startup.measure,
    "idle": idle.measure,
    "rest": rest.measure,
    "requests": requests.measure,
    "live": live.measure,
    "studio": studio.measure,
    "uploads": uploads.measure,
    "adaptation": adaptation.measure,
    "batch": batch.measure,
    "wer": wer.measure,
    "acoustic": acoustic.measure,
    "ngrams": ngrams.measure,
    "g2p": g2p.measure,
    "phrases": phrases.measure,
}


def main() -> None:
    """The program."""
    run, names = _arguments()
    print(machine(), flush=True)
    for name in names:
        began = time.monotonic()
        print(f"\n## {name}\n", flush=True)
        try:
            for table in FIGURES[name](run):
                print(table.markdown() + f"- Load average at the end: {load()}.\n", flush=True)
        except Skipped as reason:
            print(f"Skipped: {reason}.", flush=True)
        print(f"{name} took {time.monotonic() - began:.0f} s, load average now {load()}", file=sys.stderr, flush=True)


def _arguments() -> tuple[Run, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the figures of docs/benchmarks.md."
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"which figures: {', '.join(FIGURES)}; all if none is named"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=data_folder(),
        help="the folder of recordings; SPEECHSMITH_REAL_SPEECH if that is set",
    )
    parser.add_argument("--repetitions", type=int, metavar="N", help="how often each time is taken; 3 unless told")
    parser.add_argument("--quick", action="store_true", help="tiny inputs, once: to see that it works")
    given = parser.parse_args()
    if unknown := set(given.names) - set(FIGURES):
        parser.error(f"no figure is called {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    repetitions = given.repetitions or (1 if given.quick else 3)
    return Run(given.data, repetitions, given.quick), given.names or list(FIGURES)


if __name__ == "__main__":
    main()
