"""The refusals of the house.

    SpeechError
    ├── Invalid        what was asked for makes no sense, or names something that cannot be used
    ├── NotFound       no such entity in this Speech resource
    ├── Conflict       right in itself, but not in the present state
    ├── NotAllowed     no such operation on this address
    ├── TooMany        a limit of the operator is reached
    └── LostLease      this attempt of a job is no longer the one that counts (never shown to a user)

Each carries a stable `code` for programs, one of the contract's inner codes where it has one, a sentence for people
that names the thing and what to do, and the field it is about. HTTP statuses and exit codes are given elsewhere.
"""

from datetime import timedelta


class SpeechError(Exception):
    """A refusal: `code` is stable, the message is for people, `target` names the field."""

    def __init__(self, code: str, message: str, *, target: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target


class Invalid(SpeechError):
    """The request cannot be served as it is, whatever the state."""


class NotFound(SpeechError):
    """Nothing of that id is here."""

    def __init__(self, noun: str, id: object) -> None:
        super().__init__("NotFound", f"There is no {noun} with the id {id} in this Speech resource.")


class Conflict(SpeechError):
    """The present state forbids it."""


class NotAllowed(SpeechError):
    """The address exists, the operation on it does not."""


class TooMany(SpeechError):
    """A limit set by the operator is reached. `after` is when to ask again; None: asking again will not help."""

    def __init__(
        self, code: str, message: str, *, target: str | None = None, after: timedelta | None = timedelta(seconds=1)
    ) -> None:
        super().__init__(code, message, target=target)
        self.after = after


class LostLease(SpeechError):
    """Somebody else owns the job now; what this attempt made is dropped."""

    def __init__(self, job: object) -> None:
        super().__init__("LostLease", f"This attempt no longer owns job {job}.")
