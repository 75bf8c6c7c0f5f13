"""Where an entity is in its life, and the legal moves.

A retry of a job never moves an entity back: it stays Running. Terminal is final, but an endpoint re-enters NotStarted
when it is given another model; the former one serves meanwhile.
"""

from enum import StrEnum


class InvalidTransition(Exception):
    """A move that the life cycle does not have: a fault of ours, never of a user."""


class Status(StrEnum):
    """The contract's four states."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def is_final(self) -> bool:
        """True when nothing will happen by itself any more."""
        return not _NEXT[self]

    def to(self, target: "Status") -> "Status":
        """The next status; staying is allowed. Raises: InvalidTransition."""
        if target is not self and target not in _NEXT[self]:
            raise InvalidTransition(f"{self} cannot become {target}.")
        return target


_NEXT: dict[Status, frozenset[Status]] = {
    Status.NOT_STARTED: frozenset({Status.RUNNING, Status.FAILED}),
    Status.RUNNING: frozenset({Status.SUCCEEDED, Status.FAILED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
}
