"""English as it is spoken: figures, amounts, dates and abbreviations become words.

The rules below are tried from the most telling shape (a date, a telephone number) to the least (a bare figure); each
writes words, so that no later rule sees its figures again. Where the ink allows several readings, one is fixed (see
`numbers.reading`): only a transcript that is written as it was spoken is exact, and the dataset page tells users so.

American locales read dates month first and "one hundred five"; the others day first and "one hundred and five".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from speechsmith.asr import numbers
from speechsmith.asr.text import folding

_ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "vs": "versus",
    "etc": "et cetera",
    "pm": "p m",
}
_SIGNS = {"&": "and", "%": "percent", "@": "at", "+": "plus", "=": "equals", "°": "degrees"}
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_DENOMINATORS = {"2": "half", "3": "third", "4": "quarter", "5": "fifth", "8": "eighth", "10": "tenth"}
_MONEY = {  # sign: unit, plural, hundredth, plural
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
}
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_FIGURE = re.compile("[0-9]")
_MINUS = re.compile(r"(?:(?<=\s)|^)-(?=[$€£¥]?\.?[0-9])")
_NUMBER_SIGN = re.compile(r"#(?=\s?[0-9])")
_VULGAR = re.compile("(?=[¼-¾⅐-⅞])")


@dataclass(frozen=True, slots=True)
class English:
    """How one part of the English-speaking world reads."""

    american: bool

    def lexical(self, text: str) -> str:
        """The words of the text as they are spoken, one blank between them."""
        if not text.isascii():
            text = _VULGAR.sub(" ", text)  # before NFKC turns "2½" into "21⁄2"
        folded = folding.fold(text)
        if _FIGURE.search(folded):
            folded = _MINUS.sub(" minus ", folded.replace("⁄", "/").replace("−", "-"))
            folded = _NUMBER_SIGN.sub(" number ", folded)
            for pattern, rule in _RULES:
                folded = pattern.sub(partial(self._apply, rule), folded)
        folded = _SIGN.sub(lambda match: f" {_SIGNS[match[0]]} ", folded)
        return " ".join(_ABBREVIATIONS.get(word, word) for word in folding.words(folded))

    def _apply(self, rule: "_Rule", match: re.Match[str]) -> str:
        return f" {rule(self, match)} "

    def _reading(self, figure: str) -> str:
        return numbers.reading(figure, conjunction=not self.american)

    def _quantity(self, figure: str) -> str:
        return numbers.quantity(figure, conjunction=not self.american)

    def _date(self, year: str, month: str, day: str) -> str | None:
        if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
            return None
        name, place = _MONTHS[int(month) - 1], numbers.ordinal(int(day))
        spoken_year = self._reading(year)
        return f"{name} {place} {spoken_year}" if self.american else f"{place} of {name} {spoken_year}"

    def _iso_date(self, match: re.Match[str]) -> str:
        year, month, day = match.groups()
        return self._date(year, month, day) or match[0]

    def _slashed_date(self, match: re.Match[str]) -> str:
        first, second, year = match.groups()
        month, day = (first, second) if self.american else (second, first)
        return self._date(year, month, day) or match[0].replace("/", " ")

    def _day_of_month(self, match: re.Match[str]) -> str:
        month, day = match.groups()
        return f"{month} {numbers.ordinal(int(day))}" if 1 <= int(day) <= 31 else match[0]

    def _telephone(self, match: re.Match[str]) -> str:
        groups = re.findall("[0-9]+", match[0])
        return " ".join("eight hundred" if group == "800" else numbers.digits(group) for group in groups)

    def _time(self, match: re.Match[str]) -> str:
        hour, minute, second, half = match.groups()
        words = [numbers.cardinal(int(hour))]
        if int(minute):
            words.append(self._sixtieths(minute))
        elif not half and not second:
            words.append("o'clock" if 1 <= int(hour) <= 12 else "hundred")
        if second:
            words.append(self._sixtieths(second))
        return " ".join([*words, f"{half} m"] if half else words)

    def _sixtieths(self, figure: str) -> str:
        return numbers.digits(figure) if figure[0] == "0" else numbers.cardinal(int(figure))

    def _hour(self, match: re.Match[str]) -> str:
        return f"{numbers.cardinal(int(match[1]))} {match[2]} m"

    def _money(self, match: re.Match[str]) -> str:
        sign, figure, scale = match["sign"] or match["after"], match["figure"].replace(",", ""), match["scale"]
        unit, units, hundredth, hundredths = _MONEY[sign]
        whole, _, fraction = figure.partition(".")
        if scale:
            return f"{self._decimal_words(whole, fraction)} {scale} {units}"
        if fraction and (len(fraction) != 2 or not hundredth):
            return f"{self._decimal_words(whole, fraction)} {units}"
        parts = []
        if whole.strip("0") or not int(fraction or "0"):
            parts.append(f"{self._quantity(whole)} {unit if whole == '1' else units}")
        if int(fraction or "0"):
            parts.append(f"{numbers.cardinal(int(fraction))} {hundredth if int(fraction) == 1 else hundredths}")
        return " and ".join(parts)

    def _cents(self, match: re.Match[str]) -> str:
        return f"{self._quantity(match[1])} {'cent' if match[1] == '1' else 'cents'}"

    def _fraction(self, match: re.Match[str]) -> str:
        whole, numerator, denominator = match.groups()
        name = _DENOMINATORS.get(denominator)
        if name is None or int(numerator) >= int(denominator):
            return match[0].replace("/", " ")
        part = numbers.cardinal(int(numerator))
        if numerator != "1":
            name = "halves" if name == "half" else numbers.plural(name)
        if whole is None:
            return f"{part} {name}"
        part = "a" if numerator == "1" else part
        return f"{self._reading(whole)} and {part} {name}"

    def _ordinal(self, match: re.Match[str]) -> str:
        figure = match[1].replace(",", "")
        if len(figure) >= len(str(numbers.LIMIT)):
            return f"{numbers.digits(figure)} {match[2]}"
        return numbers.ordinal(int(figure), conjunction=not self.american)

    def _plural(self, match: re.Match[str]) -> str:
        figure, apostrophe = match.groups()
        words = self._reading(figure)
        return f"{words}'s" if apostrophe and figure[-1] != "0" else numbers.plural(words)

    def _points(self, match: re.Match[str]) -> str:
        return " point ".join(self._reading(part) for part in match[0].split("."))

    def _decimal(self, match: re.Match[str]) -> str:
        return self._decimal_words((match[1] or "").replace(",", ""), match[2])

    def _decimal_words(self, whole: str, fraction: str) -> str:
        words = self._reading(whole) if whole else ""
        return f"{words} point {numbers.digits(fraction)}" if fraction else words

    def _grouped(self, match: re.Match[str]) -> str:
        return self._quantity(match[0].replace(",", ""))

    def _figure(self, match: re.Match[str]) -> str:
        return self._reading(match[0])


_Rule: TypeAlias = Callable[[English, re.Match[str]], str]
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_SCALE = r"(?:\s(?P<scale>hundred|thousand|million|billion|trillion)\b)?"
_START = "(?<![0-9])(?<![0-9],)"  # of a figure; without it, a long one would be tried from each of its digits
_AREA = r"(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])"
_HALF = r"([ap])\.?\s?m\b\.?"
_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<![0-9-])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9-])", English._iso_date),
        (r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})(?![0-9/])", English._slashed_date),
        (rf"\b({'|'.join(_MONTHS)}) ([0-9]{{1,2}})(?![0-9:/%]|[.,][0-9]|\w)", English._day_of_month),
        (rf"(?<![0-9.-])(?:\+?1[-. ])?{_AREA}[0-9]{{3}}[-.][0-9]{{4}}(?![0-9-])", English._telephone),
        (r"(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])", English._telephone),
        (rf"(?<![0-9:])([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:])(?:\s?{_HALF})?", English._time),
        (rf"(?<![0-9.,:])(1[0-2]|0?[1-9])\s?{_HALF}", English._hour),
        (rf"(?:(?P<sign>[$€£¥])\s?)(?P<figure>{_NUMBER})(?P<after>){_SCALE}", English._money),
        (rf"{_START}(?P<sign>)(?P<figure>{_NUMBER})(?P<scale>)\s?(?P<after>[$€£¥])", English._money),
        (rf"{_START}([0-9]+)\s?¢", English._cents),
        (r"(?<![0-9/.,])(?:([0-9]+)\s)?([0-9]{1,2})/([0-9]{1,2})(?![0-9/])", English._fraction),
        (rf"{_START}([0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(st|nd|rd|th)\b", English._ordinal),
        (r"'?(?<![0-9.,])([0-9]+)(')?s\b", English._plural),
        (r"(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}", English._points),
        (rf"{_START}([0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+|(?<![\w.]))\.([0-9]+)", English._decimal),
        (rf"{_START}[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])", English._grouped),
        (r"[0-9]+", English._figure),
    )
)
