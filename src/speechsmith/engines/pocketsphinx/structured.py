"""Structured text for this engine: sentences over list tokens, the members of each list, and phonetic pronunciations.

    "one {@part} please"     ->  one {0:part} please           the token stands for a list of the file numbered 0
    "{@name}'s phone"        ->  {0:name's} phone              what is written against a reference belongs to each item
    - drive belt             ->  drive_belt                    items of several words are one word: see `compounds`

The language model is estimated over the tokens, and then written out: see `asr.ngram.classes`. Files are those that
reading a dataset has made, so what is wrong in them has been said already; what is said here is what this engine cannot
use.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr.lexicon import Lexicon, Pronunciation
from speechsmith.asr.markdown import Block, Heading, entry, items, stretches
from speechsmith.asr.phones import UnknownPhone, arpabet
from speechsmith.engines.pocketsphinx.compounds import compound, parts, pronounced
from speechsmith.engines.pocketsphinx.domain_text import Rejections, spoken
from speechsmith.engines.pocketsphinx.pronunciations import HOW_TO_WRITE, VARIANTS, Entry, is_word

MOST_ITEM_WORDS = 16  # an item with more is a sentence, and a poor word
_FEW = 50_000  # compounds with a second pronunciation; more have one each, since the decoder must hold them all
_BEFORE, _BEHIND = re.compile(r"\S+$"), re.compile(r"^\S+")


def is_token(word: str) -> bool:
    """Whether a word of a sentence stands for a list; no word of the lexicon begins so."""
    return word.startswith("{")


@dataclass(frozen=True, slots=True)
class StructuredText:
    """What the lists and sentences of a corpus say.

    `lists` gives the members of each token, as words or compounds, as often as they were written. Lists that no
    sentence refers to are not there, and neither is a token of which no member is usable.
    """

    sentences: tuple[tuple[str, ...], ...]
    lists: Mapping[str, tuple[str, ...]]

    def words(self) -> dict[str, None]:
        """The single words of all members, in the order of the file."""
        return dict.fromkeys(word for members in self.lists.values() for member in members for word in parts(member))

    def spoken(self, lexicon: Lexicon) -> tuple["StructuredText", Mapping[str, tuple[Pronunciation, ...]]]:
        """The same with only the members that can be pronounced, and how the compounds among them sound."""
        compounds = {member: None for members in self.lists.values() for member in members if member not in lexicon}
        ways = pronounced(compounds, lexicon, variants=VARIANTS if len(compounds) <= _FEW else 1)
        kept = {
            token: tuple(member for member in members if member in lexicon or member in ways)
            for token, members in self.lists.items()
        }
        return StructuredText(self.sentences, {token: members for token, members in kept.items() if members}), ways


def read_phonetic(
    paths: Sequence[Path], *, lexical: Callable[[str], str], rejections: Rejections
) -> tuple[list[Entry], dict[str, str]]:
    """The entries of the phonetic lexicons, and displayed form in lower case -> word, for words that must stay whole.

    Both are as `pronunciations.read_own` gives them.
    """
    ways: dict[str, dict[Pronunciation, None]] = {}
    for path, number, heading, text in _items(paths):
        if heading.block is Block.LEXICON:
            word, phones = entry(text) or ("", "")
            word = word.lower()
            if not is_word(word):
                rejections.add(path, number, "NotAWord", text, HOW_TO_WRITE)
                continue
            try:
                ways.setdefault(word, {})[arpabet(phones)] = None
            except UnknownPhone as error:
                rejections.add(path, number, "UnknownPhone", text, f"{error}.")
    entries = [Entry(word, "user", tuple(spoken)) for word, spoken in ways.items() if spoken]
    return entries, {each.word: each.word for each in entries if lexical(each.word) != each.word}


def read_structured(
    paths: Sequence[Path], *, lexical: Callable[[str], str], own_words: Mapping[str, str], rejections: Rejections
) -> StructuredText:
    """The sentences and lists of the files.

    A list belongs to its file. What is written against a reference makes a list of its own, each of whose members has
    it.

    Args: lexical, the locale's lexical form; own_words, displayed form in lower case -> word, for words that must stay
    whole; rejections, where items and sentences without a usable word are noted.
    """

    def words_of(text: str) -> list[str]:
        return spoken(text, lexical, own_words)

    raw: dict[str, list[_Written]] = {}  # by file and name
    sentences: list[tuple[_Written, int]] = []
    for file, path in enumerate(paths):
        for _, number, heading, text in _items([path]):
            written = _Written(path, number, text)
            if heading.block is Block.LIST:
                raw.setdefault(f"{file}:{heading.name}", []).append(written)
            elif heading.block is Block.SENTENCES:
                sentences.append((written, file))
    tokens: dict[str, _Reference] = {}
    read: list[tuple[str, ...]] = []
    for written, file in sentences:
        if sentence := _sentence(written.text, file, words_of, tokens):
            read.append(sentence)
        else:
            written.reject(rejections, "NoWords", "The line has no word that can be spoken; leave it out.")
    lists = {
        token: members
        for token, found in tokens.items()
        if (members := tuple(_members(raw.get(found.name, ()), found, words_of, rejections)))
    }
    return StructuredText(tuple(read), lists)


@dataclass(frozen=True, slots=True)
class _Written:
    """An item where it stands."""

    file: Path
    line: int
    text: str

    def reject(self, rejections: Rejections, code: str, hint: str) -> None:
        rejections.add(self.file, self.line, code, self.text, hint)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A list with what is written against the reference: "non-" before, "'s" behind."""

    name: str
    before: str
    behind: str

    @property
    def token(self) -> str:
        return f"{{{self.before}{self.name}{self.behind}}}"


def _items(paths: Sequence[Path]) -> Iterator[tuple[Path, int, Heading, str]]:
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            for number, heading, text in items(lines):
                yield path, number, heading, text


def _sentence(
    text: str, file: int, words_of: Callable[[str], list[str]], tokens: dict[str, _Reference]
) -> tuple[str, ...]:
    """The words and tokens of a sentence; new tokens are added to `tokens`."""
    texts, names = stretches(text)
    words: list[str] = []
    for n, name in enumerate(names):
        # text without a blank between two references is neither's
        before = _affix(_BEFORE, texts[n]) if n == 0 or " " in texts[n] else ""
        behind = _affix(_BEHIND, texts[n + 1]) if n + 1 == len(names) or " " in texts[n + 1] else ""
        texts[n] = texts[n].removesuffix(before)
        texts[n + 1] = texts[n + 1].removeprefix(behind)
        found = _Reference(f"{file}:{name}", before, behind)
        tokens.setdefault(found.token, found)
        words += [*words_of(texts[n]), found.token]
    return (*words, *words_of(texts[-1]))


def _affix(pattern: re.Pattern[str], text: str) -> str:
    """What stands against a reference, if it is spoken; punctuation is not."""
    found = pattern.search(text)
    return found[0].lower() if found and any(map(str.isalnum, found[0])) else ""


def _members(
    written: Sequence[_Written], found: _Reference, words_of: Callable[[str], list[str]], rejections: Rejections
) -> Iterator[str]:
    for item in written:
        words = words_of(f"{found.before}{item.text}{found.behind}")
        if not words:
            item.reject(rejections, "NoWords", "The item has no word that can be spoken; leave it out.")
        elif len(words) > MOST_ITEM_WORDS:
            hint = f"An item may have {MOST_ITEM_WORDS} words; write it as a sentence of its own."
            item.reject(rejections, "ItemTooLong", hint)
        else:
            yield compound(words)
