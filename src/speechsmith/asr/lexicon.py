"""The pronouncing lexicon: which phones a word is made of, in the decoder's file format.

One pronunciation a line, `word phone phone ...`; the second and later pronunciations of a word are written as
`word(2)`, `word(3)` and so on. The file is UTF-8; words are kept as they stand, without a change of case.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

Pronunciation: TypeAlias = tuple[str, ...]  # phones, in order

_VARIANT = re.compile(r"\(\d+\)$")


class Pronouncer(Protocol):
    """Something that guesses how unknown words are spoken; the G2P model is one."""

    def pronounce(self, words: Iterable[str], variants: int = 2) -> dict[str, tuple[Pronunciation, ...]]:
        """Pronunciations of each word, best first; none for a word that cannot be spoken."""
        ...


class Lexicon(Mapping[str, tuple[Pronunciation, ...]]):
    """Word -> its pronunciations, the most usual one first. Never changes; `with_entries` makes a new one."""

    def __init__(self, entries: Mapping[str, Iterable[Pronunciation]]) -> None:
        self._entries = {word: tuple(dict.fromkeys(ways)) for word, ways in entries.items()}

    @classmethod
    def read(cls, path: Path) -> "Lexicon":
        """The lexicon of a file in the decoder's format. Lines without a phone are left out.

        Raises: OSError; UnicodeDecodeError (a ValueError) when the file is not UTF-8.
        """
        entries: dict[str, list[Pronunciation]] = {}
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                head, *phones = line.split()[:256] or [""]
                if phones:
                    word = _VARIANT.sub("", head) if head.endswith(")") else head
                    entries.setdefault(word, []).append(tuple(phones))
        return cls(entries)

    def __getitem__(self, word: str) -> tuple[Pronunciation, ...]:
        return self._entries[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def phones(self) -> tuple[str, ...]:
        """Every phone that occurs, in alphabetical order."""
        return tuple(sorted({phone for ways in self._entries.values() for way in ways for phone in way}))

    def with_entries(self, entries: Mapping[str, Iterable[Pronunciation]]) -> "Lexicon":
        """This lexicon with more pronunciations. The given ones come first; those that a word has already stay."""
        merged: dict[str, Iterable[Pronunciation]] = dict(self._entries)
        for word, ways in entries.items():
            if both := (*ways, *self.get(word, ())):
                merged[word] = both
        return Lexicon(merged)

    def write(self, path: Path) -> None:
        """Write the decoder's format, sorted by word, so that equal lexicons give equal files."""
        part = path.with_name(path.name + ".part")
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for word in sorted(self._entries):
                for number, way in enumerate(self._entries[word], start=1):
                    file.write(f"{word if number == 1 else f'{word}({number})'} {' '.join(way)}\n")
        os.replace(part, path)

    def spoken(self, spoken_form: str, g2p: Pronouncer | None = None, variants: int = 4) -> tuple[Pronunciation, ...]:
        """How a spoken form such as "three c p o" sounds: its words one after the other, at most `variants` ways.

        A single letter is its name before it is a word ("a" is EY, then AH). A word that is not in the lexicon is asked
        of `g2p`. Combinations are ordered by how far they stray from each word's first pronunciation. Empty when some
        word can be spoken neither way, or when there is no word.
        """
        words = spoken_form.lower().split()
        unknown = [word for word in words if not self._ways(word)]
        guessed = g2p.pronounce(unknown) if g2p is not None and unknown else {}
        parts = [self._ways(word) or guessed.get(word, ()) for word in words]
        return joined(parts, variants) if parts else ()

    def _ways(self, word: str) -> tuple[Pronunciation, ...]:
        named = self.get(f"{word}.", ()) if len(word) == 1 else ()
        return tuple(dict.fromkeys((*named, *self.get(word, ()))))


def joined(parts: Iterable[tuple[Pronunciation, ...]], limit: int) -> tuple[Pronunciation, ...]:
    """The parts spoken one after the other, in at most `limit` different ways, the most usual first.

    The cost of a way is the sum of the ranks of what it takes from each part, so the first pronunciation of every part
    comes first, then the ways with one second choice, and so on. Empty when some part has none.
    """
    ways: dict[Pronunciation, int] = {(): 0}
    for part in parts:
        longer: dict[Pronunciation, int] = {}
        for way, cost in ways.items():
            for rank, more in enumerate(part[:limit]):
                longer[way + more] = min(cost + rank, longer.get(way + more, cost + rank))
        ways = dict(sorted(longer.items(), key=lambda item: item[1])[:limit])  # stable: ties keep their order
    return tuple(ways)
