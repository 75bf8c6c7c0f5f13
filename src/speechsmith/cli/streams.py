"""Standard input, output and error as this program uses them.

What others have named is shown with care: a name or a message of a server may hold signs that a terminal obeys, and
bytes that are no text. Messages show such signs as `\\u001b`, and so does the answer on a terminal; into a pipe or a
file it goes as it is. What is no text is written in the same way, which in JSON stands for itself.
"""

import io
import os
import re
import sys

_OBEYED = re.compile(r"(?!\x1b\[[0-9;]*m)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a terminal obeys, but for tabs, the ends of lines, `\\r` and colors, which are our own."""


class Shown(io.TextIOWrapper):
    """A stream that nobody obeys who reads it."""

    def write(self, text: str, /) -> int:
        """Write text with what a terminal would obey in plain signs."""
        super().write(_OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text))
        return len(text)


def prepare() -> None:
    """Have the three streams speak UTF-8, whatever the system's own encoding is, and be there, even if closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:  # closed by who has started us; the next file that is opened must not take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "w" if number else "r", encoding="utf-8"))
        elif number and isinstance(stream, io.TextIOWrapper):
            if number == 2 or stream.isatty():
                is_line = stream.line_buffering
                setattr(sys, name, Shown(stream.buffer, "utf-8", "backslashreplace", line_buffering=is_line))
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
