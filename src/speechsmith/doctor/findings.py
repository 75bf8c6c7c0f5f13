"""What the doctor finds."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SOON = timedelta(days=30)
"""What ends within this is told before it does."""


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a part; `mend` is what to do, empty when it is well."""

    part: str
    state: State
    said: str
    mend: str = ""


def ok(part: str, said: str) -> Finding:
    """It is well."""
    return Finding(part, State.OK, said)


def warning(part: str, said: str, mend: str) -> Finding:
    """The service runs, but something is lost or will be."""
    return Finding(part, State.WARNING, said, mend)


def problem(part: str, said: str, mend: str) -> Finding:
    """The service does not run, or not as it should."""
    return Finding(part, State.PROBLEM, said, mend)
