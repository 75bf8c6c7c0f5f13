"""What the doctor finds, and of whom."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from speechsmith import main
from speechsmith.config import Settings


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


@dataclass(frozen=True, slots=True)
class Patient:
    """An installation, by its settings."""

    settings: Settings

    @property
    def home(self) -> Path:
        """The home, which may not be there yet."""
        return self.settings.home.absolute()

    @property
    def url(self) -> str:
        """Where the database is."""
        return main.database_url(self.settings)

    @property
    def database(self) -> Path | None:
        """The SQLite file, which may not be there yet; None for PostgreSQL."""
        return None if self.settings.database_url else self.home / "speechsmith.db"

    @property
    def is_new(self) -> bool:
        """There are no data yet."""
        return self.database is not None and not self.database.exists()


def ok(part: str, said: str) -> Finding:
    """It is well."""
    return Finding(part, State.OK, said)


def warning(part: str, said: str, mend: str) -> Finding:
    """The service runs, but something is lost or will be."""
    return Finding(part, State.WARNING, said, mend)


def problem(part: str, said: str, mend: str) -> Finding:
    """The service does not run, or not as it should."""
    return Finding(part, State.PROBLEM, said, mend)
