"""The grammar of structured text: lists, pronunciations in phones, and sentences that refer to the lists.

    // a comment, and so is a line that begins with >
    @ list part =                         a list, and what may stand for it
    - fuse
    - drive belt
    @ speech:phoneticlexicon              words, a slash, and phones of the Universal Phone Set
    - fuse/f j u z
    # Requests                            sentences; the name of the section has no meaning
    - one {@part} please

Blocks may come in any order. Names of lists are letters, digits and underscores; their case does not matter, nor that
of the words `list` and `speech:phoneticlexicon`. A line is judged on its own; which block it belongs to is up to the
reader. This file knows what lines look like, not which of them are of use.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

_LIST = re.compile(r"@\s*list\s+(\w+)\s*=?\s*", re.IGNORECASE)
_LEXICON = re.compile(r"@\s*speech\s*:\s*phoneticlexicon\s*", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\s*@\s*(\w+)\s*\}")


class Block(Enum):
    """What the items below a heading are."""

    LIST = auto()
    LEXICON = auto()
    SENTENCES = auto()


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line of a block; only a list has a name, in lower case."""

    block: Block
    name: str = ""

    def written(self) -> str:
        """The heading as a line of a file."""
        if self.block is Block.LIST:
            return f"@ list {self.name} ="
        return "@ speech:phoneticlexicon" if self.block is Block.LEXICON else "# sentences"


@dataclass(frozen=True, slots=True)
class Item:
    """What stands behind the dash of a line."""

    text: str

    def written(self) -> str:
        """The item as a line of a file."""
        return f"- {self.text}"


class Malformed(ValueError):
    """A line that is neither heading, item nor comment; the message says what it looks like."""


def parse(line: str) -> Heading | Item | None:
    """What a line is; None for a comment or a blank line. Raises: Malformed."""
    text = line.strip()
    if not text or text.startswith(("//", ">")):
        return None
    if text[0] == "-":
        return Item(text[1:].strip())
    if text[0] == "#":
        return Heading(Block.SENTENCES)
    if found := _LIST.fullmatch(text):
        return Heading(Block.LIST, found[1].lower())
    if _LEXICON.fullmatch(text):
        return Heading(Block.LEXICON)
    if text[0] == "@":
        raise Malformed("The line begins like a heading, but declares neither a list nor the phonetic lexicon.")
    raise Malformed("The line is neither a heading, an item nor a comment.")


def items(lines: Iterable[str]) -> Iterator[tuple[int, Heading, str]]:
    """Number, heading and text of each item of a file. What is malformed, or stands under no heading, is left out."""
    heading = None
    for number, line in enumerate(lines, start=1):
        try:
            found = parse(line)
        except Malformed:
            continue
        if isinstance(found, Heading):
            heading = found
        elif found is not None and heading is not None:
            yield number, heading, found.text


def stretches(sentence: str) -> tuple[list[str], list[str]]:
    """The text before, between and behind a sentence's references, and the names of their lists: n + 1 and n of them.

    "one {@part} please" gives ["one ", " please"] and ["part"]. Braces that make no reference stay in the text.
    """
    parts = _REFERENCE.split(sentence)
    return parts[::2], [name.lower() for name in parts[1::2]]


def reference(name: str) -> str:
    """How a sentence refers to a list."""
    return f"{{@{name}}}"


def entry(text: str) -> tuple[str, str] | None:
    """The word and the phones of an item of the lexicon; None without both. The last slash divides them."""
    word, _, phones = (part.strip() for part in text.rpartition("/"))
    return (word, phones) if word and phones else None
