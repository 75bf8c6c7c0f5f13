"""The soak: what it takes for a fault, and a short one."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.line import CUT, OVER, STUCK, Told, Turn, Wish
from benchmarks.soak import LAST, WARM, Holdings, grown, shouted
from benchmarks.speakers import Said, Sound


def turn(*texts: str, end: str = OVER) -> Turn:
    bodies: list[dict[str, Any]] = [{"Id": str(at), "Offset": at, "DisplayText": text} for at, text in enumerate(texts)]
    return Turn(0.0, [Told(float(at), "speech.phrase", body) for at, body in enumerate(bodies)], end)


def faults(found: Turn, right: Turn) -> list[str]:
    return list(Said("continuous", Sound(b"", Wish()), found).faults(right))


def test_a_turn_that_says_what_it_says_in_peace_has_no_fault() -> None:
    assert faults(turn("One.", "Two."), turn("One.", "Two.")) == []


@pytest.mark.parametrize("found", [("One.", "Too."), ("One.",), ("One.", "Two.", "Three.")])
def test_another_text_a_missing_one_and_one_too_many_are_faults(found: tuple[str, ...]) -> None:
    assert len(faults(turn(*found), turn("One.", "Two."))) == 1


@pytest.mark.parametrize("end", [CUT, "closed: 1001 The service is stopping. Connect again.", "refused: 429 Too many."])
def test_a_turn_that_was_ended_with_a_reason_may_lack_what_was_to_come(end: str) -> None:
    assert faults(turn("One.", end=end), turn("One.", "Two.")) == []
    assert len(faults(turn("Won.", end=end), turn("One.", "Two."))) == 1


@pytest.mark.parametrize("end", [STUCK, "closed without a word", "closed: 1011 ", ""])
def test_a_turn_that_ends_without_a_reason_is_a_fault(end: str) -> None:
    assert len(faults(turn("One.", end=end), turn("One."))) == 1


def test_what_goes_up_and_down_has_not_grown() -> None:
    assert grown([Holdings(400.0 + 50 * (number % 2), 60, 20) for number in range(20)]) == []


@pytest.mark.parametrize(
    ("step", "name"), [(Holdings(5, 0, 0), "megabytes"), (Holdings(0, 1, 0), "files"), (Holdings(0, 0, 1), "threads")]
)
def test_what_only_goes_up_has_grown(step: Holdings, name: str) -> None:
    held = [
        Holdings(400 + step.megabytes * number, 60 + step.files * number, 20 + step.threads * number)
        for number in range(20)
    ]

    (fault,) = grown(held)

    assert fault.startswith(f"{name} grew")


def test_a_few_rounds_tell_nothing_of_growth() -> None:
    held = [Holdings(100.0 * number, 60, 20) for number in range(WARM + LAST)]

    assert grown(held[:-1]) == []
    assert grown(held) != []


def test_only_what_is_above_a_warning_is_a_fault_of_the_log() -> None:
    bad = ["2026-11-22 10:00:02,000 ERROR speechsmith.realtime fault in a line", "Traceback (most recent call last):"]
    good = ["2026-11-22 10:00:01,000 WARNING speechsmith ERROR is a word", "2026-11-22 10:00:01,000 INFO speechsmith x"]

    assert shouted("\n".join([*good, *bad])) == [f"log: {line}" for line in bad]


@pytest.mark.slow
def test_a_short_soak_finds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.2", "--speakers", "3", "--data", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "No faults." in done.stdout
