"""From words as spoken to text as written: the four forms of a recognized phrase.

lexical      the words as recognized
itn          the lexical form with numbers, dates and amounts written in figures, and the user's rules applied
masked_itn   itn with the user's wish about profanity applied
display      itn with capitals and punctuation, the user's replacements, and the wish about profanity, in this order
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from speechsmith.asr.display.profanity import Phrases, Profanity, profane_phrases, without_profanity
from speechsmith.asr.display.tokens import CustomFormatting, Token, Tokens, spoken, text_of


@dataclass(frozen=True, slots=True)
class Forms:
    """One phrase in its four forms. All are "" when nothing was said, and the last two when nothing may be shown.

    `tokens` are those of the display form, with the words that each stands for.
    """

    lexical: str
    itn: str
    masked_itn: str
    display: str
    tokens: Tokens = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Formatter:
    """How the phrases of one request are written.

    `custom` is the user's own formatting. `punctuation` says whether the display form is punctuated by rule.
    """

    locale: str
    profanity: Profanity = Profanity.MASKED
    custom: CustomFormatting | None = None
    punctuation: bool = True

    def forms(self, words: Sequence[str]) -> Forms:
        """The four forms of a phrase, from its words as recognized."""
        written = spoken(words)
        if self.custom:
            written = self.custom.itn(written)
        shown = self._cased(written)
        if self.custom:
            shown = self.custom.rewrite(shown)
        shown = without_profanity(shown, self.profanity, self._profane)
        masked = without_profanity(written, self.profanity, self._profane)
        return Forms(" ".join(words), text_of(written), text_of(masked), text_of(shown), shown)

    @cached_property
    def _is_english(self) -> bool:
        return self.locale.lower().partition("-")[0] == "en"

    @cached_property
    def _profane(self) -> Phrases:
        return profane_phrases(self.custom.profanity if self.custom else (), english=self._is_english)

    def _cased(self, tokens: Tokens) -> Tokens:
        last = len(tokens) - 1
        return tuple(
            Token(
                self._capital(token.text, first=place == 0) + ("." if place == last and self.punctuation else ""),
                token.start,
                token.stop,
            )
            for place, token in enumerate(tokens)
        )

    def _capital(self, word: str, *, first: bool) -> str:
        if first or (self._is_english and (word == "i" or word.startswith("i'"))):
            return word[:1].upper() + word[1:]
        return word
