"""The nouns of the field, as frozen values: what every engine takes and gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]  # (T,) mono, in [-1, 1]

SAMPLE_RATE_HZ = 16_000  # every stretch of speech inside the house has this rate
MAX_PHRASES = 5_000
MAX_PHRASE_LENGTH = 200  # characters
MAX_PHRASE_WEIGHT = 2.0


class CorpusKind(StrEnum):
    """What sort of data a dataset holds; the values are the contract's `kind`."""

    ACOUSTIC = "Acoustic"
    AUDIO_FILES = "AudioFiles"
    LANGUAGE = "Language"
    LANGUAGE_MARKDOWN = "LanguageMarkdown"
    PRONUNCIATION = "Pronunciation"
    OUTPUT_FORMATTING = "OutputFormatting"


@dataclass(frozen=True, slots=True)
class Word:
    """One recognized word. `start` and `end` are seconds from the start of the audio; confidence is in [0, 1]."""

    text: str
    start: float
    end: float
    confidence: float

    def shifted(self, seconds: float) -> "Word":
        """The same word, `seconds` later."""
        return Word(self.text, self.start + seconds, self.end + seconds, self.confidence)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a decoder takes an utterance to be, in lexical form. An empty tuple of words: nothing was said."""

    words: tuple[Word, ...]
    confidence: float

    @property
    def lexical(self) -> str:
        """The words as spoken, one blank between them."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class PhraseList:
    """Phrases that are likelier in some speech than elsewhere, in lexical form: names, products, places.

    `weight` says how much likelier: 0 not at all, 1 as usual, up to MAX_PHRASE_WEIGHT. Equal lists do the same.
    Raises: ValueError: more phrases, a longer one or a greater weight than the bounds below, or an empty phrase.
    """

    phrases: tuple[str, ...]
    weight: float = 1.0

    def __post_init__(self) -> None:
        if len(self.phrases) > MAX_PHRASES:
            raise ValueError(f"A list has at most {MAX_PHRASES:,} phrases, not {len(self.phrases):,}; leave some out.")
        if not all(phrase.strip() for phrase in self.phrases):
            raise ValueError("A phrase has at least one word.")
        if (longest := max(map(len, self.phrases), default=0)) > MAX_PHRASE_LENGTH:
            raise ValueError(
                f"A phrase has at most {MAX_PHRASE_LENGTH} characters in words, not {longest:,}; shorten it."
            )
        if not 0.0 <= self.weight <= MAX_PHRASE_WEIGHT:
            raise ValueError(
                f"A weight is a number from 0 (off) over 1 (usual) to {MAX_PHRASE_WEIGHT:g}, not {self.weight:g}."
            )


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech with what a human wrote for it. `audio` is a mono 16-bit PCM WAV file of 8 or 16 kHz."""

    name: str
    audio: Path
    transcript: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a custom model learns from, as files, all in one locale.

    `text` files hold one sentence a line. `pronunciations` files hold `displayed form<TAB>spoken form` lines.
    `structured` files are markdown: sentences with references to lists, and pronunciations in phones.
    `utterances` are audio with human transcripts, in display form, as the user wrote them; `recordings` are audio that
    nobody has transcribed, with empty transcripts. A sentence that occurs twice counts twice: repeating good lines to
    raise their weight is the user's right.

    `names` is what users call the files, where that is not the last part of the path.
    """

    locale: str
    text: tuple[Path, ...] = ()
    pronunciations: tuple[Path, ...] = ()
    structured: tuple[Path, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    recordings: tuple[Utterance, ...] = ()
    names: Mapping[Path, str] = field(default_factory=dict)

    def called(self, path: Path) -> str:
        """What reports call a file."""
        return self.names.get(path, path.name)

    def sentences(self) -> Iterator[str]:
        """Each line of the text files, in order, without its line end; blank lines are left out."""
        for path in self.text:
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    if sentence := line.strip():
                        yield sentence


class Progress(Protocol):
    """Where long work says how far it is."""

    def __call__(self, stage: str, fraction: float) -> None:
        """Report the share of the whole work that is done, in [0, 1], never going back.

        `stage` is what is being done, as users are shown it: "Reading text".
        """
