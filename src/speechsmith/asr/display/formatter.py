"""From words as spoken to text as written: the four forms of a recognized phrase.

    lexical      the words as recognized
    itn          the lexical form with numbers, dates and amounts written in figures, and the user's rules applied
    masked_itn   itn with the user's wish about profanity applied
    display      itn without hesitations, with punctuation and capitals, then the user's replacements, then the wish
                 about profanity

English is written by all stages. In other locales itn is the lexical form unless the user has rules, the only mark is
the full stop, and words stand apart by blanks in every script.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from speechsmith.asr.display import dictation, english, punctuation
from speechsmith.asr.display.casing import Casing
from speechsmith.asr.display.dictation import Dictation
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

    `casing` is what the training text taught, `custom` is the user's own formatting. `punctuation` says whether marks
    are set by rule, `dictation` whether they are set as they are said; `hesitations` keeps "um" and words said twice.
    """

    locale: str
    profanity: Profanity = Profanity.MASKED
    casing: Casing = field(default_factory=Casing)
    custom: CustomFormatting | None = None
    punctuation: bool = True
    dictation: Dictation = Dictation.NONE
    hesitations: bool = False

    def forms(self, words: Sequence[str], *, pauses: Sequence[float] = ()) -> Forms:
        """The four forms of a phrase, from its words as recognized.

        Args: pauses: seconds of silence before each word, when they are known; they tell where sentences end.
        """
        written = english.written(words) if self._is_english else spoken(words)
        if self.custom:
            written = self.custom.itn(written)
        shown = self._displayed(written, words, pauses)
        if self.custom:
            shown = self.custom.rewrite(shown)
        shown = without_profanity(shown, self.profanity, self._profane)
        masked = without_profanity(written, self.profanity, self._profane)
        return Forms(" ".join(words), text_of(written), text_of(masked), text_of(shown), shown)

    def lexical(self, words: Sequence[str]) -> str:
        """The words as recognized, with the user's wish about profanity applied: for a phrase that is still open."""
        return text_of(without_profanity(spoken(words), self.profanity, self._profane))

    @cached_property
    def _is_english(self) -> bool:
        return self.locale.lower().partition("-")[0] == "en"

    @cached_property
    def _profane(self) -> Phrases:
        return profane_phrases(self.custom.profanity if self.custom else (), english=self._is_english)

    def _displayed(self, tokens: Tokens, words: Sequence[str], pauses: Sequence[float]) -> Tokens:
        """The stage of capitals and punctuation."""
        ends: frozenset[int] = frozenset()
        if self._is_english and not self.hesitations:
            tokens = dictation.fluent(tokens)
        if self._is_english and self.dictation is not Dictation.NONE:
            said = dictation.dictated(tokens, pauses, surely=self.dictation is Dictation.CERTAIN)
            tokens, ends = said.tokens, said.ends
        out: list[Token] = []
        for sentence in punctuation.sentences(
            tokens, pauses, ends, english=self._is_english, automatic=self.punctuation
        ):
            part = tokens[sentence.start : sentence.stop]
            if self._is_english and self.punctuation:
                part = punctuation.commas(part)
            cased = [self._cased(token, words, before) for before, token in zip((None, *part), part, strict=False)]
            cased[0] = replace(cased[0], text=_capital(cased[0].text))
            cased[-1] = replace(cased[-1], text=punctuation.ended(cased[-1].text, sentence.mark))
            out += cased
        return tuple(out)

    def _cased(self, token: Token, words: Sequence[str], before: Token | None) -> Token:
        """A token that is a word as it was recognized, with its capitals; what a rule has written stays."""
        word = words[token.start]
        if not token.text.startswith(word) or token.text[len(word) :].strip(",") or token.stop > token.start + 1:
            return token
        written = self.casing.of(word, before=before.text.lower() if before else "", english=self._is_english)
        return replace(token, text=written + token.text[len(word) :])


def _capital(text: str) -> str:
    """The first word of a sentence; addresses and words like "iPhone" keep their small letter."""
    first = next((place for place, char in enumerate(text) if char.isalnum()), len(text))
    word = text[first:].split(" ", 1)[0]
    if "@" in word or "." in word[:-1] or word[1:] != word[1:].lower():
        return text
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :]
