"""Where something broke, for the log: places and types, and never the words, which may be a user's."""

import traceback


def trace_of(error: BaseException) -> str:
    """Where it happened and of what type, from the first cause on; without the words, which may be a user's."""
    cause = error.__cause__ or error.__context__
    before = trace_of(cause) if cause else ""
    inner = "".join(map(trace_of, error.exceptions)) if isinstance(error, BaseExceptionGroup) else ""
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}{inner}{places}{type(error).__module__}.{type(error).__name__}\n"
