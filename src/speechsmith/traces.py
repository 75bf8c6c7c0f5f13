"""Where something broke, for the log: places and types, and never the words, which may be a user's."""

import traceback

_ELSEWHERE = "In another process:\n"


def trace_of(error: BaseException) -> str:
    """Where it happened and of what type, from the first cause on; without the words, which may be a user's."""
    cause = error.__cause__ or error.__context__
    before = trace_of(cause) if cause else ""
    inner = "".join(map(trace_of, error.exceptions)) if isinstance(error, BaseExceptionGroup) else ""
    there = "".join(note for note in getattr(error, "__notes__", ()) if note.startswith(_ELSEWHERE))
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}{inner}{there}{places}{type(error).__module__}.{type(error).__name__}\n"


def add_trace(error: BaseException, trace: str) -> None:
    """Let an error that comes from another process bring along where it happened there, since its traceback cannot."""
    error.add_note(f"{_ELSEWHERE}{trace}")
