"""The exit codes, and which error leads to which: the only place where that is decided."""

import json
import sys
from collections.abc import Iterable

import click

from speechsmith.client.errors import (
    BadReference,
    ClientError,
    NotFound,
    ServiceError,
    Unauthorized,
    Unreachable,
    UploadStopped,
    WaitedTooLong,
)

EXITS = {
    0: "done",
    1: "the service refused, what was waited for Failed, or a file could not be written",
    2: "the command line cannot be understood or carried out as it stands; nothing was sent",
    3: "the service could not be reached, or an upload broke off",
    4: "the key is missing, wrong, or not allowed to do this",
    5: "what was waited for was not done in time",
    6: "a check did not hold, or a gate stopped it",
    130: "interrupted",
}
INTERRUPTED = 130
_FROM_BAD_TO_WORSE = (0, 6, 5, 1, 3, 4, 2, 130)


class CheckFailed(ClientError):
    """A check did not hold, or a gate stopped it; the message says which, and what was found."""


_CODES: tuple[tuple[type[Exception], int], ...] = (
    (click.UsageError, 2),
    (UnicodeEncodeError, 2),
    (BadReference, 2),
    (Unreachable, 3),
    (UploadStopped, 3),
    (Unauthorized, 4),
    (WaitedTooLong, 5),
    (CheckFailed, 6),
    (ClientError, 1),
    (click.ClickException, 1),
    (OSError, 1),
)
TOLD = tuple(kind for kind, _ in _CODES)
"""What a user can do something about; anything else is a fault of this program."""
_NEXT = {
    "Unreachable": "`speechsmith serve` starts one; SPEECHSMITH_ENDPOINT or --api endpoint URL names another.",
    "Unauthorized": "Give the key with SPEECHSMITH_KEY, --key KEY or `spx config @key --set KEY`.",
}


def worst(codes: Iterable[int]) -> int:
    """The code of several runs: that of the worst."""
    return max(codes, key=_FROM_BAD_TO_WORSE.index, default=0)


def report(error: Exception) -> int:
    """Tell an error on standard error, in a sentence with what to do next; give the exit code.

    Raises: the error itself, if it is none that a user can do something about.
    """
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    if code is None:
        raise error
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr)
        return code
    if isinstance(error, click.UsageError) and error.ctx is not None:
        words = error.ctx.command_path.split()
        shown = error.format_message()
        operator = words[:1] == ["speechsmith"] and words[1:2] != ["spx"]
        topic = " ".join(word for word in words[1:] if word != "help")
        page = f"{' '.join(words)} --help" if operator else f"spx help {topic}".rstrip()
        print(f"ERROR: {shown}\nHelp: {page}", file=sys.stderr)
        return code
    sentence = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if isinstance(error, UnicodeEncodeError):  # a name of a file may be any bytes, what is sent is text
        sentence = f"'{error.object}' is not text in UTF-8, so it can be neither sent nor kept; write it anew."
    if isinstance(error, ServiceError):
        names = "/".join(name for name in (error.code, error.inner) if name)
        sentence += f" ({names}" + (f", request {error.request_id})" if error.request_id else ")")
    if isinstance(error, NotFound) and error.code == "404":
        sentence += " Is that an id (a name is none; the command `list` shows ids), and are address and version right?"
    if isinstance(error, UploadStopped):
        sentence += f" To go on: spx csr dataset upload --dataset {error.dataset} --data FILE"
    if next_step := _NEXT.get(type(error).__name__):
        sentence += f" {next_step}"
    print(f"ERROR: {sentence}", file=sys.stderr)
    if isinstance(error, ServiceError) and error.body is not None:
        print(json.dumps(error.body, indent=2, ensure_ascii=False), file=sys.stderr)
    return code
