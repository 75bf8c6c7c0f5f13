"""Live recognition: how many streams the machine holds, how soon they are answered, their memory, and what they bear.

Every session is a connection of its own that speaks a conversation of its own, at real time. The client runs on the
machine that it measures and takes some of its time. Everything is measured once; percentiles are over all phrases, or
all guesses, of all sessions.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import conversations, delays, disturbed, service
from benchmarks.conversations import BYTES_PER_SECOND, Voices
from benchmarks.line import OVER, Turn
from benchmarks.report import Run, Table, megabytes, milliseconds, percentile
from benchmarks.sessions import together
from benchmarks.watch import Watch

COUNTS = (1, 2, 4, 6, 8, 10)
LENGTH = 45.0  # seconds that each session speaks, at least
LATE = 1.0  # seconds: a stream is held while finals are no later, and its end is no later
SILENT, SPEAKING = 20, (1, 2, 4, 8)
WATCHED = 15.0  # seconds of each row of the table of memory
MOST = 100  # live streams that the service takes: what is measured is the machine, not the limit


@dataclass(frozen=True, slots=True)
class Held:
    """So many sessions at once: their turns, the seconds that each spoke, and CPU seconds per second of the service."""

    turns: Sequence[Turn]
    durations: Sequence[float]
    cores: float

    @property
    def finals(self) -> list[float]:
        """Delays of all final results."""
        return [delay for turn in self.turns for delay in delays.final_delays(turn)]

    @property
    def behind(self) -> float:
        """How late the last session was over."""
        return max(map(delays.behind, self.turns, self.durations))

    @property
    def is_held(self) -> bool:
        """Whether all were listened to at real time."""
        is_over = all(turn.end == OVER for turn in self.turns)
        return is_over and percentile(self.finals, 0.95) < LATE and self.behind < LATE


def measure(run: Run) -> Iterator[Table]:
    """Streams, memory, and disturbances; each on a service of its own."""
    voices = conversations.voices(run)
    with tempfile.TemporaryDirectory() as folder:
        with service.running(Path(folder) / "streams", most_live_streams=MOST) as started:
            yield _streams(run, voices, started)
        with service.running(Path(folder) / "memory", most_live_streams=MOST) as started:
            yield _memory(run, voices, started)
        with service.running(Path(folder) / "disturbed", most_live_streams=MOST) as started:
            yield from disturbed.measure(run, voices, started)


def _streams(run: Run, voices: Voices, started: service.Service) -> Table:
    length, counts = (12.0, COUNTS[:2]) if run.is_quick else (LENGTH, COUNTS)
    disturbed.warm(voices, started)
    found = {count: _held(voices, started, count, length) for count in counts}
    most = max((count for count, one in found.items() if one.is_held), default=0)
    unguessed = sum(delays.unguessed(turn) for one in found.values() for turn in one.turns)
    return Table(
        "Streams at real time",
        (
            *("sessions", "finals", "final: median", "p95", "first guess: median", "p95", "guesses behind: median"),
            *("p95", "end, latest", "CPU cores", "held"),
        ),
        [_row(count, one) for count, one in found.items()],
        (
            f"**{most} streams are held**: p95 of the finals and the end of every session within {LATE:.0f} s.",
            "Final: from the moment when the silence that ends a phrase is over in the sound, to its arrival.",
            "First guess: from the end of the first word, as the final has it, to the first guess of the phrase.",
            f"Phrases that came without a guess: {unguessed}.",
            "Guesses behind: how far the speaker has gone on when a guess arrives.",
            "End: from the last sample to the end of the turn, of the session that is last.",
            f"Each session speaks for {length:.0f} s and asks for detailed results; speech: {voices.source}.",
            "Target: 8 streams on two cores; at half of it, p95 of the finals under 400 ms; first guess under 500 ms.",
        ),
    )


def _held(voices: Voices, started: service.Service, count: int, length: float) -> Held:
    sounds = [voices.conversation(length, 100 * count + number) for number in range(count)]
    began, cpu = time.monotonic(), started.cpu()
    sessions = asyncio.run(together(started, sounds))
    cores = (started.cpu() - cpu) / (time.monotonic() - began)
    return Held(
        [turns[-1] for turns in sessions],
        [len(sound) / BYTES_PER_SECOND for sound in sounds],
        cores,
    )


def _row(count: int, one: Held) -> list[str]:
    firsts = [delay for turn in one.turns for delay in delays.first_delays(turn)]
    lags = [lag for turn in one.turns for _, lag in delays.lags(turn)]
    columns = [
        milliseconds(percentile(values, share)) for values in (one.finals, firsts, lags) for share in (0.5, 0.95)
    ]
    end, held = milliseconds(one.behind), "yes" if one.is_held else "no"
    return [str(count), str(len(one.finals)), *columns, end, f"{one.cores:.2f}", held]


def _memory(run: Run, voices: Voices, started: service.Service) -> Table:
    """What the service takes with nobody, with those who are silent, and with those who speak."""
    length = 4.0 if run.is_quick else WATCHED
    with Watch(started.processes) as idle:
        time.sleep(length)
    rows = [["none", megabytes(idle.peak_bytes), "", ""]]
    groups = [("silent", SILENT, [conversations.silence(length, number) for number in range(SILENT)])]
    groups += [
        ("speaking", count, [voices.conversation(length, number) for number in range(count)])
        for count in SPEAKING[: 2 if run.is_quick else None]
    ]
    for what, count, sounds in groups:
        with Watch(started.processes) as watch:
            asyncio.run(together(started, sounds))
        more = watch.peak_bytes - idle.peak_bytes
        rows.append([f"{count} {what}", megabytes(watch.peak_bytes), megabytes(more), megabytes(more / count)])
    return Table(
        "Memory of live sessions",
        ("sessions", "whole service (PSS)", "more than without", "for each"),
        rows,
        (
            f"Peak over at least {length:.0f} s, rows one after another.",
            "The first session has the processes started that all share; they count as more, for each as well.",
            "Target: under 15 MB for a silent session, 110 MB for one that speaks.",
        ),
    )
