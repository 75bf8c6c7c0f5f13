"""Where what a transcription has made goes: into files for the worker, or into a container of the user's own."""

from dataclasses import dataclass, field
from pathlib import Path

from speechsmith.net.containers import put_blob
from speechsmith.net.fetch import FetchError, FetchPolicy
from speechsmith.tasks.base import TaskError


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A container by its signed URL, and what the names of all blobs in it begin with."""

    url: str = field(repr=False)
    folder: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file that was made, `bytes` long: at `path` below the folder of the task, or at `address` and nowhere else."""

    name: str
    bytes: int
    path: str = ""
    address: str = ""


@dataclass(slots=True)
class Outcomes:
    """Takes files one by one. `out` is the folder of the task; a `destination` has them instead."""

    out: Path
    destination: Destination | None
    policy: FetchPolicy
    _made: int = field(default=0, init=False)

    def keep(self, name: str, content: bytes, content_type: str = "application/json") -> Outcome:
        """Raises: TaskError (InaccessibleCustomerStorage) when the destination does not take it."""
        if self.destination is None:
            self._made += 1
            path = f"outcome{self._made}"  # names are the user's, and no names of files here
            (self.out / path).write_bytes(content)
            return Outcome(name, len(content), path=path)
        try:
            blob = f"{self.destination.folder}/{name}"
            address = put_blob(self.destination.url, blob, content, content_type, self.policy)
        except FetchError as error:
            message = f"'{name}' could not be written into destinationContainerUrl. {error}"
            raise TaskError("InaccessibleCustomerStorage", message) from None
        return Outcome(name, len(content), address=address)
