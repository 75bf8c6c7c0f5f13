"""English as it is spoken: figures, amounts, dates, addresses and abbreviations become words.

Theory. Rules are tried from the most telling shape (an address, a date) to the least (a bare figure); each writes
words, so that no later rule sees its figures again. What is next to a figure decides how it is said: "extension 123"
figure by figure, "room 314" in pairs, "105 tickets" as a quantity. Where the ink still allows several readings, one is
fixed (see `numbers.reading`): only a transcript that is written as it was spoken is exact, and the dataset page tells
users so. What the display form writes comes back as it was said, where it was said in the usual way.

American locales read dates month first and "one hundred five"; the others day first and "one hundred and five".
"""

import re
from dataclasses import dataclass

from speechsmith.asr.text import folding
from speechsmith.asr.text.english import addresses, amounts, calendar, codes, words
from speechsmith.asr.text.english.reader import Reader, Rule, applied

_FIGURE = re.compile("[0-9]")
_MINUS = re.compile(r"(?:(?<=\s)|^)-(?=[$€£¥]?\.?[0-9])")
_NUMBER_SIGN = re.compile(r"#(?=\s?[0-9])")
_VULGAR = re.compile("(?=[¼-¾⅐-⅞])")
_OF_FIGURES: tuple[Rule, ...] = (
    *codes.ADDRESSES,
    *calendar.DATES,
    *codes.TELEPHONES,
    *calendar.TIMES,
    *amounts.MEASURES,
    *codes.MIXED,
    *amounts.NUMBERS,
)


@dataclass(frozen=True, slots=True)
class English:
    """How one part of the English-speaking world reads."""

    american: bool

    def lexical(self, text: str) -> str:
        """The words of the text as they are spoken, one blank between them."""
        if not text.isascii():
            text = _VULGAR.sub(" ", text)  # before NFKC turns "2½" into "21⁄2"
        folded = words.expand(folding.fold(words.spell_capitals(text)))
        reader = Reader(self.american)
        if "." in folded:
            folded = applied(addresses.RULES, reader, folded)
        if "+" in folded or "blood" in folded:
            folded = applied(codes.BLOOD, reader, folded)
        if _FIGURE.search(folded):
            folded = _MINUS.sub(" minus ", folded.replace("⁄", "/").replace("−", "-"))
            folded = _NUMBER_SIGN.sub(" number ", folded)
            folded = applied(_OF_FIGURES, reader, folded)
        return words.spoken(folding.words(words.signs(folded)))
