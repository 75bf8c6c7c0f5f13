"""From words as spoken to text as written: the four forms of a recognized phrase.

    lexical      the words as recognized
    itn          the lexical form with numbers, dates and amounts written in figures
    masked_itn   itn with the user's wish about profanity applied
    display      masked_itn with capitals and a final full stop

Limit: figures are not written yet, so itn equals lexical. Capitals are the first letter and the English "I"; the only
mark of punctuation is the full stop at the end, and words stand apart by blanks in every script.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

_LETTER = re.compile(r"[^\W_]")
_ENGLISH = (
    "arse arsehole ass asses asshole assholes bastard bastards bitch bitches bitching bollocks bullshit cock "
    "cocksucker crap crappy cunt cunts damn damned dick dickhead dicks fuck fucked fucker fuckers fucking fucks "
    "goddamn goddamned horseshit motherfucker motherfuckers motherfucking piss pissed prick pricks pussy shit shits "
    "shitty slut sluts twat wanker wankers whore whores"
)


class Profanity(StrEnum):
    """What to do about profanity; the values are the contract's `profanityFilterMode`."""

    NONE = "None"
    REMOVED = "Removed"
    TAGS = "Tags"
    MASKED = "Masked"


@dataclass(frozen=True, slots=True)
class Forms:
    """One phrase in its four forms. All are "" when nothing was said, and the last two when nothing may be shown."""

    lexical: str
    itn: str
    masked_itn: str
    display: str


@dataclass(frozen=True)
class Formatter:
    """How the phrases of one request are written.

    `extra_profanity` are words and phrases in any case, besides the built-in English words. `punctuation` says whether
    the display form ends with a full stop. Masking writes one asterisk for each letter, word by word.
    """

    locale: str
    profanity: Profanity = Profanity.MASKED
    extra_profanity: tuple[str, ...] = ()
    punctuation: bool = True

    def forms(self, words: Sequence[str]) -> Forms:
        """The four forms of a phrase, from its words as recognized."""
        lexical = " ".join(words)
        profane = self._profane(words)
        shown = [place for place in range(len(words)) if self.profanity is not Profanity.REMOVED or not profane[place]]
        masked = [self._filtered(words[place], profane=profane[place]) for place in shown]
        cased = [self._cased(words[place], first=place == shown[0]) for place in shown]
        display = [self._filtered(word, profane=profane[place]) for word, place in zip(cased, shown, strict=True)]
        stop = "." if display and self.punctuation else ""
        return Forms(lexical, lexical, " ".join(masked), " ".join(display) + stop)

    @cached_property
    def _is_english(self) -> bool:
        return self.locale.lower().partition("-")[0] == "en"

    @cached_property
    def _phrases(self) -> dict[str, list[tuple[str, ...]]]:
        """Profane phrases by their first word, the longest first."""
        built_in = _ENGLISH.split() if self._is_english else []
        phrases = {tuple(phrase.lower().split()) for phrase in (*built_in, *self.extra_profanity)}
        starts: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(filter(None, phrases), key=len, reverse=True):
            starts.setdefault(phrase[0], []).append(phrase)
        return starts

    def _profane(self, words: Sequence[str]) -> list[bool]:
        """Which of the words are profane, alone or as part of a phrase."""
        lower = [word.lower() for word in words]
        profane = [False] * len(words)
        place = 0
        while place < len(words):
            candidates = self._phrases.get(lower[place], [])
            length = next((len(p) for p in candidates if tuple(lower[place : place + len(p)]) == p), 0)
            profane[place : place + length] = [True] * length
            place += max(1, length)
        return profane

    def _filtered(self, word: str, *, profane: bool) -> str:
        if profane and self.profanity is Profanity.MASKED:
            return _LETTER.sub("*", word)
        if profane and self.profanity is Profanity.TAGS:
            return f"<profanity>{word}</profanity>"
        return word

    def _cased(self, word: str, *, first: bool) -> str:
        if first or (self._is_english and (word == "i" or word.startswith("i'"))):
            return word[:1].upper() + word[1:]
        return word
