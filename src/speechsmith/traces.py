"""Where something broke, for the log: places and types, and never the words, which may be a user's."""

import traceback


def trace_of(error: BaseException) -> str:
    """Where it happened and of what type, from the first cause on; without the words, which may be a user's."""
    cause = error.__cause__ or error.__context__
    before = trace_of(cause) if cause else ""
    return (
        f"{before}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__name__}\n"
    )
