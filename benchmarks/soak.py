"""Live sessions of all kinds for as long as is wanted, and whether the service bears them: `python -m benchmarks.soak`.

Rounds. A few speakers have one session after another, each of a kind and with a sound that are drawn by lot, the same
lots for the same seed. After a round nobody speaks for a moment, and what the service holds then is written down. In
the end every sound is spoken once more, alone: these are the right texts.

It fails, with status 1, when
- a phrase has another text, or other times, than the same sound has alone; of a turn that was cut, those that came;
- a turn ends neither with turn.end nor with a reason, or no turn ends with turn.end;
- memory, open files or threads of the service have grown beyond MOST_GROWTH since the first rounds;
- there is anything above WARNING in the service's log.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from benchmarks import conversations, service
from benchmarks.line import OVER
from benchmarks.report import Run, data_folder, load
from benchmarks.speakers import KINDS, Said, Speaker, in_peace, scripts
from benchmarks.watch import pss

ROUND = 60.0  # seconds, at most: a session that has begun is heard out
ROUNDS = 3  # at least
REST = 2.0  # seconds after a round, before the service is looked at
WARM, LAST = 5, 3  # rounds; the least of the last ones must not be far above the most of the first
SHOWN = 20  # faults
ABOVE_WARNING = re.compile(r"^\S+ \S+ (ERROR|CRITICAL) |^Traceback")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What all processes of the service hold. Memory is PSS."""

    megabytes: float
    files: float
    threads: float

    def __str__(self) -> str:
        return f"{self.megabytes:.0f} MB, {self.files:.0f} files, {self.threads:.0f} threads"


MOST_GROWTH = Holdings(30, 8, 8)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, metavar="N", help="for how long; 60 unless told")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the lots; 1 unless told")
    parser.add_argument("--speakers", type=int, default=4, metavar="N", help="how many speak at once; 4 unless told")
    parser.add_argument("--data", type=Path, default=data_folder(), help="the folder of recordings")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        service.running(Path(folder) / "home", most_live_streams=10 * given.speakers) as started,
    ):
        faults = soak(started, Run(given.data), given.minutes * 60, given.speakers, given.seed)
    for fault in faults[:SHOWN]:
        print(f"FAULT: {fault}")
    print(f"{len(faults)} faults." if faults else "No faults.")
    sys.exit(bool(faults))


def soak(started: service.Service, run: Run, seconds: float, count: int, seed: int) -> list[str]:
    """All of it; what was wrong."""
    spoken = scripts(conversations.voices(run))
    speakers = [Speaker(started, spoken, random.Random(f"{seed} {number}")) for number in range(count)]
    held: list[Holdings] = []
    length = min(ROUND, seconds / ROUNDS)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asyncio.run(_round(speakers, length))
        time.sleep(REST)
        held.append(holdings(started.processes()))
        turns = sum(len(speaker.said) for speaker in speakers)
        print(f"round {len(held)}: {turns} turns so far, {held[-1]}, load {load()}", file=sys.stderr, flush=True)
    said = [one for speaker in speakers for one in speaker.said]
    faults = wrong(started, said) + grown(held) + shouted((started.home / "service.log").read_text(encoding="utf-8"))
    ends = Counter("over" if one.turn.end == OVER else one.turn.end for one in said)
    print(f"{len(said)} turns of {seconds / 60:g} minutes, {count} speakers, seed {seed}: {_shown(ends)}.")
    print(f"Kinds: {_shown(Counter(one.kind for one in said))}.")
    print(
        f"First round: {held[0]}. Last round: {held[-1]}. Growth is judged from {WARM + LAST} rounds on: {MOST_GROWTH}."
    )
    return faults


async def _round(speakers: Sequence[Speaker], length: float) -> None:
    end = time.monotonic() + length

    async def speak(speaker: Speaker) -> None:
        while time.monotonic() < end:
            await speaker.session(speaker.chance.choice(list(KINDS)))

    await asyncio.gather(*map(speak, speakers))


def wrong(started: service.Service, said: Sequence[Said]) -> list[str]:
    """The faults of the turns, beside those of the same sounds alone."""

    async def all_alone() -> list[str]:
        right = {sound: await in_peace(started, sound) for sound in dict.fromkeys(one.sound for one in said)}
        unheard = [f"alone: the turn ended so: {turn.end}" for turn in right.values() if turn.end != OVER]
        return unheard + [fault for one in said for fault in one.faults(right[one.sound])]

    found = asyncio.run(all_alone())
    return found if any(one.turn.end == OVER for one in said) else [*found, "No turn has ended with turn.end."]


def holdings(processes: Iterable[psutil.Process]) -> Holdings:
    """What these hold now; of one that ends meanwhile nothing counts."""
    found = []
    for process in processes:
        try:
            found.append((pss(process) / 1e6, process.num_fds(), process.num_threads()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return Holdings(*(round(sum(column), 1) for column in zip(*found, strict=True)))


def grown(held: Sequence[Holdings]) -> list[str]:
    """What has grown too much from the first rounds to the last ones; few rounds tell nothing."""
    if len(held) < WARM + LAST:
        return []
    faults = []
    for name in (field.name for field in fields(Holdings)):
        before = max(getattr(one, name) for one in held[:WARM])
        now, most = min(getattr(one, name) for one in held[-LAST:]), getattr(MOST_GROWTH, name)
        if now > before + most:
            faults.append(f"{name} grew from {before:g} to {now:g}, more than {most:g}")
    return faults


def shouted(log: str) -> list[str]:
    """The lines of a service's log that are above WARNING."""
    return [f"log: {line}" for line in log.splitlines() if ABOVE_WARNING.search(line)]


def _shown(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


if __name__ == "__main__":
    main()
